//go:build unix

package sys

import (
	"bytes"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// pairOf is socketpair(2).
func pairOf(t *testing.T, typ int) (a, b int) {
	t.Helper()
	fds, err := Socketpair(unix.AF_UNIX, typ, 0)
	made(t, fds[0], err)
	made(t, fds[1], err)
	return fds[0], fds[1]
}

// Transfers of all sizes.
func TestTransfer(t *testing.T) {
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM} {
		for _, size := range []int{0, 1, 64, 4095, 4096, 4097, 20000} {
			a, b := pairOf(t, typ)
			data := bytes.Repeat([]byte{7}, size)
			got := make([]byte, size+1)
			if n, err := Send(a, data, MsgDontWait|MsgNoSignal); n != size || err != nil {
				t.Fatalf("type %d: sent %d of %d, %v", typ, n, size, err)
			}
			if typ == unix.SOCK_STREAM && size == 0 {
				continue
			}
			if n, err := Recv(b, got, MsgDontWait); n != size || err != nil ||
				!bytes.Equal(got[:n], data) {
				t.Errorf("type %d: received %d of %d, %v", typ, n, size, err)
			}
			for what, call := range map[string]func() (int, error){
				"Recv": func() (int, error) { return Recv(b, got, MsgDontWait) },
				"Recvfrom": func() (int, error) {
					var sa RawAddr
					n, _, err := Recvfrom(b, got, MsgDontWait, &sa)
					return n, err
				},
			} {
				if n, err := call(); n != 0 || err != syscall.EAGAIN {
					t.Errorf("type %d: %s of nothing: %d, %v", typ, what, n, err)
				}
			}
		}
	}
}

// Errors are bare errno values, with no count and no descriptor.
func TestErrnos(t *testing.T) {
	const bad = 1<<31 - 1
	var sa RawAddr
	b := make([]byte, 1)
	inet := make([]byte, 16)
	for what, call := range map[string]func() error{
		"Bind":           func() error { return Bind(bad, inet) },
		"Connect":        func() error { return Connect(bad, inet) },
		"ConnectResult":  func() error { return ConnectResult(bad, inet, true) },
		"Listen":         func() error { return Listen(bad, 1) },
		"Shutdown":       func() error { return Shutdown(bad, 0) },
		"Close":          func() error { return Close(bad) },
		"SetNonblock":    func() error { return SetNonblock(bad, true) },
		"SetCloseOnExec": func() error { return SetCloseOnExec(bad, true) },
		"Dup":            func() error { fd, err := Dup(bad); return result(t, fd, -1, err) },
		"Accept": func() error {
			fd, _, err := Accept(bad, &sa)
			return result(t, fd, -1, err)
		},
		"Pending": func() error { n, err := Pending(bad); return result(t, max(n, 0), 0, err) },
		"Recv":    func() error { n, err := Recv(bad, b, 0); return result(t, n, 0, err) },
		"Recvfrom": func() error {
			n, _, err := Recvfrom(bad, b, 0, &sa)
			return result(t, n, 0, err)
		},
		"Send":        func() error { n, err := Send(bad, b, 0); return result(t, n, 0, err) },
		"Getsockname": func() error { _, err := Getsockname(bad, &sa); return err },
		"Getpeername": func() error { _, err := Getpeername(bad, &sa); return err },
		"CloseOnExec": func() error { _, err := CloseOnExec(bad); return err },
	} {
		if err := call(); err != syscall.EBADF && err != syscall.EAFNOSUPPORT || !bare(err) {
			t.Errorf("%s of no descriptor: %v (%T)", what, err, err)
		}
	}
}

func result(t *testing.T, got, want int, err error) error {
	t.Helper()
	if got != want {
		t.Errorf("with the error %v it returns %d", err, got)
	}
	return err
}

// Names, of both ends, and the errors of sockets that have none.
func TestNames(t *testing.T) {
	l, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	made(t, l, err)
	to := listenOn(t, l)
	var sa RawAddr
	if _, err := Getpeername(l, &sa); err != syscall.ENOTCONN {
		t.Errorf("the listener's peer: %v", err)
	}
	c := connectTo(t, to)
	if n, err := Getpeername(c, &sa); err != nil || !bytes.Equal(sa[:n], to) {
		t.Errorf("the client's peer: % x, %v; want % x", sa[:n], err, to)
	}
	if err := Connect(c, to); err != syscall.EISCONN {
		t.Errorf("connecting again: %v", err)
	}
	if err := ConnectResult(c, to, true); err != nil {
		t.Errorf("asking again: %v", err)
	}
}

// Poll tells what is there now, and does not wait.
func TestPoll(t *testing.T) {
	a, b := pairOf(t, unix.SOCK_STREAM)
	for _, test := range []struct {
		what          string
		do            func() error
		events, found int16
	}{
		{"nothing to read", func() error { return nil }, PollIn, 0},
		{"room to write", func() error { return nil }, PollOut, PollOut},
		{"something to read", func() error { _, err := Send(b, []byte("x"), 0); return err },
			PollIn | PollOut, PollIn | PollOut},
		{"what is not asked for", func() error { return nil }, 0, 0},
	} {
		if err := test.do(); err != nil {
			t.Fatal(err)
		}
		if found, err := Poll(a, test.events); found != test.found || err != nil {
			t.Errorf("%s: %#x, %v; want %#x", test.what, found, err, test.found)
		}
	}
	if n, err := Pending(a); n != 1 || err != nil {
		t.Errorf("%d bytes are pending, %v", n, err)
	}
	if err := Close(b); err != nil {
		t.Fatal(err)
	}
	if found, err := Poll(a, PollIn); found&(PollIn|PollHup) == 0 || err != nil {
		t.Errorf("a closed peer: %#x, %v", found, err)
	}
	if found, err := Poll(1<<31-1, PollIn); err == nil && found == 0 {
		t.Error("a bad descriptor is no event")
	}
}

// ConnectResult of an attempt that was refused is its error; Disconnect makes a datagram socket one
// without a peer.
func TestConnectResult(t *testing.T) {
	l, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	made(t, l, err)
	to := bindTo(t, l) // and does not listen
	for _, repeat := range []bool{false, true} {
		c, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		made(t, c, err)
		if err = Connect(c, to); err == syscall.EINPROGRESS {
			waitFor(t, c, PollOut)
			err = ConnectResult(c, to, repeat)
		}
		if err != syscall.ECONNREFUSED {
			t.Errorf("the result is %v", err)
		}
	}

	d, err := Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	made(t, d, err)
	if err := Connect(d, to); err != nil {
		t.Fatal(err)
	}
	var sa RawAddr
	if n, err := Getpeername(d, &sa); err != nil || !bytes.Equal(sa[:n], to) {
		t.Errorf("the peer is % x, %v", sa[:n], err)
	}
	if err := Disconnect(d); err != nil {
		t.Errorf("Disconnect: %v", err)
	}
	if _, err := Getpeername(d, &sa); err != syscall.ENOTCONN {
		t.Errorf("after Disconnect: %v", err)
	}
}

// An address that is too short is an error, not what lies behind it in memory.
func TestShortAddresses(t *testing.T) {
	fd, err := Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	made(t, fd, err)
	var sa RawAddr
	n, err := Getsockname(fd, &sa)
	if err != nil {
		t.Fatal(err)
	}
	for size := range n {
		if err := Bind(fd, sa[:size]); !bare(err) {
			t.Errorf("Bind to %d bytes: %v", size, err)
		}
		if _, err := Sendto(fd, []byte("x"), 0, sa[:size]); !bare(err) {
			t.Errorf("Sendto %d bytes: %v", size, err)
		}
	}
}
