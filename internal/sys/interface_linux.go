package sys

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// InterfaceNameSize is IFNAMSIZ: the longest name of an interface has a byte less.
const InterfaceNameSize = unix.IFNAMSIZ

// ifreq is struct ifreq of netdevice(7): a name, and a union that begins with the number here.
type ifreq [unsafe.Sizeof(unix.Ifreq{})]byte

// InterfaceName writes the name of an interface of the calling thread's network namespace into buf
// and returns it: SIOCGIFNAME (netdevice(7)), which is if_indextoname(3). ENODEV says that there is
// none.
func InterfaceName(index int32, buf *[InterfaceNameSize]byte) ([]byte, error) {
	var request ifreq
	binary.NativeEndian.PutUint32(request[InterfaceNameSize:], uint32(index))
	if err := request.ioctl(unix.SIOCGIFNAME); err != nil {
		return nil, err
	}
	copy(buf[:], request[:])
	name, _, _ := bytes.Cut(buf[:], []byte{0})
	return name, nil
}

// InterfaceIndex returns the number of an interface of the calling thread's network namespace:
// SIOCGIFINDEX (netdevice(7)), which is if_nametoindex(3). ENODEV says that there is none.
//
// A name that no interface can have is not asked for. The kernel would take what stands before a
// colon for the name (dev_ioctl, net/core/dev_ioctl.c, Linux 6.18).
func InterfaceIndex(name string) (int, error) {
	if name == "" || len(name) >= InterfaceNameSize ||
		strings.ContainsAny(name, "\x00:/ \t\n\v\f\r") {
		return 0, unix.ENODEV
	}
	var request ifreq
	copy(request[:], name)
	if err := request.ioctl(unix.SIOCGIFINDEX); err != nil {
		return 0, err
	}
	return int(int32(binary.NativeEndian.Uint32(request[InterfaceNameSize:]))), nil
}

// ioctl makes the request with a socket of the thread's namespace. Every kind of socket answers it;
// a policy may refuse one family or the other.
func (r *ifreq) ioctl(request uintptr) error {
	var (
		fd  int
		err error
	)
	for _, family := range [...]int{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6} {
		if fd, err = socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(r)))
	unix.Close(fd)
	return errno(e)
}
