package sys

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// absences are how this package says that Winsock lacks a family, a protocol, a level or an option,
// or that there is no call for something. Errors of package net have Winsock's own numbers.
var absences = []syscall.Errno{
	windows.WSAENOPROTOOPT, windows.WSAEAFNOSUPPORT, windows.WSAEPFNOSUPPORT,
	windows.WSAEPROTONOSUPPORT,
	windows.WSAESOCKTNOSUPPORT, windows.WSAEOPNOTSUPP,
	syscall.ENOPROTOOPT, syscall.EAFNOSUPPORT, syscall.EPFNOSUPPORT, syscall.EPROTONOSUPPORT,
	syscall.ESOCKTNOSUPPORT,
	syscall.EOPNOTSUPP, syscall.ENOTSUP, syscall.ENOSYS,
}

// passing and wants are as elsewhere, by both names.
var (
	passing = []syscall.Errno{
		windows.WSAECONNREFUSED, windows.WSAETIMEDOUT, windows.WSAENETUNREACH,
		windows.WSAEHOSTUNREACH,
		windows.WSAENETDOWN, windows.WSAEHOSTDOWN, windows.WSAETOOMANYREFS,
		syscall.ECONNREFUSED, syscall.ETIMEDOUT, syscall.ENETUNREACH, syscall.EHOSTUNREACH,
		syscall.ENETDOWN,
		syscall.EHOSTDOWN, syscall.ETOOMANYREFS,
	}
	wants = []syscall.Errno{
		windows.WSAEMFILE, windows.WSAENOBUFS, windows.ERROR_NOT_ENOUGH_MEMORY,
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	}
)

const einval = syscall.EINVAL
