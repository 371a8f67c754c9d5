//go:build unix

package sys

import "golang.org/x/sys/unix"

// TerminalWidth is the number of columns of the terminal that a descriptor is, by ioctl TIOCGWINSZ.
// It is an error for what is no terminal, and 0 for a terminal that does not know.
func TerminalWidth(fd int) (int, error) {
	size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
	if err != nil {
		return 0, err
	}
	return int(size.Col), nil
}
