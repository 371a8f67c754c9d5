package socket_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// Random operations on Pollers and sockets, against a model of what a Poller is: after each,
// TryWait tells of exactly those that the model says are ready. POLLER_STEPS is how many,
// POLLER_SEED where to begin (X14).
func TestPollerModel(t *testing.T) {
	testenv.NeedsLinuxPath(t, "epoll(7)")
	steps, seed := 5000, uint64(time.Now().UnixNano())
	if n, err := strconv.Atoi(os.Getenv("POLLER_STEPS")); err == nil {
		steps = n
	}
	if n, err := strconv.ParseUint(os.Getenv("POLLER_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("POLLER_SEED=%d POLLER_STEPS=%d", seed, steps)
	random := rand.New(rand.NewPCG(seed, 0))

	type entry struct { // of one Poller
		events socket.PollEvents // 0: it rests
		asked  socket.PollEvents
		value  int
	}
	type member struct {
		s, peer *socket.Socket
		dup     *socket.Socket
		data    int  // messages that wait
		ended   bool // the peer is closed
		in      [2]*entry
	}
	pollers := [2]*socket.Poller{poller(t), poller(t)}
	var members []*member
	var dups []*socket.Socket // of sockets that are closed
	next := 0
	closeAll := func(m *member) {
		for _, s := range []*socket.Socket{m.s, m.peer, m.dup} {
			if s != nil {
				s.Close()
			}
		}
	}
	defer func() {
		for _, m := range members {
			closeAll(m)
		}
		for _, d := range dups {
			d.Close()
		}
	}()
	asks := []socket.PollEvents{0, socket.PollIn, socket.PollOut, socket.PollIn | socket.PollOut,
		socket.PollIn | socket.PollRdHup}
	buf := make([]byte, 8)
	for step := range steps {
		if len(members) < 20 && random.IntN(4) == 0 {
			m := new(member)
			var err error
			m.s, m.peer, err = socket.Pair(constants.AF_UNIX, constants.SOCK_SEQPACKET, 0)
			ok(t, err)
			members = append(members, m)
		}
		if len(members) == 0 {
			continue
		}
		i := random.IntN(len(members))
		m := members[i]
		which := random.IntN(2)
		p, e := pollers[which], m.in[which]
		events := asks[random.IntN(len(asks))]
		flags := socket.PollEvents(0)
		if random.IntN(3) == 0 {
			flags = socket.PollOneShot
		}
		next++
		switch random.IntN(9) {
		case 0, 1:
			err := p.Add(m.s, events|flags, next)
			if e != nil {
				is(t, err, syscall.EEXIST)
				break
			}
			ok(t, err)
			m.in[which] = &entry{events: events | flags, asked: events | flags, value: next}
		case 2:
			err := p.Change(m.s, events|flags, next)
			if e == nil {
				is(t, err, syscall.ENOENT)
				break
			}
			ok(t, err)
			*e = entry{events: events | flags, asked: events | flags, value: next}
		case 3:
			err := p.Remove(m.s)
			if e == nil {
				is(t, err, syscall.ENOENT)
				break
			}
			ok(t, err)
			m.in[which] = nil
		case 4:
			if m.ended || m.data > 3 {
				break
			}
			_, err := m.peer.TrySend([]byte("x"), 0)
			ok(t, err)
			m.data++
		case 5:
			_, err := m.s.TryReceive(buf, 0)
			if m.data > 0 {
				ok(t, err)
				m.data--
			} else if m.ended {
				ok(t, err)
			} else {
				is(t, err, socket.ErrWouldBlock)
			}
		case 6:
			if random.IntN(4) == 0 && !m.ended {
				ok(t, m.peer.Close())
				m.ended = true
			}
		case 7:
			if m.dup == nil {
				var err error
				m.dup, err = m.s.Dup()
				ok(t, err)
			}
		case 8:
			if random.IntN(2) == 0 {
				ok(t, m.s.Close()) // the duplicate may live on
				if m.dup != nil {
					dups = append(dups, m.dup)
				}
				if len(dups) > 20 {
					ok(t, dups[0].Close())
					dups = dups[1:]
				}
				m.peer.Close()
				members = append(members[:i], members[i+1:]...)
			}
		}
		if random.IntN(100) == 0 && step > 0 { // another Poller
			which := random.IntN(2)
			ok(t, pollers[which].Close())
			pollers[which] = poller(t)
			for _, m := range members {
				m.in[which] = nil
			}
		}

		for which, p := range pollers {
			want := map[int]socket.PollEvents{}
			count := 0
			for _, m := range members {
				e := m.in[which]
				if e == nil {
					continue
				}
				count++
				if e.events == socket.PollNVal {
					continue // it rests
				}
				state := socket.PollOut
				if m.data > 0 || m.ended {
					state |= socket.PollIn
				}
				if m.ended {
					state |= socket.PollRdHup | socket.PollHup
				}
				if ready := state & (e.asked | socket.PollHup | socket.PollErr); ready != 0 {
					want[e.value] = ready
				}
			}
			got := make([]socket.PollEvent, 64)
			n, err := p.TryWait(got)
			if len(want) == 0 {
				is(t, err, socket.ErrWouldBlock)
			} else {
				ok(t, err)
			}
			for _, g := range got[:n] {
				if want[g.Value.(int)] != g.Ready {
					t.Fatalf("step %d: told of %v of %v, want %v",
						step, g.Ready, g.Value, want[g.Value.(int)])
				}
				delete(want, g.Value.(int))
			}
			if len(want) > 0 || p.Len() != count {
				t.Fatalf("step %d: not told of %v; %d sockets, want %d", step, want, p.Len(), count)
			}
			for _, m := range members { // what was told, and rests
				if e := m.in[which]; e != nil && e.asked&socket.PollOneShot != 0 {
					for _, g := range got[:n] {
						if g.Value == e.value {
							e.events = socket.PollNVal
						}
					}
				}
			}
		}
	}
}

// The same without order: everything is done by many goroutines at once, while several wait. What a
// wait tells belongs together, and at the end nothing is left.
func TestPollerChaos(t *testing.T) {
	steps := 2000
	if n, err := strconv.Atoi(os.Getenv("POLLER_STEPS")); err == nil {
		steps = n / 8
	}
	engines(t, func(t *testing.T) {
		p := poller(t)
		var told atomic.Int64
		var waiters, workers sync.WaitGroup
		for range 3 {
			waiters.Go(func() {
				events, buf := make([]socket.PollEvent, 8), make([]byte, 64)
				for {
					n, err := p.Wait(ctx, events)
					if err != nil {
						is(t, err, socket.ErrClosed)
						return
					}
					for _, e := range events[:n] {
						if e.Value != e.Socket {
							t.Error("told of another socket")
						}
						told.Add(1)
						if n, err := e.Socket.TryReceive(buf, 0); n == 0 &&
							(err == nil || !errors.Is(err, socket.ErrWouldBlock)) {
							e.Socket.Close()
						} else if e.Ready.Has(socket.PollOut) {
							p.Change(e.Socket, socket.PollIn, e.Socket)
						}
					}
				}
			})
		}
		for i := range 8 {
			workers.Go(func() {
				random := rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano())))
				var s, peer *socket.Socket
				for range steps {
					switch {
					case s == nil:
						s, peer, _ = socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
						if s == nil {
							continue
						}
						p.Add(s, socket.PollIn|socket.PollOut|socket.PollOneShot, s)
					case random.IntN(5) == 0:
						s.Close()
						peer.Close()
						s = nil
					case random.IntN(2) == 0:
						peer.TrySend([]byte("x"), 0)
					case random.IntN(2) == 0:
						p.Change(s, socket.PollIn, s)
					case random.IntN(2) == 0:
						p.Remove(s)
					default:
						p.Add(s, socket.PollIn, s)
					}
				}
				if s != nil {
					s.Close()
					peer.Close()
				}
			})
		}
		workers.Wait()
		if n := p.Len(); n != 0 {
			t.Errorf("%d sockets are left", n)
		}
		ok(t, p.Close())
		waiters.Wait()
		if told.Load() == 0 {
			t.Error("nobody was told of anything")
		}
	})
}
