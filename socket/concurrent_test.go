package socket_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// A tally counts bytes and their sum, so that a byte that is lost, doubled or made up is seen.
type tally struct{ bytes, sum atomic.Int64 }

func (c *tally) add(b []byte) {
	sum := int64(0)
	for _, x := range b {
		sum += int64(x)
	}
	c.bytes.Add(int64(len(b)))
	c.sum.Add(sum)
}

func (c *tally) String() string {
	return fmt.Sprintf("%d bytes of the sum %d", c.bytes.Load(), c.sum.Load())
}

// A whim is a context that one call is made with, and what may come of it.
type whim struct {
	context.Context
	cancel   context.CancelFunc
	deadline time.Time // when it may time out
	flags    constants.MsgFlag
}

func random() *whim {
	w := &whim{Context: ctx, cancel: func() {}}
	switch rand.IntN(5) {
	case 0: // no end of its own
	case 1:
		w.flags = constants.MSG_DONTWAIT
	case 2:
		w.deadline = time.Now().Add(time.Duration(rand.IntN(2000)) * time.Microsecond)
		w.Context, w.cancel = context.WithDeadline(ctx, w.deadline)
	case 3, 4: // cancelled while it waits, or after
		var cancel context.CancelFunc
		w.Context, cancel = context.WithCancel(ctx)
		timer := time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel)
		w.cancel = func() { timer.Stop(); cancel() }
	}
	return w
}

// stolen returns an error if err is not one that the call itself brought about.
func (w *whim) stolen(err error) error {
	switch {
	case err == nil:
	case errors.Is(err, socket.ErrWouldBlock) && w.flags != 0:
	case errors.Is(err, context.DeadlineExceeded) && !w.deadline.IsZero() &&
		!time.Now().Before(w.deadline):
	case errors.Is(err, context.Canceled) && w.deadline.IsZero() && w.Err() != nil:
	default:
		return fmt.Errorf("an error of another call: %w (flags %v, deadline %v, context %v)",
			err, w.flags, w.deadline, w.Err())
	}
	return nil
}

// crowd runs n goroutines, and returns when all are done or one has failed.
func crowd(t *testing.T, n int, fn func(i int) error) {
	t.Helper()
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- fn(i) }()
	}
	for range n {
		ok(t, result(t, errs))
	}
}

// Row X4: a thousand goroutines on one socket, and on its peer, half of them sending and half
// receiving, with timeouts and cancellations at random. No call hangs, none has another's error,
// and no byte is lost.
func TestCrowdOnAStream(t *testing.T) {
	for _, kind := range streams {
		t.Run(kind.what, func(t *testing.T) {
			a, b := kind.make(t)
			wide(t, a, b)
			ways := []struct {
				from, to       *socket.Socket
				sent, received tally
			}{{from: a, to: b}, {from: b, to: a}}
			receivers := make(chan error, 1000)
			for i := range ways {
				ok(t, ways[i].from.SetParams(socket.Params{SendSize: 1000}))
			}
			for i := range cap(receivers) {
				way := &ways[i%2]
				go func() { receivers <- receiveAtRandom(way.to, &way.received) }()
			}
			crowd(t, 1000,
				func(i int) error { return sendAtRandom(ways[i%2].from, &ways[i%2].sent) })
			for i := range ways {
				ok(t, ways[i].from.Shutdown(constants.SHUT_WR))
			}
			for range cap(receivers) {
				ok(t, result(t, receivers))
			}
			for i := range ways {
				sent, received := &ways[i].sent, &ways[i].received
				if sent.String() != received.String() {
					t.Errorf("sent %v, received %v", sent, received)
				}
			}
		})
	}
}

func sendAtRandom(s *socket.Socket, sent *tally) error {
	b := make([]byte, 4000)
	for range 3 {
		for i := range b {
			b[i] = byte(rand.Int())
		}
		w := random()
		call := s.Send
		if rand.IntN(2) == 0 {
			call = s.SendAll
		}
		n, err := call(w, b[:1+rand.IntN(len(b))], w.flags)
		sent.add(b[:n])
		err = w.stolen(err)
		w.cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func receiveAtRandom(s *socket.Socket, received *tally) error {
	b := make([]byte, 4000)
	for {
		w := random()
		var n int
		var err error
		part := b[:1+rand.IntN(len(b))]
		end := true // if there is no error
		switch rand.IntN(6) {
		case 0:
			n, err = s.Receive(w, part, w.flags|constants.MSG_WAITALL)
			end = n < len(part)
		case 1:
			_, err = s.Receive(w, part, w.flags|constants.MSG_PEEK)
			end = false
		case 2:
			w.flags = 0
			err = s.WaitReceive(w)
			end = false
		case 3:
			n, _, err = s.ReceiveFrom(w, part, w.flags)
			end = n == 0
		default:
			n, err = s.Receive(w, part, w.flags)
			end = n == 0
		}
		received.add(b[:n])
		stolen := w.stolen(err)
		w.cancel()
		if stolen != nil || err == nil && end {
			return stolen
		}
	}
}

// The same with datagrams: one whose send reported no error comes exactly once, and one whose send
// failed never.
func TestCrowdOnADatagramSocket(t *testing.T) {
	a, b := pair(t, constants.SOCK_DGRAM)
	ok(t, a.SetParams(socket.Params{}))
	ok(t, b.SetParams(socket.Params{}))
	const senders, each = 500, 5
	var mu sync.Mutex
	received := map[uint32]int{}
	stop, stopped := context.WithCancel(ctx)
	receivers := make(chan error, 500)
	for range cap(receivers) {
		go func() {
			buf := make([]byte, 100)
			for stop.Err() == nil {
				w := random()
				w.Context, w.cancel = both(w, stop)
				n, err := b.Receive(w, buf, w.flags)
				if err == nil {
					mu.Lock()
					received[binary.BigEndian.Uint32(buf[:n])]++
					mu.Unlock()
				} else if stop.Err() == nil {
					err = w.stolen(err)
				} else {
					err = nil
				}
				w.cancel()
				if err != nil {
					receivers <- err
					return
				}
			}
			receivers <- nil
		}()
	}
	var sent [senders * each]atomic.Bool
	crowd(t, senders, func(i int) error {
		for j := range each {
			id := i*each + j
			w := random()
			_, err := a.Send(w, binary.BigEndian.AppendUint32(nil, uint32(id)), w.flags)
			sent[id].Store(err == nil)
			err = w.stolen(err)
			w.cancel()
			if err != nil {
				return err
			}
		}
		return nil
	})
	// What was sent is in b's buffer or was received.
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if n, err := b.Pending(); n == 0 && err == nil || time.Now().After(end) {
			break
		}
	}
	stopped()
	for range cap(receivers) {
		ok(t, result(t, receivers))
	}
	for id := range sent {
		want := 0
		if sent[id].Load() {
			want = 1
		}
		if got := received[uint32(id)]; got != want {
			t.Errorf("datagram %d: sent %d times, received %d times", id, want, got)
		}
	}
}

// both is w's context, ended by other's end too.
func both(w *whim, other context.Context) (context.Context, context.CancelFunc) {
	c, cancel := context.WithCancel(w.Context)
	stop := context.AfterFunc(other, cancel)
	old := w.cancel
	return c, func() { stop(); cancel(); old() }
}

// Deadlines that move all the time, also into the past, end calls, but lose no byte and leave
// nobody waiting.
func TestCrowdUnderMovingDeadlines(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, a.SetParams(socket.Params{SendSize: 1000}))
	ok(t, b.SetParams(socket.Params{}))
	stop := make(chan struct{})
	moved := start(func() error {
		for {
			for _, set := range []func(time.Time) error{a.SetWriteDeadline, b.SetReadDeadline,
				a.SetDeadline, b.SetDeadline} {
				to := time.Time{}
				if rand.IntN(3) > 0 {
					to = time.Now().Add(time.Duration(rand.IntN(1000)-300) * time.Microsecond)
				}
				if err := set(to); err != nil {
					return err
				}
			}
			select {
			case <-stop:
				return errors.Join(a.SetDeadline(time.Time{}), b.SetDeadline(time.Time{}))
			case <-time.After(50 * time.Microsecond):
			}
		}
	})
	var sent, received tally
	receivers := make(chan error, 50)
	for range cap(receivers) {
		go func() {
			buf := make([]byte, 1000)
			for {
				n, err := b.Receive(ctx, buf, 0)
				received.add(buf[:n])
				if err != nil && !errors.Is(err, socket.ErrTimeout) || err == nil && n == 0 {
					receivers <- err
					return
				}
			}
		}()
	}
	crowd(t, 50, func(int) error {
		buf := make([]byte, 3000)
		for i := range buf {
			buf[i] = byte(rand.Int())
		}
		for n := 0; n < len(buf); {
			m, err := a.SendAll(ctx, buf[n:], 0)
			sent.add(buf[n : n+m])
			if n += m; err != nil && !errors.Is(err, socket.ErrTimeout) {
				return err
			}
		}
		return nil
	})
	close(stop)
	ok(t, result(t, moved))
	ok(t, a.Shutdown(constants.SHUT_WR))
	for range cap(receivers) {
		ok(t, result(t, receivers))
	}
	if sent.String() != received.String() {
		t.Errorf("sent %v, received %v", &sent, &received)
	}
}

// Closing in the middle of a crowd ends everybody, with that error or their own.
func TestCrowdClosed(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	done := make(chan error, 400)
	for i := range cap(done) {
		s := []*socket.Socket{a, b}[i%2]
		go func() {
			buf := make([]byte, 1000)
			for {
				w := random()
				var err error
				if i%4 < 2 {
					_, err = s.Receive(w, buf, w.flags)
				} else {
					_, err = s.Send(w, buf, w.flags)
				}
				stolen := w.stolen(err)
				w.cancel()
				if stolen != nil {
					if over(err) {
						stolen = nil
					}
					done <- stolen
					return
				}
			}
		}()
	}
	time.Sleep(5 * time.Millisecond) // any moment will do
	ok(t, errors.Join(a.Close(), b.Close()))
	for range cap(done) {
		if err := result(t, done); err != nil {
			t.Error(err)
		}
	}
}

// over tells whether an error is that of a socket that was closed, or whose peer was.
func over(err error) bool {
	return errors.Is(err, socket.ErrClosed) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNRESET)
}

// Each call that one goroutine makes takes its turn: nobody starves while others call all the time.
func TestNobodyStarves(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	stop := make(chan struct{})
	var done []<-chan error
	for range 4 {
		done = append(done, start(func() error {
			for {
				select {
				case <-stop:
					return nil
				default:
				}
				if _, err := a.SendAll(within(t, patience), make([]byte, 1<<16), 0); err != nil {
					return err
				}
			}
		}))
	}
	drained := start(func() error {
		return second(b.WriteTo(writer(func(b []byte) (int, error) { return len(b), nil })))
	})
	for range 20 {
		ok(t, second(a.SendAll(within(t, patience), make([]byte, 1<<16), 0)))
	}
	close(stop)
	for _, d := range done {
		ok(t, result(t, d))
	}
	ok(t, a.Close())
	ok(t, result(t, drained))
}
