package sys

import "syscall"

// counted compares a length that the kernel returned with what there was room for, or to send. A
// kernel does not return more, but what stands between may: an emulator, or another process that
// answers for it (seccomp_unotify(2)). Then it is EIO: nobody knows what was moved.
func counted(n uintptr, room int) (int, error) {
	if n > uintptr(room) {
		return 0, syscall.EIO
	}
	return int(n), nil
}

// datagramMax is the length of any message that a receive may tell of.
const datagramMax = 1<<31 - 1

// compare does that with what is told of a received message: its bytes, of which there may be more
// than room if whole is true, those of its control data, and those of its sender's name.
func compare(n, room int, whole bool, control, controlRoom, name int) error {
	if n < 0 || n > room && !whole || control < 0 || control > controlRoom || name < 0 ||
		name > AddrSize {
		return syscall.EIO
	}
	return nil
}
