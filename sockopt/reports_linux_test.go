package sockopt_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// The tests of this file are what testdata/reports.md names: troubles that people had with options
// elsewhere.

// TestBuffersAreClamped: Linux takes a size beyond the sysctl without an error; what is read tells,
// and never a negative number.
func TestBuffersAreClamped(t *testing.T) {
	testenv.Needs(t, ownKernel)
	for sysctl, o := range map[string]sockopt.Option[int]{"rmem_max": sockopt.SOReceiveBuffer,
		"wmem_max": sockopt.SOSendBuffer} {
		b, err := os.ReadFile("/proc/sys/net/core/" + sysctl)
		must(t, err)
		most, err := strconv.Atoi(strings.TrimSpace(string(b)))
		must(t, err)
		for _, n := range []int{most + 1, 1342177280, 1<<31 - 1, -1} {
			s := fresh(t, "udp4")
			must(t, o.Set(s, n))
			if got, err := o.Get(s); got != 2*most || err != nil {
				t.Errorf("%s set to %d: %d, %v; want %d", o.Info().CName, n, got, err, 2*most)
			}
		}
	}
}

// TestReusePortOnAll: each of the sockets must have it, the first one too.
func TestReusePortOnAll(t *testing.T) {
	ns := testenv.NetNS(t)
	udp(t, ns, "127.0.0.1:4000")
	second := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	must(t, sockopt.SOReusePort.Set(second, true))
	if err := second.Bind(addr("127.0.0.1:4000")); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the first has it off: %v", err)
	}
}

// TestUnits: times go to the kernel in the option's own unit.
func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		o    sockopt.Option[time.Duration]
		want int // of 20 s
	}{
		{sockopt.TCPUserTimeout, 20000},
		{sockopt.TCPKeepIdle, 20},
		{sockopt.TCPKeepInterval, 20},
		{sockopt.TCPLinger2, 20},
	} {
		s := fresh(t, "tcp4")
		must(t, tt.o.Set(s, 20*time.Second))
		if got, err := sockopt.GetInt(s, tt.o.Info().Level, tt.o.Info().Name); got != tt.want ||
			err != nil {
			t.Errorf("%s: %d, %v; want %d", tt.o.Info().CName, got, err, tt.want)
		}
	}
}

// TestTrafficClassIsAnInt: one byte is EINVAL for IPV6_TCLASS, and a byte is what IP_TOS is read as
// elsewhere; a DSCP stands in the upper six bits.
func TestTrafficClassIsAnInt(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	if err := sockopt.SetBytes(fresh(t, "udp6"), constants.IPPROTO_IPV6, constants.IPV6_TCLASS,
		[]byte{128}); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("one byte: %v", err)
	}
	ns := testenv.NetNS(t)
	receiver, sender := udp(t, ns, "[::1]:4000"), udp(t, ns, "[::1]:0")
	must(t, sockopt.IPv6ReceiveTrafficClass.Set(receiver, true))
	must(t, sockopt.IPv6TrafficClass.Set(sender, 46<<2))
	send(t, sender, "[::1]:4000", "x")
	if class, ok := cmsg.IPv6TrafficClass.Find(receiveMessage(t, receiver, 0).Control); !ok ||
		fmt.Sprint(class) != "184" {
		t.Errorf("traffic class %v, %v", class, ok)
	}
	// IPv4's on an IPv6 socket is no error on Linux, whatever it talks to.
	six := fresh(t, "tcp6")
	must(t, sockopt.IPv6V6Only.Set(six, true))
	must(t, sockopt.IPTypeOfService.Set(six, 0x20))
}

// TestShortAndLongRoom: what does not fit is an error and not a part; room may be any size.
func TestShortAndLongRoom(t *testing.T) {
	s := fresh(t, "tcp4")
	for _, n := range []int{0, 1, 2, 3} {
		if b, err := sockopt.GetBytes(s, constants.IPPROTO_TCP, constants.TCP_NODELAY,
			make([]byte, n)); !errors.Is(err, io.ErrShortBuffer) {
			t.Errorf("%d bytes: %v, %v", n, b, err)
		}
	}
	if _, err := sockopt.GetBytes(s, constants.SOL_SOCKET, constants.SO_LINGER,
		nil); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("no room: %v", err)
	}
	for _, n := range []int{4, 1025, 1 << 20} {
		if b, err := sockopt.GetBytes(s, constants.IPPROTO_TCP, constants.TCP_NODELAY,
			make([]byte, n)); len(b) != 4 || err != nil {
			t.Errorf("%d bytes: %v, %v", n, b, err)
		}
	}
}

// TestLingerZeroResets: on with 0 s is a reset, off is none, and both can be told apart when read.
func TestLingerZeroResets(t *testing.T) {
	for _, tt := range []struct {
		linger sockopt.Linger
		want   error
	}{
		{sockopt.Linger{}, nil},
		{sockopt.Linger{Enabled: true}, syscall.ECONNRESET},
		// Rounded up to 1 s, not down to a reset.
		{sockopt.Linger{Enabled: true, Timeout: time.Millisecond}, nil},
	} {
		client, server := connected(t, testenv.NetNS(t), "127.0.0.1:4000", nil, nil)
		must(t, sockopt.SOLinger.Set(client, tt.linger))
		if got, err := sockopt.SOLinger.Get(client); got.Enabled != tt.linger.Enabled ||
			err != nil {
			t.Errorf("%+v is read as %+v, %v", tt.linger, got, err)
		}
		must(t, client.Close())
		if _, err := server.Receive(soon(t), make([]byte, 1), 0); !errors.Is(err, tt.want) {
			t.Errorf("%+v: the peer sees %v, want %v", tt.linger, err, tt.want)
		}
	}
}

// TestLongestInterfaceName: 15 bytes are a name, 16 are refused and not cut off, and what is read
// has no NUL.
func TestLongestInterfaceName(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	ns := testenv.NetNS(t)
	const name = "a-name-of-15-by"
	ns.Run("ip", "link", "add", name, "type", "veth", "peer", "name", "peer0")
	s := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	must(t, sockopt.SOBindToDevice.Set(s, name))
	if got, err := sockopt.SOBindToDevice.Get(s); got != name || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := sockopt.SOBindToDevice.Set(s, name+"t"); !errors.Is(err, socket.ErrValue) {
		t.Errorf("16 bytes: %v", err)
	}
	if err := sockopt.SOBindToDevice.Set(s, "lo\x00"+name); !errors.Is(err, socket.ErrValue) {
		t.Errorf("a NUL inside: %v", err)
	}
	must(t, sockopt.SOBindToDevice.Set(s, ""))
	if got, err := sockopt.SOBindToDevice.Get(s); got != "" || err != nil {
		t.Errorf("unbound: %q, %v", got, err)
	}
}

// TestMulticastTTLRange: 0 keeps datagrams on this host, 255 is the most, and what is set is what
// is read.
func TestMulticastTTLRange(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255} {
		s, six := fresh(t, "udp4"), fresh(t, "udp6")
		must(t, sockopt.IPMulticastTimeToLive.Set(s, n))
		must(t, sockopt.IPv6MulticastHops.Set(six, n))
		got4, err4 := sockopt.IPMulticastTimeToLive.Get(s)
		got6, err6 := sockopt.IPv6MulticastHops.Get(six)
		if got4 != n || got6 != n || err4 != nil || err6 != nil {
			t.Errorf("%d is read as %d, %v and %d, %v", n, got4, err4, got6, err6)
		}
	}
	if err := sockopt.IPMulticastTimeToLive.Set(fresh(t, "udp4"), 256); err == nil {
		t.Error("256 was taken")
	}
}

// TestCongestionNameEnds: the kernel answers sixteen bytes, of which the name is those before the
// first NUL.
func TestCongestionNameEnds(t *testing.T) {
	s := fresh(t, "tcp4")
	must(t, sockopt.TCPCongestion.Set(s, "reno"))
	if b, err := sockopt.GetBytes(s, constants.IPPROTO_TCP, constants.TCP_CONGESTION,
		make([]byte, 64)); len(b) <= len("reno") || err != nil {
		t.Errorf("the kernel answers %q, %v", b, err)
	}
	if name, err := sockopt.TCPCongestion.Get(s); name != "reno" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	if name, err := sockopt.GetString(s, constants.IPPROTO_TCP,
		constants.TCP_CONGESTION); name != "reno" || err != nil {
		t.Errorf("as a string %q, %v", name, err)
	}
}
