package socket_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// rights is control data with descriptors.
func rights(t testing.TB, fds ...int) []byte {
	t.Helper()
	control, err := cmsg.SCMRights.Append(nil, fds)
	ok(t, err)
	return control
}

// Control data that is not descriptors goes with every part of a stream's message that the kernel
// takes at once, as of a sendmsg(2) that waits: here a claim of another user's.
func TestControlOfEveryPart(t *testing.T) {
	testenv.Needs(t, testenv.Root)
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, sockopt.SOPassCredentials.Set(b, true))
	claim := cmsg.Credentials{PID: os.Getpid(), UID: 1234, GID: 4321}
	control, err := cmsg.SCMCredentials.Append(nil, claim)
	ok(t, err)
	control, err = cmsg.SCMRights.Append(control, []int{a.FD()})
	ok(t, err)
	const size = 4 << 20
	done := start(func() error {
		n, err := a.SendMessages(ctx, []socket.Message{{
			Buffers: [][]byte{make([]byte, size)},
			Control: control,
		}}, 0)
		if err == nil && n != 1 {
			err = fmt.Errorf("sent %d", n)
		}
		return err
	})
	descriptors := 0
	m := socket.Message{Buffers: [][]byte{make([]byte, 1<<16)}, Control: make([]byte, 200)}
	for at := 0; at < size; at += m.N {
		ok(t, b.ReceiveMessage(within(t, patience), &m, 0))
		if m.N == 0 {
			t.Fatal("the end at", at)
		}
		if got, found := cmsg.SCMCredentials.Find(m.Control[:m.NControl]); got != claim || !found {
			t.Fatalf("at %d: %+v, %t", at, got, found)
		}
		fds, _ := cmsg.SCMRights.Find(m.Control[:m.NControl])
		for _, fd := range fds {
			descriptors++
			unix.Close(fd)
		}
	}
	ok(t, result(t, done))
	if descriptors != 1 {
		t.Errorf("%d descriptors", descriptors)
	}
}

// So over TCP: that all of a large message is acknowledged has a time stamp, though the kernel
// takes it in parts.
func TestStampOfTheLastPart(t *testing.T) {
	a, b := tcp(t)
	// the queue of errors needs the room that the receive buffer has
	option(t, a, constants.SOL_SOCKET, constants.SO_SNDBUF, 1<<16)
	ok(t, sockopt.SOTimestamping.Set(a, sockopt.TimestampingSoftware|sockopt.TimestampingOptID|
		sockopt.TimestampingOptIDTCP|sockopt.TimestampingOptTsOnly))
	control, err := cmsg.SOTimestamping.Append(nil, uint32(sockopt.TimestampingTxAck))
	ok(t, err)
	const size = 1 << 20
	done := start(func() error {
		_, err := a.SendMessages(ctx, []socket.Message{{
			Buffers: [][]byte{make([]byte, size)},
			Control: control,
		}}, 0)
		return err
	})
	if n, err := b.Receive(within(t, patience), make([]byte, size),
		constants.MSG_WAITALL); n != size || err != nil {
		t.Fatal(n, err)
	}
	ok(t, result(t, done))
	m := socket.Message{Buffers: [][]byte{make([]byte, 100)}, Control: make([]byte, 500)}
	last := uint32(0)
	for soon := within(t, 5*time.Second); last != size-1; {
		if err := a.ReceiveMessage(soon, &m, constants.MSG_ERRQUEUE); err != nil {
			t.Fatalf("the last stamp is of byte %d: %v", last, err)
		}
		if e, found := cmsg.IPError.Find(m.Control[:m.NControl]); found {
			last = e.Data
		}
	}
}

// Control data without a byte of data is EINVAL on streams: the kernel would drop it. Messages
// before it are sent.
func TestControlAlone(t *testing.T) {
	for what, make := range map[string]func(testing.TB) (a, b *socket.Socket){"TCP": tcp,
		"AF_UNIX": unixStreams} {
		a, b := make(t)
		control := rights(t, a.FD())
		m := socket.Message{Buffers: [][]byte{nil, {}}, Control: control}
		if err := a.SendMessage(ctx, &m, 0); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s: %v", what, err)
		}
		n, err := a.SendMessages(ctx, []socket.Message{{Buffers: [][]byte{[]byte("one")}}, {}, m,
			{Buffers: [][]byte{[]byte("two")}}}, 0)
		if n != 2 || !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s: %d, %v", what, n, err)
		}
		receive(t, b, "one")
	}
	// A message of none is a message elsewhere.
	a, b := pair(t, constants.SOCK_SEQPACKET)
	ok(t, a.SendMessage(ctx, &socket.Message{Control: rights(t, a.FD())}, 0))
	_, files, err := b.ReceiveFiles(ctx, nil, 1)
	if len(files) != 1 || err != nil {
		t.Fatal(files, err)
	}
	files[0].Close()
}

// What SendFiles sends over a stream is in one piece, whatever others send meanwhile.
func TestSendFilesWhole(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	small(t, a, b)
	const size, rounds = 300_000, 4
	done := make(chan error, 2)
	for i, send := range []func(b []byte) (int, error){
		func(b []byte) (int, error) { return a.SendFiles(ctx, b, a) },
		func(b []byte) (int, error) { return a.SendAll(ctx, b, 0) },
	} {
		go func() {
			var err error
			for range rounds {
				n, e := send(bytes.Repeat([]byte{byte(i)}, size))
				if e == nil && n != size {
					e = fmt.Errorf("sent %d", n)
				}
				err = errors.Join(err, e)
			}
			done <- err
		}()
	}
	var got []byte
	buf := make([]byte, 1<<16)
	for len(got) < 2*rounds*size {
		n, files, err := b.ReceiveFiles(within(t, patience), buf, 10)
		ok(t, err)
		got = append(got, buf[:n]...)
		for _, f := range files {
			f.Close()
		}
	}
	ok(t, errors.Join(<-done, <-done))
	for piece := range slices.Chunk(got, size) {
		if !bytes.Equal(piece, bytes.Repeat(piece[:1], size)) {
			t.Fatal("a piece has bytes of another")
		}
	}
}

// Descriptors travel over AF_UNIX alone: elsewhere they would be dropped.
func TestSendFilesElsewhere(t *testing.T) {
	a, _ := tcp(t)
	d, _ := udp(t)
	for _, s := range []*socket.Socket{a, d} {
		n, err := s.SendFiles(ctx, []byte("x"), s)
		if n != 0 {
			t.Error(n)
		}
		is(t, err, syscall.EOPNOTSUPP, socket.ErrUnsupported)
	}
}

// A stream takes more buffers than the kernel takes at once; a datagram does not. Empty ones do not
// count.
func TestManyBuffers(t *testing.T) {
	many := func(n int) (buffers [][]byte, all []byte) {
		all = noise(n)
		for i := range all {
			buffers = append(buffers, all[i:i+1:i+1], nil)
		}
		return buffers, all
	}
	spread := func(n int) (buffers [][]byte) { // that do not follow each other in memory
		for range n {
			buffers = append(buffers, make([]byte, 1, 2))
		}
		return buffers
	}
	buffers, all := many(3000)
	for what, make := range map[string]func(testing.TB) (a, b *socket.Socket){"TCP": tcp,
		"AF_UNIX": unixStreams} {
		a, b := make(t)
		m := socket.Message{Buffers: buffers}
		for at := 0; at < len(all); at += m.N {
			m.Buffers = buffers[2*at:]
			if err := a.SendMessage(ctx, &m, 0); err != nil || m.N != min(1024, len(all)-at) {
				t.Fatal(what, m.N, err)
			}
		}
		n, err := a.SendMessages(ctx, []socket.Message{{Buffers: buffers}, {Buffers: buffers}}, 0)
		if n != 2 || err != nil {
			t.Fatal(what, n, err)
		}
		for range 3 {
			in := spread(3000)
			m = socket.Message{Buffers: in}
			if err := b.ReceiveMessage(within(t, patience), &m,
				constants.MSG_WAITALL); err != nil || m.N != 3000 {
				t.Fatal(what, m.N, err)
			}
			if !bytes.Equal(bytes.Join(in, nil), all) {
				t.Error(what, "other bytes")
			}
		}
		ok(t, second(a.Send(ctx, all, 0)))
		m = socket.Message{Buffers: spread(3000)}
		if err := b.ReceiveMessage(within(t, patience), &m, 0); err != nil || m.N != 1024 {
			t.Error(what, m.N, err)
		}
	}
	d, to := datagram(t, loopback4)
	is(t, d.SendMessage(ctx, &socket.Message{Addr: to, Buffers: spread(1025)}, 0), syscall.EMSGSIZE)
	m := socket.Message{Addr: to, Buffers: slices.Concat(make([][]byte, 2000), spread(1024))}
	if err := d.SendMessage(ctx, &m, 0); err != nil || m.N != 1024 {
		t.Error(m.N, err)
	}
	if n, err := d.SendMessages(ctx, []socket.Message{m, {Addr: to, Buffers: spread(1025)}},
		0); n != 1 || !errors.Is(err, syscall.EMSGSIZE) {
		t.Error(n, err)
	}
}

// What the library sends before the rest of it leaves together with it: TCP does not keep the last
// message back until the others have been acknowledged.
func TestSendMessagesTogether(t *testing.T) {
	a, b := tcp(t)
	ok(t, sockopt.TCPNoDelay.Set(a, false))
	sent := func() uint32 {
		info, err := sockopt.TCPInfo.Get(a)
		ok(t, err)
		return info.DataSegmentsOut
	}
	for _, ms := range [][]string{{"one", "two"}, {"", "one", "", "two", "", "three", ""},
		{"alone"}} {
		var batch []socket.Message
		total := 0
		for _, text := range ms {
			batch = append(batch, socket.Message{Buffers: [][]byte{[]byte(text)}})
			total += len(text)
		}
		before := sent()
		if n, err := a.SendMessages(ctx, batch, 0); n != len(batch) || err != nil {
			t.Fatal(n, err)
		}
		got := make([]byte, total)
		if n, err := b.Receive(within(t, patience), got, constants.MSG_WAITALL); n != total ||
			err != nil {
			t.Fatal(n, err)
		}
		if n := sent() - before; n != 1 {
			t.Errorf("%q left in %d segments", ms, n)
		}
		send(t, b, "answer")
		receive(t, a, "answer")
	}
	// A batch that ends with what cannot be sent keeps nothing back either.
	before := sent()
	bad := socket.Message{Control: rights(t, 0)}
	if n, err := a.SendMessages(ctx, []socket.Message{{Buffers: [][]byte{[]byte("good")}}, bad,
		{Buffers: [][]byte{[]byte("x")}}}, 0); n != 1 {
		t.Fatal(n, err)
	}
	if n := sent() - before; n != 1 {
		t.Errorf("%d segments before what cannot be sent", n)
	}
	receive(t, b, "good")
}

// MSG_WAITALL fills the buffers of a stream's message, with the control data of its parts, and
// tells what came before an error.
func TestReceiveMessageWaitAll(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	m := socket.Message{
		Buffers: [][]byte{make([]byte, 3), nil, make([]byte, 5)},
		Control: make([]byte, 100),
	}
	done := start(func() error { return b.ReceiveMessage(ctx, &m, constants.MSG_WAITALL) })
	for _, part := range []string{"he", "ade", "r"} {
		parked(t, 1, done)
		if n, err := a.SendFiles(ctx, []byte(part), a); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	parked(t, 1, done)
	send(t, a, "12")
	ok(t, result(t, done))
	if got := string(bytes.Join(m.Buffers, nil)); m.N != 8 || got != "header12" || m.Flags != 0 {
		t.Errorf("%d bytes: %q, flags %v", m.N, got, m.Flags)
	}
	fds := 0
	for c := range cmsg.Messages(m.Control[:m.NControl]) {
		for fd := range c.Descriptors() {
			unix.Close(fd)
			fds++
		}
	}
	if fds != 3 {
		t.Errorf("%d descriptors", fds)
	}
	// What came before a timeout.
	ok(t, second(a.SendFiles(ctx, []byte("half"), a)))
	set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
	is(t, b.ReceiveMessage(ctx, &m, constants.MSG_WAITALL), socket.ErrTimeout)
	if fds, _ := cmsg.SCMRights.Find(m.Control[:m.NControl]); m.N != 4 || len(fds) != 1 {
		t.Errorf("%d bytes, descriptors %v", m.N, fds)
	} else {
		unix.Close(fds[0])
	}
	// The end.
	send(t, a, "end")
	ok(t, a.Close())
	if err := b.ReceiveMessage(ctx, &m, constants.MSG_WAITALL); err != nil || m.N != 3 {
		t.Error(m.N, err)
	}
	// Where it cannot be.
	c, _ := tcp(t)
	is(t, c.ReceiveMessage(ctx, &m, constants.MSG_WAITALL|constants.MSG_PEEK),
		socket.ErrUnsupported)
	is(t, second(c.ReceiveMessages(ctx, []socket.Message{m}, constants.MSG_WAITALL)),
		socket.ErrUnsupported)
	// Where it means nothing.
	d, e := pair(t, constants.SOCK_DGRAM)
	send(t, d, "x")
	if n, err := e.ReceiveMessages(ctx, []socket.Message{m}, constants.MSG_WAITALL); n != 1 ||
		err != nil {
		t.Error(n, err)
	}
}

// Segments have their control data beside other control data, on every size of a word: here the
// time to send them.
func TestSegmentsWithTransmitTime(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment, testenv.TXTime)
	r, to := datagram(t, loopback4)
	s, _ := datagram(t, loopback4)
	var txtime [8]byte // struct sock_txtime: the clock and flags
	binary.NativeEndian.PutUint32(txtime[:], unix.CLOCK_MONOTONIC)
	ok(t, sockopt.SetBytes(s, constants.SOL_SOCKET, constants.SO_TXTIME, txtime[:]))
	var at [8]byte
	control := cmsg.Append(nil, cmsg.Message{
		Level: constants.SOL_SOCKET,
		Type:  constants.SCM_TXTIME,
		Data:  at[:],
	})
	var units []int
	defer socket.HookSend(func(sizes []int, send func() (int, error)) (int, error) {
		units = sizes
		return send()
	})()
	m := socket.Message{Addr: to, Buffers: [][]byte{noise(50)}, SegmentSize: 10, Control: control}
	ok(t, s.SendMessage(ctx, &m, 0))
	if got := receiveAll(t, r, 5); len(got[4]) != 10 || !slices.Equal(units, []int{10}) {
		t.Errorf("units %v", units)
	}
}

// MSG_MORE makes UDP join messages to one datagram, which the next send without it completes;
// segments it would undo.
func TestSendMessagesMore(t *testing.T) {
	r, to := datagram(t, loopback4)
	s, _ := datagram(t, loopback4)
	s.SetOffload(true)
	if n, err := s.SendMessages(ctx, messagesTo(to, 3, 3), constants.MSG_MORE); n != 2 ||
		err != nil {
		t.Fatal(n, err)
	}
	ok(t, second(s.SendTo(ctx, []byte("end"), to, 0)))
	if got := receiveAll(t, r, 1); len(got[0]) != 9 {
		t.Errorf("%q", got)
	}
	m := socket.Message{Addr: to, Buffers: [][]byte{make([]byte, 9)}, SegmentSize: 3}
	is(t, s.SendMessage(ctx, &m, constants.MSG_MORE), syscall.EINVAL)
	// MSG_OOB is an error of datagrams, and makes the last byte of each message urgent on TCP.
	is(t, second(s.SendMessages(ctx, messagesTo(to, 3), constants.MSG_OOB)), syscall.EOPNOTSUPP)
	a, b := tcp(t)
	if n, err := a.SendMessages(ctx, messagesTo(sockaddr.Addr{}, 3), constants.MSG_OOB); n != 1 ||
		err != nil {
		t.Fatal(n, err)
	}
	receive(t, b, "\x00\x00")
	if n, err := b.Receive(within(t, patience), make([]byte, 2), constants.MSG_OOB); n != 1 ||
		err != nil {
		t.Error(n, err)
	}
}

// Room for many messages costs little while few come.
func TestReceiveMessagesRoom(t *testing.T) {
	if raceDetector {
		t.Skip("measures time, and the race detector takes most of it")
	}
	a, b := pair(t, constants.SOCK_DGRAM)
	room := make([]socket.Message, 1024)
	for i := range room {
		room[i].Buffers = [][]byte{make([]byte, 100)}
	}
	took := func(ms []socket.Message) time.Duration {
		best := time.Hour
		for range 300 {
			send(t, a, "x")
			begin := time.Now()
			if n, err := b.ReceiveMessages(ctx, ms, 0); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			best = min(best, time.Since(begin))
		}
		return best
	}
	one, many := took(room[:1]), took(room)
	t.Logf("room for one: %v, for 1024: %v", one, many)
	if many > 4*one { // it was 15 times that when each call prepared all
		t.Errorf("room for one takes %v, for 1024 %v", one, many)
	}
	// All that are there come at once, all the same.
	ok(t, sockopt.SetInt(a, constants.SOL_SOCKET, constants.SO_SNDBUF, 1<<20))
	n, _ := a.SendMessages(ctx, messagesTo(sockaddr.Addr{}, repeat(1, 1024)...),
		constants.MSG_DONTWAIT)
	if got, err := b.ReceiveMessages(ctx, room, 0); got != n || err != nil {
		t.Errorf("%d of %d, %v", got, n, err)
	}
}

// Descriptors come once, with the first byte; MSG_PEEK makes others, and a message without files
// has no control data.
func TestDescriptorsOnce(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	before := descriptors(t)
	ok(t, second(a.SendFiles(ctx, []byte("abc"), a)))
	count := func(flags constants.MsgFlag) int {
		t.Helper()
		m := socket.Message{Buffers: [][]byte{make([]byte, 1)}, Control: make([]byte, 100)}
		ok(t, b.ReceiveMessage(within(t, patience), &m, flags))
		fds, _ := cmsg.SCMRights.Find(m.Control[:m.NControl])
		for _, fd := range fds {
			unix.Close(fd)
		}
		return len(fds)
	}
	if got := []int{count(constants.MSG_PEEK), count(constants.MSG_PEEK), count(0), count(0),
		count(0)}; !slices.Equal(got, []int{1, 1, 1, 0, 0}) {
		t.Errorf("descriptors of two peeks and three bytes: %v", got)
	}
	ok(t, second(a.SendFiles(ctx, []byte("x"))))
	m := socket.Message{Buffers: [][]byte{make([]byte, 1)}, Control: make([]byte, 100)}
	if err := b.ReceiveMessage(within(t, patience), &m, 0); err != nil || m.NControl != 0 {
		t.Errorf("%d bytes of control data without files, %v", m.NControl, err)
	}
	if after := descriptors(t); !slices.Equal(before, after) {
		t.Errorf("descriptors before %v, after %v", before, after)
	}
}

// Descriptors go to an address, too.
func TestDescriptorsToAddress(t *testing.T) {
	r := bound(t, constants.SOCK_DGRAM, path(t))
	s := open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	m := socket.Message{Addr: name(t, r), Buffers: [][]byte{[]byte("x")},
		Control: rights(t, s.FD())}
	ok(t, s.SendMessage(ctx, &m, 0))
	if n, err := s.SendMessages(ctx, []socket.Message{m}, 0); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for range 2 {
		n, files, err := r.ReceiveFiles(within(t, patience), make([]byte, 1), 1)
		if n != 1 || len(files) != 1 || err != nil {
			t.Fatal(n, files, err)
		}
		files[0].Close()
	}
}

// What Reply makes of a message that was received goes back to its sender: trains as trains, in as
// many datagrams.
func TestReply(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment, testenv.UDPGRO)
	server, at := datagram(t, loopback4)
	client, _ := datagram(t, loopback4)
	ok(t, sockopt.UDPGRO.Set(server, true))
	in := socket.Message{
		Buffers: [][]byte{make([]byte, 10), make([]byte, 90)},
		Control: make([]byte, 100),
	}
	for _, size := range []int{0, 5, 10, 45} {
		data := noise(size)
		ok(t, client.SendMessage(ctx, &socket.Message{
			Addr:        at,
			Buffers:     [][]byte{data},
			SegmentSize: 20,
		}, 0))
		ok(t, server.ReceiveMessage(within(t, patience), &in, 0))
		out := in.Reply()
		ok(t, server.SendMessage(ctx, &out, 0))
		if len(in.Buffers[0]) != 10 || len(in.Buffers[1]) != 90 {
			t.Error("the buffers are no longer what they were")
		}
		got := receiveAll(t, client, max(1, (size+19)/20))
		if !bytes.Equal(bytes.Join(got, nil), data) {
			t.Errorf("%d bytes: %d came back", size, len(bytes.Join(got, nil)))
		}
	}
	if m := (&socket.Message{N: 7}).Reply(); len(m.Buffers) != 0 || m.Addr.IsValid() {
		t.Errorf("of a message that nobody received: %+v", m)
	}
}

// With IP_RECVERR an error of one destination is the result of the next send, which sends nothing
// (ip(7)).
func TestErrorOfAnother(t *testing.T) {
	s, _ := datagram(t, loopback4)
	ok(t, sockopt.SetInt(s, constants.IPPROTO_IP, constants.IP_RECVERR, 1))
	gone, nobody := datagram(t, loopback4)
	ok(t, gone.Close())
	r, to := datagram(t, loopback4)
	ok(t, second(s.SendTo(ctx, []byte("x"), nobody, 0)))
	m := socket.Message{Control: make([]byte, 200)}
	if n, err := s.SendMessages(ctx, messagesTo(to, 1, 2), 0); n != 0 ||
		!errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(n, err)
	}
	ok(t, s.ReceiveMessage(within(t, patience), &m, constants.MSG_ERRQUEUE))
	if m.Addr != nobody {
		t.Errorf("the error is about %v, not %v", m.Addr, nobody)
	}
	ms := messagesTo(to, 3)
	if n, err := s.SendMessages(ctx, ms, 0); n != 1 || err != nil {
		t.Error(n, err)
	}
	same(t, receiveAll(t, r, 1), ms)
}

// TestCredentialsBeforeTheOption: what was sent before SO_PASSCRED was on tells nobody's
// credentials, and is no error.
func TestCredentialsBeforeTheOption(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	send(t, a, "early")
	ok(t, sockopt.SOPassCredentials.Set(b, true))
	m := socket.Message{
		Buffers: [][]byte{make([]byte, 10)},
		Control: make([]byte, cmsg.SCMCredentials.Space()),
	}
	ok(t, b.ReceiveMessage(within(t, patience), &m, 0))
	want := cmsg.Credentials{UID: 65534, GID: 65534}
	if c, found := cmsg.SCMCredentials.Find(m.Control[:m.NControl]); c != want || !found {
		t.Errorf("%+v, %v; want %+v", c, found, want)
	}
}

// TestPendingRecords: Pending counts the next datagram of AF_UNIX, and all records of a
// SOCK_SEQPACKET.
func TestPendingRecords(t *testing.T) {
	for typ, want := range map[constants.SocketType]int{constants.SOCK_DGRAM: 2,
		constants.SOCK_SEQPACKET: 5, constants.SOCK_STREAM: 5} {
		a, b := pair(t, typ)
		send(t, a, "ab")
		send(t, a, "cde")
		if n, err := b.Pending(); n != want || err != nil {
			t.Errorf("%v: %d bytes are pending, %v; want %d", typ, n, err, want)
		}
	}
}

// Descriptors come with the first byte of what they were sent with, once, however it is read, and
// all of them are close-on-exec.
func TestDescriptorsComeOnce(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	send(t, a, "ab")
	ok(t, second(a.SendFiles(ctx, []byte("cdef"), a, b, a)))
	send(t, a, "gh")
	m := socket.Message{Buffers: [][]byte{make([]byte, 1)}, Control: make([]byte, 100)}
	for _, c := range "abcdefgh" {
		ok(t, b.ReceiveMessage(within(t, patience), &m, 0))
		fds, _ := cmsg.SCMRights.Find(m.Control[:m.NControl])
		want := 0
		if c == 'c' {
			want = 3
		}
		if m.N != 1 || m.Buffers[0][0] != byte(c) || len(fds) != want ||
			m.Flags&^constants.MSG_CMSG_CLOEXEC != 0 {
			t.Errorf("%q: %q, descriptors %v, flags %v", c, m.Buffers[0][:m.N], fds, m.Flags)
		}
		for _, fd := range fds {
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD,
				0); flags&unix.FD_CLOEXEC == 0 || err != nil {
				t.Errorf("descriptor %d: flags %#x, %v", fd, flags, err)
			}
			unix.Close(fd)
		}
	}
}
