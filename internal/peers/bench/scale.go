//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// scaled measures echo servers with as many connections as the machine lets through, and writes a
// table. Where a process may not have as many open files, there are several servers, each with a
// client of its own; all but the last hold their connections and idle.
func scaled(w io.Writer, connections int) error {
	most, err := raise(connections)
	if err != nil {
		return err
	}
	parts := (connections + most - 1) / most
	if parts > 1 {
		fmt.Fprintf(w,
			"RLIMIT_NOFILE stops at %d connections a process, as CAP_SYS_RESOURCE is missing: "+
				"%d servers, of which one is measured.\n\n", most, parts)
	}
	each := connections / parts
	fmt.Fprintf(w,
		"| %d connections | connect and accept all | memory a connection | the 1 %% of %d that "+
			"have data | one message, half within | 99 %% within | threads |\n", each*parts, each)
	fmt.Fprintf(w, "|---|--:|--:|--:|--:|--:|--:|\n")
	for _, lib := range []*library{ours, stdlib, plainC} {
		if lib == plainC && lib.program == "" {
			continue
		}
		b := &bench{lib: lib}
		err := scaleOf(w, b, each, parts)
		b.end()
		if err != nil {
			return fmt.Errorf("%s: %w", lib.name, err)
		}
	}
	return nil
}

// hold is the process of a server and its client that idle, until the input ends.
func hold(lib *library, connections int) error {
	if _, err := raise(connections); err != nil {
		return err
	}
	b := &bench{lib: lib}
	defer b.end()
	if _, _, err := crowd(b, connections); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// crowd starts a server and connects to it.
func crowd(b *bench, connections int) (*server, *generator, error) {
	s, err := startServer(b, inLoop)
	if err != nil {
		return nil, nil, err
	}
	g := &generator{}
	b.cleanup(g.close)
	if s.before, err = s.memory(); err != nil {
		return nil, nil, err
	}
	if err := g.connect(s.port, connections); err != nil {
		return nil, nil, err
	}
	return s, g, g.run(connections) // each is answered: it was accepted
}

// raise raises the limit of open files, which the servers inherit, and returns how many connections
// fit into it.
func raise(connections int) (int, error) {
	const spare = 1000
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, err
	}
	want := uint64(connections + spare)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE,
		&unix.Rlimit{Cur: want, Max: max(want, l.Max)}); err == nil {
		return connections, nil
	}
	l.Cur = l.Max
	return min(connections, int(l.Max)-spare), unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
}

func scaleOf(w io.Writer, b *bench, connections, parts int) error {
	begin := time.Now()
	var others []*bufio.Reader
	for range parts - 1 {
		cmd := exec.Command("/proc/self/exe", "-hold", b.lib.name, "-c", b.lib.program, "-scale",
			strconv.Itoa(connections))
		cmd.Stderr = os.Stderr
		_, output, err := startProcess(b, cmd)
		if err != nil {
			return err
		}
		others = append(others, output)
	}
	for _, output := range others {
		if _, err := output.ReadString('\n'); err != nil {
			return fmt.Errorf("another server: %w", err)
		}
	}
	s, g, err := crowd(b, connections)
	if err != nil {
		return err
	}
	accepted := time.Since(begin)
	after, err := s.memory()
	if err != nil {
		return err
	}
	few, err := g.part(connections / 100)
	if err != nil {
		return err
	}
	defer unix.Close(few.epoll)
	var found []time.Duration
	for range 5 {
		begin = time.Now()
		if err := few.run(len(few.fds)); err != nil {
			return err
		}
		found = append(found, time.Since(begin))
	}
	slices.Sort(found)
	one, err := g.part(1)
	if err != nil {
		return err
	}
	defer unix.Close(one.epoll)
	if err := one.run(5000); err != nil {
		return err
	}
	slices.Sort(one.latencies)
	fmt.Fprintf(w, "| %s | %.2f s | %.0f B | %.1f ms | %.0f µs | %.0f µs | %.0f |\n", b.lib.name,
		accepted.Seconds(),
		(after.bytes-s.before.bytes)/float64(connections), found[len(found)/2].Seconds()*1e3,
		one.latencies[len(one.latencies)/2].Seconds()*1e6,
		one.latencies[len(one.latencies)*99/100].Seconds()*1e6, after.threads)
	return nil
}

// part is a generator of n of the connections, evenly spread.
func (g *generator) part(n int) (*generator, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	p := &generator{epoll: epoll, sent: make([]time.Time, n), got: make([]int, n)}
	for i := range n {
		fd := g.fds[i*(len(g.fds)/n)]
		p.fds = append(p.fds, fd)
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd,
			&unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}); err != nil {
			return nil, os.NewSyscallError("epoll_ctl", err)
		}
	}
	return p, nil
}
