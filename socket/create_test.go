package socket_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// kinds are the sockets that every system has.
var kinds = []struct {
	family   constants.Family
	typ      constants.SocketType
	protocol constants.Protocol
}{
	{constants.AF_INET, constants.SOCK_STREAM, 0},
	{constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_TCP},
	{constants.AF_INET, constants.SOCK_DGRAM, 0},
	{constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDP},
	{constants.AF_INET6, constants.SOCK_STREAM, constants.IPPROTO_TCP},
	{constants.AF_INET6, constants.SOCK_DGRAM, constants.IPPROTO_UDP},
	{constants.AF_UNIX, constants.SOCK_STREAM, 0},
	{constants.AF_UNIX, constants.SOCK_DGRAM, 0},
}

// Rows E1 and G1: socket family type [protocol], its accessors and its printed form.
func TestNew(t *testing.T) {
	for _, k := range kinds {
		t.Run(fmt.Sprint(k.family, k.typ, k.protocol), func(t *testing.T) {
			s := open(t, k.family, k.typ, k.protocol)
			if s.Family() != k.family || s.Type() != k.typ || s.Protocol() != k.protocol ||
				s.FD() < 0 {
				t.Errorf("got %v %v %v, descriptor %d", s.Family(), s.Type(), s.Protocol(), s.FD())
			}
			kind := fmt.Sprint(k.family, " ", k.typ)
			if k.protocol != 0 {
				kind += fmt.Sprint(" ", k.protocol)
			}
			if want := fmt.Sprintf("socket fd:%d %s", s.FD(), kind); s.String() != want {
				t.Errorf("it prints as %q, want %s", s, want)
			}
			// Row E14: neither a name (#f) nor a peer.
			for what, get := range map[string]func() (sockaddr.Addr, error){"name": s.Name,
				"peer": s.PeerName} {
				if a, err := get(); a.IsValid() || err != nil {
					t.Errorf("the %s of a new socket is %v, %v", what, a, err)
				}
			}
			ok(t, s.Close())
			if want := "socket closed " + kind; s.String() != want || s.FD() != -1 {
				t.Errorf("closed, it prints as %q, want %q, and has the descriptor %d",
					s, want, s.FD())
			}
		})
	}
}

// The types' flags are implied; giving them changes nothing.
func TestNewWithTypeFlags(t *testing.T) {
	for _, flag := range []constants.SocketType{constants.SOCK_CLOEXEC, constants.SOCK_NONBLOCK} {
		if !flag.Defined() {
			continue
		}
		s := open(t, constants.AF_INET, constants.SOCK_DGRAM|flag, 0)
		if s.Type() != constants.SOCK_DGRAM {
			t.Errorf("with %v the type is %v", flag, s.Type())
		}
		a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM|flag, 0)
		ok(t, err)
		if a.Type() != constants.SOCK_DGRAM || b.Type() != constants.SOCK_DGRAM {
			t.Errorf("with %v the pair's types are %v and %v", flag, a.Type(), b.Type())
		}
		a.Close()
		b.Close()
	}
}

// What the kernel or the platform lacks is ErrUnsupported.
func TestNewFails(t *testing.T) {
	for _, test := range []struct {
		what     string
		family   constants.Family
		typ      constants.SocketType
		protocol constants.Protocol
	}{
		{"an unknown family", 500, constants.SOCK_STREAM, 0},
		{"an undefined family", constants.Undefined, constants.SOCK_STREAM, 0},
		{"an undefined type", constants.AF_INET, constants.Undefined, 0},
		{"an undefined type with a flag", constants.AF_INET, constants.Undefined | 1, 0},
		{"an undefined protocol", constants.AF_INET, constants.SOCK_STREAM, constants.Undefined},
		{"another type's protocol", constants.AF_INET, constants.SOCK_STREAM,
			constants.IPPROTO_UDP},
		{"a type that the family lacks", constants.AF_INET, constants.SOCK_RDM, 0},
		{"the lowest numbers", -1 << 31, -1 << 31, -1 << 31},
	} {
		s, err := socket.New(test.family, test.typ, test.protocol)
		if err == nil {
			t.Errorf("%s: made %v", test.what, s)
			s.Close()
			continue
		}
		e, isError := errors.AsType[*socket.Error](err)
		if !isError || !strings.HasPrefix(e.Op, "new "+test.family.String()) || e.Local.IsValid() ||
			e.Remote.IsValid() {
			t.Errorf("%s: the error is %v", test.what, err)
		}
		is(t, err, socket.ErrUnsupported, errors.ErrUnsupported)
		a, b, err := socket.Pair(test.family, test.typ, test.protocol)
		if err == nil {
			t.Errorf("%s: made a pair %v, %v", test.what, a, b)
			a.Close()
			b.Close()
		} else if e, isError := errors.AsType[*socket.Error](err); !isError ||
			!strings.HasPrefix(e.Op, "pair "+test.family.String()) {
			t.Errorf("%s: the pair's error is %v", test.what, err)
		}
	}
}

// Row G1: socketpair.
func TestPair(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM,
		constants.SOCK_SEQPACKET} {
		t.Run(typ.String(), func(t *testing.T) {
			a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
			if errors.Is(err, socket.ErrUnsupported) {
				t.Skipf("this system has no pairs of AF_UNIX %v: %v", typ, err)
			}
			ok(t, err)
			defer a.Close()
			defer b.Close()
			talk(t, a, b)
			for _, s := range []*socket.Socket{a, b} {
				if s.Family() != constants.AF_UNIX || s.Type() != typ || s.Protocol() != 0 {
					t.Errorf("one of the pair is %v, protocol %v", s, s.Protocol())
				}
				if n, err := s.Name(); n.IsValid() || err != nil {
					t.Errorf("its name is %v, %v", n, err)
				}
				if p, err := s.PeerName(); p != sockaddr.Unnamed() || err != nil {
					t.Errorf("its peer is %v, %v", p, err)
				}
			}
			ok(t, a.Close())
			if typ == constants.SOCK_DGRAM {
				_, err = b.Send(ctx, []byte("x"), 0)
				is(t, err, syscall.ECONNREFUSED)
			} else {
				receive(t, b, "") // the end
			}
		})
	}
}

// Rows C6 and E19: the parameters with the egg's defaults.
func TestParams(t *testing.T) {
	want := socket.Params{ReceiveTimeout: 60e9, SendTimeout: 60e9, SendSize: 16384}
	if got := socket.DefaultParams(); got != want {
		t.Errorf("the defaults are %+v, want %+v", got, want)
	}
	s := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	if got := s.Params(); got != want {
		t.Errorf("a new socket has %+v, want %+v", got, want)
	}
	want = socket.Params{
		ConnectTimeout: 1,
		AcceptTimeout:  2,
		ReceiveTimeout: 3,
		SendTimeout:    4,
		SendSize:       5,
	}
	ok(t, s.SetParams(want))
	for _, bad := range []struct {
		field string
		p     socket.Params
	}{
		{"ConnectTimeout", socket.Params{ConnectTimeout: -1}},
		{"AcceptTimeout", socket.Params{AcceptTimeout: -1}},
		{"ReceiveTimeout", socket.Params{ReceiveTimeout: -1}},
		{"SendTimeout", socket.Params{SendTimeout: -1}},
		{"SendSize", socket.Params{SendSize: -1}},
	} {
		err := s.SetParams(bad.p)
		if e, isError := errors.AsType[*socket.Error](err); !isError ||
			err.Error() != "socket: set params: negative "+bad.field || e.Op != "set params" {
			t.Errorf("a negative %s: %v", bad.field, err)
		}
	}
	if got := s.Params(); got != want {
		t.Errorf("after errors the socket has %+v, want %+v", got, want)
	}
	d, err := s.Dup()
	ok(t, err)
	defer d.Close()
	if got := d.Params(); got != want {
		t.Errorf("a duplicate has %+v, want %+v", got, want)
	}
}
