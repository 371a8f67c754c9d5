package testenv

import (
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// faulty are the system calls beneath the library, with the errors of their manual pages and those
// that the library itself takes for news. Of a pipe(2) it is not known when the next one is made,
// as they are kept.
var faulty = []Call{
	{Number: unix.SYS_SOCKET, Name: "socket",
		Before: errnos("EMFILE ENFILE ENOBUFS ENOMEM EACCES EPERM EAFNOSUPPORT EPROTONOSUPPORT " +
			"EINVAL ENOSYS")},
	{Number: unix.SYS_SOCKETPAIR, Name: "socketpair",
		Before: errnos("EMFILE ENFILE ENOMEM EAFNOSUPPORT EPROTONOSUPPORT EOPNOTSUPP EPERM " +
			"ENOSYS")},
	{Number: unix.SYS_ACCEPT4, Name: "accept4",
		Before: errnos("EINTR EAGAIN ECONNABORTED EMFILE ENFILE ENOBUFS ENOMEM EPERM EPROTO " +
			"ENETDOWN EHOSTUNREACH EINVAL EOPNOTSUPP ENOSYS")},
	{Number: unix.SYS_BIND, Name: "bind",
		Before: errnos("EINTR EADDRINUSE EADDRNOTAVAIL EACCES EINVAL ENOENT EROFS ENOMEM")},
	{Number: unix.SYS_LISTEN, Name: "listen",
		Before: errnos("EADDRINUSE EOPNOTSUPP EINVAL")},
	{Number: unix.SYS_CONNECT, Name: "connect",
		Before: errnos("EINTR EAGAIN EINPROGRESS EALREADY EISCONN ECONNREFUSED ECONNRESET " +
			"ETIMEDOUT ENETUNREACH EHOSTUNREACH EADDRINUSE EADDRNOTAVAIL EACCES EPERM " +
			"EAFNOSUPPORT EPROTOTYPE ENOBUFS"),
		Made: errnos("EINTR EINPROGRESS")},
	{Number: unix.SYS_GETSOCKNAME, Name: "getsockname",
		Before: errnos("ENOBUFS EINVAL EOPNOTSUPP EPERM")},
	{Number: unix.SYS_GETPEERNAME, Name: "getpeername",
		Before: errnos("ENOBUFS ENOTCONN EINVAL EPERM")},
	{Number: unix.SYS_SHUTDOWN, Name: "shutdown",
		Before: errnos("ENOTCONN EINVAL EOPNOTSUPP")},
	{Number: unix.SYS_SENDTO, Name: "sendto",
		Before: errnos("EINTR EAGAIN ECONNRESET EPIPE ENOTCONN EDESTADDRREQ EMSGSIZE ENOBUFS " +
			"ENOMEM ENETUNREACH ECONNREFUSED EPERM EACCES EOPNOTSUPP")},
	{Number: unix.SYS_RECVFROM, Name: "recvfrom",
		Before: errnos("EINTR EAGAIN ECONNRESET ECONNREFUSED ETIMEDOUT ENOTCONN ENOMEM ENOBUFS " +
			"EINVAL EBADMSG")},
	{Number: unix.SYS_SENDMSG, Name: "sendmsg",
		Before: errnos("EINTR EAGAIN ECONNRESET EPIPE EMSGSIZE ENOBUFS ENOMEM ECONNREFUSED " +
			"ETOOMANYREFS EBADF EINVAL EIO EPERM ENOSYS")},
	{Number: unix.SYS_RECVMSG, Name: "recvmsg",
		Before: errnos("EINTR EAGAIN ECONNRESET ECONNREFUSED ENOTCONN ENOMEM EMFILE EINVAL")},
	{Number: unix.SYS_SENDMMSG, Name: "sendmmsg",
		Before: errnos("EINTR EAGAIN ECONNRESET EPIPE EMSGSIZE ENOBUFS ENOMEM ECONNREFUSED " +
			"ENETUNREACH ETOOMANYREFS EINVAL EIO EPERM ENOSYS")},
	{Number: unix.SYS_RECVMMSG, Name: "recvmmsg",
		Before: errnos("EINTR EAGAIN ECONNREFUSED ENOMEM ENOTCONN")},
	{Number: unix.SYS_GETSOCKOPT, Name: "getsockopt",
		Before: errnos("ENOPROTOOPT EINVAL ENOTSOCK EPERM ENOBUFS")},
	{Number: unix.SYS_SETSOCKOPT, Name: "setsockopt",
		Before: errnos("ENOPROTOOPT EINVAL EPERM ENOMEM")},
	{Number: unix.SYS_FCNTL, Second: unix.F_DUPFD_CLOEXEC, Name: "dup",
		Before: errnos("EMFILE EINVAL EPERM")},
	{Number: unix.SYS_FCNTL, Second: unix.F_GETFL, Name: "get flags",
		Before: errnos("EPERM")},
	{Number: unix.SYS_FCNTL, Second: unix.F_SETFL, Name: "set flags",
		Before: errnos("EPERM EINVAL")},
	{Number: unix.SYS_IOCTL, Name: "ioctl",
		Before: errnos("EINVAL ENOTTY EPERM EAFNOSUPPORT")},
	{Number: unix.SYS_PPOLL, Name: "ppoll",
		Before: errnos("EINTR ENOMEM EPERM ENOSYS")},
	{Number: SendfileCall, Name: "sendfile",
		Before: errnos("EINTR EAGAIN EINVAL ENOSYS EPIPE ECONNRESET ENOMEM EIO EOVERFLOW EPERM")},
	{Number: unix.SYS_SPLICE, Name: "splice",
		Before: errnos("EINTR EAGAIN EINVAL ENOSYS EPIPE ECONNRESET ENOMEM EPERM")},
	{Number: unix.SYS_EPOLL_CREATE1, Name: "epoll_create1",
		Before: errnos("EMFILE ENFILE ENOMEM ENOSYS EPERM")},
	{Number: unix.SYS_EPOLL_CTL, Second: unix.EPOLL_CTL_ADD, Name: "epoll add",
		Before: errnos("ENOMEM ENOSPC EPERM EEXIST")},
	{Number: unix.SYS_STATX, Name: "statx",
		Before: errnos("EINTR ENOSYS EPERM EACCES ENOMEM")},
	{Number: unix.SYS_EVENTFD2, Name: "eventfd2",
		Before: errnos("EMFILE ENFILE ENOMEM ENOSYS")},
	{Number: unix.SYS_SETNS, Name: "setns",
		Before: errnos("EPERM EINVAL ENOMEM")},
	{Number: unix.SYS_CLOSE, Name: "close",
		Made: errnos("EINTR EIO")},
}

// errnos are the errors of those names.
func errnos(names string) (list []syscall.Errno) {
	for e := syscall.Errno(1); e < 200; e++ {
		if slices.Contains(strings.Fields(names), unix.ErrnoName(e)) {
			list = append(list, e)
		}
	}
	return list
}

func errnoName(errno syscall.Errno) string { return unix.ErrnoName(errno) }
