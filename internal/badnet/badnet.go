// Package badnet is a bad network for tests: a relay between two devices that carry IP packets,
// which loses, delays, doubles, reorders and corrupts them, has a rate and an MTU. What becomes of
// the n-th packet of a direction follows from the seed and n alone, so that a run can be replayed
// as far as the ends send the same.
//
// On Linux, the devices are TUN interfaces (testenv's NS.TUN), and a network of two namespaces is
//
//	x, _ := a.TUN(1500, "10.9.0.1/24", "fd09::1/64")
//	y, _ := b.TUN(1500, "10.9.0.2/24", "fd09::2/64")
//	n := badnet.New(seed, x, y, badnet.Way{Loss: 0.01, Delay: time.Millisecond})
//	defer n.Close()
package badnet

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// A Way says how bad one direction is. The zero Way is a perfect one.
type Way struct {
	// Loss, Duplicate, Reorder and Corrupt are how likely that is for each packet, from 0 to 1. A
	// duplicate goes right behind its original. A packet that is reordered comes up to five
	// milliseconds later than it would, and others pass it. One bit of a packet is corrupted.
	Loss, Duplicate, Reorder, Corrupt float64

	// Delay is how long each packet takes, and Jitter up to how much more.
	Delay, Jitter time.Duration

	// Rate is how many bytes pass in a second; 0: any number. Up to Queue bytes wait for that, and
	// what comes then is dropped; 0: 256 KiB.
	Rate, Queue int

	// MTU is the size of the largest packet; 0: any size. Of what is larger the sender is told, as
	// a router does (RFC 1191, RFC 8201), or, in IPv4 and if it allows it, it is fragmented.
	MTU int

	// Silent makes a router of it that does not tell senders of what is too large.
	Silent bool
}

// Counts are how many packets of a direction came to what. Those that came, and their doubles, are
// lost, found the queue full, were too large, have passed or failed, or are on their way; fragments
// count each.
type Counts struct {
	Came, Lost, Doubled, Reordered, Corrupted, Full, TooLarge, Passed int64

	// the device did not take them: it was down, or they were corrupted beyond its understanding
	Failed int64
}

func (c Counts) String() string {
	return fmt.Sprintf(
		"%d packets: %d passed, %d lost, %d doubled, %d reordered, %d corrupted, %d too many, "+
			"%d too large, %d refused",
		c.Came, c.Passed, c.Lost, c.Doubled, c.Reordered, c.Corrupted, c.Full, c.TooLarge, c.Failed)
}

// A fate is what becomes of a packet.
type fate struct {
	lost, doubled, reordered bool
	corrupted                int // the bit that is turned; -1: none
	delay                    time.Duration
}

const mostReordered = 5 * time.Millisecond

// fate decides about the n-th packet that comes, of so many bytes. It takes the same numbers from
// the source whatever the probabilities are, so that one that is changed leaves the others alone.
func (w *Way) fate(seed, n uint64, size int) (f fate) {
	var source rand.PCG
	source.Seed(seed, n*0x9e3779b97f4a7c15)
	r := rand.New(&source)
	f.lost = r.Float64() < w.Loss
	f.doubled = r.Float64() < w.Duplicate
	f.reordered = r.Float64() < w.Reorder
	corrupted, bit := r.Float64() < w.Corrupt, r.Float64()
	f.corrupted = -1
	if corrupted && size > 0 {
		f.corrupted = int(bit * float64(8*size))
	}
	jitter, later := r.Float64(), r.Float64()
	f.delay = w.Delay + time.Duration(jitter*float64(w.Jitter))
	if f.reordered {
		f.delay += time.Duration((1 + later) / 2 * float64(mostReordered))
	}
	return f
}

// A Net relays packets between two devices until Close.
type Net struct {
	ways  [2]way
	ends  [2]io.Closer
	close func() error
	group sync.WaitGroup
}

// New begins to relay between a and b, both ways as bad as w. A Read from a device returns one
// packet, and a Write takes one; the devices belong to the Net, and its Close must end a Read that
// waits.
func New(seed uint64, a, b io.ReadWriteCloser, w Way) *Net {
	n := &Net{ends: [2]io.Closer{a, b}}
	n.close = sync.OnceValue(n.end)
	for i, ends := range [][2]io.ReadWriter{{a, b}, {b, a}} {
		d := &n.ways[i]
		d.Way, d.seed, d.from, d.to = w, seed+uint64(i)<<63, ends[0], ends[1]
		d.more = make(chan struct{}, 1)
		d.over = make(chan struct{})
		n.group.Go(d.read)
		n.group.Go(d.write)
	}
	return n
}

// Set changes how bad the directions are, for the packets that come from now on.
func (n *Net) Set(toB, toA Way) {
	for i, w := range []Way{toB, toA} {
		n.ways[i].mu.Lock()
		n.ways[i].Way = w
		n.ways[i].mu.Unlock()
	}
}

// Counts returns what became of the packets so far, in each direction.
func (n *Net) Counts() (toB, toA Counts) {
	for i, c := range []*Counts{&toB, &toA} {
		n.ways[i].mu.Lock()
		*c = n.ways[i].counts
		n.ways[i].mu.Unlock()
	}
	return toB, toA
}

// Close closes the devices. What is on its way is lost. Later calls return the same.
func (n *Net) Close() error { return n.close() }

func (n *Net) end() error {
	err := errors.Join(n.ends[0].Close(), n.ends[1].Close())
	for i := range n.ways {
		close(n.ways[i].over)
	}
	n.group.Wait()
	return err
}

// A way is a direction of a Net.
type way struct {
	from, to io.ReadWriter
	seed     uint64
	more     chan struct{} // there may be an earlier packet in the queue than before
	over     chan struct{} // closed at the end

	mu     sync.Mutex
	Way    // and all below: guarded by mu
	counts Counts
	queue  packets
	free   time.Time // when the link has sent what waits for its rate
	last   time.Time // when the last packet comes that is not reordered
	number uint64    // of packets that were put into the queue
	spare  [][]byte
}

// most is how many packets can be on their way.
const most = 20000

// A packet is one on its way.
type packet struct {
	due    time.Time
	number uint64
	data   []byte
}

// packets is a heap.
type packets []packet

func (p packets) Len() int      { return len(p) }
func (p packets) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p packets) Less(i, j int) bool {
	return p[i].due.Before(p[j].due) || p[i].due.Equal(p[j].due) && p[i].number < p[j].number
}
func (p *packets) Push(x any) { *p = append(*p, x.(packet)) }
func (p *packets) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	(*p)[last] = packet{}
	*p = (*p)[:last]
	return x
}

// read takes packets from the device until it ends.
func (d *way) read() {
	b := make([]byte, 1<<16)
	for {
		n, err := d.from.Read(b)
		if err != nil {
			return // closed, or its interface is gone
		}
		if answer := d.take(b[:n]); answer != nil {
			d.from.Write(answer) // it is lost if the link has gone down meanwhile
		}
		select {
		case d.more <- struct{}{}:
		default:
		}
	}
}

// take decides about a packet. It returns the packet that tells its sender that it was too large.
func (d *way) take(b []byte) (answer []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.fate(d.seed, uint64(d.counts.Came), len(b))
	d.counts.Came++
	if f.lost {
		d.counts.Lost++
		return nil
	}
	if d.MTU > 0 && len(b) > d.MTU {
		fragments := fragment(b, d.MTU)
		if fragments == nil {
			d.counts.TooLarge++
			if d.Silent {
				return nil
			}
			return tooLarge(b, d.MTU)
		}
		for _, b := range fragments {
			d.send(b, f.delay, f.reordered)
		}
		return nil
	}
	if f.corrupted >= 0 {
		d.counts.Corrupted++
		b[f.corrupted/8] ^= 1 << (f.corrupted % 8)
	}
	if f.reordered {
		d.counts.Reordered++
	}
	d.send(b, f.delay, f.reordered)
	if f.doubled {
		d.counts.Doubled++
		d.send(b, f.delay, f.reordered)
	}
	return nil
}

// send puts a packet into the queue.
func (d *way) send(b []byte, delay time.Duration, reordered bool) {
	now := time.Now()
	due := now
	if d.Rate > 0 {
		queue := d.Queue
		if queue == 0 {
			queue = 256 << 10
		}
		if d.free.Before(now) {
			d.free = now
		}
		waiting := d.free.Sub(now).Seconds() * float64(d.Rate)
		if waiting+float64(len(b)) > float64(queue) {
			d.counts.Full++
			return
		}
		d.free = d.free.Add(time.Duration(float64(len(b)) / float64(d.Rate) * float64(time.Second)))
		due = d.free
	}
	if len(d.queue) >= most {
		d.counts.Full++
		return
	}
	due = due.Add(delay)
	if !reordered {
		if due.Before(d.last) { // the one before had more jitter, or a longer delay
			due = d.last
		}
		d.last = due
	}
	var data []byte
	if last := len(d.spare) - 1; last >= 0 {
		data, d.spare = d.spare[last][:0], d.spare[:last]
	}
	d.number++
	heap.Push(&d.queue, packet{due, d.number, append(data, b...)})
}

// write gives packets to the other device when they are due.
func (d *way) write() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		data, wait := d.next()
		if data == nil {
			if wait > 0 {
				timer.Reset(wait)
			}
			select {
			case <-d.over:
				return
			case <-d.more:
			case <-timer.C:
			}
			continue
		}
		_, err := d.to.Write(data)
		d.mu.Lock()
		if err == nil {
			d.counts.Passed++
		} else {
			d.counts.Failed++
		}
		if len(d.spare) < 256 {
			d.spare = append(d.spare, data)
		}
		d.mu.Unlock()
	}
}

// next returns the next packet if it is due, and otherwise how long that takes, 0 if there is none.
func (d *way) next() (data []byte, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return nil, 0
	}
	if wait = time.Until(d.queue[0].due); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&d.queue).(packet).data, 0
}
