package socket_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
)

var fuseDevice = testenv.Feature{Name: "FUSE", Probe: func() error {
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}}

// fuse is a FUSE file system of one file, "f", and its daemon (linux/fuse.h).
type fuse struct {
	path  string
	polls atomic.Int32 // how often it was asked whether the file is ready
	// flushes, and look-ups of "stalled", are answered when it is closed; nil: at once
	hold atomic.Pointer[chan int]
	held chan struct{} // has something for each request that is not answered yet
}

func mountFUSE(t *testing.T) *fuse {
	t.Helper()
	testenv.Needs(t, testenv.SysAdmin, fuseDevice)
	dev, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	ok(t, err)
	dir := t.TempDir()
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", dev)
	if err := unix.Mount("test", dir, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		unix.Close(dev)
		t.Skipf("needs to mount FUSE: %v", err)
	}
	f := &fuse{path: filepath.Join(dir, "f"), held: make(chan struct{}, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.serve(dev)
	}()
	t.Cleanup(func() {
		ok(t, unix.Unmount(dir, unix.MNT_DETACH|unix.MNT_FORCE))
		<-done
		unix.Close(dev)
	})
	return f
}

func (f *fuse) serve(dev int) {
	le := binary.NativeEndian
	buf := make([]byte, 1<<17)
	for {
		n, err := unix.Read(dev, buf)
		if err == unix.EINTR || err == unix.ENOENT {
			continue
		}
		if err != nil || n < 40 {
			return
		}
		unique, node := le.Uint64(buf[8:]), le.Uint64(buf[16:])
		answer := func(errno unix.Errno, body []byte) {
			head := make([]byte, 16)
			le.PutUint32(head, uint32(16+len(body)))
			le.PutUint32(head[4:], uint32(-int32(errno)))
			le.PutUint64(head[8:], unique)
			unix.Write(dev, append(head, body...))
		}
		attributes := func(b []byte, ino uint64) {
			mode := uint32(unix.S_IFREG | 0o666)
			if ino == 1 {
				mode = unix.S_IFDIR | 0o755
			}
			le.PutUint64(b, ino)
			le.PutUint64(b[8:], 100)
			le.PutUint32(b[60:], mode)
			le.PutUint32(b[64:], 1)
		}
		switch le.Uint32(buf[4:]) {
		case 26: // FUSE_INIT
			b := make([]byte, 64)
			le.PutUint32(b, 7)
			le.PutUint32(b[4:], 31)
			le.PutUint32(b[20:], 4096)
			answer(0, b)
		case 1: // FUSE_LOOKUP
			if string(buf[40:n]) == "stalled\x00" {
				if hold := f.hold.Load(); hold != nil {
					f.held <- struct{}{}
					go func() {
						<-*hold
						answer(unix.ENOENT, nil)
					}()
					continue
				}
				answer(unix.ENOENT, nil)
				continue
			}
			b := make([]byte, 128)
			le.PutUint64(b, 2)
			attributes(b[40:], 2)
			answer(0, b)
		case 3: // FUSE_GETATTR
			b := make([]byte, 104)
			attributes(b[16:], node)
			answer(0, b)
		case 14: // FUSE_OPEN
			answer(0, make([]byte, 16))
		case 40: // FUSE_POLL
			f.polls.Add(1)
			answer(0, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		case 25: // FUSE_FLUSH
			if hold := f.hold.Load(); hold != nil {
				f.held <- struct{}{}
				go func() {
					<-*hold
					answer(0, nil)
				}()
				continue
			}
			answer(0, nil)
		case 18: // FUSE_RELEASE
			answer(0, nil)
		case 2, 36, 42: // FUSE_FORGET, FUSE_INTERRUPT, FUSE_BATCH_FORGET, which have no answer
		default:
			answer(unix.ENOSYS, nil)
		}
	}
}

// open opens the file as somebody who means it does.
func (f *fuse) open(t *testing.T) int {
	t.Helper()
	fd, err := unix.Open(f.path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	ok(t, err)
	return fd
}

// pass sends descriptors, however the sender got them.
func pass(t *testing.T, s *socket.Socket, fds ...int) {
	t.Helper()
	ok(t, s.SendMessage(ctx, &socket.Message{
		Buffers: [][]byte{[]byte("x")},
		Control: rights(t, fds...),
	}, 0))
}

// No daemon of a stranger's is asked whether his file is ready: he would not answer, and all input
// and output of the program would stand still. This holds whether the file is taken, was not
// wanted, or is one of too many.
func TestReceiveFilesOfFUSE(t *testing.T) {
	testenv.NeedsLinuxPath(t, "statx(2)")
	f := mountFUSE(t)
	a, b := pair(t, constants.SOCK_STREAM)
	fd := f.open(t)
	defer unix.Close(fd)
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC) // which would ask for what it holds
	ok(t, err)
	defer unix.Close(epoll)
	var pipe [2]int
	ok(t, unix.Pipe2(pipe[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	buf := make([]byte, 9)
	for most := range 5 {
		pass(t, a, fd, epoll, pipe[1])
		n, files, err := b.ReceiveFiles(ctx, buf, most)
		if n != 1 || (len(files) == 3) != (most >= 3) || errors.Is(err,
			socket.ErrControlTruncated) != (most < 3) || errors.Is(err, syscall.EMFILE) {
			t.Errorf("at most %d: %d bytes, files %v, %v", most, n, files, err)
		}
		for _, file := range files {
			flags, err := unix.FcntlInt(file.Fd(), unix.F_GETFD, 0)
			if err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("descriptor %d has flags %d, %v", file.Fd(), flags, err)
			}
		}
		if len(files) == 3 {
			if info, err := files[0].Stat(); err != nil || info.Size() != 100 {
				t.Errorf("it is another file: %v, %v", info, err)
			}
			is(t, files[0].SetDeadline(time.Now()), os.ErrNoDeadline) // the poller has not got it
			ok(t, files[2].SetDeadline(time.Time{}))                  // but the pipe
			for _, file := range files {
				ok(t, file.Close())
			}
		}
	}
	if n := f.polls.Load(); n != 0 {
		t.Errorf("the daemon was asked %d times", n)
	}
}

// What close(2) does is in the hand of who sent the descriptor. Descriptors that nobody wants are
// closed without a call being held beyond its own end.
func TestStraysDoNotHold(t *testing.T) {
	f := mountFUSE(t)
	for _, test := range []struct {
		name    string
		receive func(ctx context.Context, s *socket.Socket) error
	}{
		{"ReceiveFiles of too many", func(ctx context.Context, s *socket.Socket) error {
			return third(s.ReceiveFiles(ctx, make([]byte, 1), 1))
		}},
		{"ReceiveMessage with little room", func(ctx context.Context, s *socket.Socket) error {
			return s.ReceiveMessage(ctx, &socket.Message{
				Buffers: [][]byte{make([]byte, 1)},
				Control: make([]byte, cmsg.Space(4)),
			}, 0)
		}},
		{"ReceiveMessages with little room", func(ctx context.Context, s *socket.Socket) error {
			return second(s.ReceiveMessages(ctx, []socket.Message{{
				Buffers: [][]byte{make([]byte, 1)},
				Control: make([]byte, cmsg.Space(4)),
			}}, 0))
		}},
	} {
		for _, end := range []string{"context", "timeout", "deadline", "close", "at once"} {
			t.Run(test.name+", "+end, func(t *testing.T) {
				a, b := pair(t, constants.SOCK_DGRAM)
				fd := f.open(t)
				pass(t, a, fd, fd, fd)
				ok(t, unix.Close(fd))
				hold := make(chan int)
				f.hold.Store(&hold)
				release := func() {
					if f.hold.Swap(nil) != nil {
						close(hold)
					}
				}
				defer release()
				c := ctx
				cancel := func() {}
				switch end {
				case "context":
					c, cancel = context.WithCancel(ctx)
				case "timeout":
					set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
				}
				done := start(func() error { return test.receive(c, b) })
				<-f.held // it is being closed
				switch end {
				case "context":
					cancel()
				case "deadline":
					ok(t, b.SetReadDeadline(time.Now()))
				case "close":
					ok(t, b.Close())
				case "at once":
					pending(t, done)
					release()
				}
				is(t, result(t, done), socket.ErrControlTruncated)
				cancel()
				for len(f.held) > 0 {
					<-f.held
				}
				release()
			})
		}
	}
}

// Whoever sends as many descriptors as a message takes, again and again, and lets no close(2) end,
// does not use up the descriptors of the process. They are all closed when he lets go, and the
// socket takes descriptors again.
func TestStraysAreBounded(t *testing.T) {
	f := mountFUSE(t)
	f.held = make(chan struct{}, 1<<12)
	for _, most := range []int{1, 200} {
		a, b := pair(t, constants.SOCK_STREAM)
		set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
		hold := make(chan int)
		f.hold.Store(&hold)
		before := len(descriptors(t))
		fd := f.open(t)
		fds := slices.Repeat([]int{fd}, 253)
		for range 20 {
			pass(t, a, fds...)
			n, files, err := b.ReceiveFiles(ctx, make([]byte, 1), most)
			if n != 1 || len(files) != 0 {
				t.Errorf("%d bytes, %d files", n, len(files))
			}
			is(t, err, socket.ErrControlTruncated)
			isNot(t, err, syscall.EMFILE)
			pass(t, a, fds...)
			ms := []socket.Message{{Buffers: [][]byte{make([]byte, 1)}, Control: make([]byte, 512)}}
			is(t, second(b.ReceiveMessages(ctx, ms, 0)), socket.ErrControlTruncated)
		}
		if n := len(descriptors(t)) - before; n > 2*253 {
			t.Errorf("%d descriptors more are open", n)
		}
		f.hold.Store(nil)
		close(hold)
		ok(t, unix.Close(fd))
		for end := time.Now().Add(patience); len(descriptors(t)) > before &&
			time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if n := len(descriptors(t)) - before; n > 0 {
			t.Errorf("%d descriptors stay open", n)
		}
		pass(t, a, a.FD())
		_, files, err := b.ReceiveFiles(within(t, patience), make([]byte, 1), 1)
		if len(files) != 1 || err != nil {
			t.Errorf("afterwards %d files, %v", len(files), err)
		}
		for _, file := range files {
			ok(t, file.Close())
		}
	}
}

// While the descriptors that one sender has a server throw away are not closed, the messages of
// others come whole, and with the credentials of who sent them. Only their descriptors do not.
func TestStraysLeaveCredentials(t *testing.T) {
	f := mountFUSE(t)
	f.held = make(chan struct{}, 1<<12)
	server := bound(t, constants.SOCK_DGRAM, sockaddr.Unnamed())
	set(t, server, func(p *socket.Params) { p.ReceiveTimeout = short })
	option(t, server, constants.SOL_SOCKET, constants.SO_PASSCRED, 1)
	clients := make([]*socket.Socket, 2)
	for i := range clients {
		clients[i] = bound(t, constants.SOCK_DGRAM, sockaddr.Unnamed())
		ok(t, clients[i].Connect(ctx, name(t, server)))
	}
	hold := make(chan int)
	f.hold.Store(&hold)
	release := sync.OnceFunc(func() { f.hold.Store(nil); close(hold) })
	defer release()
	before := len(descriptors(t))
	fd := f.open(t)
	for range 3 { // 128 descriptors each, for which there is room
		pass(t, clients[0], slices.Repeat([]int{fd}, 253)...)
		_, _, err := server.ReceiveFiles(ctx, make([]byte, 1), 1)
		is(t, err, socket.ErrControlTruncated)
	}
	receive := func(batch bool) (socket.Message, error) {
		room := make([]byte, cmsg.SCMCredentials.Space()+cmsg.Space(4*10))
		ms := []socket.Message{{Buffers: [][]byte{make([]byte, 9)}, Control: room}}
		if batch {
			return ms[0], second(server.ReceiveMessages(ctx, ms, 0))
		}
		err := server.ReceiveMessage(ctx, &ms[0], 0)
		return ms[0], err
	}
	for _, with := range []bool{false, true} {
		for _, batch := range []bool{false, true} {
			if with {
				pass(t, clients[1], fd)
			} else {
				ok(t, second(clients[1].Send(ctx, []byte("x"), 0)))
			}
			m, err := receive(batch)
			if with {
				is(t, err, socket.ErrControlTruncated)
			} else {
				ok(t, err)
			}
			var who cmsg.Credentials
			for c := range cmsg.Messages(m.Control[:m.NControl]) {
				if own, ok := cmsg.SCMCredentials.Get(c); ok {
					who = own
				} else {
					t.Errorf("it comes with %v", c)
				}
			}
			if m.N != 1 || who.PID != os.Getpid() {
				t.Errorf("with a descriptor %t, in a batch %t: %d bytes of process %d", with, batch,
					m.N, who.PID)
			}
		}
	}
	release()
	ok(t, unix.Close(fd))
	for end := time.Now().Add(patience); len(descriptors(t)) > before; {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors stay open", len(descriptors(t))-before)
		}
		time.Sleep(time.Millisecond)
	}
}

// Files are lent to the kernel, not duplicated: closing a duplicate would drop the process's locks
// on the file, and flush it.
func TestSendFilesKeepsLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "locked")
	file, err := os.Create(path)
	ok(t, err)
	defer file.Close()
	other, err := os.Open(path)
	ok(t, err)
	defer other.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	ok(t, unix.FcntlFlock(file.Fd(), unix.F_SETLK, &lock))
	held := func() bool {
		t.Helper()
		// A lock of the open file asks, for which this process's lock is another's.
		l := unix.Flock_t{Type: unix.F_RDLCK}
		ok(t, unix.FcntlFlock(other.Fd(), unix.F_OFD_GETLK, &l))
		return l.Type != unix.F_UNLCK
	}
	if !held() {
		t.Fatal("the lock is not seen")
	}
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, second(a.SendFiles(ctx, []byte("x"), file)))
	if !held() {
		t.Error("SendFiles dropped the lock")
	}
	// The kernel drops what is not wanted, before this process has it.
	n, files, err := b.ReceiveFiles(ctx, make([]byte, 1), 0)
	if n != 1 || files != nil || !errors.Is(err, socket.ErrControlTruncated) {
		t.Error(n, files, err)
	}
	ok(t, second(a.SendFiles(ctx, []byte("x"), file)))
	ok(t, second(b.Receive(ctx, make([]byte, 1), 0)))
	if !held() {
		t.Error("a receive dropped the lock")
	}
	// With no wanted files nothing is flushed either.
	ok(t, unix.FcntlFlock(file.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_UNLCK}))
}

// A file that is lent cannot be closed until SendFiles returns; nothing is sent of another file
// with its number.
func TestSendFilesWhileClosing(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	r, w, err := os.Pipe()
	ok(t, err)
	defer r.Close()
	fill(t, a)
	c, cancel := context.WithCancel(ctx)
	defer cancel()
	sending := start(func() error { return second(a.SendFiles(c, []byte("x"), w)) })
	parked(t, 1)
	closing := start(w.Close)
	time.Sleep(short)
	pending(t, closing)
	cancel()
	is(t, result(t, sending), context.Canceled)
	ok(t, result(t, closing))
	is(t, second(a.SendFiles(ctx, []byte("x"), w)), os.ErrClosed)
	// A socket that is sent over itself.
	sending = start(func() error { return second(a.SendFiles(ctx, []byte("x"), a)) })
	parked(t, 1)
	ok(t, a.Close())
	is(t, result(t, sending), socket.ErrClosed)
	ok(t, b.Close())
}

// Without free descriptors files are sent all the same, and the receiver is told that it has none:
// too many is another error.
func TestFilesWithoutDescriptors(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	r, w, err := os.Pipe()
	ok(t, err)
	defer r.Close()
	defer w.Close()
	before := descriptors(t)
	var limit unix.Rlimit
	ok(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	for _, free := range []int{0, 1, 2} {
		// The limit is above as many numbers as shall be free, of which others in the process leave
		// some between theirs.
		lowered := limit
		lowered.Cur = 0
		for left := free + 1; left > 0; lowered.Cur++ {
			if _, err := unix.FcntlInt(uintptr(lowered.Cur), unix.F_GETFD, 0); err == unix.EBADF {
				left--
			}
		}
		lowered.Cur--
		ok(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, (*syscall.Rlimit)(&lowered)))
		n, sendErr := a.SendFiles(ctx, []byte("x"), r, w)
		_, files, err := b.ReceiveFiles(ctx, make([]byte, 1), 2)
		ok(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, (*syscall.Rlimit)(&limit)))
		if n != 1 || sendErr != nil {
			t.Errorf("%d free: sent %d, %v", free, n, sendErr)
		}
		if free == 2 {
			ok(t, err)
		} else {
			is(t, err, syscall.EMFILE, socket.ErrControlTruncated)
		}
		for _, f := range files {
			ok(t, f.Close())
		}
	}
	ok(t, second(a.SendFiles(ctx, []byte("x"), r, w)))
	_, _, err = b.ReceiveFiles(ctx, make([]byte, 1), 1)
	is(t, err, socket.ErrControlTruncated)
	isNot(t, err, syscall.EMFILE)
	if after := descriptors(t); !slices.Equal(before, after) {
		t.Errorf("descriptors before %v, after %v", before, after)
	}
}
