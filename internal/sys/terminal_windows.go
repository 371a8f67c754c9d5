package sys

import "golang.org/x/sys/windows"

// TerminalWidth is the number of columns of the console that a handle is, by
// GetConsoleScreenBufferInfo. It is an error for what is no console.
func TerminalWidth(fd int) (int, error) {
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(fd), &info); err != nil {
		return 0, err
	}
	return int(info.Window.Right-info.Window.Left) + 1, nil
}
