package packet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/packet"
	"example.com/bsdsocket/sockopt"
)

// protocol is an EtherType for experiments (IEEE 802), which nothing else on a link uses.
const protocol = 0x88b5

// A wire is two interfaces that are linked, each in a namespace of its own.
type wire struct {
	t        testing.TB
	in, out  *testenv.NS
	name     string // of the receiving interface
	index    int
	outIndex int
	sender   *socket.Socket
}

func newWire(t testing.TB) *wire {
	t.Helper()
	testenv.Needs(t, testenv.PacketSockets)
	w := &wire{t: t, in: testenv.NetNS(t), out: testenv.NetNS(t)}
	var outName string
	w.name, outName = w.in.Veth(w.out)
	w.index = index(t, w.in, w.name)
	w.outIndex = index(t, w.out, outName)
	w.sender = w.bound(w.out, w.outIndex, 0)
	return w
}

func index(t testing.TB, ns *testenv.NS, name string) (i int) {
	t.Helper()
	ns.Do(func() {
		var err error
		if i, err = sockaddr.InterfaceIndex(name); err != nil {
			t.Fatal(err)
		}
	})
	return i
}

// open makes a packet socket without a protocol, which receives nothing.
func (w *wire) open(ns *testenv.NS, typ constants.SocketType) *socket.Socket {
	w.t.Helper()
	s, err := socket.NewIn(ns.Path(), constants.AF_PACKET, typ, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	return s
}

func (w *wire) bind(s *socket.Socket, index int, protocol uint16) {
	w.t.Helper()
	a, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: protocol, Interface: index})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := s.Bind(a); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) bound(ns *testenv.NS, index int, protocol uint16) *socket.Socket {
	w.t.Helper()
	s := w.open(ns, constants.SOCK_RAW)
	w.bind(s, index, protocol)
	return s
}

// receiver makes a ring on the receiving interface.
func (w *wire) receiver(c packet.Config) *packet.Receiver {
	w.t.Helper()
	_, r := w.ring(constants.SOCK_RAW, protocol, c)
	return r
}

// ring makes one for a type of socket and a protocol, and returns the socket too.
func (w *wire) ring(typ constants.SocketType, protocol uint16,
	c packet.Config) (*socket.Socket, *packet.Receiver) {
	w.t.Helper()
	s := w.open(w.in, typ)
	r, err := packet.NewReceiver(s, c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := r.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.bind(s, w.index, protocol)
	return s, r
}

// frame is an Ethernet frame to everybody with a payload.
func frame(payload []byte) []byte {
	b := []byte("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01")
	b = binary.BigEndian.AppendUint16(b, protocol)
	return append(b, payload...)
}

// numbered is a frame of n bytes and at least 22, with a number that readers find by [number].
func numbered(i uint64, n int) []byte {
	b := make([]byte, max(8, n-14))
	binary.BigEndian.PutUint64(b, i)
	for j := range b[8:] {
		b[8+j] = byte(i) + byte(j)
	}
	return frame(b)
}

// number returns a frame's number, and whether all its bytes are its own.
func number(b []byte) (i uint64, whole bool) {
	if len(b) < 22 {
		return 0, false
	}
	i = binary.BigEndian.Uint64(b[14:])
	for j, c := range b[22:] {
		if c != byte(i)+byte(j) {
			return i, false
		}
	}
	return i, true
}

func (w *wire) send(frames ...[]byte) {
	w.t.Helper()
	for _, f := range frames {
		if _, err := w.sender.Send(w.t.Context(), f, 0); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *wire) next(r *packet.Receiver) packet.Block {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	b, err := r.Next(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// nextFull passes over blocks that are empty.
func (w *wire) nextFull(r *packet.Receiver) packet.Block {
	for {
		b := w.next(r)
		if b.Len() > 0 {
			return b
		}
		b.Release()
	}
}

func small() packet.Config {
	return packet.Config{BlockSize: 1 << 16, Blocks: 4, Timeout: 4 * time.Millisecond}
}

func TestReceiver(t *testing.T) {
	w := newWire(t)
	before := time.Now()
	r := w.receiver(packet.Config{})
	w.send(numbered(1, 60), numbered(2, 1500))
	var got []uint64
	for len(got) < 2 {
		b := w.nextFull(r)
		for p := range b.Packets() {
			i, whole := number(p.Data())
			if !whole || p.Length() != len(p.Data()) {
				t.Errorf("packet %d: %d of %d bytes, whole %v", i, len(p.Data()), p.Length(), whole)
			}
			got = append(got, i)
			if !bytes.Equal(p.AppendTo([]byte{7})[1:], p.Data()) {
				t.Error("on the wire it was something else")
			}
			if _, ok := p.VLAN(); ok {
				t.Error("it has a tag")
			}
			if d := p.Time().Sub(before); d < 0 || d > time.Minute {
				t.Errorf("received after %v", d)
			}
			from, ok := p.From().AsPacket()
			if !ok || from.Interface != w.index || from.Protocol != protocol ||
				from.Hardware.String() != "02:00:00:00:00:01" ||
				from.PacketType != constants.PACKET_BROADCAST {
				t.Errorf("from %v", p.From())
			}
		}
		b.Release()
		for range b.Packets() {
			t.Error("a released block has a packet")
		}
		if b.Len() != 0 {
			t.Error("a released block has a length")
		}
		b.Release()
	}
	if !slices.Equal(got, []uint64{1, 2}) {
		t.Errorf("received %d", got)
	}
	for range 2 {
		if s, err := r.Statistics(); err != nil || s != (packet.Statistics{Packets: 2}) {
			t.Errorf("%+v, %v", s, err)
		}
	}
	w.send(numbered(3, 60))
	b := w.nextFull(r)
	defer b.Release()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if s, err := r.Statistics(); err != nil || s != (packet.Statistics{Packets: 3}) {
		t.Errorf("after Close %+v, %v", s, err)
	}
}

// Without the header of the link layer.
func TestDatagrams(t *testing.T) {
	w := newWire(t)
	_, r := w.ring(constants.SOCK_DGRAM, protocol, small())
	w.send(frame([]byte("payload!")))
	b := w.nextFull(r)
	defer b.Release()
	for p := range b.Packets() {
		if string(p.Data()) != "payload!" || string(p.AppendTo(nil)) != "payload!" {
			t.Errorf("%q", p.Data())
		}
	}
}

func TestNewReceiverRefuses(t *testing.T) {
	w := newWire(t)
	s := w.open(w.in, constants.SOCK_RAW)
	for _, c := range []packet.Config{
		{BlockSize: -1}, {Blocks: -1}, {Timeout: -1}, {BlockSize: 5000},
		{Timeout: 66 * time.Second}, {Blocks: math.MaxInt},
	} {
		if r, err := packet.NewReceiver(s, c); !errors.Is(err, syscall.EINVAL) || r != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	// The kernel judges what can be said at all; on 32 bits this cannot.
	if r, err := packet.NewReceiver(s, packet.Config{Blocks: 1 << 30}); !errors.Is(err,
		syscall.ENOMEM) && !errors.Is(err, syscall.EINVAL) || r != nil {
		t.Errorf("a petabyte: %v", err)
	}
	// The socket is as it was.
	if v, err := sockopt.PacketVersion.Get(s); v != 0 || err != nil {
		t.Errorf("version %d, %v", v, err)
	}
	w.bind(s, w.index, protocol)
	w.send(numbered(1, 60))
	if _, err := s.Receive(t.Context(), make([]byte, 100), 0); err != nil {
		t.Error(err)
	}
	if r, err := packet.NewReceiver(s, small()); err != nil {
		t.Error(err)
	} else {
		if _, err := packet.NewReceiver(s, small()); !errors.Is(err, syscall.EBUSY) {
			t.Errorf("a second ring: %v", err)
		}
		w.send(numbered(2, 60))
		w.nextFull(r).Release()
		r.Close()
	}
	if _, err := packet.NewReceiver(s, small()); !errors.Is(err, socket.ErrClosed) {
		t.Errorf("of a closed socket: %v", err)
	}
	u, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if _, err := packet.NewReceiver(u, small()); !errors.Is(err, socket.ErrUnsupported) ||
		!errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("of a UDP socket: %v", err)
	}
	if _, err := packet.NewReceiver(new(socket.Socket), small()); !errors.Is(err,
		socket.ErrClosed) {
		t.Errorf("of the zero socket: %v", err)
	}
}

// Everything that was sent is received or counted as dropped, whatever becomes of the blocks
// meanwhile (X21).
func TestAccounting(t *testing.T) {
	w := newWire(t)
	r := w.receiver(small())
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	const total = 30000
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		rnd := rand.New(rand.NewPCG(seed, 1))
		for i := uint64(1); i <= total; {
			for range min(1+rnd.IntN(3000), int(total-i+1)) {
				if _, err := w.sender.Send(context.Background(), numbered(i, 22+rnd.IntN(400)),
					0); err != nil {
					t.Errorf("send %d: %v", i, err)
					return
				}
				i++
			}
			time.Sleep(time.Duration(rnd.IntN(5)) * time.Millisecond)
		}
	}()

	// Blocks are released by others, late and in another order.
	blocks := make(chan packet.Block)
	var releasers sync.WaitGroup
	defer releasers.Wait()
	defer close(blocks)
	for i := range 3 {
		releasers.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(2+i)))
			for b := range blocks {
				time.Sleep(time.Duration(rnd.IntN(8)) * time.Millisecond)
				b.Release()
			}
		})
	}
	var received, last uint64
	for ended := false; !ended; {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		b, err := r.Next(ctx)
		cancel()
		if err != nil {
			select {
			case <-sent:
				ended = true
				continue
			default:
			}
			if !errors.Is(err, socket.ErrTimeout) {
				t.Fatal(err)
			}
			continue // a machine that is busy
		}
		for p := range b.Packets() {
			i, whole := number(p.Data())
			if i <= last || !whole {
				t.Errorf("packet %d after %d, whole %v", i, last, whole)
			}
			last = i
			received++
		}
		blocks <- b
	}
	s, err := r.Statistics()
	if err != nil || received != s.Packets || received+s.Drops != total {
		t.Errorf("sent %d, received %d, %+v, %v", total, received, s, err)
	}
	t.Logf("sent %d, received %d, %+v", total, received, s)
}

// While the newest block is out, Next waits without using the processor, and gets the next one.
func TestHoldNewest(t *testing.T) {
	w := newWire(t)
	r := w.receiver(small())
	w.send(numbered(1, 60))
	held := w.nextFull(r)
	defer held.Release()
	before := processorTime(t)
	if _, err := r.TryNext(); !errors.Is(err, socket.ErrWouldBlock) {
		t.Errorf("TryNext: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := r.Next(ctx); !errors.Is(err, socket.ErrTimeout) {
		t.Errorf("with nothing to receive: %v", err)
	}
	if used := processorTime(t) - before; used > 150*time.Millisecond {
		t.Errorf("used %v of the processor in 300 ms", used)
	}
	w.send(numbered(2, 60))
	b := w.nextFull(r)
	defer b.Release()
	for p := range b.Packets() {
		if i, _ := number(p.Data()); i != 2 {
			t.Errorf("received %d", i)
		}
	}
}

func processorTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// While all blocks are out, none is handed out twice; the ring goes on after the oldest is released
// (X21).
func TestHoldAll(t *testing.T) {
	w := newWire(t)
	r := w.receiver(small())
	var held []packet.Block
	for i := range uint64(4) {
		w.send(numbered(i+1, 60))
		held = append(held, w.nextFull(r))
	}
	w.send(numbered(5, 60)) // dropped: the ring is frozen
	for _, b := range held[1:] {
		b.Release()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if b, err := r.Next(ctx); !errors.Is(err, socket.ErrTimeout) {
		t.Errorf("%d packets while the oldest is out, %v", b.Len(), err)
	}
	for p := range held[0].Packets() {
		if i, whole := number(p.Data()); i != 1 || !whole {
			t.Errorf("the oldest block has packet %d", i)
		}
	}
	held[0].Release()
	w.send(numbered(6, 60))
	b := w.nextFull(r)
	defer b.Release()
	for p := range b.Packets() {
		if i, _ := number(p.Data()); i != 6 {
			t.Errorf("received %d", i)
		}
	}
	if s, err := r.Statistics(); err != nil || s != (packet.Statistics{
		Packets: 5,
		Drops:   1,
		Freezes: 1,
	}) {
		t.Errorf("%+v, %v", s, err)
	}
}

// kernelSockets counts the packet sockets of the namespace.
func kernelSockets(t *testing.T, ns *testenv.NS) int {
	lines := strings.Split(strings.TrimSpace(ns.Run("cat", "/proc/net/packet")), "\n")
	return len(lines) - 1
}

// Close under waiters and under readers of blocks, which see no byte change; nothing is left in the
// kernel (X21).
func TestClose(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	t.Run("300 times", func(t *testing.T) {
		// The kernel lets some time pass in each Close (synchronize_net, packet_release), so
		// several are under way.
		for range 6 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				closes(t, 50)
			})
		}
	})
	if n := mappings(t); n != 0 {
		t.Errorf("%d mappings are left", n)
	}
}

func closes(t *testing.T, rounds int) {
	w := newWire(t)
	size := small()
	size.Timeout = time.Millisecond // what a round waits for, three times
	for round := range rounds {
		r := w.receiver(size)
		var held []packet.Block
		for i := range uint64(3) {
			w.send(numbered(i, 300), numbered(i, 300))
			held = append(held, w.nextFull(r))
		}
		var all sync.WaitGroup
		stop := make(chan struct{})
		for _, b := range held {
			before := content(b)
			all.Go(func() {
				defer b.Release()
				for {
					if now := content(b); !bytes.Equal(now, before) || len(now) == 0 {
						t.Errorf("round %d: a block that is out changed", round)
						return
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		for range 2 {
			all.Go(func() {
				for {
					b, err := r.Next(context.Background())
					if err != nil {
						if !errors.Is(err, socket.ErrClosed) {
							t.Errorf("Next: %v", err)
						}
						return
					}
					b.Release() // an empty one
				}
			})
		}
		time.Sleep(time.Duration(round%4) * time.Millisecond)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if n := kernelSockets(t, w.in); n != 0 {
			t.Errorf("round %d: %d sockets after Close", round, n)
		}
		close(stop)
		all.Wait()
		if _, err := r.TryNext(); !errors.Is(err, socket.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("a second Close: %v", err)
		}
	}
}

// content returns the bytes of a block's packets.
func content(b packet.Block) (all []byte) {
	for p := range b.Packets() {
		all = p.AppendTo(all)
	}
	return all
}

// mappings counts mappings of sockets.
func mappings(t *testing.T) int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(maps), "socket:")
}

// A Receiver that is forgotten goes, and blocks that are out stay.
func TestForgotten(t *testing.T) {
	w := newWire(t)
	b := func() packet.Block {
		s, err := socket.NewIn(w.in.Path(), constants.AF_PACKET, constants.SOCK_RAW, 0)
		if err != nil {
			t.Fatal(err)
		}
		r, err := packet.NewReceiver(s, small())
		if err != nil {
			t.Fatal(err)
		}
		w.bind(s, w.index, protocol)
		w.send(numbered(9, 200))
		return w.nextFull(r)
	}()
	for range 1000 {
		runtime.GC()
		if kernelSockets(t, w.in) == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if n := kernelSockets(t, w.in); n != 0 {
		t.Errorf("%d sockets are left", n)
	}
	for p := range b.Packets() {
		if i, whole := number(p.Data()); i != 9 || !whole {
			t.Errorf("packet %d", i)
		}
	}
	b.Release()
}

// The context, a deadline and a timeout end a wait, and the next one works.
func TestNextEnds(t *testing.T) {
	w := newWire(t)
	s, r := w.ring(constants.SOCK_RAW, protocol, small())
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { time.Sleep(5 * time.Millisecond); cancel(cause) }()
	if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("a context: %v", err)
	}
	s.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	if _, err := r.Next(t.Context()); !errors.Is(err, socket.ErrTimeout) ||
		!errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline: %v", err)
	}
	s.SetReadDeadline(time.Time{})
	w.send(numbered(1, 60))
	w.nextFull(r).Release()
}

// The interface goes down, or away: Next says so once, and goes on when it is up again, or the
// socket is bound to another (packet_notifier, net/packet/af_packet.c).
func TestDown(t *testing.T) {
	w := newWire(t)
	s, r := w.ring(constants.SOCK_RAW, protocol, small())
	again := func() {
		w.in.Run("ip", "link", "set", w.name, "up")
	}
	for _, test := range []struct {
		what, change string
		mend         func()
	}{
		{"down", "set", again},
		{"down again", "set", again},
		{"deleted", "del", func() {
			var outName string
			w.name, outName = w.in.Veth(w.out)
			w.index, w.outIndex = index(t, w.in, w.name), index(t, w.out, outName)
			w.sender = w.bound(w.out, w.outIndex, 0)
			w.bind(s, w.index, protocol)
		}},
	} {
		done := make(chan error)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for {
				b, err := r.Next(ctx)
				if err != nil {
					done <- err
					return
				}
				b.Release()
			}
		}()
		// most often it waits by then; if not, it finds the error at once
		time.Sleep(10 * time.Millisecond)
		arguments := []string{"link", test.change, w.name}
		if test.change == "set" {
			arguments = append(arguments, "down")
		}
		w.in.Run("ip", arguments...)
		if err := <-done; !errors.Is(err, syscall.ENETDOWN) {
			t.Errorf("%s: %v", test.what, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := r.Next(ctx); !errors.Is(err, socket.ErrTimeout) {
			t.Errorf("%s: told twice: %v", test.what, err)
		}
		cancel()
		test.mend()
		for got := false; !got; {
			w.sender.Send(t.Context(), numbered(1, 60), 0) // ENETDOWN until the link is ready
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			b, err := r.Next(ctx)
			cancel()
			got = err == nil && b.Len() > 0
			b.Release()
		}
	}
}

// Packets that are longer than a block are cut, and so is what a filter cuts.
func TestCut(t *testing.T) {
	w := newWire(t)
	w.in.Run("ip", "link", "set", w.name, "mtu", "9000")
	w.out.Run("ip", "link", "set", "dev", strings.Replace(w.name, "a", "b", 1), "mtu", "9000")
	r := w.receiver(packet.Config{BlockSize: 4096, Blocks: 8, Timeout: time.Millisecond})
	w.send(numbered(7, 6000))
	b := w.nextFull(r)
	defer b.Release()
	for p := range b.Packets() {
		if i, whole := number(p.Data()); i != 7 || !whole || p.Length() != 6000 ||
			len(p.Data()) < 4096-200 || len(p.Data()) > 4096 {
			t.Errorf("packet %d: %d of %d bytes, whole %v", i, len(p.Data()), p.Length(), whole)
		}
	}
}

// The tag that the kernel takes out is told, VLAN 0 as well, and AppendTo puts it back (X21).
func TestVLAN(t *testing.T) {
	w := newWire(t)
	// Tags hide the protocol until the kernel has taken them out, so bind to all of them; IPv6 is
	// not to come in between.
	w.in.Sysctl("net.ipv6.conf.all.disable_ipv6", "1")
	w.out.Sysctl("net.ipv6.conf.all.disable_ipv6", "1")
	_, r := w.ring(constants.SOCK_RAW, constants.ETH_P_ALL, small())
	addresses := "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01"
	rest := "\x88\xb5payload of some length"
	for _, row := range []struct {
		tags string
		vlan packet.VLAN
		ok   bool
	}{
		{"", packet.VLAN{}, false},
		{"\x81\x00\x00\x05", packet.VLAN{TCI: 5, TPID: 0x8100}, true},
		{"\x81\x00\x00\x00", packet.VLAN{TCI: 0, TPID: 0x8100}, true},
		{"\x81\x00\xe1\x23", packet.VLAN{TCI: 0xe123, TPID: 0x8100}, true},
		{"\x88\xa8\x00\x07", packet.VLAN{TCI: 7, TPID: 0x88a8}, true},
		{"\x88\xa8\x00\x07\x81\x00\x00\x08", packet.VLAN{TCI: 7, TPID: 0x88a8}, true},
	} {
		wire := addresses + row.tags + rest
		w.send([]byte(wire))
		b := w.nextFull(r)
		for p := range b.Packets() {
			if v, ok := p.VLAN(); v != row.vlan || ok != row.ok {
				t.Errorf("% x: VLAN %+v, %v", row.tags, v, ok)
			}
			if got := p.AppendTo(nil); string(got) != wire {
				t.Errorf("% x: % x on the wire", row.tags, got)
			}
			tag := 0
			if row.ok {
				tag = 4
			}
			if len(p.Data()) != len(wire)-tag || p.Length() != len(wire)-tag {
				t.Errorf("% x: %d and %d bytes of %d",
					row.tags, len(p.Data()), p.Length(), len(wire))
			}
		}
		b.Release()
	}
}

// With Guard, who reads a packet after Release faults, before and after Close; nobody may ever
// write to one.
func TestGuard(t *testing.T) {
	w := newWire(t)
	c := small()
	c.Guard = true
	r := w.receiver(c)
	take := func() (packet.Block, []byte) {
		t.Helper()
		w.send(numbered(3, 200))
		b := w.nextFull(r)
		var data []byte
		for p := range b.Packets() {
			data = p.Data()
		}
		if i, whole := number(data); i != 3 || !whole {
			t.Errorf("packet %d", i)
		}
		return b, data
	}
	b, data := take()
	if !faults(func() { data[0] = 1 }) {
		t.Error("a packet was written to")
	}
	b.Release()
	if !faults(func() { sink = data[0] }) {
		t.Error("a released packet was read")
	}
	for range 10 { // around the ring
		b, _ = take()
		b.Release()
	}
	b, data = take()
	other, otherData := take()
	r.Close()
	if faults(func() { sink = data[0] }) {
		t.Error("a packet that is out is gone with Close")
	}
	b.Release()
	if !faults(func() { sink = data[0] }) {
		t.Error("a released packet was read after Close")
	}
	if i, whole := number(otherData); i != 3 || !whole {
		t.Errorf("packet %d", i)
	}
	other.Release()
}

var sink byte

// faults reports whether fn uses memory that it may not.
func faults(fn func()) (fault bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { fault = recover() != nil }()
	fn()
	return false
}

// Who waits has no thread.
func TestThreads(t *testing.T) {
	w := newWire(t)
	before := threads(t)
	const n = 100
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range n {
		r := w.receiver(packet.Config{BlockSize: 4096, Blocks: 2, Timeout: time.Second})
		all.Go(func() { r.Next(ctx) })
	}
	for stacks := make([]byte, 1<<20); strings.Count(string(stacks[:runtime.Stack(stacks, true)]),
		"[IO wait") < n; {
		time.Sleep(time.Millisecond)
	}
	if after := threads(t); after > before+20 {
		t.Errorf("%d threads, and %d before %d rings were waited for", after, before, n)
	}
	cancel()
	all.Wait()
}

func threads(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Nothing is allocated for a block or a packet.
func TestAllocations(t *testing.T) {
	w := newWire(t)
	r := w.receiver(packet.Config{BlockSize: 4096, Blocks: 64, Timeout: time.Millisecond})
	f := numbered(1, 60)
	n := 0
	if got := testing.AllocsPerRun(50, func() {
		if _, err := w.sender.Send(context.Background(), f, 0); err != nil {
			t.Fatal(err)
		}
		b, err := r.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for p := range b.Packets() {
			n += len(p.Data()) + p.Length() + int(p.Time().Unix()&1)
			p.From()
		}
		b.Release()
	}); got > 0 && !raceEnabled {
		t.Errorf("%v allocations a block", got)
	}
	if n == 0 {
		t.Error("no packets")
	}
}

// Several rings share the packets of an interface.
func TestFanout(t *testing.T) {
	w := newWire(t)
	const rings, total = 3, 3000
	var receivers []*packet.Receiver
	for range rings {
		s, r := w.ring(constants.SOCK_RAW, protocol, packet.Config{
			BlockSize: 1 << 16,
			Blocks:    64,
			Timeout:   20 * time.Millisecond,
		})
		if err := sockopt.PacketFanout.Set(s, sockopt.PacketFanoutGroup{
			ID:   7,
			Mode: sockopt.PacketFanoutRoundRobin,
		}); err != nil {
			t.Fatal(err)
		}
		receivers = append(receivers, r)
	}
	for i := range uint64(total) {
		w.send(numbered(i, 60))
	}
	seen := make([]bool, total)
	for i, r := range receivers {
		for got := 0; got < total/rings; {
			b := w.nextFull(r)
			for p := range b.Packets() {
				n, whole := number(p.Data())
				if !whole || n >= total || seen[n] {
					t.Fatalf("packet %d again, or not whole", n)
				}
				seen[n] = true
				got++
			}
			b.Release()
		}
		if s, err := r.Statistics(); err != nil || s.Packets != total/rings {
			t.Errorf("ring %d: %+v, %v", i, s, err)
		}
	}
}

// A child that is started while the ring is open keeps nothing of it.
func TestExec(t *testing.T) {
	w := newWire(t)
	r := w.receiver(small())
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if n := kernelSockets(t, w.in); n != 0 {
		t.Errorf("%d sockets are left", n)
	}
}
