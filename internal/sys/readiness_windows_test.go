package sys

import (
	"errors"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

const patience = time.Minute

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// datagrams are two UDP sockets, the first of which is connected to the second.
func datagrams(t *testing.T) (a, b int) {
	t.Helper()
	var fds [2]int
	var sa RawAddr
	for i := range fds {
		fds[i] = must(Socket(windows.AF_INET, windows.SOCK_DGRAM, 0))
		t.Cleanup(func() { Close(fds[i]) })
		sa = RawAddr{0: windows.AF_INET, 4: 127, 7: 1}
		if err := Bind(fds[i], sa[:16]); err != nil {
			t.Fatal(err)
		}
	}
	n := must(Getsockname(fds[1], &sa))
	if err := Connect(fds[0], sa[:n]); err != nil {
		t.Fatal(err)
	}
	return fds[0], fds[1]
}

// waits begins to wait, and returns what End does.
func waits(t *testing.T, r *Readiness, timeout time.Duration) <-chan bool {
	t.Helper()
	must(r.Begin(timeout))
	done := make(chan bool, 1)
	go func() {
		ready, err := r.End()
		if err != nil {
			t.Error(err)
		}
		done <- ready
	}()
	return done
}

func told(t *testing.T, what string, done <-chan bool, want bool) {
	t.Helper()
	select {
	case got := <-done:
		if got != want {
			t.Errorf("%s: ready is %t", what, got)
		}
	case <-time.After(patience):
		t.Fatalf("%s: the wait does not end", what)
	}
}

// TestReadiness waits by the driver, and by WSAPoll as if there were none.
func TestReadiness(t *testing.T) {
	afd := theDriver()
	if afd == 0 {
		t.Error("there is no driver")
	}
	defer func() { driver.afd = afd }()
	for how, h := range map[string]windows.Handle{"the driver": afd, "WSAPoll": 0} {
		t.Run(how, func(t *testing.T) {
			driver.afd = h
			a, b := datagrams(t)
			r, w := new(Readiness), new(Readiness)
			r.Init(b, AwaitRead)
			w.Init(b, AwaitWrite)
			told(t, "room", waits(t, w, -1), true)
			const short = 20 * time.Millisecond
			begin := time.Now()
			told(t, "nothing to read", waits(t, r, short), false)
			if took := time.Since(begin); took < short {
				t.Errorf("the time was over after %v", took)
			}
			done := waits(t, r, -1)
			must(Send(a, []byte("x"), 0))
			told(t, "a datagram", done, true)
			told(t, "a datagram that is there", waits(t, r, -1), true)
			must(Recv(b, make([]byte, 1), 0))
			done = waits(t, r, -1)
			r.Cancel()
			told(t, "cancelled", done, false)
			done = waits(t, r, time.Hour)
			must(Send(a, nil, 0))
			told(t, "an empty datagram", done, true)
			r.Cancel() // in vain: it is over
		})
	}
}

// Requests are the kernel's until they are over, however they end and whatever the collector does.
func TestReadinessManyTimes(t *testing.T) {
	a, b := datagrams(t)
	for i := range 500 {
		r := new(Readiness)
		r.Init(b, AwaitRead)
		done := waits(t, r, -1)
		if i%2 == 0 {
			r.Cancel()
		} else {
			must(Send(a, []byte("x"), 0))
		}
		if i%50 == 0 {
			runtime.GC()
		}
		told(t, "again", done, i%2 == 1)
		if i%2 == 1 {
			must(Recv(b, make([]byte, 1), 0))
		}
	}
}

func TestReadinessAllocatesNothing(t *testing.T) {
	_, b := datagrams(t)
	w := new(Readiness)
	w.Init(b, AwaitWrite)
	if n := testing.AllocsPerRun(100, func() {
		must(w.Begin(-1))
		must(w.End())
	}); n > 0 {
		t.Errorf("a wait allocates %v times", n)
	}
}

// What a Winsock error is called elsewhere, also as the value of SO_ERROR; and a datagram that is
// cut.
func TestErrnosAllocs(t *testing.T) {
	a, b := datagrams(t)
	if _, err := Recv(b, make([]byte, 1), 0); err != syscall.EAGAIN {
		t.Errorf("nothing there: %v", err)
	}
	if n := testing.AllocsPerRun(100, func() { Recv(b, nil, 0) }); n > 0 {
		t.Errorf("an error allocates %v times", n)
	}
	if _, err := Socket(windows.AF_INET, windows.SOCK_STREAM, windows.IPPROTO_UDP); err == nil ||
		!Unsupported(err.(syscall.Errno)) {
		t.Errorf("a stream of UDP: %v", err)
	}
	if err := SetsockoptInt(b, windows.SOL_SOCKET, 0x7777, 1); err != syscall.ENOPROTOOPT {
		t.Errorf("no such option: %v", err)
	}
	if _, err := Getpeername(b, new(RawAddr)); err != syscall.ENOTCONN {
		t.Errorf("no peer: %v", err)
	}
	must(Send(a, []byte("abc"), 0))
	buf := make([]byte, 2)
	if n, err := Recv(b, buf, 0); n != 2 || err != nil || string(buf) != "ab" {
		t.Errorf("a datagram that is cut: %q, %d, %v", buf, n, err)
	}
	must(Send(a, []byte("abc"), 0))
	var m Msg
	m.Set([][]byte{buf[:1], buf[1:]}, nil, nil)
	if n, _, flags, err := Recvmsg(b, &m, 0); n != 2 || flags&windows.MSG_TRUNC == 0 ||
		err != nil || len(m.Name()) != 16 {
		t.Errorf("a message that is cut: %d, flags %#x, from %v, %v", n, flags, m.Name(), err)
	}
	s := must(Socket(windows.AF_INET, windows.SOCK_STREAM, 0))
	defer Close(s)
	if n, err := Getsockname(s, new(RawAddr)); n != 0 || err != nil {
		t.Errorf("the name of an unbound socket: %d bytes, %v", n, err)
	}
	if err := Listen(s, 1); err != nil {
		t.Errorf("listen of an unbound socket: %v", err)
	}
	family, typ, protocol, err := Identify(s)
	if family != windows.AF_INET || typ != windows.SOCK_STREAM || protocol != windows.IPPROTO_TCP ||
		err != nil {
		t.Errorf("it is %d %d %d, %v", family, typ, protocol, err)
	}
	if _, err := Pending(s); err != syscall.EINVAL {
		t.Errorf("what waits on a listener: %v", err)
	}
}

// A socket is not inherited, nor is what is made of it; both can be changed.
func TestNotInherited(t *testing.T) {
	a, _ := datagrams(t)
	dup := must(Dup(a))
	defer Close(dup)
	for _, fd := range []int{a, dup} {
		if on, err := CloseOnExec(fd); !on || err != nil {
			t.Errorf("%t, %v", on, err)
		}
	}
	if err := SetCloseOnExec(a, false); err != nil || must(CloseOnExec(a)) {
		t.Errorf("it stays, %v", err)
	}
}

// pairOfStreams are two TCP sockets that are connected to each other.
func pairOfStreams(t *testing.T) (a, b int) {
	t.Helper()
	l := must(Socket(windows.AF_INET, windows.SOCK_STREAM, 0))
	defer Close(l)
	sa := RawAddr{0: windows.AF_INET, 4: 127, 7: 1}
	if err := errors.Join(Bind(l, sa[:16]), Listen(l, 1)); err != nil {
		t.Fatal(err)
	}
	n := must(Getsockname(l, &sa))
	a = must(Socket(windows.AF_INET, windows.SOCK_STREAM, 0))
	t.Cleanup(func() { Close(a) })
	if err := Connect(a, sa[:n]); err != nil && err != syscall.EINPROGRESS {
		t.Fatal(err)
	}
	var r Readiness
	r.Init(l, AwaitRead)
	told(t, "a client", waits(t, &r, -1), true)
	b, _, err := Accept(l, &sa)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(b) })
	return a, b
}

// The end of a stream is to be read, and told to who asks, as elsewhere.
func TestPollTellsTheEnd(t *testing.T) {
	a, b := pairOfStreams(t)
	var r Readiness
	r.Init(b, AwaitRead)
	must(Send(a, []byte("x"), 0))
	told(t, "data", waits(t, &r, -1), true)
	if got := must(Poll(b, PollIn|PollRdHup)); got != PollIn {
		t.Errorf("data: %#x", got)
	}
	must(Recv(b, make([]byte, 1), 0))
	if err := Shutdown(a, windows.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	told(t, "the end", waits(t, &r, -1), true)
	for _, asked := range []int16{PollIn | PollRdHup, PollIn, PollRdHup, PollOut, 0} {
		if got := must(Poll(b, asked)); got != asked {
			t.Errorf("asked for %#x: %#x", asked, got)
		}
	}
}
