package sockopt_test

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A row tests one option.
type row struct {
	name  string // the option's Go name
	run   func(t *testing.T)
	needs []testenv.Feature // besides those of the socket and the kernel
}

// needing is a row that also needs a privilege, or something of the kernel's that is not always
// built.
func needing(feature testenv.Feature, r row) row {
	r.needs = append(r.needs, feature)
	return r
}

type sort struct {
	family   constants.Family
	typ      constants.SocketType
	protocol constants.Protocol
	needs    []testenv.Feature
}

// sorts are the kinds of sockets that rows ask for.
var sorts = map[string]sort{
	"tcp4": {family: constants.AF_INET, typ: constants.SOCK_STREAM},
	"tcp6": {family: constants.AF_INET6, typ: constants.SOCK_STREAM,
		needs: []testenv.Feature{testenv.IPv6Loopback}},
	"udp4": {family: constants.AF_INET, typ: constants.SOCK_DGRAM},
	"udp6": {family: constants.AF_INET6, typ: constants.SOCK_DGRAM,
		needs: []testenv.Feature{testenv.IPv6Loopback}},
	"unix": {family: constants.AF_UNIX, typ: constants.SOCK_STREAM,
		needs: []testenv.Feature{testenv.UnixSockets}},
	"unixgram": {family: constants.AF_UNIX, typ: constants.SOCK_DGRAM,
		needs: []testenv.Feature{testenv.UnixSockets}},
	"raw4": {family: constants.AF_INET, typ: constants.SOCK_RAW, protocol: constants.IPPROTO_ICMP,
		needs: []testenv.Feature{testenv.NetRaw}},
	"raw6": {family: constants.AF_INET6, typ: constants.SOCK_RAW,
		protocol: constants.IPPROTO_ICMPV6,
		needs:    []testenv.Feature{testenv.NetRaw, testenv.IPv6Loopback}},
	// a raw IPv6 socket of a protocol without rules of its own
	"raw6-200": {family: constants.AF_INET6, typ: constants.SOCK_RAW, protocol: 200,
		needs: []testenv.Feature{testenv.NetRaw, testenv.IPv6Loopback}},
	"raw6-raw": {family: constants.AF_INET6, typ: constants.SOCK_RAW,
		protocol: constants.IPPROTO_RAW,
		needs:    []testenv.Feature{testenv.NetRaw, testenv.IPv6Loopback}},
	"packet": {family: constants.AF_PACKET, typ: constants.SOCK_RAW,
		needs: []testenv.Feature{testenv.PacketSockets}},
	"netlink": {family: constants.AF_NETLINK, typ: constants.SOCK_RAW},
	"vsock": {family: constants.AF_VSOCK, typ: constants.SOCK_STREAM,
		needs: []testenv.Feature{testenv.VSock}},
	"udplite": {family: constants.AF_INET, typ: constants.SOCK_DGRAM,
		protocol: constants.IPPROTO_UDPLITE, needs: []testenv.Feature{testenv.UDPLite}},
	"mptcp": {family: constants.AF_INET, typ: constants.SOCK_STREAM,
		protocol: constants.IPPROTO_MPTCP, needs: []testenv.Feature{testenv.MPTCP}},
	"xdp": {family: constants.AF_XDP, typ: constants.SOCK_RAW,
		needs: []testenv.Feature{testenv.XDP}},
	"sctp": {family: constants.AF_INET, typ: constants.SOCK_SEQPACKET,
		protocol: constants.IPPROTO_SCTP, needs: []testenv.Feature{testenv.SCTP}},
	"dccp": {family: constants.AF_INET, typ: constants.SOCK_DCCP, protocol: constants.IPPROTO_DCCP,
		needs: []testenv.Feature{testenv.DCCP}},
	"can": {family: constants.AF_CAN, typ: constants.SOCK_RAW, protocol: constants.CAN_RAW,
		needs: []testenv.Feature{testenv.CAN}},
	"tipc": {family: constants.AF_TIPC, typ: constants.SOCK_RDM,
		needs: []testenv.Feature{testenv.TIPC}},
	"alg": {family: constants.AF_ALG, typ: constants.SOCK_SEQPACKET,
		needs: []testenv.Feature{testenv.ALG}},
}

// fresh makes a socket of the sort and closes it at the end of the test.
func fresh(t testing.TB, name string) *socket.Socket {
	t.Helper()
	k, ok := sorts[name]
	if !ok {
		t.Fatalf("no sort of socket is called %q", name)
	}
	testenv.Needs(t, k.needs...)
	s, err := socket.New(k.family, k.typ, k.protocol)
	if err != nil {
		t.Fatalf("making a %s socket: %v", name, err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// an each runs a subtest for each sort of socket in a list.
func each(list string, fn func(t *testing.T, s *socket.Socket)) func(t *testing.T) {
	return func(t *testing.T) {
		for name := range strings.FieldsSeq(list) {
			t.Run(name, func(t *testing.T) { fn(t, fresh(t, name)) })
		}
	}
}

// rw is the row of an option that is set to v, which must not be its value at first, and then read
// as v, or as back if that is given.
func rw[T any](o sockopt.Option[T], list string, v T, back ...T) row {
	want := v
	if len(back) > 0 {
		want = back[0]
	}
	return row{name: o.Info().GoName, run: each(list, func(t *testing.T, s *socket.Socket) {
		before, err := o.Get(s)
		if err != nil {
			t.Fatal(err)
		}
		if reflect.DeepEqual(before, want) {
			t.Fatalf("it is %v at first: setting that shows nothing", before)
		}
		if err := o.Set(s, v); err != nil {
			t.Fatal(err)
		}
		got, err := o.Get(s)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("set to %v, read as %v, want %v", v, got, want)
		}
	})}
}

// gives is the row of an option that is set to v and then read as back, whatever it was before.
func gives[T any](o sockopt.Option[T], list string, v, back T) row {
	return row{name: o.Info().GoName, run: each(list, func(t *testing.T, s *socket.Socket) {
		if err := o.Set(s, v); err != nil {
			t.Fatal(err)
		}
		if got, err := o.Get(s); err != nil || !reflect.DeepEqual(got, back) {
			t.Errorf("set to %v, read as %v, %v; want %v", v, got, err, back)
		}
	})}
}

// ro is the row of an option that must read as want.
func ro[T any](o sockopt.ReadOnly[T], list string, want T) row {
	return reads(o, list, func(got T) bool { return reflect.DeepEqual(got, want) })
}

// reads is the row of an option whose value must please ok.
func reads[T any](o sockopt.ReadOnly[T], list string, ok func(T) bool) row {
	return row{name: o.Info().GoName, run: each(list, func(t *testing.T, s *socket.Socket) {
		got, err := o.Get(s)
		if err != nil {
			t.Fatal(err)
		}
		if !ok(got) {
			t.Errorf("it is %v", got)
		}
	})}
}

// fails is the row of an option that cannot be read from a fresh socket.
func fails[T any](o sockopt.ReadOnly[T], list string, want error) row {
	return row{name: o.Info().GoName, run: each(list, func(t *testing.T, s *socket.Socket) {
		if got, err := o.Get(s); !errors.Is(err, want) {
			t.Errorf("it is %v, %v; want the error %v", got, err, want)
		}
	})}
}

// wo is the row of an option that can be set to good, and not to bad: that has the error want.
func wo[T any](o sockopt.WriteOnly[T], list string, good, bad T, want error) row {
	return row{name: o.Info().GoName, run: each(list, func(t *testing.T, s *socket.Socket) {
		if err := o.Set(s, good); err != nil {
			t.Errorf("setting it to %v: %v", good, err)
		}
		if err := o.Set(s, bad); !errors.Is(err, want) {
			t.Errorf("setting it to %v: %v, want %v", bad, err, want)
		}
	})}
}

// refuses is the row of an option that cannot be set on a fresh socket: the error of it is want.
func refuses[T any](o interface {
	Set(syscall.Conn, T) error
	Info() sockopt.Info
}, list string, v T, want error) row {
	return row{name: o.Info().GoName, run: each(list, func(t *testing.T, s *socket.Socket) {
		if err := o.Set(s, v); !errors.Is(err, want) {
			t.Errorf("setting it to %v: %v, want %v", v, err, want)
		}
	})}
}

// portable are the rows of options that every platform has.
var portable = []row{
	ro(sockopt.SOAcceptConnections, "tcp4 tcp6 udp4", false),
	rw(sockopt.SOBroadcast, "udp4 udp6", true),
	rw(sockopt.SODontRoute, "tcp4 udp4 udp6", true),
	ro(sockopt.SOError, "tcp4 tcp6 udp4 udp6", 0),
	rw(sockopt.SOKeepAlive, "tcp4 tcp6", true),
	rw(sockopt.SOLinger, "tcp4 tcp6", sockopt.Linger{Enabled: true, Timeout: 7 * time.Second}),
	rw(sockopt.SOOOBInline, "tcp4 tcp6", true),
	rw(sockopt.SOReuseAddress, "tcp4 tcp6 udp4 udp6", true),
	rw(sockopt.SOReceiveTimeout, "tcp4 tcp6 udp4 udp6", 2*time.Second),
	rw(sockopt.SOSendTimeout, "tcp4 tcp6 udp4 udp6", 3*time.Second),
	ro(sockopt.SOType, "tcp4 tcp6", constants.SOCK_STREAM),
	ro(sockopt.SOType, "udp4 udp6", constants.SOCK_DGRAM),
	rw(sockopt.IPTimeToLive, "tcp4 udp4", 33),
	rw(sockopt.IPMulticastLoop, "udp4", false),
	rw(sockopt.IPMulticastTimeToLive, "udp4", 9),
	rw(sockopt.IPv6MulticastHops, "udp6", 9),
	rw(sockopt.IPv6MulticastLoop, "udp6", false),
	rw(sockopt.IPv6UnicastHops, "tcp6 udp6", 33),
	rw(sockopt.TCPNoDelay, "tcp4 tcp6", true),
}

// TestPortableOptions sets and gets, on every platform, what all have (E20).
func TestPortableOptions(t *testing.T) { runRows(t, portable) }

// runRows runs each row where the kernel is as new as its option wants.
func runRows(t *testing.T, rows []row) {
	since := map[string][]string{}
	for i := range sockopt.All() {
		since[i.GoName] = version.FindAllString(i.Needs, -1)
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for _, kernel := range since[r.name] {
				testenv.NeedsKernel(t, kernel)
			}
			testenv.Needs(t, r.needs...)
			r.run(t)
		})
	}
}

var version = regexp.MustCompile(`[0-9]+\.[0-9]+`)

// TestUndefinedOptions uses every option that the platform has no number for: that is an
// unsupported error, which names it (E20).
func TestUndefinedOptions(t *testing.T) {
	s := fresh(t, "tcp4")
	seen := 0
	for i := range sockopt.All() {
		if i.Defined() {
			continue
		}
		seen++
		check := func(op string, err error) {
			t.Helper()
			if !errors.Is(err, socket.ErrUnsupported) || !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s of %s: %v, want an unsupported error", op, i.GoName, err)
			} else if !strings.Contains(err.Error(), i.GoName) || !strings.Contains(err.Error(),
				i.CName) {
				t.Errorf("%s of %s: the error does not name it: %v", op, i.GoName, err)
			}
		}
		if i.Access&sockopt.CanGet != 0 {
			_, err := i.GetAny(s)
			check("Get", err)
		}
		if i.Access&sockopt.CanSet != 0 {
			check("Set", i.SetText(s, "1"))
		}
	}
	if seen == 0 {
		t.Error("every option is defined here; some are of other systems alone")
	}
}
