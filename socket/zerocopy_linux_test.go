package socket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// waitAll waits until nothing is pending, and returns how many bytes came back, and how many of
// them were copied.
func waitAll(t *testing.T, z *socket.ZeroCopy) (bytes, copied int, all []socket.Completion) {
	t.Helper()
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for z.Pending() > 0 {
		done, err := z.Wait(limit)
		if err != nil || len(done) == 0 {
			t.Fatal(done, err)
		}
		for _, c := range done {
			bytes += len(c.Buffer)
			if c.Copied {
				copied += len(c.Buffer)
			}
		}
		all = append(all, done...)
	}
	return bytes, copied, all
}

// TestZeroCopy sends over TCP without copying (X7: MSG_ZEROCOPY): every buffer comes back once, as
// far as it was sent, and only when the peer has it. On loopback the kernel copies after all, and
// says so.
func TestZeroCopy(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, b := streamPair(t)
	z, err := socket.NewZeroCopy(a)
	if err != nil {
		t.Fatal(err)
	}
	if done, err := z.Wait(ctx); done != nil || err != nil {
		t.Error("nothing is pending:", done, err)
	}
	content := noise(20 * 100_000)
	got := collect(b)
	for at := 0; at < len(content); {
		n, err := z.Send(ctx, content[at:min(at+100_000, len(content))], 0)
		if err != nil {
			t.Fatal(err)
		}
		at += n
	}
	n, copied, all := waitAll(t, z)
	if n != len(content) || copied != n {
		t.Errorf("%d of %d bytes came back, %d copied", n, len(content), copied)
	}
	// Together they are the content, each part once.
	seen := make([]bool, len(content))
	start := uintptr(unsafe.Pointer(&content[0]))
	for _, c := range all {
		at := int(uintptr(unsafe.Pointer(&c.Buffer[0])) - start)
		for i := range c.Buffer {
			if seen[at+i] {
				t.Fatal("a byte came back twice")
			}
			seen[at+i] = true
		}
	}
	a.Close()
	if !bytes.Equal(<-got, content) {
		t.Error("other bytes arrived")
	}
	if _, err := z.Send(ctx, content, 0); !errors.Is(err, socket.ErrClosed) {
		t.Error(err)
	}
	if _, err := z.Wait(ctx); !errors.Is(err, socket.ErrClosed) {
		t.Error(err)
	}
}

// TestZeroCopyPartial has a peer that reads only later: what was taken in part comes back in part,
// a wait in between times out, and sends without the flag do not disturb the count.
func TestZeroCopyPartial(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, b := streamPair(t)
	narrow(t, a, b)
	z, err := socket.NewZeroCopy(a)
	if err != nil {
		t.Fatal(err)
	}
	content := noise(4 << 20)
	sent := 0
	for {
		n, err := z.Send(ctx, content[sent:], constants.MSG_DONTWAIT)
		sent += n
		if errors.Is(err, socket.ErrWouldBlock) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if sent == 0 || sent == len(content) {
		t.Fatal(sent)
	}
	// What the peer's buffer took is done with; the last is not, until it reads.
	early := 0
	for {
		done, err := z.Wait(within(t, short))
		if err != nil {
			if !errors.Is(err, socket.ErrTimeout) {
				t.Error(err)
			}
			break
		}
		for _, c := range done {
			early += len(c.Buffer)
		}
	}
	if z.Pending() == 0 || early >= sent {
		t.Errorf("%d pending, %d of %d bytes done with, though the peer has not read them",
			z.Pending(), early, sent)
	}
	got := make(chan []byte, 1)
	go func() {
		all := make([]byte, sent+5)
		n, _ := io.ReadFull(b, all)
		got <- all[:n]
	}()
	n, _, _ := waitAll(t, z)
	if early+n != sent {
		t.Errorf("%d and %d bytes came back of %d", early, n, sent)
	}
	if _, err := a.Write([]byte("plain")); err != nil {
		t.Error(err)
	}
	if all := <-got; !bytes.Equal(all[:sent], content[:sent]) || string(all[sent:]) != "plain" {
		t.Error("other bytes arrived")
	}
	if n, err := z.Send(ctx, nil, 0); n != 0 || err != nil {
		t.Error("an empty send:", n, err)
	}
}

// TestZeroCopyReset loses the peer: the memory comes back all the same.
func TestZeroCopyReset(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, b := streamPair(t)
	z, err := socket.NewZeroCopy(a)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for {
		n, err := z.Send(ctx, make([]byte, 1<<20), constants.MSG_DONTWAIT)
		if sent += n; err != nil {
			break
		}
	}
	b.Close() // with data unread: a reset
	if n, _, _ := waitAll(t, z); n != sent {
		t.Errorf("%d of %d bytes came back", n, sent)
	}
}

// TestZeroCopyDatagrams sends datagrams to a bridge that leads nowhere, so that the kernel really
// does not copy; and without enough memory to pin, where it copies at once.
func TestZeroCopyDatagrams(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy, testenv.IPCommand, testenv.Bridge)
	ns := testenv.NetNS(t)
	ns.Run("ip", "link", "add", "drop0", "type", "bridge")
	ns.Run("ip", "addr", "add", "192.0.2.1/24", "dev", "drop0")
	ns.Run("ip", "link", "set", "drop0", "up", "arp", "off")
	s, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	z, err := socket.NewZeroCopy(s)
	if err != nil {
		t.Fatal(err)
	}
	to := sockaddr.MustParse("192.0.2.9:9")
	for i := range 10 {
		if n, err := z.SendTo(ctx, make([]byte, 1000+i), to, 0); n != 1000+i || err != nil {
			t.Fatal(n, err)
		}
	}
	n, copied, all := waitAll(t, z)
	if n != 10_045 || len(all) != 10 || copied != 0 {
		t.Errorf("%d bytes of %d datagrams came back, %d copied", n, len(all), copied)
	}
	// An ICMP error is no completion, and is not taken for one.
	if err := sockopt.IPReceiveError.Set(s, true); err != nil {
		t.Fatal(err)
	}
	if _, err := z.SendTo(ctx, make([]byte, 10), sockaddr.MustParse("192.0.2.1:9"), 0); err != nil {
		t.Fatal(err)
	}
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var refused cmsg.ExtendedError
	for z.Pending() > 0 || refused.Errno == 0 {
		_, err := z.Wait(limit)
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		if errors.Is(err, syscall.ECONNREFUSED) && refused.Origin != cmsg.OriginICMP {
			t.Error(err)
		}
		if z.Pending() == 0 && refused.Errno == 0 {
			// the error comes without a completion to wait for
			m := socket.Message{Control: make([]byte, 256)}
			if err := s.ReceiveMessage(limit, &m, constants.MSG_ERRQUEUE); err != nil {
				t.Fatal(err)
			}
			refused, _ = cmsg.IPError.Find(m.Control[:m.NControl])
		}
	}
	if _, err := z.SendTo(ctx, make([]byte, 70_000), to, 0); !errors.Is(err, syscall.EMSGSIZE) {
		t.Error(err)
	}
	if z.Pending() != 0 {
		t.Errorf("%d pending after an error", z.Pending())
	}
}

// TestZeroCopyNoMemory uses up what may be pinned: sends go on as copies, and come back at once.
// The others wait for the address of a neighbour that does not answer.
func TestZeroCopyNoMemory(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy, testenv.IPCommand, testenv.Bridge)
	testenv.NeedsKernel(t, "6.8") // net.core.optmem_max of a namespace
	ns := testenv.NetNS(t)
	ns.Sysctl("net.core.optmem_max", "5000")
	ns.Run("ip", "link", "add", "hold0", "type", "bridge")
	ns.Sysctl("net.ipv4.neigh.hold0.mcast_solicit", "1000") // seconds
	ns.Run("ip", "addr", "add", "192.0.2.1/24", "dev", "hold0")
	ns.Run("ip", "link", "set", "hold0", "up")
	s, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	z, err := socket.NewZeroCopy(s)
	if err != nil {
		t.Fatal(err)
	}
	const sends, size = 30, 1000
	for i := range sends {
		if n, err := z.SendTo(ctx, make([]byte, size), sockaddr.MustParse("192.0.2.9:9"),
			0); n != size || err != nil {
			t.Fatalf("send %d: %d, %v", i, n, err)
		}
	}
	if pending := z.Pending(); pending == 0 || pending == sends {
		t.Errorf("%d of %d sends are pending", pending, sends)
	}
	done, err := z.Wait(within(t, patience))
	if err != nil || len(done) == 0 || !done[0].Copied {
		t.Error(done, err)
	}
	ns.Run("ip", "link", "set", "hold0", "down")
	n, _, _ := waitAll(t, z)
	for _, c := range done {
		n += len(c.Buffer)
	}
	if n != sends*size {
		t.Errorf("%d of %d bytes came back", n, sends*size)
	}
}

// TestZeroCopyReader has a receive of data wait while the send buffer is full and the error queue
// is not empty, of which Go's poller says that the descriptor is not pollable.
func TestZeroCopyReader(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	for _, waiting := range []bool{true, false} {
		a, b := streamPair(t)
		z, err := socket.NewZeroCopy(a)
		if err != nil {
			t.Fatal(err)
		}
		fill := func() {
			for {
				if _, err := z.Send(ctx, make([]byte, 1<<16), constants.MSG_DONTWAIT); err != nil {
					break
				}
			}
		}
		received := make(chan error, 1)
		receive := func() {
			_, err := a.Receive(ctx, make([]byte, 1), 0)
			received <- err
		}
		if waiting {
			go receive()
			fill()
		} else {
			fill()
			go receive()
		}
		if _, err := a.Receive(within(t, short), make([]byte, 1), 0); !errors.Is(err,
			socket.ErrTimeout) {
			t.Error("another receive:", err)
		}
		if _, err := b.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := <-received; err != nil {
			t.Error(err)
		}
		b.Close()
		waitAll(t, z)
	}
}

// holding is a datagram socket in a namespace with neighbours that do not answer, so that the
// kernel keeps what is sent to them until release is called.
func holding(t *testing.T) (
	ns *testenv.NS, s *socket.Socket, z *socket.ZeroCopy, to sockaddr.Addr, release func(),
) {
	t.Helper()
	testenv.Needs(t, testenv.ZeroCopy, testenv.IPCommand, testenv.Bridge)
	ns = testenv.NetNS(t)
	ns.Run("ip", "link", "add", "hold0", "type", "bridge")
	ns.Sysctl("net.ipv4.neigh.hold0.mcast_solicit", "1000") // seconds
	ns.Run("ip", "addr", "add", "192.0.2.1/24", "dev", "hold0")
	ns.Run("ip", "link", "set", "hold0", "up")
	s, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_DGRAM, 0)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	z, err = socket.NewZeroCopy(s)
	ok(t, err)
	return ns, s, z, sockaddr.MustParse("192.0.2.9:9"),
		func() { ns.Run("ip", "link", "set", "hold0", "down") }
}

// narrowLink adds a device to the namespace that drops what does not fit its queue (tc(8)), and has
// the socket told.
func narrowLink(t *testing.T, ns *testenv.NS, s *socket.Socket,
	queue ...string) (to sockaddr.Addr) {
	t.Helper()
	testenv.Needs(t, testenv.TCCommand)
	ns.Run("ip", "link", "add", "drop0", "type", "bridge")
	ns.Run("ip", "addr", "add", "198.51.100.1/24", "dev", "drop0")
	ns.Run("ip", "link", "set", "drop0", "up", "arp", "off")
	ns.Run("tc", append([]string{"qdisc", "add", "dev", "drop0", "root"}, queue...)...)
	ok(t, sockopt.IPReceiveError.Set(s, true))
	return sockaddr.MustParse("198.51.100.9:9")
}

// held sends and checks that the buffer comes back when the kernel has let go of it, and not
// before.
func held(t *testing.T, z *socket.ZeroCopy, to sockaddr.Addr, release func()) {
	t.Helper()
	b := make([]byte, 1000)
	ok(t, second(z.SendTo(ctx, b, to, 0)))
	done, err := z.Wait(within(t, short))
	if is(t, err, socket.ErrTimeout); len(done) != 0 || z.Pending() != 1 {
		t.Fatalf("%d came back while the kernel has it, %d pending", len(done), z.Pending())
	}
	release()
	if _, _, all := waitAll(t, z); len(all) != 1 || &all[0].Buffer[0] != &b[0] ||
		len(all[0].Buffer) != 1000 {
		t.Errorf("%d came back", len(all))
	}
}

// TestZeroCopyFailed has the kernel count datagrams that it then does not send: the count goes on.
func TestZeroCopyFailed(t *testing.T) {
	t.Run("segments", func(t *testing.T) {
		testenv.Needs(t, testenv.UDPSegment)
		_, s, z, to, release := holding(t)
		ok(t, sockopt.UDPSegment.Set(s, 100))
		for range 3 {
			is(t, second(z.SendTo(ctx, make([]byte, 100*200), to, 0)), syscall.EINVAL)
		}
		ok(t, sockopt.UDPSegment.Set(s, 0))
		held(t, z, to, release)
	})
	t.Run("queue", func(t *testing.T) {
		ns, s, z, to, release := holding(t)
		dropped := narrowLink(t, ns, s, "pfifo", "limit", "0")
		for range 3 {
			is(t, second(z.SendTo(ctx, make([]byte, 1000), dropped, 0)), syscall.ENOBUFS)
		}
		held(t, z, to, release)
	})
}

// TestZeroCopyFailedLater has the kernel drop some fragments of a datagram and keep others: only
// when these are gone, the number of the datagram is known to be taken. Sends are copied until
// then, of which a Wait that waits hears.
func TestZeroCopyFailedLater(t *testing.T) {
	ns, s, z, to, release := holding(t)
	dropped := narrowLink(t, ns, s, "tbf", "rate", "8bit", "burst", "1600", "limit", "3100")
	ok(t, second(z.SendTo(ctx, make([]byte, 1000), to, 0))) // number 0
	var copied []socket.Completion
	waited := start(func() (err error) {
		copied, err = z.Wait(within(t, patience))
		return err
	})
	parked(t, 1)
	is(t, second(z.SendTo(ctx, make([]byte, 9000), dropped, 0)), syscall.ENOBUFS) // number 1
	ok(t, second(z.SendTo(ctx, make([]byte, 100), to, 0)))
	ok(t, result(t, waited))
	if len(copied) != 1 || len(copied[0].Buffer) != 100 || !copied[0].Copied || z.Pending() != 1 {
		t.Errorf("%d came back, %d pending", len(copied), z.Pending())
	}
	release()
	if n, _, all := waitAll(t, z); n != 1000 || len(all) != 1 {
		t.Errorf("%d bytes came back", n)
	}
	ns.Run("ip", "link", "set", "hold0", "up")
	ok(t, second(z.SendTo(ctx, make([]byte, 100), to, 0))) // the fragments are still there
	if n, copied, _ := waitAll(t, z); n != 0 || z.Pending() != 0 {
		t.Errorf("%d bytes were waited for, %d copied", n, copied)
	}
	if done, err := z.Wait(ctx); err != nil || len(done) != 1 || !done[0].Copied {
		t.Error(done, err)
	}
	ns.Run("tc", "qdisc", "del", "dev", "drop0", "root")
	held(t, z, to, release)
}

// TestZeroCopyForeign has a send read a message of the error queue that is not about it: Wait
// returns it.
func TestZeroCopyForeign(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	s, _, refuse := refusals(t)
	z, err := socket.NewZeroCopy(s)
	ok(t, err)
	refuse()
	send(t, s, "lost")
	ok(t, s.WaitReceive(within(t, patience)))
	is(t, second(z.Send(ctx, []byte("x"), 0)), syscall.ECONNREFUSED)
	_, err = z.Wait(within(t, patience))
	if e, ok := errors.AsType[cmsg.ExtendedError](err); !ok || e.Origin != cmsg.OriginICMP ||
		e.Errno != syscall.ECONNREFUSED {
		t.Error(err)
	}
	if done, err := z.Wait(ctx); done != nil || err != nil {
		t.Error(done, err)
	}
}

// TestZeroCopyConnected sends datagrams to the address that the socket is connected to.
func TestZeroCopyConnected(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	s, r := udp(t)
	ok(t, s.Connect(ctx, name(t, r)))
	z, err := socket.NewZeroCopy(s)
	ok(t, err)
	ok(t, second(z.Send(ctx, []byte("something"), 0)))
	receive(t, r, "something")
	if n, _, _ := waitAll(t, z); n != 9 {
		t.Errorf("%d bytes came back", n)
	}
}

// TestZeroCopyWaits has several wait for the same send: one returns it, and the others that nothing
// is pending.
func TestZeroCopyWaits(t *testing.T) {
	_, _, z, to, release := holding(t)
	ok(t, second(z.SendTo(ctx, make([]byte, 1000), to, 0)))
	const waits = 5
	var returned atomic.Int32
	waited := make(chan error, waits)
	wait := func() {
		done, err := z.Wait(within(t, patience))
		returned.Add(int32(len(done)))
		waited <- err
	}
	for range waits {
		go wait()
	}
	parked(t, waits)
	release()
	for range waits {
		ok(t, result(t, waited))
	}
	if n := returned.Load(); n != 1 {
		t.Errorf("%d came back", n)
	}
	// One may also begin while the other waits, and be quicker.
	a, b := streamPair(t)
	got := collect(b)
	z, err := socket.NewZeroCopy(a)
	ok(t, err)
	for round := range 100 {
		returned.Store(0)
		ok(t, second(z.Send(ctx, make([]byte, 100_000), 0)))
		for range waits {
			go wait()
		}
		for range waits {
			ok(t, result(t, waited))
		}
		if n := returned.Load(); n != 1 {
			t.Errorf("round %d: %d came back", round, n)
		}
	}
	a.Close()
	<-got
}

// TestZeroCopyInTurn sends with MSG_DONTWAIT while another call is in the middle of a stream: not
// between its steps.
func TestZeroCopyInTurn(t *testing.T) {
	testenv.NeedsLinuxPath(t, "splice(2)")
	testenv.Needs(t, testenv.ZeroCopy)
	a, b := streamPair(t)
	x, y := streamPair(t)
	got := collect(b)
	z, err := socket.NewZeroCopy(a)
	ok(t, err)
	content := noise(1000)
	ok(t, second(y.Write(content)))
	y.Close()
	calls, refused := 0, 0
	restore := socket.HookSplice(func() {
		calls++
		if n, err := z.Send(ctx, []byte("between"), constants.MSG_DONTWAIT); n == 0 &&
			errors.Is(err, socket.ErrWouldBlock) {
			refused++
		}
	})
	_, err = a.ReadFrom(x)
	restore()
	ok(t, err)
	a.Close()
	if all := <-got; refused == 0 ||
		!bytes.Equal(bytes.ReplaceAll(all, []byte("between"), nil), content) {
		t.Errorf("%d of %d sends were refused, %d bytes arrived", refused, calls, len(all))
	}
}

// TestZeroCopyUnsupported names the sockets that cannot.
func TestZeroCopyUnsupported(t *testing.T) {
	a, _ := unixStreams(t)
	if z, err := socket.NewZeroCopy(a); z != nil || !errors.Is(err, socket.ErrUnsupported) {
		t.Error(z, err)
	}
	a.Close()
	if z, err := socket.NewZeroCopy(a); z != nil || !errors.Is(err, socket.ErrClosed) {
		t.Error(z, err)
	}
}
