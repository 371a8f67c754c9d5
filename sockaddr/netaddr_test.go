package sockaddr_test

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

func TestNetAddr(t *testing.T) {
	ip4, ip6 := net.IP{1, 2, 3, 4}, net.ParseIP("fe80::1")
	for _, row := range []struct {
		in    string
		typ   constants.SocketType
		want  net.Addr
		exact bool // FromNetAddr gives the address back
	}{
		{"1.2.3.4:80", constants.SOCK_STREAM, &net.TCPAddr{IP: ip4, Port: 80}, true},
		{"1.2.3.4:80", constants.SOCK_DGRAM, &net.UDPAddr{IP: ip4, Port: 80}, true},
		{"1.2.3.4:80", constants.SOCK_RAW, &net.IPAddr{IP: ip4}, false},
		{"1.2.3.4", constants.SOCK_RAW, &net.IPAddr{IP: ip4}, true},
		{"[fe80::1%7000000]:80", constants.SOCK_STREAM,
			&net.TCPAddr{IP: ip6, Port: 80, Zone: "7000000"}, true},
		{"[fe80::1%7000000]:80/flow=0x1", constants.SOCK_DGRAM,
			&net.UDPAddr{IP: ip6, Port: 80, Zone: "7000000"}, false},
		{"fe80::1", constants.SOCK_RAW, &net.IPAddr{IP: ip6}, true},
		{"[::ffff:1.2.3.4]:80", constants.SOCK_STREAM,
			&net.TCPAddr{IP: net.IPv4(1, 2, 3, 4), Port: 80}, false},
		{"/run/x", constants.SOCK_STREAM, &net.UnixAddr{Name: "/run/x", Net: "unix"}, true},
		{"/run/x", constants.SOCK_DGRAM, &net.UnixAddr{Name: "/run/x", Net: "unixgram"}, true},
		{"unix:x", constants.SOCK_SEQPACKET, &net.UnixAddr{Name: "x", Net: "unixpacket"}, true},
		{"unix:", constants.SOCK_STREAM, &net.UnixAddr{Net: "unix"}, true},
		{"unix:@x", constants.SOCK_STREAM, &net.UnixAddr{Name: "./@x", Net: "unix"}, false},
	} {
		a := parse(t, row.in)
		got := a.NetAddr(row.typ)
		if !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: NetAddr(%v) is %#v, want %#v", row.in, row.typ, got, row.want)
		}
		back, err := sockaddr.FromNetAddr(got)
		if err != nil || (back == a) != row.exact {
			t.Errorf("%s: FromNetAddr(%v) is %v, %v", row.in, got, back, err)
		}
	}
	if sockaddr.HasAbstract {
		a := parse(t, `@a\x00b`)
		got := a.NetAddr(constants.SOCK_STREAM)
		if want := (&net.UnixAddr{Name: "@a\x00b", Net: "unix"}); !reflect.DeepEqual(got,
			net.Addr(want)) {
			t.Errorf("NetAddr is %#v, want %#v", got, want)
		}
		if back, err := sockaddr.FromNetAddr(got); back != a || err != nil {
			t.Errorf("FromNetAddr is %v, %v", back, err)
		}
	}
	if got := (sockaddr.Addr{}).NetAddr(constants.SOCK_STREAM); got != nil {
		t.Errorf("the zero Addr has the NetAddr %v", got)
	}
	// What package net has no type for.
	for _, row := range []struct {
		in      string
		typ     constants.SocketType
		network string
	}{
		{"1.2.3.4:80", constants.SOCK_SEQPACKET, "AF_INET"},
		{"/x", constants.SOCK_RAW, "AF_UNIX"},
		{"Family(200):01", constants.SOCK_STREAM, "Family(200)"},
	} {
		a := parse(t, row.in)
		n := a.NetAddr(row.typ)
		if n.Network() != row.network || n.String() != row.in {
			t.Errorf("%s: NetAddr(%v) is %s %s", row.in, row.typ, n.Network(), n)
		}
		if back, err := sockaddr.FromNetAddr(n); back != a || err != nil {
			t.Errorf("%s: FromNetAddr is %v, %v", row.in, back, err)
		}
	}
}

// textAddr is a net.Addr of a type that this package does not know.
type textAddr string

func (a textAddr) Network() string { return "text" }
func (a textAddr) String() string  { return string(a) }

// pointerAddr is one that cannot print itself when it is nil.
type pointerAddr struct{ s string }

func (a *pointerAddr) Network() string { return "text" }
func (a *pointerAddr) String() string  { return a.s }

func TestFromNetAddr(t *testing.T) {
	for _, row := range []struct {
		in   net.Addr
		want string
	}{
		{&net.TCPAddr{IP: net.IPv4(1, 2, 3, 4), Port: 80}, "1.2.3.4:80"}, // 16 bytes
		{net.UDPAddrFromAddrPort(netip.MustParseAddrPort("[::1]:53")), "[::1]:53"},
		{&net.UDPAddr{IP: net.IPv6zero}, "::"},
		{&net.UnixAddr{Name: "@", Net: "unix"}, "unix:"}, // what net gives for an unnamed peer
		{textAddr("1.2.3.4:80"), "1.2.3.4:80"},
		{&pointerAddr{"/x"}, "/x"},
	} {
		if got, err := sockaddr.FromNetAddr(row.in); err != nil || got != parse(t, row.want) {
			t.Errorf("FromNetAddr(%#v) is %v, %v, want %s", row.in, got, err, row.want)
		}
	}
	if sockaddr.HasAbstract {
		for _, name := range []string{"@x", "\x00x"} {
			if got, err := sockaddr.FromNetAddr(&net.UnixAddr{Name: name}); err != nil ||
				got != parse(t, "@x") {
				t.Errorf("FromNetAddr of %q is %v, %v", name, got, err)
			}
		}
	}
	for _, row := range []struct {
		in            net.Addr
		input, reason string
	}{
		{nil, "nil", "no address"},
		{(*net.TCPAddr)(nil), "nil", "no address"},
		{(*net.UDPAddr)(nil), "nil", "no address"},
		{(*net.IPAddr)(nil), "nil", "no address"},
		{(*net.UnixAddr)(nil), "nil", "no address"},
		{(*pointerAddr)(nil), "nil", "no address"},
		{&net.TCPAddr{Port: 80}, ":80", "no IP address of 4 or 16 bytes"},
		{&net.UDPAddr{IP: net.IP{1, 2, 3}, Port: 80}, "?010203:80",
			"no IP address of 4 or 16 bytes"},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 65536}, "[::1]:65536",
			"port 65536 out of range 0..65535"},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: -1}, "[::1]:-1", "port -1 out of range 0..65535"},
		{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "nosuchzone"}, "[fe80::1%nosuchzone]:0",
			`no interface "nosuchzone"`},
		{&net.UnixAddr{Name: long(sockaddr.MaxUnixPath) + "\x00"},
			long(sockaddr.MaxUnixPath) + "\x00", "NUL in the path"},
		{textAddr("pipe"), "pipe", "bad IP address"},
	} {
		a, err := sockaddr.FromNetAddr(row.in)
		checkError(t, err, "from net addr", row.input, row.reason)
		if a.IsValid() {
			t.Errorf("FromNetAddr(%#v) is %v with an error", row.in, a)
		}
	}
}

// unixListener is AF_UNIX as package net has it, which Windows may lack.
var unixListener = testenv.Feature{Name: "AF_UNIX listeners", Since: "2.6", Probe: func() error {
	dir, err := os.MkdirTemp("", "sockaddr")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		return err
	}
	return l.Close()
}}

// The addresses of package net's own sockets, and back to a connection.
func TestNetConn(t *testing.T) {
	t.Run("tcp4", func(t *testing.T) { testNetConn(t, "tcp4", "127.0.0.1:0") })
	t.Run("unix", func(t *testing.T) {
		testenv.Needs(t, unixListener)
		testNetConn(t, "unix", filepath.Join(t.TempDir(), "s"))
	})
}

func testNetConn(t *testing.T, network, address string) {
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := sockaddr.FromNetAddr(l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	n := a.NetAddr(constants.SOCK_STREAM)
	c, err := net.Dial(n.Network(), n.String())
	if err != nil {
		t.Fatalf("Dial(%v): %v", n, err)
	}
	defer c.Close()
	if peer, err := sockaddr.FromNetAddr(c.RemoteAddr()); peer != a || err != nil {
		t.Errorf("the peer of %v is %v, %v", a, peer, err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// G4: accept's address.
	client, err := sockaddr.FromNetAddr(s.RemoteAddr())
	if err != nil {
		t.Fatal(err)
	}
	if a.Family() == constants.AF_UNIX && !client.IsUnnamed() || a.Family() == constants.AF_INET &&
		client.IP() != a.IP() {
		t.Errorf("the client of %v is %v", a, client)
	}
}
