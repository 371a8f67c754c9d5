package cmsg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

var sameAddr = cmp.Options{cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b sockaddr.Addr) bool { return a == b })}

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
	for m, err := range cmsg.Messages(b) {
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
	roundTrip(t, cmsg.SCMPIDFD, 3)
	roundTrip(t, cmsg.SCMSecurity, "label")
	roundTrip(t, cmsg.SCMTimestamp, time.Time{})
	roundTrip(t, cmsg.SCMTimestampNanoseconds, time.Time{})
	roundTrip(t, cmsg.SCMTimestamping, cmsg.Timestamps{})
	roundTrip(t, cmsg.SCMTimestampingPacketInfo, cmsg.HardwareSource{})
	roundTrip(t, cmsg.SCMTimestampID, 1<<32-1)
	roundTrip(t, cmsg.SCMTransmitTime, 12345678901234*time.Nanosecond)
	roundTrip(t, cmsg.SODropCount, 1)
	roundTrip(t, cmsg.SOMark, 1<<32-1)
	roundTrip(t, cmsg.SOPriority, 6)
	v4 := cmsg.PacketInfo{
		Interface:   5,
		Source:      netip.MustParseAddr("192.0.2.1"),
		Destination: netip.MustParseAddr("0.0.0.0"),
	}
	if cmsg.Space(8) == cmsg.IPPacketInfo.Space() { // where the structure has one address
		v4.Destination = v4.Source
	}
	roundTrip(t, cmsg.IPPacketInfo, v4)
	six := netip.MustParseAddr("2001:db8::1")
	roundTrip(t, cmsg.SOTimestamping, 0x12)
	roundTrip(t, cmsg.SCMTimestampingStatistics, nil)
	roundTrip(t, cmsg.SCMInQueue, 7)
	roundTrip(t, cmsg.SCMWiFiStatus, true)
	roundTrip(t, cmsg.IPProtocol, 17)
	roundTrip(t, cmsg.IPReceiveOptions, nil)
	roundTrip(t, cmsg.IPChecksum, 1)
	roundTrip(t, cmsg.IPReceiveInterface, 1)
	roundTrip(t, cmsg.IPReturnOptions, []byte{1, 1, 1, 0})
	roundTrip(t, cmsg.IPv6HopByHopOptions, []byte{0, 0, 1, 4, 0, 0, 0, 0})
	roundTrip(t, cmsg.IPv6DestinationOptions, append([]byte{0, 1, 1, 12}, make([]byte, 12)...))
	roundTrip(t, cmsg.IPv6RoutingHeaderDestinationOptions, []byte{0, 0, 1, 4, 0, 0, 0, 0})
	roundTrip(t, cmsg.IPv6RoutingHeader, []byte{0, 0, 2, 0, 0, 0, 0, 0})
	roundTrip(t, cmsg.IPv6DontFragment, true)
	roundTrip(t, cmsg.PacketAuxData, cmsg.AuxData{})
	roundTrip(t, cmsg.NetlinkPacketInfo, 1)
	roundTrip(t, cmsg.NetlinkListenAllNSID, -1)
	roundTrip(t, cmsg.SCTPSendInfo, cmsg.SCTPSend{
		Stream:          1,
		Flags:           2,
		PayloadProtocol: 3 << 24,
		Context:         4,
		Association:     -1,
	})
	roundTrip(t, cmsg.SCTPReceiveInfo, cmsg.SCTPInfo{})
	roundTrip(t, cmsg.SCTPNextInfo, cmsg.SCTPNext{})
	roundTrip(t, cmsg.J1939DestinationAddress, 1)
	roundTrip(t, cmsg.J1939DestinationName, 1)
	roundTrip(t, cmsg.J1939Priority, 1)
	roundTrip(t, cmsg.J1939ErrorQueue, nil)
	roundTrip(t, cmsg.IPv6PacketInfo, cmsg.PacketInfo{Interface: 5, Source: six, Destination: six})
	roundTrip(t, cmsg.IPSourceAddress, netip.MustParseAddr("192.0.2.1"))
	roundTrip(t, cmsg.IPDestinationAddress, netip.MustParseAddr("192.0.2.1"))
	roundTrip(t, cmsg.IPTimeToLive, 255)
	roundTrip(t, cmsg.IPv6HopLimit, -1)
	roundTrip(t, cmsg.IPTypeOfService, 0xb8)
	roundTrip(t, cmsg.IPv6TrafficClass, 0xb8)
	roundTrip(t, cmsg.IPv6FlowInfo, 0xffabcde)
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

// TestValueOutOfRange holds that what a message cannot hold is an error, and leaves the buffer as
// it was.
func TestValueOutOfRange(t *testing.T) {
	for name, f := range map[string]func(b []byte) ([]byte, error){
		"TTL 256": func(b []byte) ([]byte, error) {
			return cmsg.IPTimeToLive.Append(b, 256)
		},
		"TTL -1": func(b []byte) ([]byte, error) {
			return cmsg.IPTimeToLive.Append(b, -1)
		},
		"TTL 0": func(b []byte) ([]byte, error) { return cmsg.IPTimeToLive.Append(b, 0) },
		"hop limit 256": func(b []byte) ([]byte, error) {
			return cmsg.IPv6HopLimit.Append(b, 256)
		},
		"hop limit 65569": func(b []byte) ([]byte, error) {
			return cmsg.IPv6HopLimit.Append(b, 65569)
		},
		"class -1": func(b []byte) ([]byte, error) {
			return cmsg.IPv6TrafficClass.Append(b, -1)
		},
		"class 256": func(b []byte) ([]byte, error) {
			return cmsg.IPv6TrafficClass.Append(b, 256)
		},
		"TOS 256": func(b []byte) ([]byte, error) {
			return cmsg.IPTypeOfService.Append(b, 256)
		},
		"protocol 0": func(b []byte) ([]byte, error) { return cmsg.IPProtocol.Append(b, 0) },
		"options of 3": func(b []byte) ([]byte, error) {
			return cmsg.IPReturnOptions.Append(b, make([]byte, 3))
		},
		"options of 44": func(b []byte) ([]byte, error) {
			return cmsg.IPReturnOptions.Append(b, make([]byte, 44))
		},
		"header of 0": func(b []byte) ([]byte, error) {
			return cmsg.IPv6RoutingHeader.Append(b, nil)
		},
		"header of 7": func(b []byte) ([]byte, error) {
			return cmsg.IPv6DestinationOptions.Append(b, make([]byte, 7))
		},
		"header of 16 that says 8": func(b []byte) ([]byte, error) {
			return cmsg.IPv6HopByHopOptions.Append(b, make([]byte, 16))
		},
		"flow of 29 bits": func(b []byte) ([]byte, error) {
			return cmsg.IPv6FlowInfo.Append(b, 1<<28)
		},
		"hop limit -2": func(b []byte) ([]byte, error) { return cmsg.IPv6HopLimit.Append(b, -2) },
		"segment 65536": func(b []byte) ([]byte, error) {
			return cmsg.UDPSegment.Append(b, 65536)
		},
		"no descriptors": func(b []byte) ([]byte, error) { return cmsg.SCMRights.Append(b, nil) },
		"descriptor -1": func(b []byte) ([]byte, error) {
			return cmsg.SCMRights.Append(b, []int{0, -1})
		},
		"process -1": func(b []byte) ([]byte, error) {
			return cmsg.SCMCredentials.Append(b, cmsg.Credentials{PID: -1})
		},
		"time -1": func(b []byte) ([]byte, error) { return cmsg.SCMTransmitTime.Append(b, -1) },
		"IPv6 in IPv4 info": func(b []byte) ([]byte, error) {
			return cmsg.IPPacketInfo.Append(b, cmsg.PacketInfo{Source: netip.IPv6Loopback()})
		},
		"interface -1": func(b []byte) ([]byte, error) {
			return cmsg.IPv6PacketInfo.Append(b, cmsg.PacketInfo{Interface: -1})
		},
	} {
		before := make([]byte, 4, 100)
		b, err := f(before)
		if errors.Is(err, errors.ErrUnsupported) {
			continue // not on this platform
		}
		var e *cmsg.Error
		if !errors.Is(err, socket.ErrValue) || !errors.As(err, &e) || e.Kind == "" || len(b) != 4 {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}

// TestKinds holds that the table has every kind once, under the name of its variable, with the
// right numbers.
func TestKinds(t *testing.T) {
	names, ids := map[string]bool{}, map[string]string{}
	defined := 0
	for k := range cmsg.All() {
		if names[k.GoName] || names[k.CName] {
			t.Errorf("%s or %s is there twice", k.GoName, k.CName)
		}
		names[k.GoName], names[k.CName] = true, true
		if !k.Defined() {
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

// TestWrongSize holds that a message of a known kind with data of another size has no value, and
// that none panics.
func TestWrongSize(t *testing.T) {
	for k := range cmsg.All() {
		if !k.Defined() {
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

// TestMalformed cuts control data off at every byte, and lies about every length: nothing is read
// outside of it, and what is left of a message comes with ErrMalformed.
func TestMalformed(t *testing.T) {
	one := cmsg.Append(nil, cmsg.Message{Level: 1, Type: 2, Data: []byte("abcdefgh")})
	two := cmsg.Append(bytes.Clone(one), cmsg.Message{Level: 3, Type: 4, Data: []byte("ij")})
	unpadded := len(two) - (cmsg.Space(2) - cmsg.Space(0) - 2)
	for n := range len(two) + 1 {
		var got []string
		var malformed bool
		for m, err := range cmsg.Messages(two[:n:n]) {
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
	for _, length := range []uint32{0, 1, uint32(cmsg.Space(0) - 1), uint32(len(one) + 1), 1 << 31,
		1<<32 - 1} {
		b := bytes.Clone(one)
		for i := range b[:cmsg.Space(0)-8] {
			// what precedes level and type is the length, with padding
			b[i] = 0
		}
		binary.NativeEndian.PutUint32(b, length)
		if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 && cmsg.Space(0) == 16 {
			binary.NativeEndian.PutUint32(b, 0)
			binary.NativeEndian.PutUint32(b[4:], length)
		}
		for m, err := range cmsg.Messages(b) {
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
	all := cmsg.Messages(b)
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
	info := cmsg.PacketInfo{
		Interface:   2,
		Source:      netip.MustParseAddr("::1"),
		Destination: netip.MustParseAddr("::1"),
	}
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
		for m, err := range cmsg.Messages(b) {
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
	micro, nano := cmsg.SCMTimestamp.Info(), cmsg.SCMTimestampNanoseconds.Info()
	for _, size := range []int{4, 8} {
		m := cmsg.Message{Level: micro.Level, Type: micro.Type, Data: words(size, 1e9, 999999)}
		if got, ok := cmsg.SCMTimestamp.Get(m); micro.Defined() &&
			(!ok || !got.Equal(time.Unix(1e9, 999999000))) {
			t.Error(size, got, ok)
		}
		m = cmsg.Message{Level: nano.Level, Type: nano.Type, Data: words(size, 1e9, 999999999)}
		if got, ok := cmsg.SCMTimestampNanoseconds.Get(m); nano.Defined() &&
			(!ok || !got.Equal(time.Unix(1e9, 999999999))) {
			t.Error(size, got, ok)
		}
		for _, fraction := range []int64{-1, 1e9} {
			m.Data = words(size, 1, fraction)
			if got, ok := cmsg.SCMTimestampNanoseconds.Get(m); ok {
				t.Error(size, fraction, got)
			}
		}
		stamping := cmsg.SCMTimestamping.Info()
		m = cmsg.Message{
			Level: stamping.Level,
			Type:  stamping.Type,
			Data:  words(size, 5, 6, 0, 0, 9, 1e9-1),
		}
		want := cmsg.Timestamps{Software: time.Unix(5, 6), Hardware: time.Unix(9, 1e9-1)}
		if got, ok := cmsg.SCMTimestamping.Get(m); stamping.Defined() && (!ok || got != want) {
			t.Error(size, got, ok)
		}
		for i := range 3 { // the fractions
			values := []int64{5, 6, 7, 8, 9, 10}
			m.Data = words(size, values...)
			if got, ok := cmsg.SCMTimestamping.Get(m); stamping.Defined() && (!ok ||
				got != cmsg.Timestamps{time.Unix(5, 6), time.Unix(7, 8), time.Unix(9, 10)}) {
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
	halves := func(v ...uint16) (b []byte) {
		for _, v := range v {
			b = binary.NativeEndian.AppendUint16(b, v)
		}
		return b
	}
	mapped := func(ip netip.Addr) []byte { a := ip.As16(); return a[:] }
	v4, group4 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.1")
	v6, group6 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("ff02::1")
	for _, c := range []struct {
		k    interface{ Info() cmsg.Info }
		data [][]byte
		want any
	}{
		// The local address and the destination, or the destination alone; and a group, from which
		// nobody can answer.
		{cmsg.IPPacketInfo, [][]byte{words(3), v4.AsSlice(), group4.AsSlice()}, cmsg.PacketInfo{
			Interface:   3,
			Source:      v4,
			Destination: group4,
		}},
		{cmsg.IPPacketInfo, [][]byte{v4.AsSlice(), words(3)}, cmsg.PacketInfo{
			Interface:   3,
			Source:      v4,
			Destination: v4,
		}},
		{cmsg.IPPacketInfo, [][]byte{group4.AsSlice(), words(3)}, cmsg.PacketInfo{
			Interface:   3,
			Destination: group4,
		}},
		{cmsg.IPPacketInfo, [][]byte{words(3)}, nil},
		{cmsg.IPv6PacketInfo, [][]byte{v6.AsSlice(), words(3)}, cmsg.PacketInfo{
			Interface:   3,
			Source:      v6,
			Destination: v6,
		}},
		{cmsg.IPv6PacketInfo, [][]byte{group6.AsSlice(), words(3)}, cmsg.PacketInfo{
			Interface:   3,
			Destination: group6,
		}},
		// Of IPv4 on a socket for both, a group and everybody: mapped, without an address to answer
		// from.
		{cmsg.IPv6PacketInfo, [][]byte{mapped(v4), words(3)}, cmsg.PacketInfo{
			Interface:   3,
			Source:      netip.AddrFrom16(v4.As16()),
			Destination: netip.AddrFrom16(v4.As16()),
		}},
		{cmsg.IPv6PacketInfo, [][]byte{mapped(group4), words(3)}, cmsg.PacketInfo{
			Interface:   3,
			Destination: netip.AddrFrom16(group4.As16()),
		}},
		{cmsg.IPv6PacketInfo, [][]byte{mapped(sockaddr.Broadcast4()), words(3)}, cmsg.PacketInfo{
			Interface:   3,
			Destination: netip.AddrFrom16(sockaddr.Broadcast4().As16()),
		}},
		{cmsg.SCMWiFiStatus, [][]byte{words(2)}, true},
		{cmsg.SCMWiFiStatus, [][]byte{words(0)}, false},
		{cmsg.NetlinkListenAllNSID, [][]byte{words(1<<32 - 1)}, -1},
		{cmsg.IPv6RoutingHeader, [][]byte{{0, 0, 2, 0, 0, 0, 0, 0}},
			[]byte{0, 0, 2, 0, 0, 0, 0, 0}},
		{cmsg.IPv6RoutingHeader, [][]byte{{0, 1, 2, 0, 0, 0, 0, 0}}, nil},
		{cmsg.IPReceiveOptions, [][]byte{make([]byte, 44)}, nil},
		{cmsg.PacketAuxData,
			[][]byte{words(0x51, 1514, 96), halves(14, 18), halves(0x2005, 0x88a8)}, cmsg.AuxData{
				Status:   0x51,
				Length:   1514,
				Captured: 96,
				Link:     14,
				Network:  18,
				TCI:      0x2005,
				TPID:     0x88a8,
			}},
		{cmsg.SCTPReceiveInfo, [][]byte{halves(1, 2, 3, 0), {0, 0, 0, 46}, words(5, 6, 7, 8)},
			cmsg.SCTPInfo{
				Stream:          1,
				Sequence:        2,
				Flags:           3,
				PayloadProtocol: 46,
				TSN:             5,
				CumulativeTSN:   6,
				Context:         7,
				Association:     8,
			}},
		{cmsg.SCTPNextInfo, [][]byte{halves(1, 2), {0, 0, 0, 46}, words(5, 6)}, cmsg.SCTPNext{
			Stream:          1,
			Flags:           2,
			PayloadProtocol: 46,
			Length:          5,
			Association:     6,
		}},
		{cmsg.J1939DestinationName, [][]byte{words(1<<32-1, 1<<32-1)}, uint64(1<<64 - 1)},
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
		{cmsg.IPError, [][]byte{words(90, 0, 1400, 7, 0, 0, 0, 0)}, cmsg.ExtendedError{
			Errno: 90,
			Info:  1400,
			Data:  7,
		}},
		{cmsg.IPError, [][]byte{words(90, 0, 1400)}, nil},
	} {
		if !c.k.Info().Defined() {
			continue
		}
		if got := get(c.k, c.data...); !cmp.Equal(got, c.want, sameAddr) {
			t.Errorf("%s of %v: got %+v, want %+v", c.k.Info().GoName, c.data, got, c.want)
		}
	}
}

// TestExtendedErrorText holds the text, and what else an extended error says.
func TestExtendedErrorText(t *testing.T) {
	e := cmsg.ExtendedError{
		Errno:    111,
		Origin:   cmsg.OriginICMP,
		Type:     3,
		Code:     3,
		Offender: sockaddr.MustParse("192.0.2.1"),
	}
	if got, want := e.Error(), "icmp 3/3 from 192.0.2.1: "+e.Errno.Error(); got != want ||
		!errors.Is(e, e.Errno) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, _, _, ok := e.ZeroCopy(); ok {
		t.Error("an ICMP error is taken for a completion")
	}
	z := cmsg.ExtendedError{Origin: cmsg.OriginZeroCopy, Code: 1, Info: 4, Data: 7}
	if first, last, copied, ok := z.ZeroCopy(); first != 4 || last != 7 || !copied || !ok ||
		z.Unwrap() != nil || z.Error() != "zerocopy" {
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

// Of the times that 32-bit systems have, those beyond 2038 are right, and so are those whose
// fraction alone is short.
func TestTimesBeyond2038(t *testing.T) {
	micro := cmsg.SCMTimestamp.Info()
	if !micro.Defined() {
		t.Skip("this platform has no SCM_TIMESTAMP")
	}
	const in2040 = 2_208_988_800
	short := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, in2040), 5)
	long := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint64(nil, in2040), 5)
	for _, data := range [][]byte{short, long} {
		got, ok := cmsg.SCMTimestamp.Get(cmsg.Message{
			Level: micro.Level,
			Type:  micro.Type,
			Data:  data,
		})
		if want := time.Unix(in2040, 5000); !ok || !got.Equal(want) {
			t.Errorf("%d bytes: %v, %t, want %v", len(data), got, ok, want)
		}
	}
}

// Lengths that cannot be take no space, and messages that cannot be are not appended.
func TestImpossible(t *testing.T) {
	if got, want := cmsg.Len(5), cmsg.Space(0)+5; got != want {
		t.Errorf("Len(5) is %d, want %d", got, want)
	}
	for _, n := range []int{-1, -100, math.MinInt, math.MaxInt, math.MaxInt32, math.MaxInt32 - 15} {
		if cmsg.Len(n) != 0 || cmsg.Space(n) != 0 {
			t.Errorf("of %d, Len is %d and Space %d", n, cmsg.Len(n), cmsg.Space(n))
		}
	}
	if n := 1 << 30; cmsg.Space(n) < n || cmsg.Len(n) <= n {
		t.Errorf("of %d, Len is %d and Space %d", n, cmsg.Len(n), cmsg.Space(n))
	}
	before := []byte("before")
	var messages []cmsg.Message
	if strconv.IntSize == 64 {
		big := math.MaxInt32
		big += big + 2
		messages = append(messages, cmsg.Message{Level: constants.Level(big + 1), Type: 1},
			cmsg.Message{
				Level: 1,
				Type:  constants.OptionName(big + 1),
			})
	}
	for _, m := range messages {
		if b := cmsg.Append(before, m); !bytes.Equal(b, before) {
			t.Errorf("%+v was appended: %q", m, b)
		}
	}
}

// The zero Kind is none.
func TestZeroKind(t *testing.T) {
	var k cmsg.Kind[int]
	m := cmsg.Message{Level: constants.SOL_SOCKET, Type: 1, Data: make([]byte, 4)}
	if v, ok := k.Get(m); v != 0 || ok || k.Is(m) {
		t.Error("Get", v, ok)
	}
	if _, ok := k.Find(cmsg.Append(nil, m)); ok {
		t.Error("Find")
	}
	if info := k.Info(); info.GoName != "" || info.Defined() || info.Send || info.Level.Defined() ||
		info.Type.Defined() {
		t.Errorf("%+v", info)
	}
	if k.Space() != 0 || k.String() != "" || fmt.Sprint(k) != "" {
		t.Errorf("Space %d, String %q, printed %q", k.Space(), k, fmt.Sprint(k))
	}
	if b, err := k.Append([]byte("x"), 1); string(b) != "x" || !errors.Is(err, socket.ErrValue) {
		t.Errorf("Append %q, %v", b, err)
	}
}

func TestVLAN(t *testing.T) {
	for _, row := range []struct {
		a             cmsg.AuxData
		tci, protocol uint16
		ok            bool
	}{
		{cmsg.AuxData{TCI: 5, TPID: 0x8100}, 0, 0, false},
		{cmsg.AuxData{Status: 0x10, TCI: 0x2005}, 0x2005, 0x8100, true},
		{cmsg.AuxData{Status: 0x50, TCI: 5, TPID: 0x88a8}, 5, 0x88a8, true},
	} {
		if tci, protocol, ok := row.a.VLAN(); tci != row.tci || protocol != row.protocol ||
			ok != row.ok {
			t.Errorf("%+v: %#x, %#x, %t", row.a, tci, protocol, ok)
		}
	}
}

func TestExtension(t *testing.T) {
	data := func(offset uint16, flags byte) uint32 {
		return binary.NativeEndian.Uint32(append(binary.NativeEndian.AppendUint16(nil, offset),
			flags, 0))
	}
	for _, row := range []struct {
		e          cmsg.ExtendedError
		offset     int
		wellFormed bool
		ok         bool
	}{
		{cmsg.ExtendedError{Origin: cmsg.OriginICMP}, 0, false, false},
		{cmsg.ExtendedError{Origin: cmsg.OriginICMP, Data: data(100, 0)}, 100, true, true},
		{cmsg.ExtendedError{Origin: cmsg.OriginICMP6, Data: data(100, 1)}, 100, false, true},
		{cmsg.ExtendedError{Origin: cmsg.OriginZeroCopy, Data: 100}, 0, false, false},
	} {
		if offset, wellFormed, ok := row.e.Extension(); offset != row.offset ||
			wellFormed != row.wellFormed || ok != row.ok {
			t.Errorf("%+v: %d, %t, %t", row.e, offset, wellFormed, ok)
		}
	}
}

// The package's comment lists the kinds as they are, and options that there are. Every option of
// package sockopt whose comment says that it brings a control message stands there.
func TestDocumentedKinds(t *testing.T) {
	source := func(pattern string) string {
		t.Helper()
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		var all strings.Builder
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
			all.WriteByte('\n')
		}
		return all.String()
	}
	rows, brings := map[string][]string{}, map[string]bool{}
	table := regexp.MustCompile(`(?m)^//\t(\w+) +([A-Z0-9_]+) +(\S+) +(in|out|both)(.*)$`)
	for _, row := range table.FindAllStringSubmatch(source("doc.go"), -1) {
		rows[row[1]] = row[2:]
		for option := range strings.FieldsFuncSeq(row[5],
			func(r rune) bool { return r == ' ' || r == ',' }) {
			brings[option] = true
		}
	}
	types := map[string]string{}
	kind := regexp.MustCompile(`(?m)^\t(\w+) +Kind\[(.+?)\] += (\w+)\(`)
	for _, row := range kind.FindAllStringSubmatch(source("kinds.go"), -1) {
		types[row[1]] = row[2] + " " + map[string]string{"receive": "in", "send": "out",
			"both": "both"}[row[3]]
	}
	n := 0
	for k := range cmsg.All() {
		n++
		row := rows[k.GoName]
		if row == nil || row[0] != k.CName || row[1]+" "+row[2] != types[k.GoName] {
			t.Errorf("the comment has %q of %s, which is %s", row, k.GoName, types[k.GoName])
		}
	}
	if n != len(rows) {
		t.Errorf("the comment has %d kinds of %d", len(rows), n)
	}
	options := map[string]bool{}
	for o := range sockopt.All() {
		options[o.GoName] = true
	}
	for option := range brings {
		if !options[option] {
			t.Errorf("there is no option %s", option)
		}
	}
	// Those with another name for the option, and those that say that a message is an alternative.
	others := map[string]bool{"IPv6OriginalDestination": true, "IPOriginalDestination": true,
		"IPv6NextHop": true, "UDPSegment": true, "IPProtocol": true}
	found := 0
	declared := regexp.MustCompile(`((?m:^// .*\n)+)var (\w+)\b`)
	for _, option := range declared.FindAllStringSubmatch(source("../../sockopt/level_*.go"), -1) {
		text := strings.Join(strings.Fields(strings.ReplaceAll(option[1], "//", " ")), " ")
		if !strings.Contains(text, "control message") {
			continue
		}
		found++
		if !brings[option[2]] && !others[option[2]] {
			t.Errorf("no kind names %s: %s", option[2], text)
		}
	}
	if found < 20 {
		t.Errorf("only %d options were found", found)
	}
}

// A buffer may begin anywhere: nothing depends on its alignment.
func TestUnaligned(t *testing.T) {
	control, err := cmsg.SCMRights.Append(nil, []int{3, 4, 5})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	control = cmsg.Append(control, cmsg.Message{Level: 1, Type: 2, Data: []byte("abc")})
	for shift := range 16 {
		moved := append(make([]byte, shift), control...)[shift:]
		fds, ok := cmsg.SCMRights.Find(moved)
		if !ok || !slices.Equal(fds, []int{3, 4, 5}) {
			t.Errorf("moved by %d: %v, %t", shift, fds, ok)
		}
		built, err := cmsg.SCMRights.Append(append(make([]byte, 0, 200), make([]byte, shift)...),
			[]int{3, 4, 5})
		if err != nil || !bytes.Equal(built[shift:], control[:len(built)-shift]) {
			t.Errorf("built at %d: %x, %v", shift, built[shift:], err)
		}
	}
}

// Find passes over a message of its kind whose data has the wrong size.
func TestFindTheRightSize(t *testing.T) {
	info := cmsg.IPTimeToLive.Info()
	if !info.Send {
		t.Skip("needs a system with IP_TTL messages")
	}
	control := cmsg.Append(nil, cmsg.Message{
		Level: info.Level,
		Type:  info.Type,
		Data:  make([]byte, 7),
	})
	if v, ok := cmsg.IPTimeToLive.Find(control); ok {
		t.Errorf("%d of 7 bytes", v)
	}
	control, err := cmsg.IPTimeToLive.Append(control, 64)
	if v, ok := cmsg.IPTimeToLive.Find(control); v != 64 || !ok || err != nil {
		t.Errorf("%d, %v, %v; want 64", v, ok, err)
	}
}
