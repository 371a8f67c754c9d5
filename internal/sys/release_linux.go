package sys

import "golang.org/x/sys/unix"

// Release wraps uname(2): the release of the kernel, "6.18.44", or "" where no
// version of Linux is meant by it.
func Release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}
