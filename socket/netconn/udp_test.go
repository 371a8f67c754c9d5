package netconn_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

// udpConn is what libraries look for in a connection of UDP.
type udpConn interface {
	net.Conn
	net.PacketConn
	syscall.Conn
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	ReadFromUDP([]byte) (int, *net.UDPAddr, error)
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
	ReadMsgUDPAddrPort(b, oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error)
	WriteToUDP([]byte, *net.UDPAddr) (int, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
	WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error)
	WriteMsgUDPAddrPort(b, oob []byte, addr netip.AddrPort) (n, oobn int, err error)
	File() (*os.File, error)
}

var (
	_ udpConn = (*netconn.PacketConn)(nil)
	_ udpConn = (*net.UDPConn)(nil)
)

// What x/net and others take for TCP is that alone.
func TestMethodsOfTheirOwn(t *testing.T) {
	for _, c := range []any{(*netconn.PacketConn)(nil), (*netconn.UnixConn)(nil),
		(*netconn.IPConn)(nil)} {
		if _, ok := c.(interface{ SetLinger(int) error }); ok {
			t.Errorf("%T has SetLinger", c)
		}
		if _, ok := c.(io.ReaderFrom); ok {
			t.Errorf("%T is an io.ReaderFrom", c)
		}
	}
	for _, c := range []any{(*netconn.Conn)(nil), (*netconn.UnixConn)(nil),
		(*netconn.IPConn)(nil)} {
		if _, ok := c.(interface {
			ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
		}); ok {
			t.Errorf("%T has ReadMsgUDP", c)
		}
	}
}

// TestMessagesOfUDP sends by each way to each way, with control data, beside package net: between
// IPv4, IPv6 and a socket of both.
func TestMessagesOfUDP(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	dual := func(at string) (ours, theirs udpConn) {
		ours = packet(t, at)
		network := "udp"
		if at[0] == '1' {
			network = "udp4"
		}
		local := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at))
		theirs = must(net.ListenUDP(network, local))(t)
		t.Cleanup(func() { theirs.Close() })
		return ours, theirs
	}
	four, netFour := dual("127.0.0.1:0")
	all, netAll := dual("[::]:0")
	for _, c := range []udpConn{four, netFour} {
		if err := sockopt.IPReceiveTimeToLive.Set(c, true); err != nil {
			t.Fatal(err)
		}
	}
	control := must(cmsg.IPTimeToLive.Append(nil, 7))(t)
	port := func(c udpConn) uint16 { return c.LocalAddr().(*net.UDPAddr).AddrPort().Port() }
	at := func(c udpConn) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port(c))
	}
	for _, way := range []struct{ from, to udpConn }{{four, netFour}, {netFour, four},
		{all, netFour}, {netAll, four}, {four, all}, {netFour, netAll}} {
		to := at(way.to)
		sends := map[string]func(b []byte) (int, error){
			"WriteToUDP": func(b []byte) (int, error) {
				return way.from.WriteToUDP(b, net.UDPAddrFromAddrPort(to))
			},
			"WriteToUDPAddrPort": func(b []byte) (int, error) {
				return way.from.WriteToUDPAddrPort(b, to)
			},
			"WriteMsgUDP": func(b []byte) (int, error) {
				n, oobn, err := way.from.WriteMsgUDP(b, control, net.UDPAddrFromAddrPort(to))
				if oobn != len(control) {
					t.Error("control data sent:", oobn)
				}
				return n, err
			},
			"WriteMsgUDPAddrPort": func(b []byte) (int, error) {
				n, _, err := way.from.WriteMsgUDPAddrPort(b, nil, to)
				return n, err
			},
		}
		for name, send := range sends {
			for _, text := range []string{"hello", ""} {
				for range 3 {
					if n, err := send([]byte(text)); n != len(text) || err != nil {
						t.Fatal(name, n, err)
					}
				}
				way.to.SetReadDeadline(time.Now().Add(patience))
				b, oob := make([]byte, 9), make([]byte, 64)
				n, from, err := way.to.ReadFromUDP(b)
				if string(b[:n]) != text || err != nil || from.AddrPort().Port() != port(way.from) {
					t.Fatal(name, n, from, err)
				}
				n, oobn, flags, from, err := way.to.ReadMsgUDP(b, oob)
				if string(b[:n]) != text || err != nil || from.AddrPort().Port() != port(way.from) {
					t.Fatal(name, n, from, err)
				}
				if flags&^int(constants.MSG_CMSG_CLOEXEC) != 0 ||
					(oobn > 0) != (way.to == four || way.to == netFour) {
					t.Errorf("%s: flags %#x, %d bytes of control data", name, flags, oobn)
				}
				// Control data that does not fit is a flag.
				n, oobn, flags, ap, err := way.to.ReadMsgUDPAddrPort(b, oob[:1])
				if string(b[:n]) != text || err != nil || ap.Port() != port(way.from) || oobn > 1 {
					t.Fatal(name, n, oobn, ap, err)
				}
				cut := flags&int(constants.MSG_CTRUNC) != 0
				if cut != (way.to == four || way.to == netFour) {
					t.Errorf("%s: control data cut: %t", name, cut)
				}
			}
		}
	}
	// Addresses have the forms that package net's have.
	for _, pair := range [][2]udpConn{{four, netFour}, {all, netAll}} {
		var got [2]netip.AddrPort
		var msg [2]*net.UDPAddr
		for i, c := range pair {
			for range 2 {
				if _, err := netFour.WriteToUDPAddrPort([]byte("x"), at(c)); err != nil {
					t.Fatal(err)
				}
			}
			var err error
			if _, got[i], err = c.ReadFromUDPAddrPort(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			if _, _, _, msg[i], err = c.ReadMsgUDP(make([]byte, 1), nil); err != nil {
				t.Fatal(err)
			}
		}
		if got[0] != got[1] || msg[0].String() != msg[1].String() || !msg[0].IP.Equal(msg[1].IP) {
			t.Errorf("%v and %v, %v and %v", got[0], got[1], msg[0], msg[1])
		}
	}
}

// TestErrorsOfUDP holds that what is refused is refused as by package net.
func TestErrorsOfUDP(t *testing.T) {
	peer := packet(t, "127.0.0.1:0")
	to := peer.LocalAddr().(*net.UDPAddr)
	s := must(socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0))(t)
	if err := s.Connect(ctx, sockaddr.FromAddrPort(to.AddrPort())); err != nil {
		t.Fatal(err)
	}
	ours := must(netconn.NewPacketConn(s))(t)
	defer ours.Close()
	theirs := must(net.DialUDP("udp4", nil, to))(t)
	defer theirs.Close()
	unconnected := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))(t)
	defer unconnected.Close()
	b := []byte("x")
	for name, call := range map[string]func(c udpConn) error{
		"WriteToUDP": func(c udpConn) error { _, err := c.WriteToUDP(b, to); return err },
		"WriteToUDP of nil": func(c udpConn) error {
			_, err := c.WriteToUDP(b, nil)
			return err
		},
		"WriteToUDPAddrPort": func(c udpConn) error {
			_, err := c.WriteToUDPAddrPort(b, to.AddrPort())
			return err
		},
		"WriteMsgUDP": func(c udpConn) error { _, _, err := c.WriteMsgUDP(b, nil, to); return err },
		"WriteMsgUDP to none": func(c udpConn) error {
			_, _, err := c.WriteMsgUDP(b, nil, nil)
			return err
		},
		"WriteMsgUDPAddrPort to none": func(c udpConn) error {
			_, _, err := c.WriteMsgUDPAddrPort(b, nil, netip.AddrPort{})
			return err
		},
		"too long": func(c udpConn) error {
			_, _, err := c.WriteMsgUDP(make([]byte, 70000), nil, nil)
			return err
		},
		"too long, with an address": func(c udpConn) error {
			_, _, err := c.WriteMsgUDP(make([]byte, 70000), nil, to)
			return err
		},
		"a past deadline": func(c udpConn) error {
			c.SetReadDeadline(time.Unix(1, 0))
			_, _, _, _, err := c.ReadMsgUDP(b, nil)
			return err
		},
		"closed": func(c udpConn) error {
			c.Close()
			_, _, _, _, err := c.ReadMsgUDPAddrPort(b, nil)
			return err
		},
		"closed, writing": func(c udpConn) error {
			c.Close()
			_, _, err := c.WriteMsgUDP(b, nil, to)
			return err
		},
		"closed, and closed": func(c udpConn) error { c.Close(); return c.Close() },
	} {
		for i, pair := range [][2]udpConn{{ours, theirs}, {peer, unconnected}} {
			if name == "closed" && i == 0 {
				continue // the order of a map: the others need them
			}
			if len(name) > 5 && name[:6] == "closed" {
				pair = [2]udpConn{packet(t, "127.0.0.1:0"),
					must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))(t)}
			}
			got, want := shape(call(pair[0])), shape(call(pair[1]))
			if name == "WriteMsgUDPAddrPort to none" {
				// which says "invalid AddrPort"
				got = strings.Replace(got, "addr <nil>", "addr net.addrPortUDPAddr", 1)
			}
			want, got = strings.ReplaceAll(want, "net.addrPortUDPAddr", "*net.UDPAddr"),
				strings.ReplaceAll(got, "net.addrPortUDPAddr", "*net.UDPAddr")
			if got != want {
				t.Errorf("%s: got  %s\nwant %s", name, got, want)
			}
		}
	}
}

// TestZeroValues holds that the methods of zero values fail with EINVAL, as those of package net's.
func TestZeroValues(t *testing.T) {
	b := make([]byte, 1)
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	stream := func(c interface {
		net.Conn
		syscall.Conn
	}) map[string]error {
		errs := map[string]error{}
		_, errs["Read"] = c.Read(b)
		_, errs["Read nothing"] = c.Read(nil)
		_, errs["Write"] = c.Write(b)
		errs["Close"] = c.Close()
		errs["SetDeadline"] = c.SetDeadline(time.Time{})
		errs["SetReadDeadline"] = c.SetReadDeadline(time.Time{})
		errs["SetWriteDeadline"] = c.SetWriteDeadline(time.Time{})
		if c.LocalAddr() != nil || c.RemoteAddr() != nil {
			t.Errorf("%T has addresses", c)
		}
		return errs
	}
	check := func(c any, errs map[string]error) {
		t.Helper()
		for name, err := range errs {
			if !errors.Is(err, syscall.EINVAL) {
				t.Errorf("%T.%s: %v", c, name, err)
			}
		}
	}
	c := new(netconn.Conn)
	errs := stream(c)
	_, errs["ReadFrom"] = c.ReadFrom(bytes.NewReader(b))
	_, errs["WriteTo"] = c.WriteTo(io.Discard)
	_, errs["WriteBuffers"] = c.WriteBuffers(&net.Buffers{b})
	errs["CloseRead"], errs["CloseWrite"], errs["SetLinger"], errs["SetNoDelay"] = c.CloseRead(),
		c.CloseWrite(), c.SetLinger(0), c.SetNoDelay(true)
	_, errs["File"] = c.File()
	check(c, errs)
	p := new(netconn.PacketConn)
	errs = stream(p)
	_, _, errs["ReadFrom"] = p.ReadFrom(b)
	_, errs["WriteTo"] = p.WriteTo(b, to)
	_, _, errs["ReadFromUDP"] = p.ReadFromUDP(b)
	_, errs["WriteToUDP"] = p.WriteToUDP(b, to)
	_, errs["WriteToUDPAddrPort"] = p.WriteToUDPAddrPort(b, to.AddrPort())
	_, _, _, _, errs["ReadMsgUDP"] = p.ReadMsgUDP(b, nil)
	_, _, errs["WriteMsgUDP"] = p.WriteMsgUDP(b, nil, to)
	check(p, errs)
	u := new(netconn.UnixConn)
	errs = stream(u)
	_, _, _, _, errs["ReadMsgUnix"] = u.ReadMsgUnix(b, nil)
	_, _, errs["WriteMsgUnix"] = u.WriteMsgUnix(b, nil, &net.UnixAddr{Name: "/x"})
	_, errs["WriteToUnix"] = u.WriteToUnix(b, nil)
	check(u, errs)
	i := new(netconn.IPConn)
	errs = stream(i)
	_, _, _, _, errs["ReadMsgIP"] = i.ReadMsgIP(b, nil)
	_, errs["WriteToIP"] = i.WriteToIP(b, &net.IPAddr{IP: to.IP})
	check(i, errs)
	l := new(netconn.Listener)
	errs = map[string]error{"Close": l.Close(), "SetDeadline": l.SetDeadline(time.Time{})}
	_, errs["Accept"] = l.Accept()
	_, errs["File"] = l.File()
	check(l, errs)
	for _, make := range []func() error{
		func() error { _, err := netconn.NewConn(nil); return err },
		func() error { _, err := netconn.NewPacketConn(nil); return err },
		func() error { _, err := netconn.NewListener(nil); return err },
	} {
		if err := make(); !errors.Is(err, syscall.EINVAL) {
			t.Error(err)
		}
	}
}

// TestMessagesOfUnix passes descriptors by the methods of net.UnixConn, and holds that the end of a
// SEQPACKET is told.
func TestMessagesOfUnix(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_SEQPACKET,
		constants.SOCK_DGRAM} {
		a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
		if err != nil {
			t.Fatal(err)
		}
		from, to := must(netconn.NewUnixConn(a))(t), must(netconn.NewUnixConn(b))(t)
		defer from.Close()
		defer to.Close()
		f := must(os.Open(os.DevNull))(t)
		defer f.Close()
		if n, oobn, err := from.WriteMsgUnix([]byte("x"), must(cmsg.SCMRights.Append(nil,
			[]int{int(f.Fd())}))(t), nil); n != 1 || oobn == 0 || err != nil {
			t.Fatal(n, oobn, err)
		}
		buf, oob := make([]byte, 2), make([]byte, cmsg.Space(4))
		n, oobn, _, _, err := to.ReadMsgUnix(buf, oob)
		if n != 1 || err != nil {
			t.Fatal(typ, n, err)
		}
		got := 0
		for m := range cmsg.Messages(oob[:oobn]) {
			for fd := range m.Descriptors() {
				got++
				os.NewFile(uintptr(fd), "received").Close()
			}
		}
		if got != 1 {
			t.Error(typ, "descriptors:", got)
		}
		if typ == constants.SOCK_DGRAM {
			continue
		}
		from.Close()
		if typ == constants.SOCK_SEQPACKET {
			if n, _, err := to.ReadFrom(buf); n != 0 || err != io.EOF {
				t.Error(typ, "the end:", n, err)
			}
		}
		if n, err := to.Read(buf); n != 0 || err != io.EOF {
			t.Error(typ, "the end:", n, err)
		}
	}
}

// TestDescriptorsAlone holds that control data without data is sent and received as by
// net.UnixConn: with a byte that nobody is told of, but for datagrams, which need none.
func TestDescriptorsAlone(t *testing.T) {
	type conn interface {
		WriteMsgUnix(b, oob []byte, to *net.UnixAddr) (n, oobn int, err error)
		ReadMsgUnix(b, oob []byte) (n, oobn, flags int, from *net.UnixAddr, err error)
	}
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_SEQPACKET,
		constants.SOCK_DGRAM} {
		var conns [4]conn // ours, ours, package net's, package net's
		for i := range 2 {
			a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
			if err != nil {
				t.Fatal(err)
			}
			for j, s := range []*socket.Socket{a, b} {
				if i == 0 {
					c := must(netconn.NewUnixConn(s))(t)
					t.Cleanup(func() { c.Close() })
					conns[j] = c
					continue
				}
				f := must(s.File())(t)
				c := must(net.FileConn(f))(t)
				t.Cleanup(func() { c.Close() })
				conns[2+j] = c.(*net.UnixConn)
				f.Close()
				s.Close()
			}
		}
		f := must(os.Open(os.DevNull))(t)
		defer f.Close()
		rights := must(cmsg.SCMRights.Append(nil, []int{int(f.Fd())}))(t)
		for _, room := range []int{0, 9} {
			var said [2]string
			for i := range said {
				from, to := conns[2*i], conns[2*i+1]
				n, oobn, err := from.WriteMsgUnix(nil, rights, nil)
				said[i] = fmt.Sprint(n, oobn, err)
				oob := make([]byte, cmsg.Space(4))
				n, oobn, _, _, err = to.ReadMsgUnix(make([]byte, room), oob)
				said[i] += fmt.Sprint(" ", n, oobn, err)
				for m := range cmsg.Messages(oob[:oobn]) {
					for fd := range m.Descriptors() {
						os.NewFile(uintptr(fd), "received").Close()
						said[i] += " a descriptor"
					}
				}
			}
			if said[0] != said[1] {
				t.Errorf("%v, room %d: %s; package net: %s", typ, room, said[0], said[1])
			}
		}
	}
}

// TestUDPMethodsElsewhere holds that the methods with addresses of UDP are refused by sockets that
// have none.
func TestUDPMethodsElsewhere(t *testing.T) {
	c := packet(t, filepath.Join(t.TempDir(), "a"))
	if _, _, err := c.ReadFromUDP(make([]byte, 1)); !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Error(err)
	}
	if _, _, err := c.WriteMsgUDP(nil, nil, nil); !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Error(err)
	}
}

// TestMultipath holds that MPTCP connections are TCP's: small writes are not kept back, on neither
// side, and also for a plain TCP client.
func TestMultipath(t *testing.T) {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_MPTCP)
	if errors.Is(err, socket.ErrUnsupported) {
		t.Skip("needs MPTCP: ", err)
	}
	if err := errors.Join(err, s.Bind(sockaddr.MustParse("127.0.0.1")), s.Listen(5)); err != nil {
		t.Fatal(err)
	}
	l := must(netconn.NewListener(s))(t)
	defer l.Close()
	for _, protocol := range []constants.Protocol{constants.IPPROTO_MPTCP, constants.IPPROTO_TCP} {
		s := must(socket.New(constants.AF_INET, constants.SOCK_STREAM, protocol))(t)
		if err := s.Connect(ctx, must(l.Socket().Name())(t)); err != nil {
			t.Fatal(err)
		}
		client := must(netconn.NewConn(s))(t)
		defer client.Close()
		server := must(l.AcceptConn())(t)
		defer server.Close()
		for _, c := range []*netconn.Conn{client, server} {
			if on, err := sockopt.TCPNoDelay.Get(c); !on || err != nil {
				t.Error(protocol, on, err)
			}
		}
	}
}

// TestWriteBuffers writes several buffers at once, more than one call takes.
func TestWriteBuffers(t *testing.T) {
	client, server := pair(t, "tcp4")
	var buffers net.Buffers
	var want []byte
	for i := range 2500 {
		b := bytes.Repeat([]byte{byte(i)}, i%5)
		buffers = append(buffers, b)
		want = append(want, b...)
	}
	done := make(chan error)
	go func() {
		n, err := client.WriteBuffers(&buffers)
		if n != int64(len(want)) || len(buffers) != 0 {
			t.Errorf("%d of %d, %d buffers are left", n, len(want), len(buffers))
		}
		done <- errors.Join(err, client.CloseWrite())
	}()
	got, err := io.ReadAll(server)
	if err := errors.Join(err, <-done); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	client.Close()
	rest := net.Buffers{[]byte("ab"), []byte("c")}
	if n, err := client.WriteBuffers(&rest); n != 0 || !errors.Is(err, net.ErrClosed) ||
		len(rest) != 2 {
		t.Error(n, err, len(rest))
	}
}

// TestResetBeforeAccept holds that a connection which its client has reset has the client's
// address, which programs print.
func TestResetBeforeAccept(t *testing.T) {
	l := listen(t, "tcp4")
	for range 20 {
		c := must(net.Dial("tcp", l.Addr().String()))(t)
		want := c.LocalAddr().String()
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
		s, _, err := l.Socket().Accept(ctx)
		if err != nil {
			t.Fatal(err)
		}
		conn := must(netconn.NewConn(s))(t)
		if got := conn.RemoteAddr(); got == nil || got.String() != want {
			t.Errorf("the client is %v, want %v", got, want)
		}
		conn.Close()
	}
}
