//go:build linux

package main

import (
	"net"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// x are the packet connections of golang.org/x/net/ipv4 and ipv6, and for options the bare system
// calls of golang.org/x/sys.
var x = &library{
	name: "x",
	datagrams: func(b *bench) (datagrams, error) {
		out, in, to, err := netPair(b, batchKind{network: "udp4"})
		if err != nil {
			return nil, err
		}
		return &xnetDatagrams{ipv4.NewPacketConn(out), ipv4.NewPacketConn(in),
			net.UDPAddrFromAddrPort(to[0])}, nil
	},
	batches: newXnetBatches,
	options: func(b *bench) (options, error) {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return options{}, err
		}
		b.cleanup(func() { unix.Close(fd) })
		return options{
			getBool: func() error {
				_, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
				return err
			},
			setBool: func() error {
				return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
			},
			getInt: func() error {
				_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
				return err
			},
			setInt: func() error {
				return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 10000)
			},
		}, nil
	},
}

type xnetDatagrams struct {
	out, in *ipv4.PacketConn
	to      net.Addr
}

func (d *xnetDatagrams) send(p []byte) error {
	_, err := d.out.WriteTo(p, nil, d.to)
	return err
}

func (d *xnetDatagrams) receive(p []byte) (int, error) {
	n, _, _, err := d.in.ReadFrom(p)
	return n, err
}

// A batchConn is an *ipv4.PacketConn or an *ipv6.PacketConn: their Message types are the same.
type batchConn interface {
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
}

type xnetBatches struct {
	out, in        batchConn
	sent, received []ipv4.Message
}

func newXnetBatches(b *bench, k batchKind) (batches, error) {
	out, in, to, err := netPair(b, k)
	if err != nil {
		return nil, err
	}
	s := &xnetBatches{sent: make([]ipv4.Message, batch), received: make([]ipv4.Message, batch)}
	if k.network == "udp4" {
		s.out, s.in = ipv4.NewPacketConn(out), ipv4.NewPacketConn(in)
	} else {
		s.out, s.in = ipv6.NewPacketConn(out), ipv6.NewPacketConn(in)
	}
	for i := range batch {
		s.sent[i] = ipv4.Message{Buffers: [][]byte{make([]byte, datagramSize)},
			Addr: net.UDPAddrFromAddrPort(to[i])}
		s.received[i] = ipv4.Message{Buffers: [][]byte{make([]byte, receiveSize(k))}}
	}
	return s, nil
}

func (s *xnetBatches) send() error {
	for left := s.sent; len(left) > 0; {
		n, err := s.out.WriteBatch(left, 0)
		if err != nil {
			return err
		}
		left = left[n:]
	}
	return nil
}

func (s *xnetBatches) receive() (int, error) { return s.in.ReadBatch(s.received, 0) }
