// Package bsdsocket is the front page of a library of BSD sockets: every family, type, protocol,
// option and flag that the kernel has, on Go's own runtime poller, with typed addresses,
// getaddrinfo, and a context, a deadline and a timeout on every call. It exports nothing itself.
// These are its packages, from the bottom up:
//
//   - [example.com/bsdsocket/constants]: AF_INET, SOCK_STREAM, SO_REUSEADDR and all the others,
//     typed, with names both ways
//   - [example.com/bsdsocket/sockaddr]: one comparable address value for every family
//   - [example.com/bsdsocket/socket/cmsg]: control messages, such as descriptors, credentials and
//     time stamps
//   - [example.com/bsdsocket/socket]: the socket itself
//   - [example.com/bsdsocket/sockopt]: typed socket options, also for the sockets of package net
//   - [example.com/bsdsocket/addrinfo]: getaddrinfo, getnameinfo, and connecting to what they find
//   - [example.com/bsdsocket/socket/netconn]: sockets as net.Conn, net.Listener and net.PacketConn
//   - [example.com/bsdsocket/socket/packet]: packet sockets with a ring of memory shared with the
//     kernel
//   - [example.com/bsdsocket/ports] and [example.com/bsdsocket/ports/tcp]: buffered input and
//     output; TCP in two lines
//
// One rule holds for all parameters and configurations. Their zero value works, and so does nil
// where a pointer is taken. A zero field is the default that its comment names; of a timeout or a
// limit the default is none. A negative value is an error, unless the comment gives it a meaning.
// What a constructor makes is closed as long as no constructor has made it: the methods of the zero
// value fail with ErrClosed, and none panics.
//
// One rule holds for all errors. Their text is the package, the method in words, on what, and why;
// errors.As finds the package's Error, and errors.Is the kind, which is the same from every
// package: [example.com/bsdsocket/socket.ErrTimeout], ErrTransient, ErrUnsupported, ErrWouldBlock,
// ErrClosed and ErrValue. The errno is always there as well.
//
// Whoever only wants to connect to a name begins with [example.com/bsdsocket/addrinfo.Dial] or
// [example.com/bsdsocket/ports/tcp.Dial]; whoever has a call of C in mind, with
// [example.com/bsdsocket/socket.New].
package bsdsocket
