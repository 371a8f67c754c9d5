package sockopt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// TestLowLevel gets and sets by level and name: integers, booleans, bytes (E22, G2).
func TestLowLevel(t *testing.T) {
	s := fresh(t, "tcp4")
	if err := sockopt.SetInt(s, constants.IPPROTO_TCP, constants.TCP_NODELAY, 1); err != nil {
		t.Fatal(err)
	}
	if v, err := sockopt.GetInt(s, constants.IPPROTO_TCP, constants.TCP_NODELAY); v == 0 ||
		err != nil {
		t.Errorf("TCP_NODELAY is %d, %v", v, err)
	}
	// The egg's example: four zero bytes are false.
	if err := sockopt.SetBytes(s, constants.IPPROTO_TCP, constants.TCP_NODELAY,
		make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if v, err := sockopt.TCPNoDelay.Get(s); v || err != nil {
		t.Errorf("TCP_NODELAY is %v, %v", v, err)
	}

	// A boolean is true whatever number but 0 the kernel has for it.
	for _, on := range []bool{false, true} {
		if err := sockopt.SetBool(s, constants.SOL_SOCKET, constants.SO_KEEPALIVE, on); err != nil {
			t.Fatal(err)
		}
		if v, err := sockopt.GetBool(s, constants.SOL_SOCKET, constants.SO_KEEPALIVE); v != on ||
			err != nil {
			t.Errorf("SO_KEEPALIVE is %v, %v; want %v", v, err, on)
		}
	}
	if v, err := sockopt.GetBool(s, constants.SOL_SOCKET, constants.SO_RCVBUF); !v || err != nil {
		t.Errorf("SO_RCVBUF as a boolean is %v, %v", v, err)
	}

	// What the kernel returned is what the caller gets, whatever the buffer.
	for _, size := range []int{4, 5, 64, 4096} {
		b, err := sockopt.GetBytes(s, constants.SOL_SOCKET, constants.SO_RCVBUF, make([]byte, size))
		if err != nil || len(b) != 4 || binary.NativeEndian.Uint32(b) == 0 {
			t.Errorf("with %d bytes of room SO_RCVBUF is %v, %v", size, b, err)
		}
	}
	for _, size := range []int{0, 1, 3} {
		b, err := sockopt.GetBytes(s, constants.SOL_SOCKET, constants.SO_RCVBUF, make([]byte, size))
		if !errors.Is(err, io.ErrShortBuffer) {
			t.Errorf("with %d bytes of room SO_RCVBUF is %v, %v; want %v", size, b, err,
				io.ErrShortBuffer)
		}
	}
	if err := sockopt.SetBytes(s, constants.SOL_SOCKET, constants.SO_RCVBUF,
		[]byte{1}); err == nil {
		t.Error("one byte is no SO_RCVBUF")
	}

	// SO_LINGER is a pair, on or off and a time, of two integers of one size.
	for _, want := range []sockopt.Linger{{}, {Enabled: true, Timeout: 5 * time.Second}, {}} {
		if err := sockopt.SOLinger.Set(s, want); err != nil {
			t.Fatal(err)
		}
		if v, err := sockopt.SOLinger.Get(s); v.Enabled != want.Enabled || want.Enabled &&
			v != want || err != nil {
			t.Errorf("SO_LINGER is %+v, %v; want %+v", v, err, want)
		}
		b, err := sockopt.GetBytes(s, constants.SOL_SOCKET, constants.SO_LINGER, make([]byte, 8))
		if err != nil ||
			bytes.ContainsFunc(b[:len(b)/2], func(r rune) bool { return r != 0 }) != want.Enabled {
			t.Errorf("with %+v SO_LINGER is % x, %v", want, b, err)
		}
	}

	// An integer of a struct is no integer.
	if v, err := sockopt.GetInt(s, constants.SOL_SOCKET, 9999); !errors.Is(err,
		socket.ErrUnsupported) {
		t.Errorf("option 9999 is %d, %v", v, err)
	}
}

// TestOwnOptions makes options of the caller's own.
func TestOwnOptions(t *testing.T) {
	s := fresh(t, "tcp4")
	receiveBuffer := sockopt.NewInt(constants.SOL_SOCKET, constants.SO_RCVBUF)
	if err := receiveBuffer.Set(s, 20000); err != nil {
		t.Fatal(err)
	}
	want, err := sockopt.SOReceiveBuffer.Get(s)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := receiveBuffer.Get(s); v != want || err != nil {
		t.Errorf("NewInt: %d, %v; want %d", v, err, want)
	}

	noDelay := sockopt.NewBool(constants.IPPROTO_TCP, constants.TCP_NODELAY)
	if err := noDelay.Set(s, true); err != nil {
		t.Fatal(err)
	}
	if v, err := noDelay.Get(s); !v || err != nil {
		t.Errorf("NewBool: %v, %v", v, err)
	}

	// Bytes, as many as the kernel says.
	raw := sockopt.NewBytes(constants.SOL_SOCKET, constants.SO_RCVBUF, 64)
	b, err := raw.Get(s)
	if err != nil || !bytes.Equal(b, binary.NativeEndian.AppendUint32(nil, uint32(want))) {
		t.Errorf("NewBytes: %v, %v", b, err)
	}
	if b, err := sockopt.NewBytes(constants.SOL_SOCKET, constants.SO_RCVBUF,
		3).Get(s); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("NewBytes: three bytes of four: %v, %v", b, err)
	}
	if err := raw.Set(s, make([]byte, 65)); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewBytes: 65 bytes of at most 64: %v", err)
	}

	duration := sockopt.NewDuration(constants.SOL_SOCKET, constants.SO_RCVBUF, time.Millisecond)
	if v, err := duration.Get(s); v != time.Duration(want)*time.Millisecond || err != nil {
		t.Errorf("NewDuration: %v, %v", v, err)
	}
	if v, err := sockopt.NewDuration(constants.SOL_SOCKET, constants.SO_RCVBUF,
		math.MaxInt64/2).Get(s); v != math.MaxInt64 || err != nil {
		t.Errorf("NewDuration of more than there is: %v, %v", v, err)
	}
	nothing := sockopt.NewDuration(constants.SOL_SOCKET, constants.SO_RCVBUF, 0)
	if v, err := nothing.Get(s); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewDuration of no unit: %v, %v", v, err)
	}
	if err := nothing.Set(s, time.Second); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewDuration of no unit: %v", err)
	}

	// A struct: two 16-bit numbers of one of 32.
	type halves struct{ A, B uint16 }
	h, err := sockopt.NewStruct[halves](constants.SOL_SOCKET, constants.SO_RCVBUF).Get(s)
	var whole [4]byte
	binary.NativeEndian.PutUint16(whole[:], h.A)
	binary.NativeEndian.PutUint16(whole[2:], h.B)
	if got := int(binary.NativeEndian.Uint32(whole[:])); got != want || err != nil {
		t.Errorf("NewStruct: %d, %v; want %d", got, err, want)
	}
	if v, err := sockopt.NewStruct[uint16](constants.SOL_SOCKET,
		constants.SO_RCVBUF).Get(s); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("NewStruct of two bytes for an option of four: %v, %v", v, err)
	}
	if v, err := sockopt.NewStruct[[3]uint32](constants.SOL_SOCKET,
		constants.SO_RCVBUF).Get(s); err == nil {
		t.Errorf("NewStruct of twelve bytes for an option of four: %v", v)
	}
	if v, err := sockopt.NewStruct[struct{ S string }](constants.SOL_SOCKET,
		constants.SO_RCVBUF).Get(s); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewStruct of no fixed size: %v, %v", v, err)
	}
	type hidden struct{ a, b uint16 }
	secret := sockopt.NewStruct[hidden](constants.SOL_SOCKET, constants.SO_RCVBUF)
	if v, err := secret.Get(s); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewStruct with unexported fields: %v, %v", v, err)
	}
	if err := secret.Set(s, hidden{a: 1, b: 2}); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewStruct with unexported fields: %v", err)
	}
	list := sockopt.NewStruct[[]uint32](constants.SOL_SOCKET, constants.SO_RCVBUF)
	if v, err := list.Get(s); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewStruct of a slice: %v, %v", v, err)
	}
	if err := list.Set(s, []uint32{1}); !errors.Is(err, socket.ErrValue) {
		t.Errorf("NewStruct of a slice: %v", err)
	}
	type padded struct {
		A uint16
		_ [2]byte
	}
	if _, err := sockopt.NewStruct[padded](constants.SOL_SOCKET,
		constants.SO_RCVBUF).Get(s); err != nil {
		t.Errorf("NewStruct with a blank field: %v", err)
	}
	if got := noDelay.Info(); got.GoName != "" || got.Type != "bool" || !got.Defined() ||
		got.CName != "TCP_NODELAY" || got.LevelName() != "IPPROTO_TCP" {
		t.Errorf("Info of an own option: %+v", got)
	}
	if got := sockopt.NewInt(constants.SOL_SOCKET, 9999).Info(); got.CName != "" ||
		got.LevelName() != "SOL_SOCKET" {
		t.Errorf("Info of an option that no package has: %+v, %q", got, got.LevelName())
	}
	if got := sockopt.Access(0).String(); got != "none" {
		t.Errorf("no access is %q", got)
	}
}

// TestSetText sets options from text, as the command line does.
func TestSetText(t *testing.T) {
	s := fresh(t, "tcp4")
	find := func(name string) sockopt.Info {
		for i := range sockopt.All() {
			if i.GoName == name {
				return i
			}
		}
		t.Fatalf("All has no %s", name)
		return sockopt.Info{}
	}
	for _, tt := range []struct {
		name, text string
		want       any // nil: an error
	}{
		{"TCPNoDelay", "on", true},
		{"TCPNoDelay", "0", false},
		{"TCPNoDelay", "yes", true},
		{"TCPNoDelay", "maybe", nil},
		{"IPTimeToLive", "0x20", 32},
		{"IPTimeToLive", "", nil},
		{"SOReceiveTimeout", "2s", 2 * time.Second},
		{"SOReceiveTimeout", "2", nil},
		{"SOLinger", "Enabled=on, Timeout=5s",
			sockopt.Linger{Enabled: true, Timeout: 5 * time.Second}},
		{"SOLinger", "Enabled", nil},
		{"SOLinger", "Enabled=on,Enabled=off", nil},
		{"SOLinger", "Timout=5s", nil},
		{"SOLinger", "Enabled=5", nil},
		{"SOLinger", "Enabled=on,Timeout=9s",
			sockopt.Linger{Enabled: true, Timeout: 9 * time.Second}},
		{"SOLinger", "Enabled=off", sockopt.Linger{Timeout: 9 * time.Second}}, // the rest stays
		{"SOLinger", "Enabled=on", sockopt.Linger{Enabled: true, Timeout: 9 * time.Second}},
		{"SOLinger", "", sockopt.Linger{Enabled: true, Timeout: 9 * time.Second}},
		{"PacketAddMembership", "Index=1,Type=0,Address=01:00:5e", nil},
		{"SOAttachFilter", "Op=6,K", nil},
		{"ICMPv6Filter", "128;256", nil},
		{"ICMPv6Filter", "128,129", nil},
	} {
		i := find(tt.name)
		err := i.SetText(s, tt.text)
		if tt.want == nil {
			if !errors.Is(err, socket.ErrValue) {
				t.Errorf("%s from %q: %v, want %v", tt.name, tt.text, err, socket.ErrValue)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s from %q: %v", tt.name, tt.text, err)
			continue
		}
		if got, err := i.GetAny(s); got != tt.want || err != nil {
			t.Errorf("%s from %q is %v, %v; want %v", tt.name, tt.text, got, err, tt.want)
		}
	}
	// Of a type of address that the socket's kind is not asked about first.
	err := find("PacketAddMembership").SetText(s, "Index=1,Type=0,Address=01:00:5e:00:00:01")
	if err == nil || errors.Is(err, socket.ErrValue) {
		t.Errorf("a membership with a hardware address: %v, which only the kernel should refuse",
			err)
	}
	// Neither goes against the option's access.
	if err := find("SOType").SetText(s, "1"); !errors.Is(err, sockopt.ErrAccess) {
		t.Errorf("setting a read-only option: %v", err)
	}
	if v, err := find("IPAddMembership").GetAny(s); !errors.Is(err, sockopt.ErrAccess) {
		t.Errorf("reading a write-only option: %v, %v", v, err)
	}
}

// TestEveryTypeHasText: each option that can be set has a text form, if only that of another kind
// of socket.
func TestEveryTypeHasText(t *testing.T) {
	s := fresh(t, "tcp4")
	forms := []string{"1", "1s", "ab", "", "Enabled=1", "10.0.0.1", "10.0.0.1:80", "10.0.0.0/8",
		"Op=6,K=1;Op=6", "ID=1;ID=2,Mask=3", "Code=2,Value=3;Code=4"}
	for i := range sockopt.All() {
		if i.Access&sockopt.CanSet == 0 || !i.Defined() || i.GoName == "SOLockFilter" {
			continue
		}
		refused := 0
		for _, text := range forms {
			// Of what parses some is a value that does not fit.
			if err := i.SetText(s, text); errors.Is(err, socket.ErrValue) &&
				strings.Contains(err.Error(), "is not a") {
				refused++
			}
		}
		if refused == len(forms) {
			t.Errorf("%s, a %s, has no text form", i.GoName, i.Type)
		}
	}
}
