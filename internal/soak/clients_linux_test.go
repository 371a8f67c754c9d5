package soak

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/badnet"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// TestSoakClients: ten thousand clients of another process, all connected at once, are each
// accepted and each get what they sent.
func TestSoakClients(t *testing.T) {
	clients := 300
	if testenv.Soaking() {
		clients = 10_000
	}
	var limit unix.Rlimit
	ok(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if most := int(limit.Cur) - 500; most < clients {
		t.Logf("%d clients, as no more files may be open", most)
		clients = most
	}
	var served int64
	eachRound(t, func(t *testing.T, _ int) {
		l, err := tcp.Listen(ctx, 0, &tcp.Config{Host: "127.0.0.1", Socket: &socket.Params{}})
		ok(t, err)
		defer l.Close()
		p := peer(t, "clients", fmt.Sprint(clients, " ", l.Addrs()[0]))
		var group sync.WaitGroup
		var mu sync.Mutex
		seen := map[uint64]bool{}
		errs := make(chan error, clients)
		connected := make(chan struct{}) // closed when all are
		for range clients {
			in, out, err := l.Accept(soon(t))
			if err != nil {
				close(connected)
				t.Fatal(err)
			}
			group.Go(func() {
				<-connected
				b := make([]byte, 8)
				_, err := in.ReadFull(b)
				if err == nil {
					mu.Lock()
					if id := binary.BigEndian.Uint64(b); seen[id] {
						err = fmt.Errorf("client %d was there before", id)
					} else {
						seen[id] = true
					}
					mu.Unlock()
				}
				if err == nil {
					_, err = out.Write(b)
				}
				if err == nil { // the client closes first
					if _, err = in.Read(b); err == io.EOF {
						err = nil
					}
				}
				if err = errors.Join(err, out.Close(), in.Close()); err != nil {
					errs <- err
				}
			})
		}
		close(connected)
		group.Wait()
		close(errs)
		for err := range errs {
			t.Error(err)
		}
		ok(t, p.end())
		if len(seen) != clients {
			t.Errorf("%d of %d clients were served", len(seen), clients)
		}
		served += int64(len(seen))
	})
	testenv.Tried(t, fmt.Sprintf("clients, %d at once", clients), served, 0)
}

// TestSoakBacklog: clients flood a listener whose backlog is full: each is served or has an error
// that says what it was, a timeout; and nobody is served twice or with another's answer.
func TestSoakBacklog(t *testing.T) {
	ns := testenv.NetNS(t)
	dir := t.TempDir()
	var served, timedOut int64
	eachRound(t, func(t *testing.T, round int) {
		loopback, err := sockaddr.Inet("127.0.0.1", 0)
		ok(t, err)
		path, err := sockaddr.Unix(filepath.Join(dir, strconv.Itoa(round)))
		ok(t, err)
		for _, to := range []sockaddr.Addr{loopback, path} {
			l, err := socket.NewIn(ns.Path(), to.Family(), constants.SOCK_STREAM, 0)
			ok(t, err)
			defer l.Close()
			ok(t, errors.Join(l.Bind(to), l.Listen(1), l.SetParams(socket.Params{})))
			address := name(t, l)
			const clients = 200
			results := make(chan error, clients)
			for i := range clients {
				go func() {
					results <- func() error {
						s, err := socket.NewIn(ns.Path(), to.Family(), constants.SOCK_STREAM, 0)
						if err != nil {
							return err
						}
						defer s.Close()
						const limit = 100 * time.Millisecond
						if err := s.SetParams(socket.Params{ConnectTimeout: limit,
							ReceiveTimeout: limit}); err != nil {
							return err
						}
						if err := s.Connect(ctx, address); err != nil {
							return err
						}
						id, got := binary.BigEndian.AppendUint64(nil, uint64(i)), make([]byte, 8)
						if _, err := s.SendAll(ctx, id, 0); err != nil {
							return err
						}
						n, err := s.Receive(ctx, got, constants.MSG_WAITALL)
						if err == nil && !bytes.Equal(got[:n], id) {
							err = fmt.Errorf("client %d received %x", i, got[:n])
						}
						return err
					}()
				}()
			}
			stop, stopped := context.WithCancel(soon(t))
			var group sync.WaitGroup
			var answered atomic.Int64
			accepted := start(func() error {
				for {
					s, _, err := l.Accept(stop)
					if err != nil {
						if stop.Err() != nil {
							err = nil
						}
						return err
					}
					group.Go(func() {
						defer s.Close()
						b := make([]byte, 8)
						if n, err := s.Receive(stop, b, constants.MSG_WAITALL); err == nil &&
							n == 8 {
							if _, err := s.Send(stop, b, 0); err == nil {
								answered.Add(1)
							}
						}
					})
					time.Sleep(100 * time.Microsecond) // slower than they come
				}
			})
			good := int64(0)
			for range clients {
				switch err := result(t, results); {
				case err == nil:
					good++
				case errors.Is(err, socket.ErrTimeout):
					timedOut++
				default:
					t.Errorf("%v: %v", to.Family(), err)
				}
			}
			stopped()
			ok(t, result(t, accepted))
			group.Wait()
			if answered.Load() < good {
				t.Errorf("%v: %d clients were served, and %d answered", to.Family(), good,
					answered.Load())
			}
			served += good
			ok(t, l.Close())
		}
	})
	if served == 0 {
		t.Error("nobody was served")
	}
	testenv.Tried(t, "clients of a full backlog, served or timed out", served+timedOut, 0)
}

// TestSoakSYN: nobody answers to a connection attempt: it ends with its timeout, its context or, in
// time, the kernel's; and the same socket connects once somebody does.
func TestSoakSYN(t *testing.T) {
	_, seed := testenv.Seed(t)
	n := bad(t, seed, 1500, badnet.Way{})
	n.a.Sysctl("net.ipv4.tcp_syn_retries", "1")
	var attempts int64
	rounds(t, func(round int) {
		six := round%2 == 1
		l := n.at(t, 1, six, constants.SOCK_STREAM)
		defer l.Close()
		ok(t, l.Listen(10))
		to := name(t, l)
		s := n.at(t, 0, six, constants.SOCK_STREAM)
		defer s.Close()
		lossy := badnet.Way{Loss: 1}
		n.Set(lossy, badnet.Way{})
		if round%4 > 1 {
			n.Set(badnet.Way{}, lossy) // the answer is lost
		}
		cancelled, cancel := context.WithCancel(ctx)
		time.AfterFunc(10*time.Millisecond, cancel)
		limited, stop := contextWithin(10 * time.Millisecond)
		defer stop()
		for _, attempt := range []struct {
			ctx     context.Context
			timeout time.Duration
			want    []error
		}{
			{ctx, 10 * time.Millisecond, []error{socket.ErrTimeout}},
			{limited, 0, []error{socket.ErrTimeout, context.DeadlineExceeded}},
			{cancelled, 0, []error{context.Canceled}},
		} {
			ok(t, s.SetParams(socket.Params{ConnectTimeout: attempt.timeout}))
			err := result(t, start(func() error { return s.Connect(attempt.ctx, to) }))
			for _, want := range attempt.want {
				if !errors.Is(err, want) {
					t.Errorf("nobody answers: %v, want %v", err, want)
				}
			}
			attempts++
		}
		ok(t, s.SetParams(socket.Params{}))
		if testenv.Soaking() { // three seconds
			err := result(t, start(func() error { return s.Connect(ctx, to) }))
			if !errors.Is(err, syscall.ETIMEDOUT) || !errors.Is(err, socket.ErrTransient) {
				t.Errorf("the kernel gives up: %v", err)
			}
			attempts++
		}
		n.Set(badnet.Way{}, badnet.Way{})
		ok(t, s.Connect(soon(t), to))
		server, _, err := l.Accept(soon(t))
		ok(t, err)
		ok(t, errors.Join(second(s.Send(ctx, []byte("x"), 0)),
			second(server.Receive(soon(t), make([]byte, 1), 0)), server.Close(), s.Close(),
			l.Close()))
	})
	testenv.Tried(t, "attempts to connect that nobody answered", attempts, 0)
}

// TestSoakSharedFlags: another process that has the same sockets makes them blocking and
// non-blocking all the time. Every byte arrives, clients are accepted, and calls end with their
// contexts, for which a peer that goes on sending wakes even a thread that the other process has
// caught.
func TestSoakSharedFlags(t *testing.T) {
	random, _ := testenv.Seed(t)
	var moved, calls int64
	eachRound(t, func(t *testing.T, round int) {
		a, b := kinds[round%2].make(t)
		l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
		ok(t, err)
		defer l.Close()
		loopback, err := sockaddr.Inet("127.0.0.1", 0)
		ok(t, err)
		ok(t, errors.Join(l.Bind(loopback), l.Listen(10)))
		var shared []*socket.Socket
		for _, s := range []*socket.Socket{a, b, l} {
			dup, err := s.Dup()
			ok(t, err)
			shared = append(shared, dup)
		}
		p := peer(t, "flags", strconv.Itoa(len(shared)), shared...)
		size := int64(256 << 10)
		for i, c := range carriers[:5] {
			ctx := soon(t)
			got := newCheck(uint64(i))
			received := start(func() error { // all that is sent, and no more
				for buf := make([]byte, 50_000); got.n < size; {
					d := time.Duration(random.IntN(2000)) * time.Microsecond
					limited, cancel := contextWithin(d)
					n, err := b.Receive(limited, buf[:min(int64(len(buf)), size-got.n)], 0)
					cancel()
					calls++
					if _, e := got.Write(buf[:n]); e != nil {
						return e
					}
					if err != nil && !errors.Is(err, socket.ErrTimeout) {
						return err
					}
				}
				return nil
			})
			ok(t, c.send(ctx, a, uint64(i), size))
			ok(t, result(t, received))
			moved += size
		}
		for range 10 {
			accepted := start(func() error {
				s, _, err := l.Accept(soon(t))
				if err == nil {
					err = s.Close()
				}
				return err
			})
			s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
			ok(t, err)
			ok(t, s.Connect(soon(t), name(t, l)))
			ok(t, result(t, accepted))
			ok(t, s.Close())
			calls += 2
		}
		p.signal(syscall.SIGKILL)
		p.end()
	})
	testenv.Tried(t, "bytes by sockets whose O_NONBLOCK another process changes", moved, 0)
	testenv.Tried(t, "calls on sockets whose O_NONBLOCK another process changes", calls, 0)
}
