package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// TestSoakNumbers: while sockets are closed that calls wait on, another goroutine opens
// descriptors, which get their numbers at once. No call touches one of these newcomers: nothing is
// received from it, sent by it, shut down or closed.
func TestSoakNumbers(t *testing.T) {
	random, _ := testenv.Seed(t)
	word := []byte("the newcomer's own")
	var newcomers, reused int64
	rounds(t, func(int) {
		for range 4 {
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			ok(t, err)
			ok(t, errors.Join(a.SetParams(socket.Params{}), sockopt.SOSendBuffer.Set(a, 1)))
			number := a.FD()
			var group []<-chan error
			// What a call on the socket does to the descriptor that has its number.
			for _, call := range []func() error{
				func() error { return second(a.Receive(ctx, make([]byte, 100), 0)) }, func() error {
					return second(a.Receive(ctx, make([]byte, 100), constants.MSG_PEEK))
				},
				func() error { return second(a.SendAll(ctx, make([]byte, 10_000), 0)) },
				func() error { return second(a.TryReceive(make([]byte, 100), 0)) },
				func() error { return second(a.TrySend(make([]byte, 100), 0)) },
				func() error { return a.Shutdown(constants.SHUT_RDWR) },
				func() error { return a.SetDeadline(time.Now().Add(time.Millisecond)) },
				func() error { return a.WaitReceive(ctx) },
				func() error { return second(a.Pending()) }} {
				if random.IntN(2) == 0 {
					continue
				}
				group = append(group, start(func() error {
					for {
						err := call()
						if foreign(err) || errors.Is(err, unix.ENOTCONN) {
							return err
						}
						if a.FD() < 0 {
							return nil
						}
						runtime.Gosched()
					}
				}))
			}
			spin(random.IntN(50))
			closing := start(a.Close)
			// A newcomer is a duplicate of an end of a pair that has something to read. It gets the
			// lowest number that is free.
			pair, err := unix.Socketpair(unix.AF_UNIX,
				unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
			ok(t, err)
			_, err = unix.Write(pair[1], word)
			ok(t, err)
			var others []int
			for closed := false; !closed; {
				select {
				case err := <-closing:
					ok(t, err)
					closed = true
				default:
				}
				dup, err := unix.FcntlInt(uintptr(pair[0]), unix.F_DUPFD_CLOEXEC, 0)
				ok(t, err)
				newcomers++
				if dup > number { // which is not free yet
					ok(t, unix.Close(dup))
					runtime.Gosched()
					continue
				}
				others = append(others, dup)
				if dup == number {
					reused++
					break
				}
			}
			if a.FD() >= 0 {
				ok(t, result(t, closing))
			}
			for _, done := range group {
				if err := result(t, done); err != nil {
					t.Errorf("a call on a closed socket: %v", err)
				}
			}
			// The calls are over; what they did to it would be seen.
			buf := make([]byte, 100)
			for _, fd := range others {
				if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
					t.Errorf("a newcomer was closed: %v", err)
				}
			}
			if n, err := unix.Read(pair[0], buf); err != nil || !bytes.Equal(buf[:n], word) {
				t.Errorf("of a newcomer, %q is left, %v", buf[:max(0, n)], err)
			}
			for _, fd := range pair {
				if n, err := unix.Read(fd, buf); err != unix.EAGAIN {
					t.Errorf("a newcomer was written to or shut down: %d, %v", n, err)
				}
			}
			for _, fd := range append(others, pair[0], pair[1]) {
				ok(t, unix.Close(fd))
			}
			ok(t, b.Close())
		}
	})
	testenv.Tried(t, "descriptors beside sockets that are closed, none of them touched", newcomers,
		0)
	testenv.Tried(t, "of them with the number of the socket", reused, 0)
}

// spin lets others run for a moment.
func spin(n int) {
	for range n {
		runtime.Gosched()
	}
}

// TestSoakDeadlines: deadlines that all the time move into the past and away lose no byte and leave
// no call behind, over every kind of stream.
func TestSoakDeadlines(t *testing.T) {
	random, _ := testenv.Seed(t)
	var moves, moved atomic.Int64
	rounds(t, func(round int) {
		a, b := kinds[round%2].make(t)
		var over atomic.Bool
		var group []<-chan error
		for range 4 {
			r := rand.New(rand.NewPCG(random.Uint64(), 0))
			group = append(group, start(func() error {
				for !over.Load() {
					to := time.Time{}
					if r.IntN(3) > 0 {
						to = time.Now().Add(time.Duration(r.IntN(500)-200) * time.Microsecond)
					}
					set := []func(time.Time) error{a.SetWriteDeadline, b.SetReadDeadline,
						a.SetDeadline, b.SetDeadline}[r.IntN(4)]
					if err := set(to); err != nil {
						return err
					}
					moves.Add(1)
					spin(r.IntN(5))
				}
				return nil
			}))
		}
		const size = 256 << 10
		received := start(func() error {
			c := newCheck(peerSeed)
			for buf := make([]byte, 10_000); ; {
				n, err := b.Receive(ctx, buf, 0)
				if _, e := c.Write(buf[:n]); e != nil {
					return e
				}
				switch {
				case errors.Is(err, socket.ErrTimeout):
				case err != nil:
					return err
				case n == 0:
					if c.n != size {
						return fmt.Errorf("received %d bytes of %d", c.n, size)
					}
					return nil
				}
			}
		})
		ok(t, inPieces(peerSeed, size, 20_000, func(p []byte) error {
			for len(p) > 0 {
				n, err := a.SendAll(ctx, p, 0)
				if p = p[n:]; err != nil && !errors.Is(err, socket.ErrTimeout) {
					return err
				}
			}
			return nil
		}))
		ok(t, a.Shutdown(constants.SHUT_WR))
		ok(t, result(t, received))
		over.Store(true)
		for _, done := range group {
			ok(t, result(t, done))
		}
		// Nothing is left of them.
		ok(t, errors.Join(a.SetDeadline(time.Time{}), b.SetDeadline(time.Time{})))
		ok(t, second(b.Send(ctx, []byte("x"), 0)))
		ok(t, second(a.Receive(soon(t), make([]byte, 1), 0)))
		moved.Add(size)
		ok(t, errors.Join(a.Close(), b.Close()))
	})
	testenv.Tried(t, "deadlines that moved during transfers", moves.Load(), 0)
	testenv.Tried(t, "bytes under moving deadlines", moved.Load(), 0)
}

// TestSoakForks: child processes that are started all the time inherit nothing, whatever the other
// tests open, close, accept, receive and duplicate meanwhile.
func TestSoakForks(t *testing.T) {
	if os.Getenv("BSDSOCKET_FORKS") != "" {
		t.Skip("every test of this run has that")
	}
	testenv.Needs(t, testenv.NetRaw, testenv.ZeroCopy)
	random, _ := testenv.Seed(t)
	ns := testenv.NetNS(t)
	file := fileOf(t)
	stop := testenv.Forks()
	var calls atomic.Int64
	rounds(t, func(round int) {
		for _, thing := range things(ns) {
			t.Run(thing.name, func(t *testing.T) { allAtOnce(t, thing, file, random, &calls) })
		}
		// Descriptors that come by a socket.
		a, b := pairOf(t, constants.AF_UNIX)
		for range 10 {
			ok(t, second(a.SendFiles(soon(t), []byte("x"), file)))
			_, files, err := b.ReceiveFiles(soon(t), make([]byte, 1), 1)
			ok(t, err)
			for _, f := range files {
				ok(t, f.Close())
			}
		}
		ok(t, errors.Join(a.Close(), b.Close()))
	})
	started, err := stop()
	if err != nil {
		t.Error(err)
	}
	if started == 0 {
		t.Error("no child was started")
	}
	testenv.Tried(t, "child processes without a descriptor of ours", started, 0)
}

// TestCollector runs quick versions of the other tests with a garbage collector that never rests
// and overwrites what it frees: memory that the kernel still had would be found changed. A long run
// does that with all of them.
func TestCollector(t *testing.T) {
	if testenv.Soaking() || os.Getenv("GODEBUG") != "" {
		t.Skip("the soak has a way of its own for that")
	}
	testenv.Needs(t, testenv.NetNamespaces, testenv.TUN)
	limited, cancel := context.WithTimeout(ctx, 5*patience)
	defer cancel()
	cmd := exec.CommandContext(limited, "/proc/self/exe",
		"-test.run=^TestSoak(Transfers|Methods|Numbers)$")
	cmd.Env = append(os.Environ(), "GOGC=1", "GODEBUG=clobberfree=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
