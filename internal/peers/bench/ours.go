//go:build linux

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/peers/thirdparty"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

var ours = &library{
	packets:   oursPackets,
	name:      "ours",
	streams:   ourStreams,
	datagrams: newOurDatagrams,
	batches:   newOurBatches,
	lines: func(from, to conn) (lines, error) {
		_, out, err := ourPorts(from)
		if err != nil {
			return nil, err
		}
		in, _, err := ourPorts(to)
		return ourLines{in, out}, err
	},
	relay: func(from, to conn) error {
		in, _, err := ourPorts(from)
		if err != nil {
			return err
		}
		_, out, err := ourPorts(to)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Close())
	},
	sendFile: func(to conn, f *os.File, size int64) error {
		_, err := to.(ourConn).SendFile(context.Background(), f, 0, size)
		return err
	},
	portFile: func(to conn, f *os.File, size int64) error {
		_, out, err := ourPorts(to)
		if err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err = io.Copy(out, f)
		return errors.Join(err, out.Flush())
	},
	framed: func(c conn, size int) (io.ReadWriter, error) {
		in, out, err := ourPorts(c)
		return framed{in, out}, err
	},
	stdlib:  ourStdlib,
	third:   &thirdparty.Ours,
	options: ourOptions,
	lookups: ourLookups,
	loop:    loopServer,
}

// ourConn is a socket that waits without timeouts, or with those of its parameters.
type ourConn struct{ *socket.Socket }

func (c ourConn) noDelay() error { return sockopt.TCPNoDelay.Set(c.Socket, true) }

// ourContextConn is a socket whose calls have a context.
type ourContextConn struct {
	ourConn
	ctx context.Context
}

func (c ourContextConn) Read(p []byte) (int, error) {
	n, err := c.Receive(c.ctx, p, 0)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (c ourContextConn) Write(p []byte) (int, error) { return c.SendAll(c.ctx, p, 0) }

type ourListener struct {
	*socket.Socket
	name sockaddr.Addr
	wrap func(*socket.Socket) conn
}

func ourStreams(b *bench, network string, w wait) (listener, error) {
	addr := sockaddr.MustParse("0.0.0.0")
	if network == "unix" {
		var err error
		if addr, err = sockaddr.Unix(b.path()); err != nil {
			return nil, err
		}
	}
	s, err := socket.New(addr.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	l := &ourListener{Socket: s, wrap: func(s *socket.Socket) conn { return ourConn{s} }}
	var p socket.Params
	switch w {
	case timed:
		p.ReceiveTimeout, p.SendTimeout = timeout, timeout
	case background, cancelable:
		ctx := w.context(b)
		l.wrap = func(s *socket.Socket) conn { return ourContextConn{ourConn{s}, ctx} }
	}
	if err := errors.Join(s.SetParams(p), s.Bind(addr), s.Listen(4096)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if l.name, err = s.Name(); network == "tcp4" {
		l.name = sockaddr.FromAddrPort(netip.AddrPortFrom(loopback4, uint16(l.name.Port())))
	}
	return l, err
}

func (l *ourListener) port() int { return l.name.Port() }

func (l *ourListener) dial() (conn, error) {
	s, err := socket.New(l.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.SetParams(l.Params()),
		s.Connect(context.Background(), l.name)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return l.wrap(s), nil
}

func (l *ourListener) accept() (conn, error) {
	s, _, err := l.Accept(context.Background())
	if err != nil {
		return nil, err
	}
	return l.wrap(s), nil
}

// ourUDP returns a socket bound to an address, which closes with the bench.
func ourUDP(b *bench, addr sockaddr.Addr) (*socket.Socket, netip.AddrPort, error) {
	s, err := socket.New(addr.Family(), constants.SOCK_DGRAM, 0)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	b.cleanup(func() { s.Close() })
	if err := errors.Join(s.SetParams(socket.Params{}), s.Bind(addr)); err != nil {
		return nil, netip.AddrPort{}, err
	}
	name, err := s.Name()
	return s, name.AddrPort(), err
}

type ourDatagrams struct {
	out, in *socket.Socket
	to      sockaddr.Addr
}

func newOurDatagrams(b *bench) (datagrams, error) {
	addr := sockaddr.FromAddrPort(netip.AddrPortFrom(loopback4, 0))
	out, _, err := ourUDP(b, addr)
	if err != nil {
		return nil, err
	}
	in, name, err := ourUDP(b, addr)
	return &ourDatagrams{out, in, sockaddr.FromAddrPort(name)}, err
}

func (d *ourDatagrams) send(p []byte) error {
	_, err := d.out.SendTo(context.Background(), p, d.to, 0)
	return err
}

func (d *ourDatagrams) receive(p []byte) (int, error) {
	n, _, err := d.in.ReceiveFrom(context.Background(), p, 0)
	return n, err
}

type ourBatches struct {
	out, in        *socket.Socket
	sent, received []socket.Message
}

func newOurBatches(b *bench, k batchKind) (batches, error) {
	from, to := k.addresses()
	out, _, err := ourUDP(b, sockaddr.FromAddrPort(from))
	if err != nil {
		return nil, err
	}
	in, name, err := ourUDP(b, sockaddr.FromAddrPort(to))
	if err != nil {
		return nil, err
	}
	out.SetOffload(k.offload)
	received := make([]socket.Message, batch)
	if k.offload {
		if err := sockopt.UDPGRO.Set(in, true); err != nil {
			return nil, err
		}
		received = received[:1] // it has room for a whole batch
	}
	for i := range received {
		received[i].Buffers = [][]byte{make([]byte, receiveSize(k))}
	}
	sent := make([]socket.Message, batch)
	buffers := make([]byte, batch*datagramSize)
	for i, addr := range k.destinations(name.Port()) {
		sent[i] = socket.Message{Buffers: [][]byte{buffers[i*datagramSize:][:datagramSize]},
			Addr: sockaddr.FromAddrPort(addr)}
	}
	if k.whole {
		sent = sent[:1]
		sent[0].Buffers, sent[0].SegmentSize = [][]byte{buffers}, datagramSize
	}
	return &ourBatches{out, in, sent, received}, nil
}

func (s *ourBatches) send() error {
	n, err := s.out.SendMessages(context.Background(), s.sent, 0)
	if err == nil && n != len(s.sent) {
		err = io.ErrShortWrite
	}
	return err
}

func (s *ourBatches) receive() (datagrams int, err error) {
	n, err := s.in.ReceiveMessages(context.Background(), s.received, 0)
	for i := range s.received[:n] {
		for range s.received[i].Segments() {
			datagrams++
		}
	}
	return datagrams, err
}

// ourPorts makes ports of a connection.
func ourPorts(c conn) (*ports.InputPort, *ports.OutputPort, error) {
	return ports.New(c.(ourConn).Socket,
		ports.Params{ReceiveBufferSize: bufferSize, SendBufferSize: bufferSize})
}

type ourLines struct {
	in  *ports.InputPort
	out *ports.OutputPort
}

func (l ourLines) write(line []byte) error { _, err := l.out.Write(line); return err }
func (l ourLines) flush() error            { return l.out.Flush() }
func (l ourLines) read() ([]byte, error)   { return l.in.ReadLineBytes() }

func ourStdlib(b *bench) (net.Listener, func() (net.Conn, error), error) {
	l, err := ourStreams(b, "tcp4", plain)
	if err != nil {
		return nil, nil, err
	}
	stdlib, err := netconn.NewListener(l.(*ourListener).Socket)
	return stdlib, func() (net.Conn, error) {
		c, err := l.dial()
		if err != nil {
			return nil, err
		}
		return netconn.NewConn(c.(ourConn).Socket)
	}, err
}

func ourOptions(b *bench) (options, error) {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		return options{}, err
	}
	b.cleanup(func() { s.Close() })
	return options{
		getBool: func() error { _, err := sockopt.TCPNoDelay.Get(s); return err },
		setBool: func() error { return sockopt.TCPNoDelay.Set(s, true) },
		getInt:  func() error { _, err := sockopt.SOReceiveBuffer.Get(s); return err },
		setInt:  func() error { return sockopt.SOReceiveBuffer.Set(s, 10000) },
	}, nil
}

func ourLookups(b *bench) (lookups, error) {
	r := &addrinfo.Resolver{Net: b.resolver()}
	lookup := func(node string) func() error {
		return func() error {
			_, err := r.Lookup(context.Background(), node, "80", nil)
			return err
		}
	}
	return lookups{
		number: lookup(number), hosts: lookup("localhost"), dns: lookup(dnsName),
		serviceByName: func() error { _, err := r.ServiceByName(serviceName, "tcp"); return err },
		serviceByPort: func() error { _, err := r.ServiceByPort(servicePort, "tcp"); return err },
	}, nil
}
