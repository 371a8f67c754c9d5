//go:build linux

package main

import (
	"context"
	"io"
	"net"
	"os"
	"time"

	"example.com/bsdsocket/internal/peers/thirdparty"
)

// A library is one way to do the work. What it has no counterpart for is nil.
type library struct {
	name    string // in the results
	program string // of plain C, which does the work by itself

	// streams listens on the loopback interface, at a free port ("tcp4") or in the temporary folder
	// ("unix").
	streams   func(b *bench, network string, w wait) (listener, error)
	datagrams func(b *bench) (datagrams, error)
	batches   func(b *bench, k batchKind) (batches, error)

	lines func(from, to conn) (lines, error)
	// what comes from one connection to the other, until its end
	relay    func(from, to conn) error
	sendFile func(to conn, f *os.File, size int64) error // from the file's beginning
	portFile func(to conn, f *os.File, size int64) error // the same through ports
	// through ports: a Write leaves at once, whole messages of size come
	framed func(c conn, size int) (io.ReadWriter, error)

	stdlib  func(b *bench) (net.Listener, func() (net.Conn, error), error)
	third   *thirdparty.Transport // for other people's libraries
	options func(b *bench) (options, error)
	lookups func(b *bench) (lookups, error)

	// packets receives on the interface packetTo, in one of the ways of packetRows.
	packets func(b *bench, name, way string) (capture, error)

	// echo is a server in the library's own style; nil: a goroutine for each connection.
	echo func(b *bench) (port int, err error)

	// loop is a server of one goroutine for all connections; nil: it is as above.
	loop func(b *bench) (port int, err error)
}

// wait is how long a call on a connection may wait.
type wait int

const (
	plain      wait = iota // the library's Read and Write, forever
	background             // with context.Background()
	cancelable             // with a context that can be cancelled
	timed                  // at most a minute
)

const timeout = time.Minute

// context returns the context of a way to wait, which ends with the bench.
func (w wait) context(b *bench) context.Context {
	ctx := context.Background()
	if w == cancelable {
		var cancel func()
		ctx, cancel = context.WithCancel(ctx)
		b.cleanup(func() { cancel() })
	}
	return ctx
}

// A conn is a connected stream.
type conn interface {
	io.ReadWriteCloser
	noDelay() error
}

type listener interface {
	dial() (conn, error) // a connection to this listener
	accept() (conn, error)
	port() int
	Close() error
}

// datagrams are two sockets, of which one sends to the other.
type datagrams interface {
	send(p []byte) error
	receive(p []byte) (int, error)
}

// A batchKind says how a batch of datagrams is sent.
type batchKind struct {
	network string // "udp4" or "udp6"
	spread  bool   // each to another address, all of which are the receiver's
	offload bool   // segmented by the kernel, where the library can
	// with offload: handed over as one message that the kernel shall cut, where the library can
	whole bool
}

// batch is how many datagrams are in a batch, and datagramSize how long they are.
const (
	batch        = 64
	datagramSize = 64
)

// batches are two sockets, of which one sends batches to the other.
type batches interface {
	send() error           // a batch
	receive() (int, error) // some datagrams
}

// lines are the two ends of a connection with buffers of 4 KiB.
type lines interface {
	write(line []byte) error
	flush() error
	read() ([]byte, error) // without the line's end
}

// options get and set TCP_NODELAY and SO_RCVBUF of a TCP socket.
type options struct{ getBool, setBool, getInt, setInt func() error }

// lookups resolve a numeric address, a name of the hosts file and one of a name server on the
// loopback interface, and a service.
type lookups struct{ number, hosts, dns, serviceByName, serviceByPort func() error }

const (
	number      = "192.0.2.1"
	dnsName     = "bench.test."
	serviceName = "https"
	servicePort = 443
)
