package sockopt

import "syscall"

// Windows' own numbers, WSAE... in winsock2.h: package syscall's constants
// without that prefix are its inventions.
const einval syscall.Errno = 10022

// unsupported is how the kernel says that it lacks an option, a level or a
// protocol: WSAENOPROTOOPT, WSAEPROTONOSUPPORT, WSAEOPNOTSUPP,
// WSAEAFNOSUPPORT.
var unsupported = []syscall.Errno{10042, 10043, 10045, 10047}
