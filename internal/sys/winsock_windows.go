package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// x/sys has typed addresses only, or nothing, for these.
var (
	ws2             = windows.NewLazySystemDLL("ws2_32.dll")
	procAccept      = ws2.NewProc("accept")
	procBind        = ws2.NewProc("bind")
	procConnect     = ws2.NewProc("connect")
	procGetpeername = ws2.NewProc("getpeername")
	procGetsockname = ws2.NewProc("getsockname")
	procIoctlsocket = ws2.NewProc("ioctlsocket")
	procRecvfrom    = ws2.NewProc("recvfrom")
	procSendto      = ws2.NewProc("sendto")
	procWSAPoll     = ws2.NewProc("WSAPoll")
	procWSARecvFrom = ws2.NewProc("WSARecvFrom")
	procWSASendTo   = ws2.NewProc("WSASendTo")

	kernel32                 = windows.NewLazySystemDLL("kernel32.dll")
	procGetHandleInformation = kernel32.NewProc("GetHandleInformation")
)

// Winsock counts its users, and is there until the last has gone: package net has called it too.
var startupErr = windows.WSAStartup(0x202, new(windows.WSAData))

// errnos are Winsock's numbers and what the rest of the world calls them. Package syscall has the
// names for Windows too, with numbers of its own, so that programs which compare with them compile;
// here they are also true. They are errors already, since to make one of a number allocates.
var errnos = map[syscall.Errno]error{
	windows.WSAEBADF:           syscall.EBADF,
	windows.WSAEACCES:          syscall.EACCES,
	windows.WSAEFAULT:          syscall.EFAULT,
	windows.WSAEINVAL:          syscall.EINVAL,
	windows.WSAEMFILE:          syscall.EMFILE,
	windows.WSAEWOULDBLOCK:     syscall.EAGAIN,
	windows.WSAEINPROGRESS:     syscall.EINPROGRESS,
	windows.WSAEALREADY:        syscall.EALREADY,
	windows.WSAENOTSOCK:        syscall.ENOTSOCK,
	windows.WSAEDESTADDRREQ:    syscall.EDESTADDRREQ,
	windows.WSAEMSGSIZE:        syscall.EMSGSIZE,
	windows.WSAEPROTOTYPE:      syscall.EPROTOTYPE,
	windows.WSAENOPROTOOPT:     syscall.ENOPROTOOPT,
	windows.WSAEPROTONOSUPPORT: syscall.EPROTONOSUPPORT,
	windows.WSAESOCKTNOSUPPORT: syscall.ESOCKTNOSUPPORT,
	windows.WSAEOPNOTSUPP:      syscall.EOPNOTSUPP,
	windows.WSAEPFNOSUPPORT:    syscall.EPFNOSUPPORT,
	windows.WSAEAFNOSUPPORT:    syscall.EAFNOSUPPORT,
	windows.WSAEADDRINUSE:      syscall.EADDRINUSE,
	windows.WSAEADDRNOTAVAIL:   syscall.EADDRNOTAVAIL,
	windows.WSAENETDOWN:        syscall.ENETDOWN,
	windows.WSAENETUNREACH:     syscall.ENETUNREACH,
	windows.WSAENETRESET:       syscall.ENETRESET,
	windows.WSAECONNABORTED:    syscall.ECONNABORTED,
	windows.WSAECONNRESET:      syscall.ECONNRESET,
	windows.WSAENOBUFS:         syscall.ENOBUFS,
	windows.WSAEISCONN:         syscall.EISCONN,
	windows.WSAENOTCONN:        syscall.ENOTCONN,
	windows.WSAESHUTDOWN:       syscall.EPIPE,
	windows.WSAETOOMANYREFS:    syscall.ETOOMANYREFS,
	windows.WSAETIMEDOUT:       syscall.ETIMEDOUT,
	windows.WSAECONNREFUSED:    syscall.ECONNREFUSED,
	windows.WSAELOOP:           syscall.ELOOP,
	windows.WSAENAMETOOLONG:    syscall.ENAMETOOLONG,
	windows.WSAEHOSTDOWN:       syscall.EHOSTDOWN,
	windows.WSAEHOSTUNREACH:    syscall.EHOSTUNREACH,
}

// portable is the error with the portable number of a Winsock error. Numbers of Windows at large
// stay what they are.
func portable(e syscall.Errno) error {
	if err, ok := errnos[e]; ok {
		return err
	}
	if e == 0 {
		return syscall.EIO // a call that failed without a word
	}
	return e
}

// errno is portable of what x/sys returns.
func errno(err error) error {
	if e, ok := err.(syscall.Errno); ok {
		return portable(e)
	}
	return err
}

// result is the error of a call that returns an int, which is -1 if it failed.
func result(r uintptr, e syscall.Errno) error {
	if int32(r) == -1 {
		return portable(e)
	}
	return nil
}

// nowhere is where no bytes begin: Winsock refuses a null pointer also if nothing is at it.
var nowhere byte

func start(b []byte) *byte {
	if len(b) == 0 {
		return &nowhere
	}
	return unsafe.SliceData(b)
}

// short is as many bytes as one call is given.
func short(b []byte) uintptr { return uintptr(min(len(b), 1<<30)) }

// MsgDontWait is a flag that Winsock does not have, nor needs: every socket is in non-blocking
// mode. It is the number of constants.MSG_DONTWAIT here, which callers may pass, and it goes no
// further than this package. There are no signals.
const (
	MsgDontWait    = 0x40
	MsgNoSignal    = 0
	MsgCmsgCloexec = 0
)

func winsockFlags(flags int) uintptr { return uintptr(flags &^ MsgDontWait) }
