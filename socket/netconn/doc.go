// Package netconn makes a [net.Conn], a [net.Listener] or a [net.PacketConn] of a [socket.Socket],
// or by [Listen], [ListenPacket] and [Dial] of an address, so that net/http, crypto/tls, gRPC and
// everything else that runs on package net runs on sockets with choices that package net does not
// offer: options set before bind or connect, chosen backlogs, other families, another network
// namespace.
//
// The adapters behave as package net does. The errors of their methods, and of Listen, ListenPacket
// and Dial, are [*net.OpError] of the same shape: [net.ErrClosed] after Close,
// [os.ErrDeadlineExceeded] for deadlines, an [*os.SyscallError] with the errno for the rest, and a
// bare [io.EOF]. The zero values' errors are a bare EINVAL, and those of NewConn and its kin the
// socket's own. Addresses are net's types where net has the family.
//
// Only deadlines limit calls: making an adapter sets the socket's parameters to none, and they
// should stay so. TCP connections, those of Multipath TCP too, have TCP_NODELAY on. Keep-alive,
// which package net switches on, is on for what Listen and Dial made; otherwise it is left to the
// socket's options.
//
// A peer of AF_UNIX can send descriptors at any time. A program that does not ask for them gets
// none, but the kernel has to close them; [sockopt.SOPassRights] false on the listening socket
// refuses them (Linux 6.16).
//
// The socket belongs to the adapter, and is closed with it. Until then it can still be used,
// through Socket or SyscallConn: for options, messages and batches.
package netconn
