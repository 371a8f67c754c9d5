package cmsg_test

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket/cmsg"
)

// FuzzAll parses arbitrary bytes: nothing panics or leaves the buffer, and what is well formed is
// the same when it is built anew.
func FuzzAll(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("short"))
	for k := range cmsg.All() {
		for _, n := range []int{1, 4, 12, 16, 44, 48} {
			m := cmsg.Message{Level: k.Level, Type: k.Type, Data: make([]byte, n)}
			f.Add(cmsg.Append(nil, m))
		}
	}
	b, _ := cmsg.SCMRights.Append(nil, []int{1, 2, 3})
	b, _ = cmsg.IPTimeToLive.Append(b, 64)
	f.Add(b)
	f.Add(b[:len(b)-5])
	f.Fuzz(func(t *testing.T, control []byte) {
		before := bytes.Clone(control)
		var built []byte
		var messages []cmsg.Message
		total := 0
		malformed := false
		for m, err := range cmsg.Messages(control) {
			if malformed {
				t.Fatal("a message after the malformed one")
			}
			malformed = err != nil
			_ = m.String()
			n := 0
			for range m.Descriptors() {
				n++
			}
			if n > len(m.Data)/4 {
				t.Fatalf("%d descriptors in %d bytes", n, len(m.Data))
			}
			if malformed {
				continue
			}
			if total += cmsg.Space(0) + len(m.Data); total > len(control) {
				t.Fatalf("%d bytes of messages in %d", total, len(control))
			}
			messages = append(messages, m)
			built = cmsg.Append(built, m)
		}
		if !bytes.Equal(before, control) {
			t.Fatal("parsing changed the data")
		}
		i := 0
		for m, err := range cmsg.Messages(built) {
			if err != nil || i >= len(messages) || m.Level != messages[i].Level ||
				m.Type != messages[i].Type || !bytes.Equal(m.Data, messages[i].Data) {
				t.Fatalf("message %d built anew is %v, %v", i, m, err)
			}
			i++
		}
		if i != len(messages) {
			t.Fatalf("%d messages built, %d found", len(messages), i)
		}
	})
}

// FuzzRoundTrip appends arbitrary values: what is taken comes back, and what is not leaves no
// trace.
func FuzzRoundTrip(f *testing.F) {
	f.Add(64, uint32(1), []byte("127.0.0.1 and then"), 5)
	f.Add(-1, uint32(1<<32-1), []byte{}, -1)
	f.Fuzz(func(t *testing.T, n int, u uint32, data []byte, index int) {
		fuzzOne(t, cmsg.IPTimeToLive, n)
		fuzzOne(t, cmsg.IPv6HopLimit, n)
		fuzzOne(t, cmsg.UDPSegment, n)
		fuzzOne(t, cmsg.SOMark, u)
		fuzzOne(t, cmsg.SCMCredentials, cmsg.Credentials{PID: n, UID: u, GID: ^u})
		source, _ := netip.AddrFromSlice(data[:min(len(data), 16)])
		for _, k := range []cmsg.Kind[cmsg.PacketInfo]{cmsg.IPPacketInfo, cmsg.IPv6PacketInfo} {
			b, err := k.Append(nil, cmsg.PacketInfo{Interface: index, Source: source})
			if err != nil {
				continue
			}
			got, ok := k.Find(b)
			if !ok || got.Interface != index || source.IsValid() && !source.IsMulticast() &&
				source.Unmap() != sockaddr.Broadcast4() && got.Source.Unmap() != source.Unmap() {
				t.Fatalf("%v %v: %+v, %t", index, source, got, ok)
			}
		}
		fds := make([]int, len(data))
		for i, c := range data {
			fds[i] = int(c) << (c % 24)
		}
		if b, err := cmsg.SCMRights.Append(nil, fds); err == nil {
			if got, ok := cmsg.SCMRights.Find(b); !ok || !slices.Equal(got, fds) {
				t.Fatalf("%v: %v, %t", fds, got, ok)
			}
		}
		if b, err := cmsg.ALGInitVector.Append(nil, data); err == nil {
			if got, ok := cmsg.ALGInitVector.Find(b); !ok || !bytes.Equal(got, data) {
				t.Fatalf("%v: %v, %t", data, got, ok)
			}
		}
		raw := cmsg.Append(nil, cmsg.Message{
			Level: constants.Level(index),
			Type:  constants.OptionName(n),
			Data:  data,
		})
		for m, err := range cmsg.Messages(raw) {
			if err != nil || !bytes.Equal(m.Data, data) || int32(m.Level) != int32(index) ||
				int32(m.Type) != int32(n) {
				t.Fatal(m, err)
			}
		}
	})
}

func fuzzOne[T comparable](t *testing.T, k cmsg.Kind[T], v T) {
	b, err := k.Append(nil, v)
	if err != nil {
		if len(b) > 0 {
			t.Fatalf("%v: %v left %d bytes", k, err, len(b))
		}
		return
	}
	if got, ok := k.Find(b); !ok || got != v {
		t.Fatalf("%v: %v became %v, %t", k, v, got, ok)
	}
}
