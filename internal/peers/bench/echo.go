//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/peers/bench/report"
)

// echoSize is the size of the messages of echo servers.
const echoSize = 512

// A style is how a server is written.
type style string

const (
	plainly style = ""      // in the library's own way
	onPorts style = "ports" // on ports or bufio
	inLoop  style = "loop"  // in one loop, where the library has one; else in its own way

	greedyReader style = "greedy-reader" // as plainly, and to one connection it sends without end
	greedyWriter style = "greedy-writer" // as plainly, and from one it receives without end
)

// echoes measures an echo server, in a process of its own, under a client that is the same for all
// of them: one thread with epoll(7), which has one message under way on each connection.
func echoes(connections int, how style) work {
	return func(b *bench) error {
		s, err := startServer(b, how)
		if err != nil {
			return err
		}
		before, err := s.memory()
		if err != nil {
			return err
		}
		g := &generator{}
		b.cleanup(g.close)
		if err := g.connect(s.port, connections); err != nil {
			return err
		}
		if err := g.run(connections); err != nil { // now all have been accepted
			return err
		}
		after, err := s.memory()
		if err != nil {
			return err
		}
		if how == greedyReader || how == greedyWriter {
			if err := g.greed(b, s.port, how); err != nil {
				return err
			}
		}
		// some for each, so that their shares tell something
		b.least = max(connections, min(10*connections, 20_000))
		b.run = g.run
		b.metrics = func() map[string]float64 {
			slices.Sort(g.latencies)
			within := func(share float64) float64 {
				return float64(g.latencies[int(share*float64(len(g.latencies)))])
			}
			m := map[string]float64{
				report.P50: within(0.5), report.P99: within(0.99), report.P999: within(0.999),
				report.Share: float64(slices.Min(g.echoed)*connections) / float64(
					len(g.latencies)),
				report.Threads: after.threads,
			}
			// the first few only use what the process has anyway
			if connections >= 100 && (how == plainly || how == inLoop) {
				m[report.Memory] = max(0, after.bytes-before.bytes) / float64(connections)
			}
			return m
		}
		return nil
	}
}

// A server is a process with an echo server. It answers a line with a line once it has given unused
// memory back.
type server struct {
	pid   int
	port  int
	lines *bufio.Reader
	input io.Writer

	before usage // at the beginning, of make scale
}

func startServer(b *bench, s style) (*server, error) {
	var args []string
	switch {
	case b.lib.program != "" && (s == plainly || s == inLoop):
		args = []string{b.lib.program, "Echo"}
	case b.lib.program == "" && serverOf(b.lib, s) != nil:
		args = []string{"/proc/self/exe", "-serve", b.lib.name, "-style=" + string(s)}
	default:
		return nil, errNone
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	input, output, err := startProcess(b, cmd)
	if err != nil {
		return nil, err
	}
	started := &server{pid: cmd.Process.Pid, lines: output, input: input}
	line, err := started.lines.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	started.port, err = strconv.Atoi(strings.TrimSpace(line))
	return started, err
}

// startProcess starts a program, which ends with the bench when its input does.
func startProcess(b *bench, cmd *exec.Cmd) (io.Writer, *bufio.Reader, error) {
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	b.cleanup(func() { input.Close(); cmd.Wait() })
	return input, bufio.NewReader(output), nil
}

type usage struct{ bytes, threads float64 }

// memory returns what the server's process has by now.
func (s *server) memory() (u usage, err error) {
	if _, err := fmt.Fprintln(s.input, "memory"); err != nil {
		return u, err
	}
	if _, err := s.lines.ReadString('\n'); err != nil {
		return u, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	for line := range bytes.Lines(status) {
		fmt.Sscanf(string(line), "RssAnon: %f kB", &u.bytes)
		fmt.Sscanf(string(line), "Threads: %f", &u.threads)
	}
	u.bytes *= 1024
	return u, err
}

// serverOf is the library's server of a style; nil: it has none.
func serverOf(lib *library, s style) func(b *bench) (port int, err error) {
	switch {
	case s == greedyReader || s == greedyWriter:
		if lib.streams != nil && lib.echo == nil {
			return greedyServer
		}
	case s == onPorts:
		if lib.framed != nil {
			return framedServer
		}
	case s == inLoop && lib.loop != nil:
		return lib.loop
	case lib.echo != nil:
		return lib.echo
	case lib.streams != nil:
		return echoServer
	}
	return nil
}

// serve is the process of a server.
func serve(lib *library, s style) error {
	b := &bench{lib: lib}
	defer b.end()
	start := serverOf(lib, s)
	if start == nil {
		return fmt.Errorf("no server %q of %s", s, lib.name)
	}
	port, err := start(b)
	if err != nil {
		return err
	}
	fmt.Println(port)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		runtime.GC()
		debug.FreeOSMemory()
		fmt.Println()
	}
	return nil
}

func echoServer(b *bench) (port int, err error) {
	return acceptAll(b, func(c conn) (io.ReadWriter, error) { return c, nil }, echo)
}

// greedyServer is an echo server for who is not greedy.
func greedyServer(b *bench) (port int, err error) {
	return acceptAll(b, func(c conn) (io.ReadWriter, error) { return c, nil },
		func(c io.ReadWriter, size int) {
			first, large := make([]byte, 1), make([]byte, greedySize)
			_, err := io.ReadFull(c, first)
			move := c.Write
			switch first[0] {
			case readsAll:
			case writesAll:
				move = c.Read
			default:
				if _, err := io.ReadFull(c, large[:size-1]); err != nil {
					return
				}
				c.Write(large[:size])
				echo(c, size)
				return
			}
			for err == nil {
				_, err = move(large)
			}
		})
}

// The first bytes of who is greedy.
const readsAll, writesAll = 'r', 'w'

// greedySize is the size of the messages of who is greedy.
const greedySize = 64 << 10

func framedServer(b *bench) (port int, err error) {
	return acceptAll(b, func(c conn) (io.ReadWriter, error) { return b.lib.framed(c, echoSize) },
		echo)
}

// acceptAll serves each connection in a goroutine of its own.
func acceptAll(b *bench, wrap func(conn) (io.ReadWriter, error),
	serve func(c io.ReadWriter, size int)) (port int, err error) {
	l, err := b.lib.streams(b, "tcp4", plain)
	if err != nil {
		return 0, err
	}
	go func() {
		for {
			c, err := l.accept()
			if err != nil {
				fmt.Fprintln(os.Stderr, "accept:", err)
				return
			}
			go func() {
				defer c.Close()
				rw, err := wrap(c)
				if err := errors.Join(err, c.noDelay()); err != nil {
					fmt.Fprintln(os.Stderr, "a new connection:", err)
					return
				}
				serve(rw, echoSize)
			}()
		}
	}()
	return l.port(), nil
}

// A generator is the client of an echo server.
type generator struct {
	epoll     int
	fds       []int
	sent      []time.Time
	got       []int
	latencies []time.Duration // of the last run
	echoed    []int           // in the last run, by connection
	events    [512]unix.EpollEvent
}

// connect makes the connections, over several addresses since there are only so many ports to
// connect from.
func (g *generator) connect(port, connections int) (err error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur < uint64(connections+100) {
		return fmt.Errorf("%w: only %d open files are allowed", errNone, limit.Cur)
	}
	if g.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for i := range connections {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		g.fds = append(g.fds, fd)
		err = errors.Join(
			unix.Connect(fd, &unix.SockaddrInet4{Port: port,
				Addr: [4]byte{127, 0, 0, byte(1 + i%max(8, connections/20_000))}}),
			unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
			// Reset at the end, so that no port waits.
			unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}),
			unix.SetNonblock(fd, true),
			unix.EpollCtl(g.epoll, unix.EPOLL_CTL_ADD, fd,
				&unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}),
		)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	g.sent, g.got, g.echoed = make([]time.Time, connections), make([]int, connections),
		make([]int, connections)
	return nil
}

// greed makes one more connection, which reads or writes without end.
func (g *generator) greed(b *bench, port int, how style) error {
	c, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return err
	}
	move, wish := c.Read, byte(readsAll)
	if how == greedyWriter {
		move, wish = c.Write, writesAll
	}
	if _, err := c.Write([]byte{wish}); err != nil {
		return errors.Join(err, c.Close())
	}
	var over sync.WaitGroup
	over.Go(func() {
		message := make([]byte, greedySize)
		for err == nil {
			_, err = move(message)
		}
	})
	b.cleanup(func() { c.SetLinger(0); c.Close(); over.Wait() })
	return nil
}

func (g *generator) close() {
	for _, fd := range g.fds {
		unix.Close(fd)
	}
	unix.Close(g.epoll)
}

// run sends n messages and waits for their echoes.
func (g *generator) run(n int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g.latencies = slices.Grow(g.latencies[:0], n)
	clear(g.echoed)
	message, buf := make([]byte, echoSize), make([]byte, echoSize)
	send := func(i int) error {
		g.sent[i] = time.Now()
		_, err := unix.Write(g.fds[i], message) // so little always fits
		return err
	}
	left := n
	for i := range min(n, len(g.fds)) {
		left--
		if err := send(i); err != nil {
			return err
		}
	}
	for len(g.latencies) < n {
		ready, err := unix.EpollWait(g.epoll, g.events[:], 10_000)
		if err == unix.EINTR {
			continue
		} else if err != nil {
			return err
		} else if ready == 0 {
			return fmt.Errorf("no answer for ten seconds, after %d of %d", len(g.latencies), n)
		}
		for _, e := range g.events[:ready] {
			i := e.Fd
			got, err := unix.Read(g.fds[i], buf)
			if err != nil {
				return err
			} else if got == 0 {
				return io.ErrUnexpectedEOF
			}
			if g.got[i] += got; g.got[i] < echoSize {
				continue
			}
			g.got[i] = 0
			g.echoed[i]++
			g.latencies = append(g.latencies, time.Since(g.sent[i]))
			if left > 0 {
				left--
				if err := send(int(i)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
