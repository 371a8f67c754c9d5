// Package bsdsocket is the front page of a library of BSD sockets: every family, type, protocol, option and flag that the
// kernel has, on Go's own runtime poller, with typed addresses, getaddrinfo, and a context, a deadline and a timeout on
// every call. It exports nothing itself. These are its packages, from the bottom up:
//
//   - [example.com/bsdsocket/constants]: AF_INET, SOCK_STREAM, SO_REUSEADDR and all the others, typed, with names both ways
//   - [example.com/bsdsocket/sockaddr]: one comparable address value for every family
//   - [example.com/bsdsocket/socket/cmsg]: control messages, such as descriptors, credentials and time stamps
//   - [example.com/bsdsocket/socket]: the socket itself
//   - [example.com/bsdsocket/sockopt]: typed socket options, also for the sockets of package net
//   - [example.com/bsdsocket/addrinfo]: getaddrinfo, getnameinfo, and connecting to what they find
//   - [example.com/bsdsocket/socket/netconn]: sockets as net.Conn, net.Listener and net.PacketConn
//   - [example.com/bsdsocket/socket/packet]: packet sockets with a ring of memory shared with the kernel
//   - [example.com/bsdsocket/ports] and [example.com/bsdsocket/ports/tcp]: buffered input and output; TCP in two lines
//
// Whoever only wants to connect to a name begins with [example.com/bsdsocket/addrinfo.Dial] or
// [example.com/bsdsocket/ports/tcp.Dial]; whoever has a call of C in mind, with [example.com/bsdsocket/socket.New].
package bsdsocket
