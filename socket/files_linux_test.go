package socket_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// descriptors lists the open descriptors of the process.
func descriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			// the listing's own is gone
			names = append(names, e.Name()+" "+target)
		}
	}
	slices.Sort(names)
	return names
}

func unixPair(t *testing.T, typ constants.SocketType) (a, b *socket.Socket) {
	t.Helper()
	a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// TestControlTruncated counts descriptors over the whole matrix of 0 to 4 that are sent and room
// for 0 to 4 (X5): truncation is an error by name, nothing leaks, and what the caller gets is
// close-on-exec. It receives one by one and in batches.
func TestControlTruncated(t *testing.T) {
	dir := t.TempDir()
	var files [4]*os.File
	for i := range files {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM,
		constants.SOCK_SEQPACKET} {
		a, b := unixPair(t, typ)
		for sent := range 5 {
			for room := range 5 {
				for _, padded := range []bool{true, false} {
					for _, batch := range []bool{true, false} {
						name := fmt.Sprintf("%v: %d descriptors, room for %d, padded %t, batch %t",
							typ, sent, room, padded, batch)
						size := cmsg.Space(4 * room)
						if !padded {
							size = unix.CmsgLen(4 * room)
						}
						if room == 0 {
							size = 0
						}
						before := descriptors(t)
						var conns []syscall.Conn
						for _, f := range files[:sent] {
							conns = append(conns, f)
						}
						if n, err := a.SendFiles(ctx, []byte("data"), conns...); n != 4 ||
							err != nil {
							t.Fatal(name, n, err)
						}
						ms := []socket.Message{{
							Buffers: [][]byte{make([]byte, 10)},
							Control: make([]byte, size),
						}}
						var err error
						if batch {
							var n int
							if n, err = b.ReceiveMessages(ctx, ms, 0); n != 1 {
								t.Fatal(name, n, err)
							}
						} else {
							err = b.ReceiveMessage(ctx, &ms[0], 0)
						}
						m := &ms[0]
						if string(m.Buffers[0][:m.N]) != "data" {
							t.Errorf("%s: the data is %q", name, m.Buffers[0][:m.N])
						}
						var got []int
						for c, err := range cmsg.Messages(m.Control[:m.NControl]) {
							if err != nil {
								t.Error(name, err)
							}
							got = slices.AppendSeq(got, c.Descriptors())
						}
						// The kernel uses the padding too: two descriptors fit where one needs it.
						fit := (size - unix.CmsgLen(0)) / 4
						switch {
						case sent == 0 || sent <= fit:
							if err != nil || len(got) != sent || m.Flags&constants.MSG_CTRUNC != 0 {
								t.Errorf("%s: %v, flags %v, got %v", name, err, m.Flags, got)
							}
						case errors.Is(err, socket.ErrControlTruncated) != (room > 0) ||
							m.Flags&constants.MSG_CTRUNC == 0 || len(got) > 0:
							t.Errorf("%s: %v, flags %v, got %v", name, err, m.Flags, got)
						}
						for i, fd := range got {
							flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
							if err != nil || flags&unix.FD_CLOEXEC == 0 {
								t.Errorf("%s: descriptor %d has flags %d, %v", name, fd, flags, err)
							}
							f := os.NewFile(uintptr(fd), "")
							ours, _ := files[i].Stat()
							theirs, err := f.Stat()
							if err != nil || !os.SameFile(ours, theirs) {
								t.Errorf("%s: descriptor %d is another file", name, i)
							}
							f.Close()
						}
						if after := descriptors(t); !slices.Equal(before, after) {
							t.Fatalf("%s: descriptors before %v, after %v", name, before, after)
						}
					}
				}
			}
		}
	}
}

// TestControlTruncatedInBatch holds that a message whose control data is cut off takes nothing from
// the others of its batch.
func TestControlTruncatedInBatch(t *testing.T) {
	a, b := unixPair(t, constants.SOCK_DGRAM)
	before := descriptors(t)
	for range 3 {
		if _, err := a.SendFiles(ctx, []byte("x"), a, b); err != nil {
			t.Fatal(err)
		}
	}
	ms := make([]socket.Message, 4)
	for i, room := range []int{cmsg.Space(8), cmsg.Space(0), cmsg.Space(8), 0} {
		ms[i] = socket.Message{Buffers: [][]byte{make([]byte, 2)}, Control: make([]byte, room)}
	}
	n, err := b.ReceiveMessages(ctx, ms, 0)
	if n != 3 || !errors.Is(err, socket.ErrControlTruncated) {
		t.Fatal(n, err)
	}
	for i, m := range ms[:n] {
		fds, _ := cmsg.SCMRights.Find(m.Control[:m.NControl])
		if cut := i == 1; len(fds) != 2 && !cut || len(fds) != 0 && cut ||
			(m.Flags&constants.MSG_CTRUNC != 0) != cut || m.N != 1 {
			t.Errorf("message %d: descriptors %v, flags %v, %d bytes", i, fds, m.Flags, m.N)
		}
		for _, fd := range fds {
			unix.Close(fd)
		}
	}
	if after := descriptors(t); !slices.Equal(before, after) {
		t.Errorf("descriptors before %v, after %v", before, after)
	}
}

// Control data for which the caller has no room is cut off, as recvmsg(2) tells, whatever room the
// library has of its own, and on every size of a word: MSG_CTRUNC, and no error. UDP_GRO is no such
// data.
func TestControlTruncatedUDP(t *testing.T) {
	for _, c := range []struct {
		name  string
		level constants.Level
		opt   constants.OptionName
		cut   bool
	}{
		{"IP_PKTINFO", constants.IPPROTO_IP, constants.IP_PKTINFO, true},
		{"IP_RECVTTL", constants.IPPROTO_IP, constants.IP_RECVTTL, true},
		{"IP_RECVTOS", constants.IPPROTO_IP, constants.IP_RECVTOS, true},
		{"SO_TIMESTAMP", constants.SOL_SOCKET, constants.SO_TIMESTAMP, true},
		{"UDP_GRO", constants.SOL_UDP, constants.UDP_GRO, false},
		{"none", constants.SOL_SOCKET, constants.SO_BROADCAST, false},
	} {
		for _, batch := range []bool{true, false} {
			r, to := datagram(t, loopback4)
			option(t, r, c.level, c.opt, 1)
			s, _ := datagram(t, loopback4)
			ok(t, second(s.SendTo(ctx, []byte("x"), to, 0)))
			ms := []socket.Message{{Buffers: [][]byte{make([]byte, 2)}, NControl: 7}}
			var err error
			if batch {
				_, err = r.ReceiveMessages(ctx, ms, 0)
			} else {
				err = r.ReceiveMessage(ctx, &ms[0], 0)
			}
			m := &ms[0]
			if cut := m.Flags&constants.MSG_CTRUNC != 0; err != nil || cut != c.cut ||
				m.NControl != 0 || m.N != 1 {
				t.Errorf("%s, batch %t: %v, flags %v, %d bytes of control data",
					c.name, batch, err, m.Flags, m.NControl)
			}
		}
	}
	// Room that is too small is an error.
	r, to := datagram(t, loopback4)
	option(t, r, constants.IPPROTO_IP, constants.IP_PKTINFO, 1)
	ok(t, second(r.SendTo(ctx, []byte("x"), to, 0)))
	m := socket.Message{Buffers: [][]byte{make([]byte, 2)}, Control: make([]byte, cmsg.Space(4))}
	is(t, r.ReceiveMessage(ctx, &m, 0), socket.ErrControlTruncated)
}

// What options put before UDP_GRO does not hide that a message holds several datagrams.
func TestSegmentsBesideOtherControl(t *testing.T) {
	testenv.NeedsLinuxPath(t, "UDP_SEGMENT")
	testenv.Needs(t, testenv.UDPSegment, testenv.UDPGRO)
	r, to := datagram(t, loopback4)
	ok(t, sockopt.UDPGRO.Set(r, true))
	for _, name := range []constants.OptionName{constants.SO_TIMESTAMPNS, constants.SO_RXQ_OVFL,
		constants.SO_RCVMARK, constants.SO_RCVPRIORITY} {
		sockopt.SetInt(r, constants.SOL_SOCKET, name, 1) // an old kernel may lack one
	}
	// SOF_TIMESTAMPING_SOFTWARE, RX_SOFTWARE, ... OPT_PKTINFO
	const everything = 1<<4 | 1<<3 | 1<<5 | 1<<6 | 1<<13
	ok(t, sockopt.SetInt(r, constants.SOL_SOCKET, constants.SO_TIMESTAMPING, everything))
	s, _ := datagram(t, loopback4)
	// which SO_RCVMARK tells; it needs CAP_NET_ADMIN
	sockopt.SetInt(s, constants.SOL_SOCKET, constants.SO_MARK, 7)
	ok(t, s.SendMessage(ctx, &socket.Message{
		Addr:        to,
		Buffers:     [][]byte{make([]byte, 50)},
		SegmentSize: 10,
	}, 0))
	m := socket.Message{Buffers: [][]byte{make([]byte, 100)}}
	ok(t, r.ReceiveMessage(ctx, &m, 0))
	if m.N != 50 || m.SegmentSize != 10 || m.Flags&constants.MSG_CTRUNC == 0 {
		t.Errorf("%d bytes in segments of %d, flags %v", m.N, m.SegmentSize, m.Flags)
	}
}

// TestSegmentSizeUnpadded adds the size of segments to control data that lacks the padding after
// its last message.
func TestSegmentSizeUnpadded(t *testing.T) {
	testenv.Needs(t, testenv.UDPSegment)
	r, to := datagram(t, loopback4)
	option(t, r, constants.IPPROTO_IP, constants.IP_RECVTTL, 1)
	s, _ := datagram(t, loopback4)
	ttl, err := cmsg.IPTimeToLive.Append(nil, 33)
	if err != nil {
		t.Fatal(err)
	}
	out := socket.Message{
		Addr:        to,
		Buffers:     [][]byte{[]byte("abcd")},
		SegmentSize: 2,
		Control:     ttl[:unix.CmsgLen(4)],
	}
	if err := s.SendMessage(ctx, &out, 0); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ab", "cd"} {
		m := socket.Message{
			Buffers: [][]byte{make([]byte, 9)},
			Control: make([]byte, cmsg.IPTimeToLive.Space()),
		}
		err := r.ReceiveMessage(ctx, &m, 0)
		got, _ := cmsg.IPTimeToLive.Find(m.Control[:m.NControl])
		if text := string(m.Buffers[0][:m.N]); text != want || got != 33 || err != nil {
			t.Errorf("received %q with TTL %d, %v", text, got, err)
		}
	}
}

// TestControlTruncatedKeepsTheRest holds that only the descriptors are taken out of control data
// that was cut off.
func TestControlTruncatedKeepsTheRest(t *testing.T) {
	a, b := unixPair(t, constants.SOCK_DGRAM)
	if err := sockopt.SOPassCredentials.Set(b, true); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	before := descriptors(t)
	if _, err := a.SendFiles(ctx, nil, r, w, a); err != nil {
		t.Fatal(err)
	}
	m := socket.Message{Control: make([]byte, cmsg.SCMCredentials.Space()+cmsg.Space(8))}
	if err := b.ReceiveMessage(ctx, &m, 0); !errors.Is(err, socket.ErrControlTruncated) {
		t.Fatal(err)
	}
	if c, ok := cmsg.SCMCredentials.Find(m.Control[:m.NControl]); !ok || c.PID != os.Getpid() ||
		m.NControl != cmsg.SCMCredentials.Space() {
		t.Errorf("%d bytes of control data: %+v, %t", m.NControl, c, ok)
	}
	if after := descriptors(t); !slices.Equal(before, after) {
		t.Errorf("descriptors before %v, after %v", before, after)
	}
}

// TestSendFiles passes descriptors (X5): files, sockets and connections of package net, over each
// type of AF_UNIX socket.
func TestSendFiles(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM,
		constants.SOCK_SEQPACKET} {
		a, b := unixPair(t, typ)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		own, err := socket.New(constants.AF_INET6, constants.SOCK_DGRAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		if n, err := a.SendFiles(ctx, []byte("x"), w, l.(*net.TCPListener), own); n != 1 ||
			err != nil {
			t.Fatal(n, err)
		}
		w.Close()
		buf := make([]byte, 9)
		n, files, err := b.ReceiveFiles(ctx, buf, 3)
		if n != 1 || buf[0] != 'x' || err != nil || len(files) != 3 {
			t.Fatal(n, files, err)
		}
		files[0].WriteString("through the pipe")
		files[0].Close()
		if text, err := io.ReadAll(r); string(text) != "through the pipe" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
		if s, err := socket.FromFile(files[2]); err != nil || s.Family() != constants.AF_INET6 ||
			s.Type() != constants.SOCK_DGRAM {
			t.Error(s, err)
		} else {
			s.Close()
		}
		files[1].Close()
		files[2].Close()

		// No files, too many files, a closed file, and nothing to carry them.
		if _, err := a.SendFiles(ctx, []byte("y")); err != nil {
			t.Error(err)
		}
		if n, files, err := b.ReceiveFiles(ctx, buf, 0); n != 1 || files != nil || err != nil {
			t.Error(n, files, err)
		}
		a.SendFiles(ctx, []byte("z"), r, r)
		if n, files, err := b.ReceiveFiles(ctx, buf, 1); n != 1 || files != nil ||
			!errors.Is(err, socket.ErrControlTruncated) {
			t.Error(n, files, err)
		}
		if _, err := a.SendFiles(ctx, []byte("closed"), w); !errors.Is(err, os.ErrClosed) {
			t.Error("a closed file:", err)
		}
		if _, err := a.SendFiles(ctx, []byte("many"),
			slices.Repeat([]syscall.Conn{r}, 254)...); !invalid(err, "253") {
			t.Error("254 descriptors:", err)
		}
		if _, err := a.SendFiles(ctx, nil, r); typ == constants.SOCK_STREAM &&
			!invalid(err, "byte of data") {
			t.Error("a stream without data:", err)
		} else if typ != constants.SOCK_STREAM {
			if n, files, err := b.ReceiveFiles(ctx, buf, 1); n != 0 || len(files) != 1 ||
				err != nil {
				t.Error("a message without data:", n, files, err)
			} else {
				files[0].Close()
			}
		}
		if _, err := a.SendFiles(ctx, []byte("nil"), nil); !invalid(err, "nil") {
			t.Error("no file:", err)
		}
		if n, _, err := b.ReceiveFiles(ctx, buf, -1); n != 0 || !invalid(err, "negative") {
			t.Error(n, err)
		}
		// Other control data comes before the descriptors, and takes no room from them.
		if err := sockopt.SOPassCredentials.Set(b, true); err != nil {
			t.Fatal(err)
		}
		for _, most := range []int{2, 1 << 20, math.MaxInt} {
			a.SendFiles(ctx, []byte("z"), r, r)
			n, files, err := b.ReceiveFiles(ctx, buf, most)
			if n != 1 || len(files) != 2 || err != nil {
				t.Errorf("at most %d: %d, %v, %v", most, n, files, err)
			}
			for _, f := range files {
				f.Close()
			}
		}
		a.Close()
		if typ != constants.SOCK_DGRAM {
			if n, files, err := b.ReceiveFiles(ctx, buf, 1); n != 0 || files != nil || err != nil {
				t.Error("at the end:", n, files, err)
			}
		}
	}
}

// TestPeerCredentials asks who is at the other end of pairs and connections (X5).
func TestPeerCredentials(t *testing.T) {
	want := cmsg.Credentials{PID: os.Getpid(), UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	a, _ := unixPair(t, constants.SOCK_STREAM)
	if c, err := a.PeerCredentials(); c != want || err != nil {
		t.Errorf("%+v, %v, want %+v", c, err, want)
	}
	path, err := sockaddr.Unix(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := errors.Join(l.Bind(path), l.Listen(1)); err != nil {
		t.Fatal(err)
	}
	c, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Connect(ctx, path); err != nil {
		t.Fatal(err)
	}
	if got, err := c.PeerCredentials(); got != want || err != nil {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	c.Close()
	if _, err := c.PeerCredentials(); !errors.Is(err, socket.ErrClosed) {
		t.Error(err)
	}
}

// TestSendMessagesStreamRights holds that a message which a stream takes in parts carries its
// descriptors once.
func TestSendMessagesStreamRights(t *testing.T) {
	a, b := unixPair(t, constants.SOCK_STREAM)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	control, err := cmsg.SCMRights.Append(nil, []int{int(r.Fd()), int(w.Fd())})
	if err != nil {
		t.Fatal(err)
	}
	const size = 8 << 20
	done := make(chan error, 1)
	go func() {
		n, err := a.SendMessages(ctx, []socket.Message{{
			Buffers: [][]byte{make([]byte, size)},
			Control: control,
		}}, 0)
		if err == nil && n != 1 {
			err = fmt.Errorf("%d messages", n)
		}
		done <- err
	}()
	received, passed := 0, 0
	buf := make([]byte, 1<<16)
	for received < size {
		n, files, err := b.ReceiveFiles(ctx, buf, 10)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		received += n
		passed += len(files)
		for _, f := range files {
			f.Close()
		}
	}
	if err := <-done; err != nil || passed != 2 || received != size {
		t.Errorf("%d descriptors with %d bytes, %v", passed, received, err)
	}
}

// TestPidFD receives a descriptor of the sending process with each message (X5), and none is lost
// when there is no room.
func TestPidFD(t *testing.T) {
	testenv.NeedsKernel(t, "6.5")
	a, b := unixPair(t, constants.SOCK_DGRAM)
	if err := sockopt.SetInt(b, constants.SOL_SOCKET, constants.SO_PASSPIDFD, 1); err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	a.Send(ctx, []byte("x"), 0)
	m := socket.Message{Control: make([]byte, cmsg.SCMPIDFD.Space())}
	if err := b.ReceiveMessage(ctx, &m, 0); err != nil {
		t.Fatal(err)
	}
	fd, ok := cmsg.SCMPIDFD.Find(m.Control[:m.NControl])
	if !ok {
		t.Fatal("no SCM_PIDFD")
	}
	if err := unix.PidfdSendSignal(fd, 0, nil, 0); err != nil {
		t.Error(err)
	}
	unix.Close(fd)
	// It is none of the files of ReceiveFiles, and closed there.
	a.SendFiles(ctx, []byte("x"), b)
	_, files, err := b.ReceiveFiles(ctx, make([]byte, 1), 1)
	if len(files) != 1 || err != nil {
		t.Fatal(files, err)
	}
	files[0].Close()
	// Room for the pidfd, and not for the descriptor that comes after it.
	if err := sockopt.SOPassCredentials.Set(b, true); err != nil {
		t.Fatal(err)
	}
	for room := 0; room < 100; room += 4 {
		r, err := os.Open("/dev/null")
		if err != nil {
			t.Fatal(err)
		}
		a.SendFiles(ctx, []byte("x"), r)
		r.Close()
		m := socket.Message{Control: make([]byte, room)}
		err = b.ReceiveMessage(ctx, &m, 0)
		if (err != nil) != (m.Flags&constants.MSG_CTRUNC != 0 && room > 0) {
			t.Errorf("room %d: flags %v, %v", room, m.Flags, err)
		}
		for c := range cmsg.Messages(m.Control[:m.NControl]) {
			for fd := range c.Descriptors() {
				unix.Close(fd)
			}
			if fd, ok := cmsg.SCMPIDFD.Get(c); ok {
				unix.Close(fd)
			}
		}
		if after := descriptors(t); !slices.Equal(before, after) {
			t.Fatalf("room %d: descriptors before %v, after %v", room, before, after)
		}
	}
}

// invalid reports whether an error is EINVAL and says why.
func invalid(err error, why string) bool {
	return errors.Is(err, syscall.EINVAL) && strings.Contains(err.Error(), why)
}
