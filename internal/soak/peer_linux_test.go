package soak

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// What a process that a test has started does is in its environment: the role and its argument.
const roleVariable, argumentVariable = "BSDSOCKET_ROLE", "BSDSOCKET_ARGUMENT"

// asPeer plays a role, on the socket that the process was given, and ends the process.
func asPeer() {
	name := os.Getenv(roleVariable)
	if name == "" {
		return
	}
	err := roles[name](os.Getenv(argumentVariable))
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// given is the i-th socket that the process was given.
func given(i int) (*socket.Socket, error) {
	s, err := socket.FromFD(3 + i)
	if err == nil {
		err = s.SetParams(socket.Params{})
	}
	return s, err
}

const peerSeed = 42

var roles map[string]func(argument string) error

func init() {
	on := func(fn func(s *socket.Socket, n int) error) func(string) error {
		return func(argument string) error {
			n, _ := strconv.Atoi(argument)
			s, err := given(0)
			if err != nil {
				return err
			}
			defer runtime.KeepAlive(s) // a socket that is forgotten is closed
			return fn(s, n)
		}
	}
	roles = map[string]func(string) error{
		// pour sends a pattern without end.
		"pour": on(func(s *socket.Socket, _ int) error {
			return carriers[0].send(ctx, s, peerSeed,
				1<<60)
		}),
		// drain receives for ever.
		"drain": on(func(s *socket.Socket, _ int) error {
			return second(io.Copy(io.Discard, readerOf(s)))
		}),
		// check receives a pattern to its end, and answers with its length.
		"check": on(func(s *socket.Socket, _ int) error {
			c := newCheck(peerSeed)
			if err := carriers[0].receive(ctx, s, c); err != nil {
				return err
			}
			return second(s.SendAll(ctx, binary.BigEndian.AppendUint64(nil, uint64(c.n)), 0))
		}),
		// half sends nothing, says so, and receives n bytes of a pattern to their end.
		"half": on(func(s *socket.Socket, n int) error {
			if err := s.Shutdown(constants.SHUT_WR); err != nil {
				return err
			}
			c := newCheck(peerSeed)
			err := carriers[0].receive(ctx, s, c)
			if err == nil && c.n != int64(n) {
				err = fmt.Errorf("%d bytes came of %d", c.n, n)
			}
			return err
		}),
		// idle does nothing, and ends with its standard input.
		"idle": on(func(s *socket.Socket, _ int) error {
			return second(io.Copy(io.Discard, os.Stdin))
		}),
		// reset sends n bytes of a pattern and resets the connection when its standard input ends.
		"reset": on(func(s *socket.Socket, n int) error {
			err := carriers[0].send(ctx, s, peerSeed, int64(n))
			if err == nil {
				err = second(io.Copy(io.Discard, os.Stdin))
			}
			return errors.Join(err, sockopt.SOLinger.Set(s, sockopt.Linger{Enabled: true}),
				s.Close())
		}),
		// trickle sends a byte of a pattern every n milliseconds.
		"trickle": on(func(s *socket.Socket, n int) error {
			return inPieces(peerSeed, 1<<60, 1, func(b []byte) error {
				time.Sleep(time.Duration(n) * time.Millisecond)
				return second(s.SendAll(ctx, b, 0))
			})
		}),
		// flags changes O_NONBLOCK of the sockets that it was given, for ever.
		"flags": func(argument string) error {
			n, _ := strconv.Atoi(argument)
			for on := false; ; on = !on {
				for i := range n {
					if err := unix.SetNonblock(3+i, on); err != nil {
						return err
					}
				}
			}
		},
		"intrude": intrude,
		// clients connects n times to the address in the argument, all at once. Each sends its
		// number and receives it, once all are connected.
		"clients": func(argument string) error {
			var n int
			var text string
			if _, err := fmt.Sscan(argument, &n, &text); err != nil {
				return err
			}
			to, err := sockaddr.Parse(text)
			if err != nil {
				return err
			}
			var connected, all sync.WaitGroup
			connected.Add(n)
			errs := make(chan error, n)
			gate := make(chan struct{}, 500) // so many attempts at once
			for i := range n {
				all.Go(func() {
					s, err := socket.New(to.Family(), constants.SOCK_STREAM, 0)
					if err == nil {
						defer s.Close()
						err = s.SetParams(socket.Params{})
					}
					if err == nil {
						gate <- struct{}{}
						err = s.Connect(ctx, to)
						<-gate
					}
					connected.Done()
					connected.Wait()
					id := binary.BigEndian.AppendUint64(nil, uint64(i))
					got := make([]byte, 8)
					if err == nil {
						_, err = s.SendAll(ctx, id, 0)
					}
					if err == nil {
						_, err = s.Receive(ctx, got, constants.MSG_WAITALL)
					}
					if err == nil && !bytes.Equal(got, id) {
						err = fmt.Errorf("client %d received %x", i, got)
					}
					if err != nil {
						errs <- err
					}
				})
			}
			all.Wait()
			close(errs)
			return <-errs // nil if there is none
		},
	}
}

// A process plays a role.
type process struct {
	*exec.Cmd
	t      testing.TB
	input  io.WriteCloser
	said   bytes.Buffer
	waited error
	once   sync.Once
}

// peer starts a process that plays a role on these sockets, which are closed here.
func peer(t testing.TB, role, argument string, sockets ...*socket.Socket) *process {
	t.Helper()
	p := prepare(t, role, argument)
	for _, s := range sockets {
		f, err := s.File()
		ok(t, err)
		defer f.Close()
		p.ExtraFiles = append(p.ExtraFiles, f)
	}
	p.start()
	for _, s := range sockets {
		ok(t, s.Close())
	}
	return p
}

// prepare makes a process that is not started.
func prepare(t testing.TB, role, argument string) *process {
	p := &process{Cmd: exec.Command("/proc/self/exe"), t: t}
	p.Env = append(os.Environ(), roleVariable+"="+role, argumentVariable+"="+argument)
	p.Stdout, p.Stderr = &p.said, &p.said
	return p
}

// start starts it. It ends with the test.
func (p *process) start() {
	p.t.Helper()
	var err error
	p.input, err = p.StdinPipe()
	ok(p.t, err)
	ok(p.t, p.Start())
	p.t.Cleanup(func() {
		p.Process.Kill()
		p.end()
	})
}

// end waits for the process, and returns its error with what it said.
func (p *process) end() error {
	p.once.Do(func() {
		if p.waited = p.Wait(); p.waited != nil {
			p.waited = fmt.Errorf("%w: %s", p.waited, p.said.String())
		}
		p.input.Close()
	})
	return p.waited
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	ok(p.t, p.Process.Signal(s))
}

// kinds are the streams that peers are connected by.
var kinds = []struct {
	name string
	make func(t testing.TB) (a, b *socket.Socket)
}{
	{"TCP", func(t testing.TB) (a, b *socket.Socket) { return pairOf(t, constants.AF_INET) }},
	{"AF_UNIX", func(t testing.TB) (a, b *socket.Socket) { return pairOf(t, constants.AF_UNIX) }},
}

// pairOf is a pair of AF_UNIX, or of TCP over loopback, without timeouts.
func pairOf(t testing.TB, family constants.Family) (a, b *socket.Socket) {
	t.Helper()
	var err error
	if family == constants.AF_UNIX {
		a, b, err = socket.Pair(family, constants.SOCK_STREAM, 0)
		ok(t, err)
		t.Cleanup(func() { a.Close(); b.Close() })
	} else {
		l, err := socket.New(family, constants.SOCK_STREAM, 0)
		ok(t, err)
		defer l.Close()
		loopback, err := sockaddr.Inet("127.0.0.1", 0)
		ok(t, err)
		ok(t, l.Bind(loopback))
		ok(t, l.Listen(1))
		a, err = socket.New(family, constants.SOCK_STREAM, 0)
		ok(t, err)
		t.Cleanup(func() { a.Close() })
		ok(t, a.Connect(soon(t), name(t, l)))
		b, _, err = l.Accept(soon(t))
		ok(t, err)
		t.Cleanup(func() { b.Close() })
	}
	ok(t, errors.Join(a.SetParams(socket.Params{}), b.SetParams(socket.Params{})))
	return a, b
}

// broken reports whether an error is that of a connection whose peer is gone.
func broken(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// each runs a round of a test in a test of its own, so that what it opened is closed.
func eachRound(t *testing.T, fn func(t *testing.T, round int)) {
	t.Helper()
	rounds(t, func(i int) { t.Run(strconv.Itoa(i), func(t *testing.T) { fn(t, i) }) })
}

// TestSoakKilled: a peer that is killed in the middle of a transfer ends it with an error, or with
// the end of the stream where the kernel knows no better; what was received before is what it sent,
// to the byte.
func TestSoakKilled(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	random, _ := testenv.Seed(t)
	var killed int64
	eachRound(t, func(t *testing.T, round int) {
		for i := range 2 {
			kind := kinds[(round+i)%2]
			// Whom the parent receives from.
			c := carriers[round%5]
			a, b := kind.make(t)
			p := peer(t, "pour", "", b)
			got := newCheck(peerSeed)
			most := int64(random.IntN(2 << 20))
			_, err := io.CopyN(writerOf(got), readerOf(a), most)
			ok(t, err)
			received := start(func() error { return c.receive(soon(t), a, got) })
			time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond) // any moment will do
			p.signal(syscall.SIGKILL)
			if err := result(t, received); err != nil && !broken(err) {
				t.Errorf("%s, %s, receiving from one that is killed: %v", kind.name, c.name, err)
			}
			if got.n < most {
				t.Errorf("%s, %s: %d bytes received, and %d before", kind.name, c.name, got.n, most)
			}
			p.end()
			killed++

			// Whom it sends to.
			c = carriers[(round*2+i)%len(carriers)]
			if kind.name == "AF_UNIX" && c.name == "zero copy" {
				c = carriers[0]
			}
			a, b = kind.make(t)
			p = peer(t, "drain", "", b)
			size := int64(1 << 60)
			if c.name == "SendFile" {
				size = 64 << 20
			}
			sent := start(func() error { return c.send(soon(t), a, peerSeed, size) })
			time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
			p.signal(syscall.SIGKILL)
			if err := result(t, sent); !broken(err) && (err != nil || size == 1<<60) {
				t.Errorf("%s, %s, sending to one that is killed: %v", kind.name, c.name, err)
			}
			p.end()
			killed++
			ok(t, a.Close())
		}
	})
	testenv.Tried(t, "peers killed in the middle of a transfer", killed, 0)
}

// TestSoakStopped: a peer that stands still makes sends and receives time out, which say how far
// they came; once it goes on, everything arrives, once.
func TestSoakStopped(t *testing.T) {
	random, _ := testenv.Seed(t)
	var stopped, bytes int64
	eachRound(t, func(t *testing.T, round int) {
		kind := kinds[round%2]
		a, b := kind.make(t)
		ok(t, a.SetParams(socket.Params{SendTimeout: 20 * time.Millisecond,
			ReceiveTimeout: 20 * time.Millisecond}))
		p := peer(t, "check", "", b)
		source, left := pattern(peerSeed), int64(16<<20)
		p.signal(syscall.SIGSTOP)
		timeouts := 0
		for piece := make([]byte, 1<<20); left > 0; left -= int64(len(piece)) {
			source.Read(piece)
			for n := 0; n < len(piece); {
				m, err := a.SendAll(soon(t), piece[n:], 0)
				n += m
				if errors.Is(err, socket.ErrTimeout) {
					timeouts++
					p.signal(syscall.SIGCONT)
					if random.IntN(2) == 0 {
						time.Sleep(time.Millisecond)
						p.signal(syscall.SIGSTOP)
						stopped++
					}
					continue
				}
				ok(t, err)
			}
			bytes += int64(len(piece))
		}
		if timeouts == 0 {
			t.Errorf("%s: 16 MiB to one that does not read, and no timeout", kind.name)
		}
		ok(t, a.Shutdown(constants.SHUT_WR))
		answer := make([]byte, 8)
		p.signal(syscall.SIGSTOP)
		if n, err := a.Receive(soon(t), answer, 0); err == nil && n != 8 || err != nil &&
			!errors.Is(err, socket.ErrTimeout) {
			t.Errorf("%s: from one that stands still: %d, %v", kind.name, n, err)
		} else if err != nil {
			p.signal(syscall.SIGCONT)
			ok(t, a.SetParams(socket.Params{}))
			_, err = a.Receive(soon(t), answer, constants.MSG_WAITALL)
			ok(t, err)
		}
		p.signal(syscall.SIGCONT)
		if n := binary.BigEndian.Uint64(answer); n != 16<<20 {
			t.Errorf("%s: the peer has received %d bytes", kind.name, n)
		}
		ok(t, p.end())
		stopped++
	})
	testenv.Tried(t, "peers that stood still for a while", stopped, 0)
	testenv.Tried(t, "bytes to peers that stood still for a while", bytes, 0)
}

// TestSoakReset: what a peer sent before it reset the connection is received as far as the kernel
// has kept it, and then every call says that it was reset.
func TestSoakReset(t *testing.T) {
	random, _ := testenv.Seed(t)
	var resets int64
	eachRound(t, func(t *testing.T, round int) {
		a, b := kinds[0].make(t)
		n := 1 + random.IntN(100_000)
		p := peer(t, "reset", strconv.Itoa(n), b)
		got := newCheck(peerSeed)
		c := carriers[round%5]
		done := start(func() error { return c.receive(soon(t), a, got) })
		sent := start(func() error { return carriers[0].send(soon(t), a, peerSeed, 1<<60) })
		if random.IntN(2) == 0 {
			time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
		}
		ok(t, p.input.Close())
		err := errors.Join(result(t, done), nil)
		if !broken(err) || got.n > int64(n) {
			t.Errorf("%s: after %d of %d bytes: %v", c.name, got.n, n, err)
		}
		if err := result(t, sent); !broken(err) {
			t.Errorf("%s: the sender: %v", c.name, err)
		}
		for range 2 {
			if n, err := a.Receive(soon(t), make([]byte, 10), 0); n != 0 || !broken(err) {
				t.Errorf("a later receive: %d, %v", n, err)
			}
			if _, err := a.Send(soon(t), []byte("x"), 0); !broken(err) {
				t.Errorf("a later send: %v", err)
			}
		}
		ok(t, errors.Join(a.Close(), p.end()))
		resets++
	})
	testenv.Tried(t, "connections reset by a peer", resets, 0)
}

// TestSoakHalfClosed: a peer that has ended its own direction gets all that is sent to it.
func TestSoakHalfClosed(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	var peers int64
	eachRound(t, func(t *testing.T, round int) {
		const n = 1 << 20
		for i, kind := range kinds {
			a, b := kind.make(t)
			p := peer(t, "half", strconv.Itoa(n), b)
			c := carriers[(round+i)%len(carriers)]
			if kind.name == "AF_UNIX" && c.name == "zero copy" {
				c = carriers[0]
			}
			if end, err := a.Receive(soon(t), make([]byte, 1), 0); end != 0 || err != nil {
				t.Errorf("%s: the end is %d, %v", kind.name, end, err)
			}
			ok(t, c.send(soon(t), a, peerSeed, n))
			ok(t, a.Shutdown(constants.SHUT_WR))
			if err := p.end(); err != nil {
				t.Errorf("%s, %s: %v", kind.name, c.name, err)
			}
			ok(t, a.Close())
			peers++
		}
	})
	testenv.Tried(t, "peers that had ended their own direction", peers, 0)
}

// TestSoakTrickle: a peer that sends a byte now and then keeps the timeout of each wait from
// passing, but neither a context nor a deadline.
func TestSoakTrickle(t *testing.T) {
	var peers int64
	eachRound(t, func(t *testing.T, round int) {
		pause := 5
		if testenv.Soaking() {
			pause = 1000
		}
		a, b := kinds[round%2].make(t)
		ok(t, a.SetParams(socket.Params{ReceiveTimeout: patience}))
		p := peer(t, "trickle", strconv.Itoa(pause), b)
		got := newCheck(peerSeed)
		buf := make([]byte, 1<<20)
		n, err := a.Receive(soon(t), buf[:5], constants.MSG_WAITALL)
		ok(t, err)
		_, err = got.Write(buf[:n])
		ok(t, err)
		limit := time.Duration(4*pause) * time.Millisecond
		for _, call := range []func() (int, error){
			func() (int, error) { // a context
				c, cancel := contextWithin(limit)
				defer cancel()
				return a.Receive(c, buf, constants.MSG_WAITALL)
			},
			func() (int, error) { // a deadline
				ok(t, a.SetReadDeadline(time.Now().Add(limit)))
				n, err := io.ReadFull(a, buf)
				return n, errors.Join(err, a.SetReadDeadline(time.Time{}))
			},
		} {
			n, err := call()
			if !errors.Is(err, socket.ErrTimeout) {
				t.Errorf("from one that sends a byte every %d ms: %d bytes, %v", pause, n, err)
			}
			if _, err := got.Write(buf[:n]); err != nil {
				t.Error(err)
			}
		}
		p.signal(syscall.SIGKILL)
		p.end()
		peers++
	})
	testenv.Tried(t, "peers that sent a byte now and then", peers, 0)
}

// TestSoakNeverReads: sends to a peer that never reads time out, by every way to send, and Close
// waits for nothing.
func TestSoakNeverReads(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	var peers int64
	eachRound(t, func(t *testing.T, round int) {
		var all []<-chan error
		for i, kind := range kinds {
			a, b := kind.make(t)
			peer(t, "idle", "", b)
			c := carriers[(round+i)%len(carriers)]
			if kind.name == "AF_UNIX" && c.name == "zero copy" {
				c = carriers[0]
			}
			size := int64(1 << 60)
			if c.name == "SendFile" {
				size = 64 << 20
			}
			all = append(all, start(func() error {
				limited, cancel := contextWithin(100 * time.Millisecond)
				defer cancel()
				if err := a.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
					return err
				}
				err := c.send(limited, a, peerSeed, size)
				if !errors.Is(err, socket.ErrTimeout) && !errors.Is(err, socket.ErrClosed) {
					return fmt.Errorf("%s, %s, to one that never reads: %w", kind.name, c.name, err)
				}
				return a.Close()
			}))
			peers++
		}
		for _, done := range all {
			if err := result(t, done); err != nil {
				t.Error(err)
			}
		}
	})
	testenv.Tried(t, "peers that never read", peers, 0)
}
