package sys

import "syscall"

// counted compares a length that the kernel returned with what there was room for, or to send. A kernel does not return more, but
// what stands between may: an emulator, or another process that answers for it (seccomp_unotify(2)). Then it is EIO: nobody
// knows what was moved.
func counted(n uintptr, room int) (int, error) {
	if n > uintptr(room) {
		return 0, syscall.EIO
	}
	return int(n), nil
}
