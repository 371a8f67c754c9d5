package sys

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// absences are how Winsock says that it lacks a family, a protocol, a level or
// an option, and how package sys says what it has no call for. Package syscall's
// constants without the prefix WSA are its own inventions.
var absences = []syscall.Errno{
	windows.WSAENOPROTOOPT, windows.WSAEAFNOSUPPORT, windows.WSAEPFNOSUPPORT, windows.WSAEPROTONOSUPPORT,
	windows.WSAESOCKTNOSUPPORT, windows.WSAEOPNOTSUPP,
	syscall.ENOPROTOOPT, syscall.EAFNOSUPPORT, syscall.EPFNOSUPPORT, syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT,
	syscall.EOPNOTSUPP, syscall.ENOTSUP, syscall.ENOSYS,
}

const einval = windows.WSAEINVAL
