package socket_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// loopback4 and loopback6 are where the tests of datagrams bind.
var loopback4, loopback6 = sockaddr.MustParse("127.0.0.1:0"), sockaddr.MustParse("[::1]:0")

// datagram returns a bound datagram socket, which does not wait for ever, and its address.
func datagram(t testing.TB, at sockaddr.Addr) (*socket.Socket, sockaddr.Addr) {
	t.Helper()
	s, err := socket.New(at.Family(), constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetParams(socket.Params{ReceiveTimeout: patience,
		SendTimeout: patience}); err != nil {
		t.Fatal(err)
	}
	if err := sockopt.SOReceiveBuffer.Set(s, 1<<20); err != nil {
		t.Fatal(err)
	}
	if err := s.Bind(at); err != nil {
		t.Fatal(err)
	}
	name, err := s.Name()
	if err != nil {
		t.Fatal(err)
	}
	return s, name
}

// messagesTo makes messages of these sizes whose bytes tell which message they are of.
func messagesTo(to sockaddr.Addr, sizes ...int) []socket.Message {
	ms := make([]socket.Message, len(sizes))
	for i, size := range sizes {
		ms[i] = socket.Message{Addr: to, Buffers: [][]byte{bytes.Repeat([]byte{byte(i)}, size)}}
	}
	return ms
}

// repeat returns n times size, and what else is given.
func repeat(size, n int,
	more ...int) []int {
	return append(slices.Repeat([]int{size}, n), more...)
}

// receiveAll receives n datagrams one by one, and makes sure that there are no more.
func receiveAll(t testing.TB, s *socket.Socket, n int) (all [][]byte) {
	t.Helper()
	b := make([]byte, 1<<16)
	for range n {
		n, err := s.Receive(ctx, b, 0)
		if err != nil {
			t.Fatalf("after %d datagrams: %v", len(all), err)
		}
		all = append(all, bytes.Clone(b[:n]))
	}
	if n, err := s.Receive(ctx, b, constants.MSG_DONTWAIT); !errors.Is(err, socket.ErrWouldBlock) {
		t.Fatalf("one datagram too many: %d bytes, %v", n, err)
	}
	return all
}

// same compares datagrams with the messages that were sent.
func same(t *testing.T, got [][]byte, want []socket.Message) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("received %d datagrams, sent %d", len(got), len(want))
	}
	for i := range got {
		if w := bytes.Join(want[i].Buffers, nil); !bytes.Equal(got[i], w) {
			t.Errorf("datagram %d: %d bytes, want %d", i, len(got[i]), len(w))
		}
		if n := len(got[i]); want[i].N != n {
			t.Errorf("message %d: N is %d, want %d", i, want[i].N, n)
		}
	}
}

// TestSendMessagesOffload holds which messages leave as segments of one (X6: UDP GSO), and that the
// receiver sees no difference.
func TestSendMessagesOffload(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment)
	for _, at := range []sockaddr.Addr{loopback4, loopback6} {
		for _, c := range []struct {
			name  string
			sizes []int
			units []int // the size of each unit's segments, 0: one datagram
		}{
			{"one", []int{5}, []int{0}},
			{"two", []int{5, 5}, []int{5}},
			{"last shorter", []int{5, 5, 3}, []int{5}},
			{"shorter ends it", []int{5, 3, 3}, []int{5, 0}},
			{"longer begins anew", []int{3, 5, 5}, []int{0, 5}},
			{"empty is alone", []int{0, 5, 5, 0, 5}, []int{0, 5, 0, 0}},
			{"64 segments", repeat(8, 64), []int{8}},
			{"65 segments", repeat(8, 65), []int{8, 0}},
			{"66 segments", repeat(8, 66), []int{8, 8}},
			{"64 kB", repeat(9000, 8), []int{9000, 0}},
			{"exactly 65507", []int{65000, 507}, []int{65000}},
			{"65508", []int{65000, 508}, []int{0, 0}},
		} {
			t.Run(fmt.Sprint(at.Family(), "/", c.name), func(t *testing.T) {
				r, to := datagram(t, at)
				s, _ := datagram(t, at)
				s.SetOffload(true)
				var units []int
				defer socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
					units = sizes
					return send()
				})()
				ms := messagesTo(to, c.sizes...)
				if n, err := s.SendMessages(ctx, ms, 0); n != len(ms) || err != nil {
					t.Fatal(n, err)
				}
				if !slices.Equal(units, c.units) {
					t.Errorf("units %v, want %v", units, c.units)
				}
				same(t, receiveAll(t, r, len(ms)), ms)
			})
		}
	}
}

// TestSendMessagesApart holds what keeps messages apart: another address, control data, flags, the
// opt-out, and a socket that is not one of UDP. All arrive in order (X6).
func TestSendMessagesApart(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment)
	r, to := datagram(t, loopback4)
	other, toOther := datagram(t, loopback4)
	ttl, err := cmsg.IPTimeToLive.Append(nil, 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		alter func(s *socket.Socket, ms []socket.Message)
		flags constants.MsgFlag
		units []int
	}{
		{"address", func(_ *socket.Socket, ms []socket.Message) { ms[2].Addr = toOther }, 0,
			[]int{4, 0, 4}},
		{"control data", func(_ *socket.Socket, ms []socket.Message) { ms[2].Control = ttl }, 0,
			[]int{4, 0, 4}},
		{"opt-out", func(s *socket.Socket, _ []socket.Message) { s.SetOffload(false) }, 0,
			[]int{0, 0, 0, 0, 0}},
		{"on again", func(s *socket.Socket, _ []socket.Message) {
			s.SetOffload(false)
			s.SetOffload(true)
		}, 0, []int{4}},
		{"flags", func(*socket.Socket, []socket.Message) {}, constants.MSG_DONTROUTE,
			[]int{0, 0, 0, 0, 0}},
		{"harmless flags", func(*socket.Socket, []socket.Message) {},
			constants.MSG_DONTWAIT | constants.MSG_NOSIGNAL, []int{4}},
		{"two buffers each", func(_ *socket.Socket, ms []socket.Message) {
			for i := range ms {
				b := ms[i].Buffers[0]
				ms[i].Buffers = [][]byte{b[:1], nil, b[1:]}
			}
		}, 0, []int{4}},
		{"more buffers than one call takes", func(_ *socket.Socket, ms []socket.Message) {
			for i := range ms {
				ms[i].Buffers = nil
				for j := range 300 {
					ms[i].Buffers = append(ms[i].Buffers, []byte{byte(i + j), 0}[:1])
				}
			}
		}, 0, []int{300, 300}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := datagram(t, loopback4)
			s.SetOffload(true)
			var units []int
			defer socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
				units = sizes
				return send()
			})()
			ms := messagesTo(to, repeat(4, 5)...)
			c.alter(s, ms)
			if n, err := s.SendMessages(ctx, ms, c.flags); n != len(ms) || err != nil {
				t.Fatal(n, err)
			}
			if !slices.Equal(units, c.units) {
				t.Errorf("units %v, want %v", units, c.units)
			}
			if ms[2].Addr == toOther {
				same(t, receiveAll(t, other, 1), ms[2:3])
				ms = slices.Delete(ms, 2, 3)
			}
			same(t, receiveAll(t, r, len(ms)), ms)
		})
	}
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	a.SetOffload(true)
	ms := messagesTo(sockaddr.Addr{}, 4, 4, 4)
	if n, err := a.SendMessages(ctx, ms, 0); n != 3 || err != nil || a.Offload() {
		t.Fatal(n, err, a.Offload())
	}
	same(t, receiveAll(t, b, 3), ms)
}

// Nothing is joined unless somebody asks for it: SendMessages is sendmmsg(2). (Raw sockets,
// firewalls and BPF programs see a train as one packet.)
func TestSendMessagesPlain(t *testing.T) {
	r, to := datagram(t, loopback4)
	s, _ := datagram(t, loopback4)
	var units []int
	defer socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
		units = sizes
		return send()
	})()
	if s.Offload() {
		t.Error("Offload says that messages are joined")
	}
	ms := messagesTo(to, repeat(4, 5)...)
	if n, err := s.SendMessages(ctx, ms, 0); n != len(ms) || err != nil {
		t.Fatal(n, err)
	}
	if !slices.Equal(units, repeat(0, 5)) {
		t.Errorf("units %v", units)
	}
	same(t, receiveAll(t, r, len(ms)), ms)
}

// TestSendMessagesRefused has the kernel refuse segments: they are sent one by one. Of a connected
// socket that is for good, unless they were too long; otherwise it concerns nobody but the address
// that it was sent to (X6).
func TestSendMessagesRefused(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment)
	for _, c := range []struct {
		err       error
		connected bool
		stays     bool // offload does
	}{
		{syscall.EIO, true, false}, {syscall.EINVAL, true, false}, {syscall.EMSGSIZE, true, true},
		{syscall.EIO, false, true}, {syscall.EINVAL, false, true}, {syscall.EMSGSIZE, false, true},
	} {
		t.Run(fmt.Sprintf("%v connected %t", c.err, c.connected), func(t *testing.T) {
			r, to := datagram(t, loopback4)
			other, toOther := datagram(t, loopback4)
			s, _ := datagram(t, loopback4)
			s.SetOffload(true)
			if c.connected {
				ok(t, s.Connect(ctx, to))
				to = sockaddr.Addr{}
			}
			var calls [][]int
			refuses := true
			defer socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
				calls = append(calls, sizes)
				if refuses && sizes[0] == 4 {
					return 0, c.err
				}
				return send()
			})()
			// Another unit to the same address comes after the refused one.
			ms := messagesTo(to, 4, 4, 3, 4, 4)
			if n, err := s.SendMessages(ctx, ms, 0); n != len(ms) || err != nil {
				t.Fatal(n, err)
			}
			if want := [][]int{{4, 4}, {0, 0, 0, 0, 0}}; !slices.EqualFunc(calls, want,
				slices.Equal) {
				t.Errorf("calls %v, want %v", calls, want)
			}
			same(t, receiveAll(t, r, len(ms)), ms)
			if s.Offload() != c.stays {
				t.Errorf("offload is %t", s.Offload())
			}
			// In the next call nothing is refused any more.
			refuses, calls = false, nil
			if !c.connected { // and others have not lost anything in the first one
				to = toOther
				r = other
			}
			ms = messagesTo(to, 4, 4, 4)
			if n, err := s.SendMessages(ctx, ms, 0); n != 3 || err != nil {
				t.Fatal(n, err)
			}
			want := [][]int{{4}}
			if !c.stays {
				want = [][]int{{0, 0, 0}}
			}
			if !slices.EqualFunc(calls, want, slices.Equal) {
				t.Errorf("later calls %v, want %v", calls, want)
			}
			same(t, receiveAll(t, r, 3), ms)
		})
	}
	t.Run("one address of several", func(t *testing.T) {
		r, to := datagram(t, loopback4)
		narrow, toNarrow := datagram(t, loopback4)
		s, _ := datagram(t, loopback4)
		s.SetOffload(true)
		var calls [][]int
		defer socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
			calls = append(calls, sizes)
			if sizes[0] == 6 {
				return 0, syscall.EMSGSIZE
			}
			return send()
		})()
		ms := slices.Concat(messagesTo(toNarrow, 6, 6), messagesTo(to, 4, 4),
			messagesTo(toNarrow, 6, 6))
		if n, err := s.SendMessages(ctx, ms, 0); n != 6 || err != nil {
			t.Fatal(n, err)
		}
		if want := [][]int{{6, 4, 6}, {0, 0, 4, 0, 0}}; !slices.EqualFunc(calls, want,
			slices.Equal) {
			t.Errorf("calls %v, want %v", calls, want)
		}
		same(t, receiveAll(t, r, 2), ms[2:4])
		same(t, receiveAll(t, narrow, 4), slices.Concat(ms[:2], ms[4:]))
	})
	t.Run("another reason", func(t *testing.T) {
		s, _ := datagram(t, loopback4)
		s.SetOffload(true)
		ok(t, s.Connect(ctx, sockaddr.MustParse("127.0.0.1:9")))
		// Too much data in one datagram, with and without segments.
		defer socket.HookSend(
			func([]int, func() (int, error)) (int, error) { return 0, syscall.EINVAL })()
		if n, err := s.SendMessages(ctx, messagesTo(sockaddr.Addr{}, 4, 4), 0); n != 0 ||
			!errors.Is(err, syscall.EINVAL) {
			t.Fatal(n, err)
		}
		if !s.Offload() {
			t.Error("offload is off")
		}
	})
	t.Run("switched off meanwhile", func(t *testing.T) {
		s, to := datagram(t, loopback4)
		ok(t, s.Connect(ctx, to))
		for what, during := range map[string]int{"before the refusal": 4,
			"before the doubt ends": 0} {
			s.SetOffload(true)
			restore := socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
				if sizes[0] == during {
					s.SetOffload(false)
					s.SetOffload(true)
				}
				if sizes[0] == 4 {
					return 0, syscall.EIO
				}
				s.SetOffload(false)
				return send()
			})
			n, err := s.SendMessages(ctx, messagesTo(sockaddr.Addr{}, 4, 4), 0)
			restore()
			if n != 2 || err != nil {
				t.Fatal(n, err)
			}
			if s.Offload() {
				t.Errorf("%s: offload is on again", what)
			}
			s.SetOffload(true)
			if !s.Offload() {
				t.Errorf("%s: offload cannot be switched on any more", what)
			}
		}
	})
}

// TestOffloadRefusedByKernel has the real kernel refuse: it takes no segments from a socket without
// checksums.
func TestOffloadRefusedByKernel(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment)
	for _, connected := range []bool{true, false} {
		r, to := datagram(t, loopback4)
		s, _ := datagram(t, loopback4)
		s.SetOffload(true)
		if connected {
			ok(t, s.Connect(ctx, to))
			to = sockaddr.Addr{}
		}
		ok(t, sockopt.SetInt(s, constants.SOL_SOCKET, constants.SO_NO_CHECK, 1))
		ms := messagesTo(to, 100, 100, 100, 50)
		if n, err := s.SendMessages(ctx, ms, 0); n != len(ms) || err != nil {
			t.Fatal(n, err)
		}
		same(t, receiveAll(t, r, len(ms)), ms)
		if s.Offload() == connected {
			t.Errorf("connected %t: offload is %t", connected, s.Offload())
		}
		m := socket.Message{Addr: to, Buffers: [][]byte{make([]byte, 25)}, SegmentSize: 10}
		if err := s.SendMessage(ctx, &m, 0); err != nil || m.N != 25 {
			t.Fatal(m.N, err)
		}
		if got := receiveAll(t, r, 3); len(got[0]) != 10 || len(got[2]) != 5 {
			t.Errorf("segments of %d and %d bytes", len(got[0]), len(got[2]))
		}
	}
}

// TestSendMessagesPartial counts exactly what was sent before an error (X6).
func TestSendMessagesPartial(t *testing.T) {
	for _, bad := range []int{0, 1, 4, 5} {
		r, to := datagram(t, loopback4)
		s, _ := datagram(t, loopback4)
		ms := messagesTo(to, repeat(6, 6)...)
		ms[bad].Buffers[0] = make([]byte, 70000) // longer than any datagram
		n, err := s.SendMessages(ctx, ms, 0)
		if n != bad || !errors.Is(err, syscall.EMSGSIZE) {
			t.Fatalf("sent %d before message %d: %v", n, bad, err)
		}
		if e, ok := errors.AsType[*socket.Error](err); !ok || e.Op != "send messages" ||
			e.Remote != to {
			t.Errorf("error %#v", err)
		}
		for i, m := range ms[bad:] {
			if m.N != 0 {
				t.Errorf("message %d was not sent, and has N %d", bad+i, m.N)
			}
		}
		same(t, receiveAll(t, r, bad), ms[:bad])
		if err := s.SendMessage(ctx, &ms[(bad+1)%6], 0); err != nil {
			t.Error("the socket is unusable afterwards:", err)
		}
	}
}

// TestSendMessagesRandom sends random sizes to random receivers: each gets its own, in order, with
// offload and without (X6: mixed destinations and sizes).
func TestSendMessagesRandom(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Log("seed", seed)
	s, _ := datagram(t, loopback4)
	var receivers [3]*socket.Socket
	var names [3]sockaddr.Addr
	for i := range receivers {
		receivers[i], names[i] = datagram(t, loopback4)
	}
	for round := range 60 {
		s.SetOffload(round%2 == 0)
		ms := make([]socket.Message, rng.IntN(90))
		var want [3][]socket.Message
		size, to := 1, 0
		for i := range ms {
			if rng.IntN(3) == 0 {
				size, to = rng.IntN(20), rng.IntN(3)
			}
			b := make([]byte, size)
			for j := range b {
				b[j] = byte(rng.Uint32())
			}
			at := rng.IntN(size + 1)
			ms[i] = socket.Message{Addr: names[to], Buffers: [][]byte{b[:at], b[at:]}}
			if size > 0 && rng.IntN(10) == 0 {
				ms[i].SegmentSize = rng.IntN(2 * size)
			}
		}
		n, err := s.SendMessages(ctx, ms, 0)
		if n != len(ms) || err != nil {
			t.Fatal(n, err)
		}
		for i := range ms {
			m := &ms[i]
			to := slices.Index(names[:], m.Addr)
			all := bytes.Join(m.Buffers, nil)
			for chunk := range slices.Chunk(all, cmp.Or(m.SegmentSize, 1<<16)) {
				want[to] = append(want[to], socket.Message{Buffers: [][]byte{chunk}, N: len(chunk)})
			}
			if len(all) == 0 {
				want[to] = append(want[to], socket.Message{})
			}
			if m.N != len(all) {
				t.Errorf("message %d: N is %d, want %d", i, m.N, len(all))
			}
		}
		for i, r := range receivers {
			same(t, receiveAll(t, r, len(want[i])), want[i])
		}
	}
}

// TestSendMessagesFull fills a socket: a batch of more than the buffer holds waits, and with
// MSG_DONTWAIT says how many fitted.
func TestSendMessagesFull(t *testing.T) {
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	ms := messagesTo(sockaddr.Addr{}, repeat(100, 2000)...)
	fitted, err := a.SendMessages(ctx, ms, constants.MSG_DONTWAIT)
	if !errors.Is(err, socket.ErrWouldBlock) || fitted == 0 || fitted == len(ms) {
		t.Fatal(fitted, err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if n, err := a.SendMessages(short, ms[fitted:], 0); n != 0 ||
		!errors.Is(err, socket.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(n, err)
	}
	done := make(chan error, 1)
	go func() {
		n, err := a.SendMessages(ctx, ms[fitted:], 0)
		if err == nil && n != len(ms)-fitted {
			err = fmt.Errorf("sent %d of %d", n, len(ms)-fitted)
		}
		done <- err
	}()
	all := make([]byte, 0, len(ms))
	buf := make([]byte, 101)
	for range ms {
		n, err := b.Receive(ctx, buf, 0)
		if n != 100 || err != nil {
			t.Fatal(n, err)
		}
		all = append(all, buf[0])
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for i := range ms {
		if all[i] != byte(i) {
			t.Fatalf("message %d came %dth", all[i], i)
		}
	}
	a.Close()
	if n, err := a.SendMessages(ctx, ms, 0); n != 0 || !errors.Is(err, socket.ErrClosed) {
		t.Error("closed:", n, err)
	}
	if n, err := a.ReceiveMessages(ctx, ms, 0); n != 0 || !errors.Is(err, socket.ErrClosed) {
		t.Error("closed:", n, err)
	}
}

// TestSendMessagesTimeout has a batch time out in the middle: what it counts is what arrives (X6:
// partial success reported exactly).
func TestSendMessagesTimeout(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_DGRAM, constants.SOCK_SEQPACKET} {
		a, b := pair(t, typ)
		set(t, a, func(p *socket.Params) { p.SendTimeout = short })
		ms := messagesTo(sockaddr.Addr{}, repeat(100, 5000)...)
		n, err := a.SendMessages(ctx, ms, 0)
		if n == 0 || n == len(ms) || !errors.Is(err, socket.ErrTimeout) {
			t.Fatal(n, err)
		}
		same(t, receiveAll(t, b, n), ms[:n])
		if ms[n].N != 0 {
			t.Errorf("the first that was not sent has N %d", ms[n].N)
		}
	}
}

// TestSendMessagesStream sends a batch over streams: each message is sent to its end before the
// next, and N says how much of the one that was not.
func TestSendMessagesStream(t *testing.T) {
	big := noise(4 << 20)
	for name, make := range map[string]func(testing.TB) (a, b *socket.Socket){"TCP": tcp,
		"AF_UNIX": unixStreams} {
		t.Run(name, func(t *testing.T) {
			a, b := make(t)
			narrow(t, a, b)
			ms := []socket.Message{
				{Buffers: [][]byte{[]byte("one"), nil, []byte("two")}}, {Buffers: [][]byte{nil}},
				{}, {Buffers: [][]byte{big[:1000], big[1000:]}}, {Buffers: [][]byte{[]byte("end")}},
			}
			n, err := a.SendMessages(ctx, ms, constants.MSG_DONTWAIT)
			if n != 3 || !errors.Is(err, socket.ErrWouldBlock) || ms[0].N != 6 || ms[3].N == 0 ||
				ms[3].N >= len(big) || ms[4].N != 0 {
				t.Fatal(n, err, ms[0].N, ms[3].N, ms[4].N)
			}
			part := ms[3].N
			set(t, a, func(p *socket.Params) { p.SendTimeout = short })
			ms[3].Buffers = [][]byte{big[part:]}
			if n, err = a.SendMessages(ctx, ms[3:], 0); n != 0 ||
				!errors.Is(err, socket.ErrTimeout) {
				t.Fatal(n, err)
			}
			part += ms[3].N
			set(t, a, func(p *socket.Params) { p.SendTimeout = 0 })
			ms[3].Buffers = [][]byte{big[part:]}
			done := start(func() error {
				if n, err := a.SendMessages(ctx, ms[3:], 0); err != nil || n != 2 ||
					ms[3].N != len(big)-part || ms[4].N != 3 {
					return fmt.Errorf("%d, %d of %d, %w", n, ms[3].N, len(big)-part, err)
				}
				return a.Shutdown(constants.SHUT_WR)
			})
			got := <-collect(b)
			ok(t, result(t, done))
			if want := "onetwo" + string(big) + "end"; string(got) != want {
				t.Errorf("received %d bytes, want %d, or others", len(got), len(want))
			}
			// The end of the stream is an empty message.
			in := []socket.Message{{Buffers: [][]byte{got[:9]}}}
			if n, err := b.ReceiveMessages(ctx, in, 0); n != 1 || err != nil || in[0].N != 0 {
				t.Error(n, err, in[0].N)
			}
		})
	}
}

// TestSendMessagesGathered counts the calls that a batch on a stream takes, and sends one that is
// taken in many parts.
func TestSendMessagesGathered(t *testing.T) {
	for name, make := range map[string]func(testing.TB) (a, b *socket.Socket){"TCP": tcp,
		"AF_UNIX": unixStreams} {
		t.Run(name, func(t *testing.T) {
			a, b := make(t)
			narrow(t, a, b)
			calls := 0
			defer socket.HookSend(func(_ []int, send func() (int, error)) (int, error) {
				calls++
				return send()
			})()
			if n, err := a.SendMessages(ctx, pieces(noise(64), 1), 0); n != 64 || err != nil ||
				calls != 1 {
				t.Errorf("64 bytes, each a message: %d sent in %d calls, %v", n, calls, err)
			}
			if _, err := io.ReadFull(b, noise(64)); err != nil {
				t.Fatal(err)
			}
			for _, size := range []int{1, 777, 5000, 100_000} {
				want := noise(300 * size)
				ms := pieces(want, size)
				done := start(func() error {
					if n, err := a.SendMessages(ctx, ms, 0); n != len(ms) {
						return fmt.Errorf("%d of %d, %w", n, len(ms), err)
					}
					return nil
				})
				got := slices.Clone(want)
				clear(got)
				if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, want) {
					t.Errorf("messages of %d bytes: %v, or other bytes", size, err)
				}
				ok(t, result(t, done))
				for i := range ms {
					if ms[i].N != len(ms[i].Buffers[0])+len(ms[i].Buffers[1]) {
						t.Fatalf("message %d of %d bytes: N is %d", i, size, ms[i].N)
					}
				}
			}
		})
	}
}

// pieces are messages of about as many bytes, in two buffers, with an empty one now and then.
func pieces(b []byte, size int) (ms []socket.Message) {
	for i := 0; len(b) > 0; i++ {
		n := min(len(b), max(1, size-i%3))
		if i%7 == 6 && size > 1 {
			n = 0
		}
		ms = append(ms, socket.Message{Buffers: [][]byte{b[: n/2 : n/2], b[n/2 : n : n]}})
		b = b[n:]
	}
	return ms
}

// TestReceiveMessages receives a batch (X6: recvmmsg): what is there, in order, with sizes,
// truncation and senders.
func TestReceiveMessages(t *testing.T) {
	for _, at := range []func(testing.TB) sockaddr.Addr{
		path,
		func(testing.TB) sockaddr.Addr { return loopback4 },
		func(testing.TB) sockaddr.Addr { return loopback6 },
	} {
		r, to := datagram(t, at(t))
		s, from := datagram(t, at(t))
		sizes := []int{3, 0, 9, 4, 5, 1}
		sent := messagesTo(to, sizes...)
		if n, err := s.SendMessages(ctx, sent, 0); n != len(sizes) || err != nil {
			t.Fatal(n, err)
		}
		ms := make([]socket.Message, 8)
		for i := range ms {
			ms[i].Buffers = [][]byte{make([]byte, 2), make([]byte, 4)}
		}
		// Over AF_UNIX all are there once they are sent; the network may take its time.
		for _, part := range [][]socket.Message{ms[:4], ms[4:6]} {
			for len(part) > 0 {
				n, err := r.ReceiveMessages(ctx, part, 0)
				if n == 0 || err != nil || n < len(part) && r.Family() == constants.AF_UNIX {
					t.Fatal(n, err)
				}
				part = part[n:]
			}
		}
		for i, size := range sizes {
			m := &ms[i]
			if m.N != min(size, 6) || m.Addr != from ||
				(m.Flags&constants.MSG_TRUNC != 0) != (size > 6) || m.SegmentSize != 0 {
				t.Errorf("message %d of %d bytes: N %d, flags %v, from %v",
					i, size, m.N, m.Flags, m.Addr)
			}
			if got := bytes.Join(m.Buffers, nil)[:m.N]; !bytes.Equal(got,
				sent[i].Buffers[0][:m.N]) {
				t.Errorf("message %d: %v", i, got)
			}
		}
		if n, err := r.ReceiveMessages(ctx, ms, constants.MSG_DONTWAIT); n != 0 ||
			!errors.Is(err, socket.ErrWouldBlock) {
			t.Error(n, err)
		}
		if n, err := r.ReceiveMessages(ctx, nil, 0); n != 0 || err != nil {
			t.Error(n, err)
		}
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		if n, err := r.ReceiveMessages(short, ms, 0); n != 0 ||
			!errors.Is(err, context.DeadlineExceeded) {
			t.Error(n, err)
		}
		cancel()
		// One that waits gets what comes.
		done := start(func() error {
			n, err := r.ReceiveMessages(ctx, ms, 0)
			if err == nil && (n != 1 || ms[0].N != 2) {
				err = fmt.Errorf("%d messages, the first of %d bytes", n, ms[0].N)
			}
			return err
		})
		parked(t, 1)
		if _, err := s.SendMessages(ctx, messagesTo(to, 2), 0); err != nil {
			t.Error(err)
		}
		ok(t, result(t, done))
	}
}

// TestReceiveSegments receives with UDP_GRO (X6): one message holds many datagrams, which Segments
// yields.
func TestReceiveSegments(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment, testenv.UDPGRO)
	for _, at := range []sockaddr.Addr{loopback4, loopback6} {
		for _, room := range []int{0, 200} {
			r, to := datagram(t, at)
			s, from := datagram(t, at)
			if err := sockopt.UDPGRO.Set(r, true); err != nil {
				t.Fatal(err)
			}
			s.SetOffload(true)
			sent := messagesTo(to, repeat(10, 7, 4)...)
			receive := func(buffers ...[]byte) *socket.Message {
				t.Helper()
				if n, err := s.SendMessages(ctx, sent, 0); n != len(sent) || err != nil {
					t.Fatal(n, err)
				}
				ms := []socket.Message{{Buffers: buffers, Control: make([]byte, room)}}
				if n, err := r.ReceiveMessages(ctx, ms, 0); n != 1 || err != nil {
					t.Fatal(n, err)
				}
				return &ms[0]
			}
			for _, m := range []*socket.Message{
				receive(make([]byte, 100)),
				receive(make([]byte, 30), make([]byte, 100)),
				// segments lie in two buffers
				receive(make([]byte, 5), nil, make([]byte, 8), make([]byte, 100)),
			} {
				if m.N != 74 || m.SegmentSize != 10 || m.Addr != from ||
					(m.NControl > 0) != (room > 0) {
					t.Errorf("N %d, segments of %d, from %v, %d bytes of control data",
						m.N, m.SegmentSize, m.Addr, m.NControl)
				}
				var got [][]byte
				for b := range m.Segments() {
					got = append(got, bytes.Clone(b))
				}
				same(t, got, sent)
			}
			// A loop that breaks off, and ReceiveMessage.
			s.SendMessages(ctx, sent, 0)
			m := socket.Message{Buffers: [][]byte{make([]byte, 25)}, Control: make([]byte, room)}
			if err := r.ReceiveMessage(ctx, &m, 0); err != nil || m.SegmentSize != 10 ||
				m.N != 25 || m.Flags&constants.MSG_TRUNC == 0 {
				t.Fatal(err, m.N, m.SegmentSize, m.Flags)
			}
			for b := range m.Segments() {
				if len(b) != 10 {
					t.Error(len(b))
				}
				break
			}
			// The datagram that was cut off is no datagram.
			if got := slices.Collect(m.Segments()); len(got) != 2 || len(got[1]) != 10 {
				t.Errorf("of a message cut at 25 bytes: %q", got)
			}
			// One datagram alone has no segments.
			s.SendMessages(ctx, sent[:1], 0)
			if err := r.ReceiveMessage(ctx, &m, 0); err != nil || m.SegmentSize != 0 || m.N != 10 {
				t.Fatal(err, m.N, m.SegmentSize)
			}
		}
	}
	for m, want := range map[*socket.Message][]int{
		{}:                     {0},
		{N: 5, SegmentSize: 2}: {0}, // a message that nobody received
		{N: 5, SegmentSize: 2, Buffers: [][]byte{make([]byte, 3)}}:  {2, 1},
		{N: 3, SegmentSize: -1, Buffers: [][]byte{make([]byte, 3)}}: {3},
		{N: 0, SegmentSize: 2, Buffers: [][]byte{make([]byte, 3)}}:  {0},
		{N: 3, SegmentSize: 9, Buffers: [][]byte{make([]byte, 3)}}:  {3},

		// Cut off: in the second datagram, at its end, in the first; and one datagram alone, of
		// which there is no more.
		{N: 3, SegmentSize: 2, Flags: constants.MSG_TRUNC, Buffers: [][]byte{make([]byte, 3)}}: {2},
		{N: 4, SegmentSize: 2, Flags: constants.MSG_TRUNC,
			Buffers: [][]byte{make([]byte, 4)}}: {2, 2},
		{N: 1, SegmentSize: 2, Flags: constants.MSG_TRUNC, Buffers: [][]byte{make([]byte, 1)}}: nil,
		{N: 9, SegmentSize: 2, Flags: constants.MSG_TRUNC, Buffers: [][]byte{make([]byte, 3)}}: {2},
		{N: 3, Flags: constants.MSG_TRUNC, Buffers: [][]byte{make([]byte, 3)}}:                 {3},
	} {
		var got []int
		for b := range m.Segments() {
			got = append(got, len(b))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: segments of %v, want %v", m, got, want)
		}
	}
}

// TestSegmentSize sends messages with a segment size (X6): as many sends as it takes, with the
// kernel's help or without.
func TestSegmentSize(t *testing.T) {
	for _, offload := range []bool{true, false} {
		r, to := datagram(t, loopback4)
		if err := sockopt.IPReceiveTimeToLive.Set(r, true); err != nil {
			t.Fatal(err)
		}
		s, _ := datagram(t, loopback4)
		s.SetOffload(offload)
		data := make([]byte, 70000)
		for i := range data {
			data[i] = byte(i * 7 / 5)
		}
		ttl, err := cmsg.IPTimeToLive.Append(nil, 33)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ size, segment int }{{1000, 300}, {70000, 1000}, {100, 1},
			{5, 5}, {5, 60000}, {0, 10}, {65507, 65000}} {
			m := socket.Message{
				Addr:        to,
				Buffers:     [][]byte{data[:c.size/3], data[c.size/3 : c.size]},
				SegmentSize: c.segment,
				Control:     ttl,
			}
			if err := s.SendMessage(ctx, &m, 0); err != nil || m.N != c.size {
				t.Fatal(c, m.N, err)
			}
			in := socket.Message{Buffers: [][]byte{make([]byte, 1<<16)}, Control: make([]byte, 64)}
			for i := 0; i == 0 || i < c.size; i += c.segment {
				if err := r.ReceiveMessage(ctx, &in, 0); err != nil {
					t.Fatal(c, err)
				}
				if got := in.Buffers[0][:in.N]; !bytes.Equal(got,
					data[i:min(i+c.segment, c.size)]) {
					t.Fatalf("%v: %d bytes at %d", c, in.N, i)
				}
				if got, ok := cmsg.IPTimeToLive.Find(in.Control[:in.NControl]); !ok || got != 33 {
					t.Errorf("%v: TTL %d, %t: the control data was lost", c, got, ok)
				}
			}
		}
		m := socket.Message{Addr: to, Buffers: [][]byte{data}, SegmentSize: -1}
		if err := s.SendMessage(ctx, &m, 0); !errors.Is(err, syscall.EINVAL) || m.N != 0 {
			t.Error("negative size:", m.N, err)
		}
		// A segment that is too long fails, after those before it, and so does a size that is none.
		for size, want := range map[int]error{66000: syscall.EMSGSIZE, -1: syscall.EINVAL} {
			ms := []socket.Message{{Addr: to, Buffers: [][]byte{data[:3]}}, {
				Addr:        to,
				Buffers:     [][]byte{data},
				SegmentSize: size,
			}}
			if n, err := s.SendMessages(ctx, ms, 0); n != 1 || !errors.Is(err, want) ||
				ms[1].N != 0 {
				t.Error("segments of", size, n, err, ms[1].N)
			}
			if got := receiveAll(t, r, 1); len(got[0]) != 3 {
				t.Error(got)
			}
		}
	}
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	if err := a.SendMessage(ctx, &socket.Message{Buffers: [][]byte{{1}}, SegmentSize: 1},
		0); !errors.Is(err, socket.ErrUnsupported) {
		t.Error("segments on another socket:", err)
	}
}

// TestSegmentSizeResumed has the kernel refuse the second send of a message: the rest goes on where
// the first ended, one by one.
func TestSegmentSizeResumed(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment)
	r, to := datagram(t, loopback4)
	s, _ := datagram(t, loopback4)
	calls := 0
	var units []int
	defer socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
		calls++
		switch units = sizes; calls {
		case 1:
			return 1, nil // as if it were sent
		case 2:
			return 0, syscall.EIO
		}
		return send()
	})()
	data := noise(70_000)
	m := socket.Message{Addr: to, Buffers: [][]byte{data[:100], data[100:]}, SegmentSize: 1000}
	if err := s.SendMessage(ctx, &m, 0); err != nil || m.N != len(data) {
		t.Fatal(m.N, err)
	}
	if want := repeat(0, 6); !slices.Equal(units, want) {
		t.Errorf("units %v, want %v", units, want)
	}
	if got := bytes.Join(receiveAll(t, r, 6), nil); !bytes.Equal(got, data[64_000:]) {
		t.Errorf("received %d bytes, want %d, or others", len(got), len(data)-64_000)
	}
}

// TestBatchesDoNotAllocate holds X6's "without allocation", for batches and for the iterator over
// segments.
func TestBatchesDoNotAllocate(t *testing.T) {
	r, to := datagram(t, loopback4)
	s, _ := datagram(t, loopback4)
	if hasGRO := sockopt.UDPGRO.Set(r, true); hasGRO != nil {
		t.Log("without UDP_GRO:", hasGRO)
	}
	out := messagesTo(to, repeat(64, 64)...)
	in := make([]socket.Message, 64)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, 1<<13)}
	}
	for _, offload := range []bool{true, false} {
		s.SetOffload(offload)
		total := 0
		allocations := testing.AllocsPerRun(50, func() {
			if n, err := s.SendMessages(ctx, out, 0); n != len(out) || err != nil {
				t.Fatal(n, err)
			}
			for left := len(out); left > 0; {
				n, err := r.ReceiveMessages(ctx, in, 0)
				if err != nil {
					t.Fatal(err)
				}
				for i := range in[:n] {
					for b := range in[i].Segments() {
						total += len(b)
						left--
					}
				}
			}
		})
		if allocations > 0 && !raceDetector {
			t.Errorf("offload %t: %v allocations for a batch there and back", offload, allocations)
		}
		if total != 51*64*64 {
			t.Errorf("received %d bytes", total)
		}
	}
}

// TestNoMessage sends and receives nil messages: bad input is an error.
func TestNoMessage(t *testing.T) {
	a, b := udp(t)
	if err := a.SendMessage(ctx, nil, 0); !errors.Is(err, syscall.EINVAL) {
		t.Error("send:", err)
	}
	if err := b.ReceiveMessage(ctx, nil, 0); !errors.Is(err, syscall.EINVAL) {
		t.Error("receive:", err)
	}
}

// TestOffloadCork holds that a socket with UDP_CORK gathers messages into one datagram once the
// offload is off.
func TestOffloadCork(t *testing.T) {
	testenv.Needs(t, testenv.UDPSegment)
	r, to := datagram(t, loopback4)
	s, _ := datagram(t, loopback4)
	ok(t, s.Connect(ctx, to))
	s.SetOffload(false)
	ok(t, sockopt.UDPCork.Set(s, true))
	if n, err := s.SendMessages(ctx, messagesTo(sockaddr.Addr{}, 4, 4, 4), 0); n != 3 ||
		err != nil {
		t.Fatal(n, err)
	}
	ok(t, sockopt.UDPCork.Set(s, false))
	if all := receiveAll(t, r, 1); len(all[0]) != 12 {
		t.Errorf("the datagram has %d bytes", len(all[0]))
	}
}
