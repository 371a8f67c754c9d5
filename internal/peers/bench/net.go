//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/peers/thirdparty"
)

// stdlib is package net, with bufio for ports.
var stdlib = &library{
	name:      "net",
	streams:   netStreams,
	datagrams: newNetDatagrams,
	batches:   newNetBatches,
	lines: func(from, to conn) (lines, error) {
		return netLines{bufio.NewReaderSize(to, bufferSize), bufio.NewWriterSize(from, bufferSize)},
			nil
	},
	relay: func(from, to conn) error {
		tcp := to.(netConn).Conn.(*net.TCPConn)
		_, err := io.Copy(tcp, from.(netConn).Conn)
		return errors.Join(err, tcp.CloseWrite())
	},
	sendFile: netSendFile,
	portFile: netSendFile,
	framed: func(c conn, size int) (io.ReadWriter, error) {
		return framed{bufio.NewReaderSize(c, bufferSize), bufio.NewWriterSize(c, bufferSize)}, nil
	},
	stdlib: func(*bench) (net.Listener, func() (net.Conn, error), error) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		return l, func() (net.Conn, error) { return net.Dial("tcp4", l.Addr().String()) }, nil
	},
	third:   &thirdparty.Net,
	options: netOptions,
	lookups: netLookups,
}

type netConn struct{ net.Conn }

func (netConn) noDelay() error { return nil } // package net's default

// netTimedConn sets a deadline before each call.
type netTimedConn struct{ netConn }

func (c netTimedConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c netTimedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

type netListener struct {
	net.Listener
	wrap func(net.Conn) conn
}

func netStreams(b *bench, network string, w wait) (listener, error) {
	addr := "0.0.0.0:0"
	if network == "unix" {
		addr = b.path()
	}
	l := &netListener{wrap: func(c net.Conn) conn { return netConn{c} }}
	switch w {
	case timed:
		l.wrap = func(c net.Conn) conn { return netTimedConn{netConn{c}} }
	case background, cancelable:
		return nil, errNone
	}
	var err error
	l.Listener, err = net.Listen(network, addr)
	return l, err
}

func (l *netListener) port() int { return l.Addr().(*net.TCPAddr).Port }

func (l *netListener) dial() (conn, error) {
	var c net.Conn
	var err error
	if to, ok := l.Addr().(*net.TCPAddr); ok {
		c, err = net.DialTCP("tcp4", nil, &net.TCPAddr{IP: loopback4.AsSlice(), Port: to.Port})
	} else {
		c, err = net.Dial("unix", l.Addr().String())
	}
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

func (l *netListener) accept() (conn, error) {
	c, err := l.Accept()
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

// netUDP returns a socket bound to an address, which closes with the bench.
func netUDP(b *bench, addr netip.AddrPort) (*net.UDPConn, netip.AddrPort, error) {
	c, err := net.ListenUDP(udpNetwork(addr), net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	b.cleanup(func() { c.Close() })
	return c, c.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

// netPair returns a socket to send with and one to receive with, and where that is.
func netPair(b *bench, k batchKind) (out, in *net.UDPConn, to []netip.AddrPort, err error) {
	from, at := k.addresses()
	if out, _, err = netUDP(b, from); err != nil {
		return nil, nil, nil, err
	}
	in, name, err := netUDP(b, at)
	return out, in, k.destinations(name.Port()), err
}

type netDatagrams struct {
	out, in *net.UDPConn
	to      netip.AddrPort
}

func newNetDatagrams(b *bench) (datagrams, error) {
	out, in, to, err := netPair(b, batchKind{network: "udp4"})
	if err != nil {
		return nil, err
	}
	return &netDatagrams{out, in, to[0]}, nil
}

func (d *netDatagrams) send(p []byte) error {
	_, err := d.out.WriteToUDPAddrPort(p, d.to)
	return err
}

func (d *netDatagrams) receive(p []byte) (int, error) {
	n, _, err := d.in.ReadFromUDPAddrPort(p)
	return n, err
}

// netBatches are sent and received one by one, since package net has nothing else.
type netBatches struct {
	netDatagrams
	to           []netip.AddrPort
	sent, buffer []byte
}

func newNetBatches(b *bench, k batchKind) (batches, error) {
	out, in, to, err := netPair(b, k)
	if err != nil {
		return nil, err
	}
	return &netBatches{netDatagrams{out: out, in: in}, to, make([]byte, datagramSize),
		make([]byte, receiveSize(k))}, nil
}

func (s *netBatches) send() error {
	for _, to := range s.to {
		if _, err := s.out.WriteToUDPAddrPort(s.sent, to); err != nil {
			return err
		}
	}
	return nil
}

func (s *netBatches) receive() (int, error) {
	_, err := s.netDatagrams.receive(s.buffer)
	return 1, err
}

type netLines struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func (l netLines) write(line []byte) error { _, err := l.out.Write(line); return err }
func (l netLines) flush() error            { return l.out.Flush() }
func (l netLines) read() ([]byte, error)   { line, _, err := l.in.ReadLine(); return line, err }

func netSendFile(to conn, f *os.File, size int64) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(to.(netConn).Conn, f)
	if err == nil && n != size {
		err = io.ErrShortWrite
	}
	return err
}

// netOptions gets options through SyscallConn, since package net only sets them.
func netOptions(b *bench) (options, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return options{}, err
	}
	b.cleanup(func() { l.Close() })
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return options{}, err
	}
	b.cleanup(func() { c.Close() })
	tcp := c.(*net.TCPConn)
	get := func(level, name int) func() error {
		return func() error {
			raw, err := tcp.SyscallConn()
			if err != nil {
				return err
			}
			var failed error
			err = raw.Control(func(fd uintptr) {
				_, failed = unix.GetsockoptInt(int(fd), level, name)
			})
			return errors.Join(err, failed)
		}
	}
	return options{
		getBool: get(unix.IPPROTO_TCP, unix.TCP_NODELAY),
		setBool: func() error { return tcp.SetNoDelay(true) },
		getInt:  get(unix.SOL_SOCKET, unix.SO_RCVBUF),
		setInt:  func() error { return tcp.SetReadBuffer(10000) },
	}, nil
}

func netLookups(b *bench) (lookups, error) {
	r := b.resolver()
	lookup := func(node string) func() error {
		return func() error {
			_, err := r.LookupNetIP(context.Background(), "ip", node)
			return err
		}
	}
	return lookups{
		number: lookup(number), hosts: lookup("localhost"), dns: lookup(dnsName),
		serviceByName: func() error {
			_, err := r.LookupPort(context.Background(), "tcp", serviceName)
			return err
		},
	}, nil
}
