// Package ports puts buffers before a socket: an [InputPort] to read from and an [OutputPort] to write to. They are the
// socket egg's I/O ports. Package ports/tcp makes them from host names and services.
//
// # What is received
//
// Input is always buffered. When the buffer is empty and more is wanted, the port receives once, up to
// [Params].ReceiveBufferSize bytes. On a socket that keeps message boundaries, that is one message: a longer one is
// truncated, and a shorter one is not merged with the next. An empty message is passed over.
//
// # What is sent
//
// Unbuffered output is sent as it is written. Buffered output leaves in whole multiples of [Params].SendBufferSize, and
// the rest is kept until there is more, or until [OutputPort.Flush] or [OutputPort.Close]. So a buffer of 512 bytes that
// holds 500, and is given 526 more, sends 1024 and keeps 2. Line buffering sends whole lines as well: see
// [OutputPort.SetBuffering].
//
// Whatever is sent at once goes through the socket's SendAll, in chunks of at most its SendSize. On a message socket, a chunk
// is a message. It is best if one size is a multiple of the other. To accept datagrams of up to 4096 bytes, and to send
// datagrams of 128, 256, 384 or 512:
//
//	p := socket.DefaultParams()
//	p.SendSize = 512
//	err := s.SetParams(p)
//	...
//	in, out, err := ports.New(s, ports.Params{ReceiveBufferSize: 4096, SendBufferSize: 128})
//
// # Timeouts
//
// The ports have the timeouts, and the chunk size, that the socket has when they are made. They stay the socket's: its SetParams
// changes them, and its deadlines hold as well. A call that times out fails with [socket.ErrTimeout], and the port stays
// usable: what was received and what was buffered is still there.
//
// # Closing
//
// To close a port shuts its direction of the socket down, so that a TCP peer sees the end of the stream when the output port
// is closed. A port that was abandoned before does not. When both ports are closed, abandoned or not, the socket is closed.
//
// # Concurrency
//
// One goroutine may read from the input port while another writes to the output port, and any goroutine may close either
// at any time: a call that waits on it then ends with [socket.ErrClosed]. What was written before is sent all the same, as
// far as the peer takes it.
//
// What is not allowed is two goroutines in calls on one port, but for Close, Abandon, Socket, Names and an output port's
// Buffered, without a lock of their own. The buffers have none, and the race detector reports it.
//
// The socket can be used beside the ports; its receives know nothing of what a port has buffered.
package ports
