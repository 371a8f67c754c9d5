package sockaddr_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// newSocket returns a descriptor that is closed at the test's end.
func newSocket(t *testing.T, family constants.Family, typ, protocol int) int {
	t.Helper()
	fd, err := sys.Socket(int(family), typ|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sys.Close(fd) })
	return fd
}

// bind binds a new socket to a and returns its address as the kernel has it, and the address's
// length in the kernel.
func bind(t *testing.T, typ, protocol int, a sockaddr.Addr) (fd int, name sockaddr.Addr, n int) {
	t.Helper()
	fd = newSocket(t, a.Family(), typ, protocol)
	if err := sys.Bind(fd, a.Raw()); err != nil {
		t.Fatalf("bind %v: %v", a, err)
	}
	name, n = getName(t, fd, sys.Getsockname)
	return fd, name, n
}

// send sends a datagram of one byte.
func send(t *testing.T, fd int, to sockaddr.Addr) {
	t.Helper()
	if err := sys.Connect(fd, to.Raw()); err != nil {
		t.Fatalf("connect to %v: %v", to, err)
	}
	if _, err := unix.Write(fd, []byte("x")); err != nil {
		t.Fatalf("send to %v: %v", to, err)
	}
}

func waitReadable(t *testing.T, fd int) {
	t.Helper()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
		if n == 1 {
			return
		} else if err != unix.EINTR {
			t.Fatalf("nothing came: poll %d, %v", n, err)
		}
	}
}

func getName(t *testing.T, fd int, call func(int, *sys.RawAddr) (int, error)) (sockaddr.Addr, int) {
	t.Helper()
	var raw sys.RawAddr
	n, err := call(fd, &raw)
	if err != nil {
		t.Fatal(err)
	}
	a := fromRaw(t, raw[:n])
	checkAddr(t, a)
	return a, n
}

// G3: bind to the unspecified and the loopback address.
func TestKernelInet(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	for _, s := range []string{"127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"} {
		_, name, _ := bind(t, unix.SOCK_STREAM, 0, parse(t, s))
		if name.Port() == 0 || name.WithPort(0) != parse(t, s) {
			t.Errorf("bound to %s, the name is %v", s, name)
		}
	}
	_, name, _ := bind(t, unix.SOCK_DGRAM, 0, parse(t, "127.0.0.1:0"))
	fd := newSocket(t, constants.AF_INET, unix.SOCK_DGRAM, 0)
	if err := sys.Connect(fd, name.Raw()); err != nil {
		t.Fatal(err)
	}
	if peer, _ := getName(t, fd, sys.Getpeername); peer != name {
		t.Errorf("the peer is %v, not %v", peer, name)
	}
	// The unspecified family takes the connection back (connect(2)).
	if err := sys.Connect(fd, parse(t, "AF_UNSPEC:").Raw()); err != nil {
		t.Error(err)
	}
	// A socket that was not bound has the unspecified address.
	if name, _ := getName(t, newSocket(t, constants.AF_INET6, unix.SOCK_DGRAM, 0),
		sys.Getsockname); name != parse(t, "::") {
		t.Errorf("not bound, the name is %v", name)
	}
}

func TestKernelScope(t *testing.T) {
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand, testenv.IPv6Loopback, interfaceNames)
	ns := testenv.NetNS(t)
	ns.Run("ip", "address", "add", "fe80::1/64", "dev", "lo", "nodad")
	ns.Do(func() {
		a := parse(t, "fe80::1%lo")
		_, name, _ := bind(t, unix.SOCK_DGRAM, 0, a)
		if name.ScopeID() != a.ScopeID() || name.WithPort(0) != a ||
			!strings.HasPrefix(name.String(), "[fe80::1%lo]:") {
			t.Errorf("bound to %v, the name is %v", a, name)
		}
		fd := newSocket(t, constants.AF_INET6, unix.SOCK_DGRAM, 0)
		if err := sys.Bind(fd, a.WithScopeID(0).Raw()); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("without the scope id: %v, want EINVAL", err)
		}
	})
}

// Names of interfaces that could not be read back are not written: Linux takes almost any bytes.
func TestKernelInterfaceNames(t *testing.T) {
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand, testenv.Bridge, interfaceNames)
	ns := testenv.NetNS(t)
	for i, row := range []struct {
		name  string
		plain bool
	}{
		{"br-a.1", true}, {"naïve", true}, {"0x10", true}, {"a?b=c", true},
		{"4242", false}, {"a]b", false}, {"[a", false}, {`a\b`, false}, {"a\x01b", false},
		{"a\xff", false},
	} {
		index := 4300 + i
		ns.Run("ip", "link", "add", "name", row.name, "index", strconv.Itoa(index), "type",
			"bridge")
		ns.Do(func() {
			a := parse(t, "[fe80::1%"+strconv.Itoa(index)+"]:80")
			want := "[fe80::1%" + strconv.Itoa(index) + "]:80"
			if row.plain {
				want = "[fe80::1%" + row.name + "]:80"
			}
			if got := a.String(); got != want {
				t.Errorf("%q: String %q, want %q", row.name, got, want)
			}
			checkAddr(t, a)
			checkAddr(t, parse(t, "can:"+strconv.Itoa(index)))
		})
	}
	// Digits are a number, even if an interface has that name.
	ns.Do(func() {
		if a := parse(t, "fe80::1%4242"); a.ScopeID() != 4242 {
			t.Errorf("%v has scope id %d", a, a.ScopeID())
		}
	})
}

// leaseLabel leases a flow label for destination, which the kernel chooses, on the AF_INET6 socket
// fd.
func leaseLabel(fd int, destination sockaddr.Addr) (uint32, error) {
	// struct in6_flowlabel_req of linux/in6.h: destination, label (0, and the kernel writes its
	// choice here), action IPV6_FL_A_GET, share IPV6_FL_S_EXCL, flags IPV6_FL_F_CREATE, times,
	// padding.
	request := destination.IP().As16()
	b := binary.NativeEndian.AppendUint16(append(request[:], 0, 0, 0, 0, 0, 1), 1)
	b = append(b, make([]byte, 8)...)
	err := sys.Setsockopt(fd, unix.IPPROTO_IPV6, int(constants.IPV6_FLOWLABEL_MGR), b)
	return binary.BigEndian.Uint32(b[16:]), err
}

var flowLabels = testenv.Feature{Name: "IPV6_FLOWLABEL_MGR", Since: "2.6", Probe: func() error {
	fd, err := sys.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer sys.Close(fd)
	_, err = leaseLabel(fd, sockaddr.MustParse("::1"))
	return err
}}

// Flow information reaches the kernel as a number in network byte order: it takes a leased label,
// gives it back, and refuses another.
func TestKernelFlowInfo(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback, flowLabels)
	_, server, _ := bind(t, unix.SOCK_DGRAM, 0, parse(t, "::1"))
	fd := newSocket(t, constants.AF_INET6, unix.SOCK_DGRAM, 0)
	label, err := leaseLabel(fd, server)
	if err != nil || label == 0 || label > 0xfffff {
		t.Fatalf("the kernel chose the label %#x, %v", label, err)
	}
	if err := sys.SetsockoptInt(fd, unix.IPPROTO_IPV6, int(constants.IPV6_FLOWINFO_SEND),
		1); err != nil {
		t.Fatal(err)
	}
	if err := sys.Connect(fd, server.WithFlowInfo(label^1).Raw()); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a label that was not leased: %v, want EINVAL", err)
	}
	if err := sys.Connect(fd, server.WithFlowInfo(label).Raw()); err != nil {
		t.Fatal(err)
	}
	if peer, _ := getName(t, fd, sys.Getpeername); peer != server.WithFlowInfo(label) {
		t.Errorf("the peer is %v, not %v", peer, server.WithFlowInfo(label))
	}
}

func TestKernelUnix(t *testing.T) { // E5
	t.Chdir(t.TempDir())
	for _, path := range []string{"x", "@x", filepath.Join(t.TempDir(), "y"), long(107),
		long(108)} {
		a, err := sockaddr.Unix(path)
		if err != nil {
			t.Fatal(err)
		}
		_, name, n := bind(t, unix.SOCK_DGRAM, 0, a)
		if name != a || name.Path() != path {
			t.Errorf("bound to %v, the name is %v", a, name)
		}
		// What the kernel gives ends in a NUL, even if that makes it longer than what it takes.
		if want := 2 + len(path) + 1; n != want {
			t.Errorf("%s: the name has %d bytes, want %d", path, n, want)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode().Type() != os.ModeSocket {
			t.Errorf("%s: %v, %v", path, info, err)
		}
		fd := newSocket(t, constants.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err := sys.Connect(fd, name.Raw()); err != nil {
			t.Errorf("connect to %v: %v", name, err)
		}
		if peer, _ := getName(t, fd, sys.Getpeername); peer != a {
			t.Errorf("the peer of %v is %v", a, peer)
		}
	}
	// With the NUL a full path is too long.
	raw := append(parse(t, "unix:"+long(108)).Raw(), 0)
	if err := sys.Bind(newSocket(t, constants.AF_UNIX, unix.SOCK_DGRAM, 0), raw); !errors.Is(err,
		syscall.EINVAL) {
		t.Errorf("bind to 108 bytes and a NUL: %v, want EINVAL", err)
	}
}

func TestKernelAbstract(t *testing.T) {
	unique := filepath.Base(t.TempDir()) + t.Name()
	for _, name := range []string{unique, unique + "\x00", "\x00" + unique, "@" + unique,
		unique + long(107)[len(unique):]} {
		a, err := sockaddr.Abstract(name)
		if err != nil {
			t.Fatal(err)
		}
		_, got, n := bind(t, unix.SOCK_STREAM, 0, a)
		if got != a || n != 3+len(name) {
			t.Errorf("bound to %v, the name is %v of %d bytes", a, got, n)
		}
	}
}

func TestKernelUnnamed(t *testing.T) {
	fds, err := sys.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		t.Cleanup(func() { sys.Close(fd) })
		name, _ := getName(t, fd, sys.Getsockname)
		peer, _ := getName(t, fd, sys.Getpeername)
		if name != sockaddr.Unnamed() || peer != sockaddr.Unnamed() {
			t.Errorf("a socket of a pair is %v, its peer %v", name, peer)
		}
	}
	// To bind the unnamed address takes a free name: five hexadecimal digits (unix(7)).
	_, name, _ := bind(t, unix.SOCK_STREAM, 0, sockaddr.Unnamed())
	if digits, ok := name.AsAbstract(); !ok || len(digits) != 5 {
		t.Errorf("autobind gave %v", name)
	}
	// A datagram from a socket without a name has no address at all.
	to, toName, _ := bind(t, unix.SOCK_DGRAM, 0, sockaddr.Unnamed())
	send(t, newSocket(t, constants.AF_UNIX, unix.SOCK_DGRAM, 0), toName)
	waitReadable(t, to)
	var raw sys.RawAddr
	_, n, err := sys.Recvfrom(to, make([]byte, 8), 0, &raw)
	if from, _ := sockaddr.FromRaw(raw[:n]); err != nil || from != (sockaddr.Addr{}) {
		t.Errorf("from %v, %v", from, err)
	}
}

func TestKernelNetlink(t *testing.T) {
	a := parse(t, "netlink:0:0x1") // RTMGRP_LINK
	_, name, _ := bind(t, unix.SOCK_RAW, unix.NETLINK_ROUTE, a)
	if n, ok := name.AsNetlink(); !ok || n.PortID == 0 || n.Groups != 1 {
		t.Errorf("bound to %v, the name is %v", a, name)
	}
	fd := newSocket(t, constants.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	if err := sys.Connect(fd, parse(t, "netlink:0").Raw()); err != nil {
		t.Fatal(err)
	}
	if peer, _ := getName(t, fd, sys.Getpeername); peer != parse(t, "netlink:0") {
		t.Errorf("the peer is %v", peer)
	}
}

func TestKernelPacket(t *testing.T) {
	testenv.Needs(t, testenv.NetNamespaces, testenv.PacketSockets, interfaceNames)
	testenv.NetNS(t).Do(func() {
		a := parse(t, "packet:0x800:lo")
		fd, name, n := bind(t, unix.SOCK_DGRAM, 0, a)
		want := "packet:0x800:lo:772:0:00-00-00-00-00-00" // ARPHRD_LOOPBACK
		if name.String() != want || n != 18 {
			t.Errorf("bound to %v, the name is %v of %d bytes", a, name, n)
		}
		// The name can be bound, though the kernel gave it shorter than it takes.
		bind(t, unix.SOCK_DGRAM, 0, name)

		_, server, _ := bind(t, unix.SOCK_DGRAM, 0, parse(t, "127.0.0.1"))
		client := newSocket(t, constants.AF_INET, unix.SOCK_DGRAM, 0)
		send(t, client, server)
		waitReadable(t, fd)
		var raw sys.RawAddr
		_, n, err := sys.Recvfrom(fd, make([]byte, 128), 0, &raw)
		if err != nil {
			t.Fatal(err)
		}
		from := fromRaw(t, raw[:n])
		checkAddr(t, from)
		// PACKET_HOST is 0, so the sender is as the name, though the kernel's bytes are more.
		if from != name || n != 20 {
			t.Errorf("received from %v of %d bytes, want %v", from, n, name)
		}
	})
}

func TestKernelVSock(t *testing.T) {
	testenv.Needs(t, testenv.VSock)
	a := parse(t, "vsock:4294967295:4294967295")
	_, name, _ := bind(t, unix.SOCK_STREAM, 0, a)
	v, ok := name.AsVSock()
	if !ok || v.CID != unix.VMADDR_CID_ANY || v.Port == unix.VMADDR_PORT_ANY {
		t.Errorf("bound to %v, the name is %v", a, name)
	}
}

func TestKernelALG(t *testing.T) {
	testenv.Needs(t, testenv.ALG)
	fd := newSocket(t, constants.AF_ALG, unix.SOCK_SEQPACKET, 0)
	if err := sys.Bind(fd, parse(t, "alg:hash:sha256").Raw()); err != nil {
		t.Error(err)
	}
	if err := sys.Bind(fd, parse(t, "alg:hash:nosuch").Raw()); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("error %v, want ENOENT", err)
	}
}

func TestKernelCAN(t *testing.T) {
	testenv.Needs(t, testenv.CAN)
	if _, name, _ := bind(t, unix.SOCK_RAW, unix.CAN_RAW, parse(t, "can:0")); name != parse(t,
		"can:0") {
		t.Errorf("the name is %v", name)
	}
}

func TestKernelTIPC(t *testing.T) {
	testenv.Needs(t, testenv.TIPC)
	_, name, _ := bind(t, unix.SOCK_RDM, 0, parse(t, "tipc-range:18888:0:99:3"))
	if s, ok := name.AsTIPCSocket(); !ok || s.Ref == 0 {
		t.Errorf("the name is %v", name)
	}
}
