package sockaddr

import (
	"errors"
	"math"
	"net"
	"strconv"
	"syscall"
)

// Interface is a network interface: its number, by which addresses mean it, and its name.
type Interface struct {
	Index int    // from 1 on
	Name  string // "eth0"
}

// InterfaceName returns the name of the interface with the number index: if_indextoname(3), RFC
// 3493, section 4.2. On Linux it asks the kernel with one ioctl (SIOCGIFNAME, netdevice(7)), in the
// network namespace of the calling thread.
//
// If no interface has the number the error matches syscall.ENXIO with errors.Is, as in C.
func InterfaceName(index int) (string, error) {
	name, err := "", error(syscall.ENXIO)
	if index > 0 && int64(index) <= math.MaxInt32 {
		name, err = interfaceName(uint32(index), "")
	}
	if err != nil {
		which := strconv.Itoa(index)
		return "", noInterface(which, err, syscall.ENXIO).of("interface name", which)
	}
	return name, nil
}

// InterfaceIndex returns the number of the interface called name, from 1 on: if_nametoindex(3), RFC
// 3493, section 4.1. On Linux it asks the kernel with one ioctl (SIOCGIFINDEX, netdevice(7)), in
// the network namespace of the calling thread. Digits are a name here, not a number as in the zone
// of an address.
//
// If no interface has the name the error matches syscall.ENODEV with errors.Is, as in C.
func InterfaceIndex(name string) (int, error) {
	index, err := interfaceIndex(name)
	if err != nil {
		return 0, noInterface(strconv.Quote(name), err, syscall.ENODEV).of("interface index", name)
	}
	return int(index), nil
}

// Interfaces returns the network interfaces: if_nameindex(3), RFC 3493, section 4.3. They are those
// of the network namespace of the calling thread. It lists them by package net; a policy that
// denies netlink sockets makes it fail on Linux, where InterfaceName and InterfaceIndex work on.
func Interfaces() ([]Interface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, reason("the interfaces cannot be listed", err).of(opInterfaces, "")
	}
	all := make([]Interface, len(list))
	for i := range list {
		all[i] = Interface{Index: list[i].Index, Name: list[i].Name}
	}
	return all, nil
}

// isNoInterface reports whether err is that there is no such interface, and not that the kernel
// could not be asked. Package net, which is asked on some systems, has an error of its own for it,
// and wraps those of system calls.
func isNoInterface(err error) bool {
	var e syscall.Errno
	return !errors.As(err, &e) || e == syscall.ENODEV || e == syscall.ENXIO
}

// noInterface is the error of a lookup that failed with err: there is no such interface, which has
// the error none in C, or it could not be looked up.
func noInterface(which string, err error, none syscall.Errno) *Error {
	if isNoInterface(err) {
		return reason("no interface "+which, none)
	}
	return reason("interface "+which+" cannot be looked up", err)
}
