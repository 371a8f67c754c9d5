//go:build linux

package main

import (
	"context"
	"errors"
	"time"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

var mdlayher = &library{
	name:      "mdlayher",
	streams:   mdlayherStreams,
	datagrams: newMdlayherDatagrams,
	options: func(b *bench) (options, error) {
		c, err := socket.Socket(unix.AF_INET, unix.SOCK_STREAM, 0, "bench", nil)
		if err != nil {
			return options{}, err
		}
		b.cleanup(func() { c.Close() })
		return options{
			getBool: func() error {
				_, err := c.GetsockoptInt(unix.IPPROTO_TCP, unix.TCP_NODELAY)
				return err
			},
			setBool: func() error { return c.SetsockoptInt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) },
			getInt: func() error {
				_, err := c.GetsockoptInt(unix.SOL_SOCKET, unix.SO_RCVBUF)
				return err
			},
			setInt: func() error { return c.SetsockoptInt(unix.SOL_SOCKET, unix.SO_RCVBUF, 10000) },
		}, nil
	},
}

type mdlayherConn struct{ *socket.Conn }

func (c mdlayherConn) noDelay() error {
	return c.SetsockoptInt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
}

type mdlayherContextConn struct {
	mdlayherConn
	ctx context.Context
}

func (c mdlayherContextConn) Read(p []byte) (int, error)  { return c.ReadContext(c.ctx, p) }
func (c mdlayherContextConn) Write(p []byte) (int, error) { return c.WriteContext(c.ctx, p) }

type mdlayherTimedConn struct{ mdlayherConn }

func (c mdlayherTimedConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c mdlayherTimedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

type mdlayherListener struct {
	*socket.Conn
	family int
	name   unix.Sockaddr
	wrap   func(*socket.Conn) conn
}

func mdlayherStreams(b *bench, network string, w wait) (listener, error) {
	l := &mdlayherListener{family: unix.AF_INET, wrap: func(c *socket.Conn) conn {
		return mdlayherConn{c}
	}}
	switch w {
	case timed:
		l.wrap = func(c *socket.Conn) conn { return mdlayherTimedConn{mdlayherConn{c}} }
	case background, cancelable:
		ctx := w.context(b)
		l.wrap = func(c *socket.Conn) conn { return mdlayherContextConn{mdlayherConn{c}, ctx} }
	}
	var at unix.Sockaddr = &unix.SockaddrInet4{}
	if network == "unix" {
		l.family, at = unix.AF_UNIX, &unix.SockaddrUnix{Name: b.path()}
	}
	var err error
	if l.Conn, err = socket.Socket(l.family, unix.SOCK_STREAM, 0, "bench", nil); err != nil {
		return nil, err
	}
	if err := errors.Join(l.Bind(at), l.Listen(4096)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.name, err = l.Getsockname()
	if name, ok := l.name.(*unix.SockaddrInet4); ok {
		name.Addr = loopback4.As4()
	}
	return l, err
}

func (l *mdlayherListener) port() int { return l.name.(*unix.SockaddrInet4).Port }

func (l *mdlayherListener) dial() (conn, error) {
	c, err := socket.Socket(l.family, unix.SOCK_STREAM, 0, "bench", nil)
	if err != nil {
		return nil, err
	}
	if _, err := c.Connect(context.Background(), l.name); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return l.wrap(c), nil
}

func (l *mdlayherListener) accept() (conn, error) {
	c, _, err := l.Accept(context.Background(), 0)
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

type mdlayherDatagrams struct {
	out, in *socket.Conn
	to      unix.Sockaddr
}

func newMdlayherDatagrams(b *bench) (datagrams, error) {
	d := new(mdlayherDatagrams)
	for _, c := range []**socket.Conn{&d.out, &d.in} {
		var err error
		if *c, err = socket.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0, "bench", nil); err != nil {
			return nil, err
		}
		b.cleanup(func() { (*c).Close() })
		if err := (*c).Bind(&unix.SockaddrInet4{Addr: loopback4.As4()}); err != nil {
			return nil, err
		}
	}
	var err error
	d.to, err = d.in.Getsockname()
	return d, err
}

func (d *mdlayherDatagrams) send(p []byte) error {
	return d.out.Sendto(context.Background(), p, 0, d.to)
}

func (d *mdlayherDatagrams) receive(p []byte) (int, error) {
	n, _, err := d.in.Recvfrom(context.Background(), p, 0)
	return n, err
}
