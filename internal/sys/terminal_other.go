//go:build !unix && !windows

package sys

// TerminalWidth is an error: there is no way to know.
func TerminalWidth(int) (int, error) { return 0, ErrUnsupported }
