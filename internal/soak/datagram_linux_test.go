package soak

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/badnet"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

const datagramHead = 16

// last is the seed of a datagram behind all others.
const last = 1<<64 - 1

// datagram is one of at least datagramHead bytes: its seed, its size, and bytes that follow from
// the seed.
func datagram(seed uint64, size int) []byte {
	b := make([]byte, size)
	binary.BigEndian.PutUint64(b, seed)
	binary.BigEndian.PutUint64(b[8:], uint64(size))
	pattern(seed).Read(b[datagramHead:])
	return b
}

// intact returns the seed of a datagram, and an error if it is not exactly what was sent.
func intact(b []byte) (seed uint64, err error) {
	if len(b) < datagramHead {
		return 0, fmt.Errorf("%d bytes came: %x", len(b), b)
	}
	seed = binary.BigEndian.Uint64(b)
	if size := binary.BigEndian.Uint64(b[8:]); size != uint64(len(b)) {
		return 0, fmt.Errorf("%d bytes came of %d", len(b), size)
	}
	if !bytes.Equal(b, datagram(seed, len(b))) {
		return 0, fmt.Errorf("a datagram of %d bytes is not what was sent", len(b))
	}
	return seed, nil
}

// A post sends datagrams: batch of equal sizes, but for the last, which may be shorter. It returns
// how many were sent.
type post struct {
	name string
	send func(ctx context.Context, s *socket.Socket, to sockaddr.Addr, batch [][]byte) (int, error)
}

// each is a post that sends one at a time.
func each(send func(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
	b []byte) error) func(context.Context, *socket.Socket, sockaddr.Addr, [][]byte) (int, error) {
	return func(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
		batch [][]byte) (int, error) {
		for i, b := range batch {
			if err := send(ctx, s, to, b); err != nil {
				return i, err
			}
		}
		return len(batch), nil
	}
}

func messages(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
	batch [][]byte) (int, error) {
	ms := make([]socket.Message, len(batch))
	for i, b := range batch {
		ms[i] = socket.Message{Buffers: [][]byte{b[:3], b[3:]}, Addr: to}
	}
	return s.SendMessages(ctx, ms, 0)
}

var posts = []post{
	{"SendTo", each(func(ctx context.Context, s *socket.Socket, to sockaddr.Addr, b []byte) error {
		return second(s.SendTo(ctx, b, to, 0))
	})},
	{"SendMessages", messages},
	{"SendMessages with offload", func(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
		batch [][]byte) (int, error) {
		s.SetOffload(true)
		return messages(ctx, s, to, batch)
	}},
	{"segments", func(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
		batch [][]byte) (int, error) {
		m := socket.Message{Buffers: batch, Addr: to, SegmentSize: len(batch[0])}
		err := s.SendMessage(ctx, &m, 0)
		return (m.N + len(batch[0]) - 1) / len(batch[0]), err
	}},
	{"netconn", each(func(ctx context.Context, s *socket.Socket, to sockaddr.Addr, b []byte) error {
		c, err := netconn.NewPacketConn(s)
		if err != nil {
			return err
		}
		return second(c.WriteTo(b, to.NetAddr(constants.SOCK_DGRAM)))
	})},
	{"a connected socket", each(func(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
		b []byte) error {
		if peer, _ := s.PeerName(); !peer.IsValid() {
			if err := s.Connect(ctx, to); err != nil {
				return err
			}
		}
		return second(s.Send(ctx, b, 0))
	})},
	{"zero copy", func(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
		batch [][]byte) (int, error) {
		z, err := socket.NewZeroCopy(s)
		if err != nil {
			return 0, err
		}
		n, err := each(func(ctx context.Context, s *socket.Socket, to sockaddr.Addr,
			b []byte) error {
			return second(z.SendTo(ctx, b, to, 0))
		})(ctx, s, to, batch)
		for z.Pending() > 0 && err == nil {
			_, err = z.Wait(ctx)
		}
		return n, err
	}},
}

// A box receives datagrams until the context ends, which is no error.
type box struct {
	name    string
	receive func(ctx context.Context, s *socket.Socket, got func([]byte) error) error
}

var boxes = []box{
	{"ReceiveFrom", func(ctx context.Context, s *socket.Socket, got func([]byte) error) error {
		for b := make([]byte, 1<<16); ; {
			n, _, err := s.ReceiveFrom(ctx, b, 0)
			if err == nil {
				err = got(b[:n])
			}
			if err != nil {
				return err
			}
		}
	}},
	{"ReceiveMessages", func(ctx context.Context, s *socket.Socket, got func([]byte) error) error {
		ms := make([]socket.Message, 16)
		for i := range ms {
			ms[i].Buffers = [][]byte{make([]byte, 1<<16)}
		}
		for {
			n, err := s.ReceiveMessages(ctx, ms, 0)
			for i := range ms[:n] {
				if e := got(ms[i].Buffers[0][:ms[i].N]); e != nil {
					return e
				}
			}
			if err != nil {
				return err
			}
		}
	}},
	{"segments", func(ctx context.Context, s *socket.Socket, got func([]byte) error) error {
		if err := sockopt.UDPGRO.Set(s, true); err != nil {
			return err
		}
		m := socket.Message{Buffers: [][]byte{make([]byte, 1<<16)}}
		for {
			err := s.ReceiveMessage(ctx, &m, 0)
			if err != nil {
				return err
			}
			for b := range m.Segments() {
				if err := got(b); err != nil {
					return err
				}
			}
		}
	}},
	{"netconn", func(ctx context.Context, s *socket.Socket, got func([]byte) error) error {
		c, err := netconn.NewPacketConn(s)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })
		defer stop()
		for b := make([]byte, 1<<16); ; {
			n, _, err := c.ReadFrom(b)
			if err == nil {
				err = got(b[:n])
			}
			if err != nil {
				return err
			}
		}
	}},
	{"ports", func(ctx context.Context, s *socket.Socket, got func([]byte) error) error {
		// A port is on a connected socket, and so is this one: to the sender, whom the first
		// datagram tells of.
		b := make([]byte, 1<<16)
		n, from, err := s.ReceiveFrom(ctx, b, 0)
		if err == nil {
			err = got(b[:n])
		}
		if err == nil {
			err = s.Connect(ctx, from)
		}
		if err != nil {
			return err
		}
		in, _, err := ports.New(s, ports.Params{ReceiveBufferSize: 1 << 16})
		if err == nil {
			err = in.SetContext(ctx)
		}
		for err == nil {
			if n, err = in.Read(b); err == nil {
				err = got(b[:n])
			}
		}
		return err
	}},
}

// batches yields batches of datagrams for ever: of equal sizes, and few of the large ones.
func batches(random *rand.Rand, largest int) iter.Seq[[][]byte] {
	return func(yield func([][]byte) bool) {
		for {
			size := datagramHead + random.IntN(1400)
			count := 1 + random.IntN(20)
			if random.IntN(8) == 0 {
				size, count = datagramHead+random.IntN(largest-datagramHead+1), 1
			}
			var batch [][]byte
			for i := range count {
				if i == count-1 {
					size = datagramHead + random.IntN(size-datagramHead+1)
				}
				batch = append(batch, datagram(random.Uint64(), size))
			}
			if !yield(batch) {
				return
			}
		}
	}
}

// A traffic is what went from one socket to another.
type traffic struct {
	sent     map[uint64]int // how many times each was received
	received int
	bad      error
}

// exchange sends count datagrams from one end of the network to the other and returns what arrived,
// once the network is empty. The network may double, but what arrives is what was sent. tolerate
// says which errors of sends are none.
func exchange(t *testing.T, n *network, six bool, by post, with box, random *rand.Rand, count,
	largest int, tolerate func(error) bool) traffic {
	t.Helper()
	from, to := n.at(t, 0, six, constants.SOCK_DGRAM), n.at(t, 1, six, constants.SOCK_DGRAM)
	defer from.Close()
	defer to.Close()
	ok(t, errors.Join(from.SetParams(socket.Params{}), to.SetParams(socket.Params{})))
	ok(t, sockopt.SOReceiveBufferForce.Set(to, 32<<20))
	stop, stopped := context.WithCancel(soon(t))
	defer stopped()
	var arrived []uint64
	end := make(chan struct{})
	ended := sync.OnceFunc(func() { close(end) })
	box := start(func() error {
		return with.receive(stop, to, func(b []byte) error {
			seed, err := intact(b)
			if seed == last && err == nil {
				ended()
				return nil
			}
			arrived = append(arrived, seed)
			return err
		})
	})
	tr := traffic{sent: map[uint64]int{}}
	address := name(t, to)
	before, _ := n.Counts()
	packets := int64(0)
	for batch := range batches(random, largest) {
		m, err := by.send(stop, from, address, batch)
		if err != nil && !tolerate(err) {
			t.Fatalf("by %s, %d of %d datagrams of %d bytes: %v", by.name, m, len(batch),
				len(batch[0]), err)
		}
		// one that was refused may have left all the same, as a part of a train
		for _, b := range batch {
			tr.sent[binary.BigEndian.Uint64(b)] = 0
		}
		if len(tr.sent) >= count {
			break
		}
		// The interface has room for 500 packets. So the next ones wait until the network has got
		// these.
		for _, b := range batch {
			packets += 1 + int64(len(b))/1500
		}
		for limit := time.Now().Add(2 * time.Second); ; time.Sleep(100 * time.Microsecond) {
			toB, _ := n.Counts()
			if came := toB.Came - before.Came; came+50 > packets {
				break
			} else if time.Now().After(limit) { // they were dropped before: an MTU has changed
				packets = came
			}
		}
	}
	// What is behind the others tells that they have come or will not; but for those that are
	// reordered, which the network has still.
	n.Set(badnet.Way{}, badnet.Way{})
	for over := false; !over; {
		ok(t, second(from.SendTo(stop, datagram(last, datagramHead), address, 0)))
		select {
		case <-end:
			over = true
		case err := <-box:
			t.Fatalf("from %s to %s: %v", by.name, with.name, err)
		case <-stop.Done():
			t.Fatalf("from %s to %s: nothing arrives any more; the network: %v", by.name, with.name,
				fmt.Sprint(n.Counts()))
		case <-time.After(10 * time.Millisecond):
		}
	}
	for !n.idle() && stop.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	stopped()
	if err := result(t, box); !errors.Is(err, context.Canceled) &&
		!errors.Is(err, socket.ErrTimeout) {
		tr.bad = fmt.Errorf("from %s to %s: %w", by.name, with.name, err)
	}
	for _, seed := range arrived {
		if _, known := tr.sent[seed]; !known {
			tr.bad = errors.Join(tr.bad,
				fmt.Errorf("from %s to %s: a datagram came that was never sent: %x", by.name,
					with.name, seed))
		}
		if tr.sent[seed]++; tr.sent[seed] == 1 {
			tr.received++
		}
	}
	return tr
}

// idle reports whether nothing is on its way.
func (n *network) idle() bool {
	on := func(c badnet.Counts) bool {
		return c.Came+c.Doubled > c.Passed+c.Lost+c.Full+c.TooLarge+c.Failed
	}
	toB, toA := n.Counts()
	return !on(toB) && !on(toA)
}

// TestSoakDatagrams: each UDP datagram arrives as it was sent or not at all, by every way to send
// and to receive; on a good network each arrives, once. What the network has corrupted is caught by
// checksums, and counted.
func TestSoakDatagrams(t *testing.T) {
	testenv.Needs(t, testenv.UDPSegment, testenv.UDPGRO, testenv.ZeroCopy)
	random, seed := testenv.Seed(t)
	n := bad(t, seed, 1500, badnet.Way{})
	errorsBefore := func() int64 {
		return counters(t, n.b, "Udp.InCsumErrors", "Ip.InHdrErrors", "Ip.InAddrErrors",
			"Ip.ReasmFails", "Ip.InUnknownProtos",
			"Udp6InCsumErrors", "Ip6InHdrErrors", "Ip6InTruncatedPkts", "Ip6ReasmFails",
			"Ip6InAddrErrors", "Ip6InUnknownProtos")
	}
	// Fragments of what has lost one would use up the memory for all.
	for _, version := range []string{"ipv4.ip", "ipv6.ip6"} {
		n.b.Sysctl("net."+version+"frag_high_thresh", strconv.Itoa(256<<20))
		n.b.Sysctl("net."+version+"frag_time", "3")
	}
	var sent, received int64
	count := 60
	if testenv.Soaking() {
		count = 2000
	}
	rounds(t, func(round int) {
		for i, by := range posts {
			with := boxes[(i+round)%len(boxes)]
			six := (i+round/2)%2 == 1
			// The checksum finds each single bit, but not each two: a datagram of many fragments
			// can have as many corrupted.
			w, largest := badnet.Way{}, 60_000
			switch (i + round) % 4 {
			case 0:
				w = badnet.Way{Loss: 0.02, Duplicate: 0.02, Reorder: 0.05,
					Delay: 100 * time.Microsecond, Jitter: 300 * time.Microsecond}
			case 1, 2:
				w = badnet.Way{Loss: 0.02, Duplicate: 0.02, Reorder: 0.05, Corrupt: 0.1,
					Jitter: 300 * time.Microsecond}
				largest = 1400
			}
			n.Set(w, w)
			tr := exchange(t, n, six, by, with, random, count, largest,
				func(error) bool { return false })
			if tr.bad != nil {
				t.Errorf("round %d, IPv6 %v, %+v: %v", round, six, w, tr.bad)
			}
			sent += int64(len(tr.sent))
			received += int64(tr.received)
			if w == (badnet.Way{}) {
				wrong := 0
				for _, times := range tr.sent {
					if times != 1 {
						wrong++
					}
				}
				if wrong > 0 {
					t.Errorf("round %d, IPv6 %v, from %s to %s: %d of %d came not or twice: %v",
						round, six, by.name, with.name, wrong, len(tr.sent), fmt.Sprint(n.Counts()))
				}
			} else if tr.received*3 < len(tr.sent) {
				t.Errorf("round %d, IPv6 %v, from %s to %s: %d datagrams of %d arrived", round, six,
					by.name, with.name, tr.received, len(tr.sent))
			}
		}
	})
	toB, _ := n.Counts()
	caught := errorsBefore()
	t.Logf("%d datagrams sent, %d received, %d errors counted; the network: %v", sent, received,
		caught, toB)
	if toB.Corrupted > 20 && caught == 0 {
		t.Errorf("%d packets were corrupted, and the kernel has counted none", toB.Corrupted)
	}
	testenv.Tried(t, "datagrams over a bad network, each intact or not there", sent, 0)
	testenv.Tried(t, "corrupted packets, none of them taken for a good one", toB.Corrupted, 0)
}

// TestSoakMTU: while the MTU of the interface changes all the time, no datagram is refused, and
// each arrives as it was sent or not at all: the library and the kernel cut them anew.
func TestSoakMTU(t *testing.T) {
	testenv.Needs(t, testenv.UDPSegment, testenv.UDPGRO, testenv.ZeroCopy)
	random, seed := testenv.Seed(t)
	// With an MTU below 1280 an interface loses its IPv6 addresses.
	nets := [][]int{{1500, 1280, 9000, 576, 1300}, {1500, 1280, 9000, 1300}}
	four, six := bad(t, seed, 1500, badnet.Way{}), bad(t, seed, 1500, badnet.Way{})
	var sent, changes int64
	count := 200
	if testenv.Soaking() {
		count = 3000
	}
	rounds(t, func(round int) {
		for i, by := range posts {
			v := (i + round) % 2
			n, sizes := []*network{four, six}[v], nets[v]
			var over atomic.Bool
			changed := start(func() (err error) {
				for j := 0; !over.Load() && err == nil; j++ {
					changes++
					n.a.Do(func() {
						err = exec.Command("ip", "link", "set", n.nameA, "mtu",
							strconv.Itoa(sizes[j%len(sizes)])).Run()
					})
					time.Sleep(time.Millisecond)
				}
				return err
			})
			tr := exchange(t, n, v == 1, by, boxes[(i+round)%len(boxes)], random, count, 20_000,
				func(error) bool { return false })
			over.Store(true)
			ok(t, result(t, changed))
			if tr.bad != nil {
				t.Errorf("round %d, network %d: %v", round, v, tr.bad)
			}
			if tr.received < len(tr.sent)/2 {
				t.Errorf("round %d, network %d, by %s: %d datagrams of %d arrived: %v", round, v,
					by.name, tr.received, len(tr.sent), fmt.Sprint(n.Counts()))
			}
			sent += int64(len(tr.sent))
		}
	})
	testenv.Tried(t, "datagrams while the MTU changes", sent, 0)
	testenv.Tried(t, "changes of the MTU", changes, 0)
}
