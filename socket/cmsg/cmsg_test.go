package cmsg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket/cmsg"
)

var sameAddr = cmp.Options{cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b sockaddr.Addr) bool { return a == b })}

// roundTrip appends v, finds it again, and holds the sizes and what Info says.
func roundTrip[T any](t *testing.T, k cmsg.Kind[T], v T) {
	t.Helper()
	info := k.Info()
	before := cmsg.Append(nil, cmsg.Message{Level: 77, Type: 78, Data: []byte("before")})
	b, err := k.Append(before, v)
	if !info.Send {
		if !errors.Is(err, errors.ErrUnsupported) || !bytes.Equal(b, before) {
			t.Errorf("%s: %v, %v", info.GoName, b, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", info.GoName, err)
		return
	}
	b = cmsg.Append(b, cmsg.Message{Level: 77, Type: 79, Data: []byte("after")})
	if got, ok := k.Find(b); !ok || !cmp.Equal(got, v, sameAddr) {
		t.Errorf("%s: found %v, %t, want %v", info.GoName, got, ok, v)
	}
	n := 0
	for m, err := range cmsg.All(b) {
		if err != nil {
			t.Errorf("%s: %v", info.GoName, err)
		}
		if n++; n == 2 {
			if m.Level != info.Level || m.Type != info.Type || !k.Is(m) {
				t.Errorf("%s: message %v", info.GoName, m)
			}
			if got, ok := k.Get(m); !ok || !cmp.Equal(got, v, sameAddr) {
				t.Errorf("%s: got %v, %t, want %v", info.GoName, got, ok, v)
			}
			if !strings.HasPrefix(m.String(), info.CName+" ") || m.Value() == nil {
				t.Errorf("%s: String %q, Value %v", info.GoName, m, m.Value())
			}
		} else if k.Is(m) || m.Value() != nil {
			t.Errorf("%s: took message %v for its own", info.GoName, m)
		}
	}
	if n != 3 {
		t.Errorf("%s: %d messages", info.GoName, n)
	}
}

// TestRoundTrip builds and parses a message of every kind that can be sent (X5: typed, both ways).
func TestRoundTrip(t *testing.T) {
	roundTrip(t, cmsg.SCMRights, []int{3, 0, 77})
	roundTrip(t, cmsg.SCMCredentials, cmsg.Credentials{PID: 1, UID: 1<<32 - 1, GID: 3})
	roundTrip(t, cmsg.SCMPidFD, 3)
	roundTrip(t, cmsg.SCMSecurity, "label")
	roundTrip(t, cmsg.SCMTimestamp, time.Time{})
	roundTrip(t, cmsg.SCMTimestampNS, time.Time{})
	roundTrip(t, cmsg.SCMTimestamping, cmsg.Timestamps{})
	roundTrip(t, cmsg.SCMTimestampingPacketInfo, cmsg.HardwareSource{})
	roundTrip(t, cmsg.SCMTimestampID, 1<<32-1)
	roundTrip(t, cmsg.SCMTransmitTime, 12345678901234*time.Nanosecond)
	roundTrip(t, cmsg.SODropCount, 1)
	roundTrip(t, cmsg.SOMark, 1<<32-1)
	roundTrip(t, cmsg.SOPriority, 6)
	v4 := cmsg.PacketInfo{Interface: 5, Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("0.0.0.0")}
	if cmsg.Space(8) == cmsg.IPPacketInfo.Space() { // where the structure has one address
		v4.Destination = v4.Source
	}
	roundTrip(t, cmsg.IPPacketInfo, v4)
	six := netip.MustParseAddr("2001:db8::1")
	roundTrip(t, cmsg.IPv6PacketInfo, cmsg.PacketInfo{Interface: 5, Source: six, Destination: six})
	roundTrip(t, cmsg.IPSourceAddress, netip.MustParseAddr("192.0.2.1"))
	roundTrip(t, cmsg.IPDestinationAddress, netip.MustParseAddr("192.0.2.1"))
	roundTrip(t, cmsg.IPTimeToLive, 255)
	roundTrip(t, cmsg.IPv6HopLimit, -1)
	roundTrip(t, cmsg.IPTypeOfService, 0xb8)
	roundTrip(t, cmsg.IPv6TrafficClass, 0xb8)
	roundTrip(t, cmsg.IPv6FlowInfo, 0xabcde)
	roundTrip(t, cmsg.IPv6PathMTU, cmsg.PathMTU{})
	roundTrip(t, cmsg.IPFragmentSize, 1500)
	roundTrip(t, cmsg.IPOriginalDestination, sockaddr.MustParse("[2001:db8::1]:53"))
	roundTrip(t, cmsg.IPError, cmsg.ExtendedError{})
	roundTrip(t, cmsg.UDPSegment, 65535)
	roundTrip(t, cmsg.UDPGRO, 1400)
	roundTrip(t, cmsg.TCPUnread, 9)
	roundTrip(t, cmsg.TLSRecord, 21)
	roundTrip(t, cmsg.TLSReceivedRecord, 21)
	roundTrip(t, cmsg.ALGOperation, 1)
	roundTrip(t, cmsg.ALGInitVector, []byte("sixteen bytes iv"))
	roundTrip(t, cmsg.ALGAssociatedLength, 16)
}

// TestValueOutOfRange holds that what a message cannot hold is an error, and leaves the buffer as it was.
func TestValueOutOfRange(t *testing.T) {
	for name, f := range map[string]func(b []byte) ([]byte, error){
		"TTL 256":        func(b []byte) ([]byte, error) { return cmsg.IPTimeToLive.Append(b, 256) },
		"TTL -1":         func(b []byte) ([]byte, error) { return cmsg.IPTimeToLive.Append(b, -1) },
		"hop limit -2":   func(b []byte) ([]byte, error) { return cmsg.IPv6HopLimit.Append(b, -2) },
		"segment 65536":  func(b []byte) ([]byte, error) { return cmsg.UDPSegment.Append(b, 65536) },
		"no descriptors": func(b []byte) ([]byte, error) { return cmsg.SCMRights.Append(b, nil) },
		"descriptor -1":  func(b []byte) ([]byte, error) { return cmsg.SCMRights.Append(b, []int{0, -1}) },
		"process -1":     func(b []byte) ([]byte, error) { return cmsg.SCMCredentials.Append(b, cmsg.Credentials{PID: -1}) },
		"time -1":        func(b []byte) ([]byte, error) { return cmsg.SCMTransmitTime.Append(b, -1) },
		"IPv6 in IPv4 info": func(b []byte) ([]byte, error) {
			return cmsg.IPPacketInfo.Append(b, cmsg.PacketInfo{Source: netip.IPv6Loopback()})
		},
		"interface -1": func(b []byte) ([]byte, error) { return cmsg.IPv6PacketInfo.Append(b, cmsg.PacketInfo{Interface: -1}) },
	} {
		before := make([]byte, 4, 100)
		b, err := f(before)
		if errors.Is(err, errors.ErrUnsupported) {
			continue // not on this platform
		}
		var e *cmsg.Error
		if !errors.Is(err, cmsg.ErrValue) || !errors.As(err, &e) || e.Kind == "" || len(b) != 4 {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}

// TestKinds holds that the table has every kind once, under the name of its variable, with the right numbers.
func TestKinds(t *testing.T) {
	names, ids := map[string]bool{}, map[string]string{}
	defined := 0
	for k := range cmsg.Kinds() {
		if names[k.GoName] || names[k.CName] {
			t.Errorf("%s or %s is there twice", k.GoName, k.CName)
		}
		names[k.GoName], names[k.CName] = true, true
		if !k.Defined {
			continue
		}
		defined++
		id := fmt.Sprint(int(k.Level), "/", int(k.Type))
		if other, ok := ids[id]; ok {
			t.Errorf("%s and %s have the same level and type %s", k.GoName, other, id)
		}
		ids[id] = k.GoName
	}
	if defined < 5 {
		t.Errorf("only %d kinds are defined", defined)
	}
}

// TestWrongSize holds that a message of a known kind with data of another size has no value, and that none panics.
func TestWrongSize(t *testing.T) {
	for k := range cmsg.Kinds() {
		if !k.Defined {
			continue
		}
		short := 0
		for n := range 80 {
			m := cmsg.Message{Level: k.Level, Type: k.Type, Data: bytes.Repeat([]byte{0xff}, n)}
			if m.Value() == nil {
				short++
			}
			if m.String() == "" {
				t.Error("no text")
			}
		}
		variable := k.GoName == "SCMSecurity"
		if (short == 0) != variable {
			t.Errorf("%s: %d of 80 sizes have no value", k.GoName, short)
		}
	}
	unknown := cmsg.Message{Level: 12345, Type: 6, Data: make([]byte, 3)}
	if unknown.Value() != nil || unknown.String() != "level 12345 type 6: 3 bytes" {
		t.Errorf("%v %q", unknown.Value(), unknown)
	}
}

// TestMalformed cuts control data off at every byte, and lies about every length: nothing is read outside of it, and
// what is left of a message comes with ErrMalformed.
func TestMalformed(t *testing.T) {
	one := cmsg.Append(nil, cmsg.Message{Level: 1, Type: 2, Data: []byte("abcdefgh")})
	two := cmsg.Append(bytes.Clone(one), cmsg.Message{Level: 3, Type: 4, Data: []byte("ij")})
	unpadded := len(two) - (cmsg.Space(2) - cmsg.Space(0) - 2)
	for n := range len(two) + 1 {
		var got []string
		var malformed bool
		for m, err := range cmsg.All(two[:n:n]) {
			if malformed = err != nil; malformed {
				if !errors.Is(err, cmsg.ErrMalformed) {
					t.Errorf("%d bytes: %v", n, err)
				}
				continue
			}
			got = append(got, string(m.Data))
		}
		var want []string
		if n >= cmsg.Space(8)-(cmsg.Space(8)-cmsg.Space(0)-8) {
			want = append(want, "abcdefgh")
		}
		if n >= unpadded {
			want = append(want, "ij")
		}
		if !slices.Equal(got, want) || malformed != (n != 0 && n != len(one) && n < unpadded) {
			t.Errorf("%d of %d bytes: %q, malformed %t, want %q", n, len(two), got, malformed, want)
		}
	}
	for _, length := range []uint32{0, 1, uint32(cmsg.Space(0) - 1), uint32(len(one) + 1), 1 << 31, 1<<32 - 1} {
		b := bytes.Clone(one)
		for i := range b[:cmsg.Space(0)-8] { // what precedes level and type is the length, with padding
			b[i] = 0
		}
		binary.NativeEndian.PutUint32(b, length)
		if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 && cmsg.Space(0) == 16 {
			binary.NativeEndian.PutUint32(b, 0)
			binary.NativeEndian.PutUint32(b[4:], length)
		}
		for m, err := range cmsg.All(b) {
			if !errors.Is(err, cmsg.ErrMalformed) {
				t.Errorf("length %d: %v, %v", length, m, err)
			}
		}
	}
}

// TestAllTwice ranges over one sequence twice, the second time also after a break.
func TestAllTwice(t *testing.T) {
	b := cmsg.Append(nil, cmsg.Message{Level: 1, Type: 2, Data: []byte("a")})
	b = cmsg.Append(b, cmsg.Message{Level: 1, Type: 3, Data: []byte("b")})
	all := cmsg.All(b)
	for range all {
		break
	}
	for range 2 {
		var got string
		for m, err := range all {
			if err != nil {
				t.Error(err)
			}
			got += string(m.Data)
		}
		if got != "ab" {
			t.Errorf("%q", got)
		}
	}
}

// TestDoesNotAllocate holds that parsing and building allocate nothing (X5, X6).
func TestDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 1000)
	info := cmsg.PacketInfo{Interface: 2, Source: netip.MustParseAddr("::1"), Destination: netip.MustParseAddr("::1")}
	allocations := testing.AllocsPerRun(100, func() {
		b, err := cmsg.IPv6PacketInfo.Append(buf, info)
		if err != nil {
			t.Fatal(err)
		}
		if b, err = cmsg.IPv6HopLimit.Append(b, 3); err != nil {
			t.Fatal(err)
		}
		b = cmsg.Append(b, cmsg.Message{Level: 1, Type: 2, Data: buf[:4]})
		n := 0
		for m, err := range cmsg.All(b) {
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := cmsg.IPv6PacketInfo.Get(m); ok {
				n++
			}
			for range m.Descriptors() {
				n++
			}
		}
		if got, ok := cmsg.IPv6HopLimit.Find(b); !ok || got != 3 || n != 1 {
			t.Fatal(got, ok, n)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// TestTimes reads both sizes of time that 32-bit systems have, and refuses fractions that are none.
func TestTimes(t *testing.T) {
	words := func(size int, values ...int64) (b []byte) {
		for _, v := range values {
			if size == 4 {
				b = binary.NativeEndian.AppendUint32(b, uint32(v))
			} else {
				b = binary.NativeEndian.AppendUint64(b, uint64(v))
			}
		}
		return b
	}
	micro, nano := cmsg.SCMTimestamp.Info(), cmsg.SCMTimestampNS.Info()
	for _, size := range []int{4, 8} {
		m := cmsg.Message{Level: micro.Level, Type: micro.Type, Data: words(size, 1e9, 999999)}
		if got, ok := cmsg.SCMTimestamp.Get(m); micro.Defined && (!ok || !got.Equal(time.Unix(1e9, 999999000))) {
			t.Error(size, got, ok)
		}
		m = cmsg.Message{Level: nano.Level, Type: nano.Type, Data: words(size, 1e9, 999999999)}
		if got, ok := cmsg.SCMTimestampNS.Get(m); nano.Defined && (!ok || !got.Equal(time.Unix(1e9, 999999999))) {
			t.Error(size, got, ok)
		}
		for _, fraction := range []int64{-1, 1e9} {
			m.Data = words(size, 1, fraction)
			if got, ok := cmsg.SCMTimestampNS.Get(m); ok {
				t.Error(size, fraction, got)
			}
		}
		stamping := cmsg.SCMTimestamping.Info()
		m = cmsg.Message{Level: stamping.Level, Type: stamping.Type, Data: words(size, 5, 6, 0, 0, 9, 1e9-1)}
		want := cmsg.Timestamps{Software: time.Unix(5, 6), Hardware: time.Unix(9, 1e9-1)}
		if got, ok := cmsg.SCMTimestamping.Get(m); stamping.Defined && (!ok || got != want) {
			t.Error(size, got, ok)
		}
		for i := range 3 { // the fractions
			values := []int64{5, 6, 7, 8, 9, 10}
			m.Data = words(size, values...)
			if got, ok := cmsg.SCMTimestamping.Get(m); stamping.Defined && (!ok || got != cmsg.Timestamps{time.Unix(5, 6), time.Unix(7, 8), time.Unix(9, 10)}) {
				t.Error(size, got, ok)
			}
			values[2*i+1] = 1e9
			m.Data = words(size, values...)
			if got, ok := cmsg.SCMTimestamping.Get(m); ok {
				t.Error(size, values, got)
			}
		}
	}
}

// TestLayouts reads control data (row X5) as the kernel may lay it out, on this system or another.
func TestLayouts(t *testing.T) {
	get := func(k interface{ Info() cmsg.Info }, data ...[]byte) any {
		i := k.Info()
		return cmsg.Message{Level: i.Level, Type: i.Type, Data: bytes.Join(data, nil)}.Value()
	}
	words := func(v ...uint32) (b []byte) {
		for _, v := range v {
			b = binary.NativeEndian.AppendUint32(b, v)
		}
		return b
	}
	v4, group4 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.1")
	v6, group6 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("ff02::1")
	for _, c := range []struct {
		k    interface{ Info() cmsg.Info }
		data [][]byte
		want any
	}{
		// The local address and the destination, or the destination alone; and a group, from which nobody can answer.
		{cmsg.IPPacketInfo, [][]byte{words(3), v4.AsSlice(), group4.AsSlice()}, cmsg.PacketInfo{Interface: 3, Source: v4, Destination: group4}},
		{cmsg.IPPacketInfo, [][]byte{v4.AsSlice(), words(3)}, cmsg.PacketInfo{Interface: 3, Source: v4, Destination: v4}},
		{cmsg.IPPacketInfo, [][]byte{group4.AsSlice(), words(3)}, cmsg.PacketInfo{Interface: 3, Destination: group4}},
		{cmsg.IPPacketInfo, [][]byte{words(3)}, nil},
		{cmsg.IPv6PacketInfo, [][]byte{v6.AsSlice(), words(3)}, cmsg.PacketInfo{Interface: 3, Source: v6, Destination: v6}},
		{cmsg.IPv6PacketInfo, [][]byte{group6.AsSlice(), words(3)}, cmsg.PacketInfo{Interface: 3, Destination: group6}},
		{cmsg.IPTimeToLive, [][]byte{{200}}, 200},
		{cmsg.IPTimeToLive, [][]byte{words(200)}, 200},
		{cmsg.IPv6HopLimit, [][]byte{words(1<<32 - 1)}, -1},
		{cmsg.SOMark, [][]byte{words(1<<32 - 1)}, uint32(1<<32 - 1)},
		{cmsg.SOMark, [][]byte{words(1, 1)}, nil}, // 33 bits, in either order
		{cmsg.TLSReceivedRecord, [][]byte{words(23)}, uint8(23)},
		{cmsg.TLSReceivedRecord, [][]byte{words(256 + 23)}, nil},
		{cmsg.TLSReceivedRecord, [][]byte{words(1<<32 - 1)}, nil},
		{cmsg.TLSReceivedRecord, [][]byte{{1, 1}}, nil},
		// Without an offender, with the family of none, and cut off.
		{cmsg.IPError, [][]byte{words(90, 0, 1400, 0)}, cmsg.ExtendedError{Errno: 90, Info: 1400}},
		{cmsg.IPError, [][]byte{words(90, 0, 1400, 7, 0, 0, 0, 0)}, cmsg.ExtendedError{Errno: 90, Info: 1400, Data: 7}},
		{cmsg.IPError, [][]byte{words(90, 0, 1400)}, nil},
	} {
		if !c.k.Info().Defined {
			continue
		}
		if got := get(c.k, c.data...); !cmp.Equal(got, c.want, sameAddr) {
			t.Errorf("%s of %v: got %+v, want %+v", c.k.Info().GoName, c.data, got, c.want)
		}
	}
}

// TestExtendedErrorText holds the text, and what else an extended error says.
func TestExtendedErrorText(t *testing.T) {
	e := cmsg.ExtendedError{Errno: 111, Origin: cmsg.OriginICMP, Type: 3, Code: 3, Offender: sockaddr.MustParse("192.0.2.1")}
	if got, want := e.Error(), "icmp 3/3 from 192.0.2.1: "+e.Errno.Error(); got != want || !errors.Is(e, e.Errno) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, _, _, ok := e.ZeroCopy(); ok {
		t.Error("an ICMP error is taken for a completion")
	}
	z := cmsg.ExtendedError{Origin: cmsg.OriginZeroCopy, Code: 1, Info: 4, Data: 7}
	if first, last, copied, ok := z.ZeroCopy(); first != 4 || last != 7 || !copied || !ok || z.Unwrap() != nil || z.Error() != "zerocopy" {
		t.Error(first, last, copied, ok, z)
	}
	z.Errno = 5
	if _, _, _, ok := z.ZeroCopy(); ok {
		t.Error("an error is taken for a completion")
	}
	if got := cmsg.Origin(99).String(); got != "99" {
		t.Error(got)
	}
}
