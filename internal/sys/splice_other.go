//go:build !linux || portable

package sys

import "syscall"

// PipeSize has no meaning here: this system has no splice(2).
const PipeSize = 0

func Sendfile(to, from int, offset int64, n int) (int, error) { return 0, syscall.ENOSYS }
func Splice(from, to, n int) (int, error)                     { return 0, syscall.ENOSYS }
func Pipe() (read, write int, err error)                      { return -1, -1, syscall.ENOSYS }
func Read(fd int, b []byte) (int, error)                      { return 0, syscall.ENOSYS }
