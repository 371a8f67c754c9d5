package socket_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// threads counts the threads of this process.
func threads(t testing.TB) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	ok(t, err)
	return len(tasks)
}

// Row C8: a call blocks its goroutine alone. Ten thousand idle connections with a receive that
// waits on each, or as many as the system lets a process open, cost no thread.
func TestIdleConnections(t *testing.T) {
	connections := 5000 // pairs: each end is a connection
	var limit unix.Rlimit
	ok(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	raised := limit
	raised.Cur = limit.Max
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
		defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	} else {
		raised = limit
	}
	if most := (int(min(raised.Cur, 1<<20)) - 100) / 2; most < connections {
		t.Logf("%d descriptors are the most: %d pairs", raised.Cur, most)
		connections = most
	}
	before := threads(t)
	done := make(chan error, 2*connections)
	ends := make([][2]*socket.Socket, connections)
	for i := range ends {
		a, b := pair(t, constants.SOCK_STREAM)
		ends[i] = [2]*socket.Socket{a, b}
		for _, s := range ends[i] {
			go func() {
				var buf [1]byte
				n, err := s.Receive(ctx, buf[:], 0)
				if err == nil && (n != 1 || buf[0] != 'x') {
					err = os.ErrInvalid
				}
				done <- err
			}()
		}
	}
	parked(t, 2*connections)
	// The runtime starts a few threads of its own: for each processor, its garbage collector, and
	// whoever is slow in the kernel.
	if during := threads(t); during > before+100 {
		t.Errorf("%d threads, %d before", during, before)
	}
	// They all still work.
	for _, e := range ends {
		for _, s := range e {
			ok(t, second(s.Send(ctx, []byte("x"), 0)))
		}
	}
	for range cap(done) {
		ok(t, result(t, done))
	}
}
