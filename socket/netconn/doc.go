// Package netconn makes a [net.Conn], a [net.Listener] or a [net.PacketConn] of a [socket.Socket], or by [Listen],
// [ListenPacket] and [Dial] of an address, so that net/http, crypto/tls,
// gRPC and everything else that runs on package net runs on sockets that were made with care: options set before bind
// or connect, chosen backlogs, other families, another network namespace.
//
// The adapters behave as package net does. Their errors are [*net.OpError] of the same shape: [net.ErrClosed] after Close,
// [os.ErrDeadlineExceeded] for deadlines, an [*os.SyscallError] with the errno for the rest, and a bare [io.EOF]. Addresses
// are net's types. Only deadlines limit calls: making an adapter sets the socket's parameters to none. TCP connections have
// TCP_NODELAY on. Keep-alive, which package net switches on too, is on for what Listen and Dial made; otherwise it is left to the
// socket's options.
//
// The socket belongs to the adapter, and is closed with it. Until then it can still be used, through Socket or
// SyscallConn: for options, messages and batches.
package netconn
