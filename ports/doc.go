// Package ports puts buffers before a socket: an [InputPort] to read from and an [OutputPort] to
// write to. They are the socket egg's I/O ports. Package ports/tcp makes them from host names and
// services.
//
// # What is received
//
// Input is always buffered. When the buffer is empty and more is wanted, the port receives once, up
// to [Params].ReceiveBufferSize bytes; a Read that has room for more, on a stream, up to that. On a
// socket that keeps message boundaries, that is one message: a longer one is truncated, which
// [InputPort.Truncated] tells, and a shorter one is never merged with the next: its end also ends a
// line. An empty message is passed over. (With the option UDP_GRO the kernel joins several
// datagrams of one sender to one message, and no port tells them apart.)
//
// A line has at most [Params].LineLimit bytes, 1 MiB by default. Only the methods that read and
// write lines know line endings; nothing else is translated.
//
// An error that ends a connection, such as ECONNRESET, is told to every read from then on, also
// when a write met it first. So what was received before it is never taken for all that the peer
// had to say.
//
// # What is sent
//
// Unbuffered output is sent as it is written. Buffered output leaves in whole multiples of
// [Params].SendBufferSize, and the rest is kept until there is more, or until [OutputPort.Flush] or
// [OutputPort.Close]. So a buffer of 512 bytes that holds 500, and is given 526 more, sends 1024
// and keeps 2. Line buffering sends whole lines as well: see [OutputPort.SetBuffering].
//
// What is sent at once goes through the socket's SendAll: to a stream as a whole, on a message
// socket in chunks of at most its SendSize, each of which is a message. It is best if one size is a
// multiple of the other. To accept datagrams of up to 4096 bytes, and to send datagrams of 128,
// 256, 384 or 512:
//
//	p := socket.DefaultParams()
//	p.SendSize = 512
//	err := s.SetParams(p)
//	...
//	in, out, err := ports.New(s, ports.Params{ReceiveBufferSize: 4096, SendBufferSize: 128})
//
// What the port cuts in two leaves with MSG_MORE but for the last piece where TCP's TCP_NODELAY is
// off, so that with Nagle's algorithm (RFC 896) no piece waits 40 ms for the peer's delayed
// acknowledgement of the one before. Two writes of the program's own, each sent at once, do wait on
// a socket whose TCP_NODELAY is off. Package ports/tcp switches it on; New leaves the socket's
// options as they are.
//
// # Timeouts and contexts
//
// Ports always use the socket's current timeouts and chunk size: its SetParams changes them, and
// its deadlines hold as well. A timeout begins anew with each step: with each piece that can be
// sent, and with each empty datagram that is passed over. A call that times out fails with
// [socket.ErrTimeout], and the port stays usable: what was received and what was buffered is still
// there, and the same call can be made again. (A Write says how much of its argument is sent or
// kept.) A copy has the timeouts, too: see [InputPort.WriteTo].
//
// [InputPort.SetContext] and [OutputPort.SetContext] bound the calls of a port by a context.
//
// # Closing
//
// Closing a port shuts its direction of the socket down, so that a TCP peer sees the end of the
// stream when the output port is closed. A port that was abandoned before is closed without that.
// When both ports are closed, abandoned or not, the socket is closed.
//
// Over TCP, a socket that closes while bytes are there that nobody has read, or before the peer has
// sent its last, resets the connection, and the peer can lose what was sent to it before. For the
// peer to have all of it, close the output port first, read to the end, and then close the input
// port:
//
//	err := out.Close()                   // the peer sees the end
//	_, err = io.Copy(io.Discard, in)     // and closes its side
//	err = in.Close()
//
// A context or a timeout bounds the wait. [Duplex.Close] and [Custodian.Close] close at once.
//
// To reset the connection instead, because what was sent must not pass for whole, set
// [sockopt.SOLinger] to a time of 0 before closing: then the output port sends no end of the
// stream, and the peer sees a reset when both ports are closed.
//
// Shutting down ends the connection for everyone who has the socket, such as a child process;
// close(2) alone would not. A program that shares a socket and wants it to live on abandons both
// ports before closing them.
//
// # Concurrency
//
// One goroutine may read from the input port while another writes to the output port, and any
// goroutine may close either at any time: a call that waits on it then ends with
// [socket.ErrClosed]. That touches no deadline of the socket, and no deadline can prevent it. What
// was written before is sent all the same, as far as the peer takes it.
//
// Otherwise a port must not be used by two goroutines at once, except for Close, Abandon, Socket,
// Names and an output port's Buffered. The buffers have no lock; the race detector reports such
// use.
//
// The socket can be used beside the ports; its receives know nothing of what a port has buffered.
//
// # Coming from bufio
//
// A bufio.Writer fails for ever once a write has failed. An OutputPort goes on, since a timeout
// passes; the bytes that the failed write did not send are not in the port, and the next Flush or
// Close says so: see [OutputPort.ClearError]. A bufio.Reader joins what a packet connection
// returns; an InputPort does not. Limits hold for ReadString, too.
//
// Ports are on sockets alone. On another [net.Conn], such as one of crypto/tls over a [Duplex],
// bufio is the way, with the connection's deadlines in place of timeouts.
package ports
