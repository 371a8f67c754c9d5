package socket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// TestSendFileOdd sends files whose size says little, more than there is, and what is no file: each
// ends, with what there was.
func TestSendFileOdd(t *testing.T) {
	a, b := streamPair(t)
	got := collect(b)
	want := 0
	if pseudo, err := os.Open("/sys/class/net/lo/address"); err == nil {
		// 4,096 bytes by its size, 18 by its content
		defer pseudo.Close()
		text, err := os.ReadFile(pseudo.Name())
		ok(t, err)
		n, err := a.SendFile(ctx, pseudo, 0, 4096)
		if want += len(text); int(n) != len(text) || err != nil {
			t.Errorf("a file of sysfs: %d of %d, %v", n, len(text), err)
		}
	}
	if n, err := a.SendFile(ctx, fileWith(t, []byte("hello")), 0, 10); n != 5 || err != nil {
		t.Error("more than there is:", n, err)
	}
	want += 5
	dir, err := os.Open(t.TempDir())
	ok(t, err)
	defer dir.Close()
	if n, err := a.SendFile(ctx, dir, 0, -1); n != 0 || !errors.Is(err, syscall.EISDIR) {
		t.Error("a directory:", n, err)
	}
	only, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_WRONLY|os.O_CREATE, 0o600)
	ok(t, err)
	defer only.Close()
	if n, err := a.SendFile(ctx, only, 0, -1); n != 0 || !errors.Is(err, syscall.EBADF) {
		t.Error("a file that is not open for reading:", n, err)
	}
	a.Close()
	if all := <-got; len(all) != want {
		t.Errorf("%d bytes arrived, want %d", len(all), want)
	}
}

// TestSendFileGone has the peer go away in the middle of a file.
func TestSendFileGone(t *testing.T) {
	a, b := streamPair(t)
	narrow(t, a, b)
	done := start(
		func() error { return second64(a.SendFile(ctx, fileWith(t, make([]byte, 16<<20)), 0, -1)) })
	_, err := io.ReadFull(b, make([]byte, 1<<16))
	ok(t, err)
	ok(t, b.Close())
	if err := result(t, done); !errors.Is(err, syscall.EPIPE) &&
		!errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

// TestCopySmallSegments copies what came in many small segments: each takes a place in a pipe,
// which is full long before its size.
func TestCopySmallSegments(t *testing.T) {
	client, from := tcp(t)
	to, reader := tcp(t)
	option(t, client, constants.IPPROTO_TCP, constants.TCP_NODELAY, 1)
	content := noise(3000)
	for i := range content {
		ok(t, second(client.Write(content[i:i+1])))
	}
	ok(t, client.Close())
	got := collect(reader)
	n, err := to.ReadFrom(from)
	ok(t, err)
	ok(t, to.Close())
	if all := <-got; n != int64(len(content)) || !bytes.Equal(all, content) {
		t.Errorf("%d copied, %d arrived", n, len(all))
	}
}

// TestHalfClose ends one direction: the other goes on, full buffers and all, and who waits to send
// does not spin.
func TestHalfClose(t *testing.T) {
	a, b := tcp(t)
	small(t, a, b)
	ok(t, b.Shutdown(constants.SHUT_WR))
	buf := make([]byte, 1)
	is(t, second(a.Read(buf)), io.EOF)
	fill(t, a)
	idle(t, a.WaitSend)
	sent := start(func() error { return second(a.Write(make([]byte, 1<<13))) })
	got := collect(b)
	ok(t, result(t, sent))
	ok(t, a.Shutdown(constants.SHUT_WR))
	if all := <-got; len(all) < 1<<13 {
		t.Errorf("%d bytes arrived", len(all))
	}
	is(t, second(a.Read(buf)), io.EOF)
}

// TestUrgentReadiness has nothing but an urgent byte come: that is not data to receive, nobody
// spins, and it does not stay in the way.
func TestUrgentReadiness(t *testing.T) {
	a, b := tcp(t)
	ok(t, second(a.Send(ctx, []byte("!"), constants.MSG_OOB)))
	ok(t, b.WaitUrgent(within(t, patience)))
	if ready, err := b.ReceiveReady(); ready || err != nil {
		t.Errorf("%t, %v", ready, err)
	}
	idle(t, b.WaitReceive)
	send(t, a, "data")
	ok(t, b.WaitReceive(within(t, patience)))
	receive(t, b, "data")
}

// TestReceiveNothing receives into no room: at once on a stream, and a whole message on others, for
// which it waits.
func TestReceiveNothing(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	if n, err := b.Receive(within(t, patience), nil, 0); n != 0 || err != nil {
		t.Error(n, err)
	}
	c, d := pair(t, constants.SOCK_DGRAM)
	is(t, second(d.Receive(within(t, short), nil, 0)), socket.ErrTimeout)
	is(t, second(d.Receive(ctx, nil, constants.MSG_DONTWAIT)), socket.ErrWouldBlock)
	send(t, c, "gone")
	send(t, c, "next")
	if n, err := d.Receive(within(t, patience), nil, 0); n != 0 || err != nil {
		t.Error(n, err)
	}
	receive(t, d, "next")
	ok(t, a.Close())
}

// TestZeroCopyWithoutMemory may pin nothing: no message will come for what was copied, and nobody
// waits for one.
func TestZeroCopyWithoutMemory(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, b := streamPair(t)
	z, err := socket.NewZeroCopy(a)
	ok(t, err)
	got := collect(b)
	for range 300 { // without a Wait: more than optmem_max has room for
		ok(t, second(z.Send(within(t, patience), make([]byte, 2000), 0)))
	}
	n, _, _ := waitAll(t, z)
	if done, err := z.Wait(within(t, patience)); err == nil {
		for _, c := range done {
			n += len(c.Buffer)
		}
	}
	if n != 300*2000 {
		t.Errorf("%d bytes came back", n)
	}
	ok(t, a.Close())
	<-got
}

// TestProxyHalf copies both ways between two connections, as a proxy does, of which one ends early:
// the answer is not lost.
func TestProxyHalf(t *testing.T) {
	client, front := tcp(t)
	back, server := netPair(t, "tcp")
	up := start(func() error {
		_, err := io.Copy(back, front)
		return errors.Join(err, back.(*net.TCPConn).CloseWrite())
	})
	down := start(func() error {
		_, err := front.ReadFrom(back)
		return errors.Join(err, front.Shutdown(constants.SHUT_WR))
	})
	send(t, client, "question")
	ok(t, client.Shutdown(constants.SHUT_WR))
	question, err := io.ReadAll(server)
	if ok(t, err); string(question) != "question" {
		t.Errorf("%q", question)
	}
	time.Sleep(short) // the other direction has been over for a while
	answer := noise(1 << 20)
	go func() { server.Write(answer); server.Close() }()
	got, err := io.ReadAll(client)
	if ok(t, err); !bytes.Equal(got, answer) {
		t.Errorf("%d bytes of the answer", len(got))
	}
	ok(t, result(t, up))
	ok(t, result(t, down))
}
