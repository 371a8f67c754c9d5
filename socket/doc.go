// Package socket is the BSD socket interface: every family, type and protocol of the kernel,
// non-blocking on Go's runtime poller, with a context, a deadline and a timeout for every call that
// can wait. (Read, Write and their like have no context, as package io wants it.)
//
// A [Socket] is made by [New], [Pair], [Socket.Accept], or from a descriptor that exists ([FromFD],
// [FromConn]). Its methods are the system calls, named in full: Connect wraps connect(2),
// ReceiveFrom recvfrom(2). They block the calling goroutine and no thread, except where the kernel
// itself waits: Bind, Connect and sends with a path on a file system that does not answer, and
// Close with SO_LINGER.
//
// # Deadlines, timeouts and contexts
//
// A call ends at the earliest of three: the deadline of [Socket.SetReadDeadline] or
// [Socket.SetWriteDeadline], the context's, and the timeout that [Params] has for that kind of
// call. None of them costs anything while the call does not have to wait. A deadline that moves
// while a call waits takes effect at once. A timeout of [Params] limits each wait: where a call
// moves data in steps (SendAll, Write, a receive with MSG_WAITALL), it begins anew after every
// step.
//
// Time is that of the machine. In a bubble of testing/synctest, deadlines and timeouts pass in real
// time, as package net's do; a context with a deadline of the bubble's does not end while a call
// waits for the kernel, as the bubble's clock stands still then.
//
// # Concurrency
//
// All methods may be called from several goroutines at once. In each direction one call waits at
// the front, and the others queue behind it; each leaves the queue by its own timeout or context.
// Data that one call writes is not interleaved with another's, except in copies, which write what
// each Read returned ([Socket.ReadFrom]). [Socket.Close] wakes all of them.
//
// Receives with MSG_ERRQUEUE are a direction of their own, with the deadline of SetReadDeadline:
// they do not wait for receives of data or for sends, and the reverse. The first that has to wait
// duplicates the descriptor for that.
//
// # Errors
//
// Every error of a Socket is an [*Error], except those of a Reader or Writer that a copy was given.
// Its kind is found with [errors.Is] and [ErrTimeout], [ErrTransient], [ErrUnsupported],
// [ErrWouldBlock] or [ErrClosed]; the errno likewise: errors.Is(err, syscall.ECONNREFUSED).
//
// # Sockets that are not closed
//
// A program that runs with BSDSOCKET_LEAKS=1 in its environment notes who makes each socket, and
// [Unclosed] tells which are open or were left to the garbage collector. So a test finds what the
// code that it tests has forgotten.
//
// # Windows
//
// Errors have the names of package syscall there too (ECONNREFUSED, not WSAECONNREFUSED). What
// Windows lacks is [ErrUnsupported], or differs as follows:
//
//	Pair of AF_UNIX                   ErrUnsupported; AF_INET and AF_INET6 make one over loopback
//	AF_UNIX                           streams alone, from Windows 10 version 1803 on
//	Disconnect of a stream            ErrUnsupported: a connect that was given up goes on until Close
//	descriptors, credentials          no control message passes any
//	SendFile, copies                  go through the process
//	several messages                  are one call each; segments are sent one by one
//	Unsent, MSG_ERRQUEUE, ZeroCopy    ErrUnsupported
//	control messages                  of IP and IPv6 datagrams alone
//	a refused datagram                is not told: SIO_UDP_CONNRESET and SIO_UDP_NETRESET are off
//	SHUT_RD of a datagram socket      receives return 0 and no error; WaitReceive and AtEnd do not see it
//	Bind, after SO_EXCLUSIVEADDRUSE   EACCES can stand for EADDRINUSE
//	Send without a peer               ENOTCONN, on a datagram socket too
//	File                              an os.File of Windows does not wait until it can write
//	namespaces, packets, netlink      ErrUnsupported
//
// Waiting is done by requests to \Device\Afd, as in libuv and Rust's mio, or by WSAPoll in a
// thread for each wait where that is refused. Deadlines can be late by the tick of the system's
// clock.
//
// # What it does not do
//
// It resolves no names (package addrinfo), buffers nothing (package ports), and is no net.Conn
// (package socket/netconn).
package socket
