package sys

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A connection in the making is EALREADY until it is made, or is undone.
func TestConnectResultUndecided(t *testing.T) {
	l, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	made(t, l, err)
	to := listenOn(t, l)
	if err := Listen(l, 0); err != nil { // room for one
		t.Fatal(err)
	}
	connectTo(t, to)
	c, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	made(t, c, err)
	if err := Connect(c, to); err != syscall.EINPROGRESS {
		t.Fatalf("connecting to a full listener: %v", err)
	}
	for range 3 {
		for _, repeat := range []bool{false, true} {
			if err := ConnectResult(c, to, repeat); err != syscall.EALREADY {
				t.Errorf("the result is %v", err)
			}
		}
	}
	if err := Disconnect(c); err != nil {
		t.Fatal(err)
	}
	var sa RawAddr
	nfd, _, err := Accept(l, &sa)
	made(t, nfd, err)
	if err := Connect(c, to); err != syscall.EINPROGRESS {
		t.Fatalf("connecting again: %v", err)
	}
	waitFor(t, c, PollOut)
	for _, repeat := range []bool{false, true} {
		if err := ConnectResult(c, to, repeat); err != nil {
			t.Errorf("the result is %v", err)
		}
	}
}

// A vsock connection that failed: connect(2) says EALREADY for ever, the pending error tells.
func TestConnectResultVSock(t *testing.T) {
	NeedsVSock(t)
	fd, err := Socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)
	made(t, fd, err)
	to := make([]byte, unix.SizeofSockaddrVM)
	// a port that nobody has, on either kind of processor
	to[0], to[4], to[7], to[8] = unix.AF_VSOCK, 9, 0x70, unix.VMADDR_CID_HOST
	if err := Connect(fd, to); err != syscall.EINPROGRESS {
		t.Skipf("needs a vsock host that answers: %v", err)
	}
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if n, err := unix.Poll(p, 1000); n != 1 || err != nil || p[0].Revents&unix.POLLERR == 0 {
		t.Skipf("needs a vsock host that refuses: %d, %v, %#x", n, err, p[0].Revents)
	}
	if err := ConnectResult(fd, to, false); err == nil || err == syscall.EALREADY || !bare(err) {
		t.Errorf("the result is %v", err)
	}
}
