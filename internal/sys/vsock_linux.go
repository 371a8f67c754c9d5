package sys

import "golang.org/x/sys/unix"

// VSockLocalCID asks /dev/vsock for this machine's context id: IOCTL_VM_SOCKETS_GET_LOCAL_CID
// (vsock(7)).
func VSockLocalCID() (uint32, error) {
	fd, err := unix.Open("/dev/vsock", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return unix.IoctlGetUint32(fd, unix.IOCTL_VM_SOCKETS_GET_LOCAL_CID)
}
