package socket

import (
	"context"
	"sync"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket/cmsg"
)

// Descriptors that came and that nobody wants are closed. What close(2) does is in the hand of who
// sent them: it may wait for a connection to linger (SO_LINGER), or for the daemon of a FUSE file
// system to answer. So goroutines of a closer do it, and the call that received them waits for
// these to its own end at most.

// A closer closes descriptors in goroutines that end when there is nothing more to close. The
// goroutines are few, since each may hold a thread; when all of them are held, what comes waits in
// the queue.
type closer struct {
	mu      sync.Mutex
	queue   []stray
	running int
}

type stray struct {
	close func()
	group *group
}

// A group is the descriptors that one call throws away.
type group struct {
	left int           // guarded by the closer's mu
	done chan struct{} // closed when none is left
}

const maxClosers = 16

var strays closer

// close calls the functions, and returns a channel that is closed once all have returned.
func (c *closer) close(closes []func()) <-chan struct{} {
	g := &group{left: len(closes), done: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range closes {
		c.queue = append(c.queue, stray{one, g})
		if c.running < maxClosers {
			c.running++
			go c.run()
		}
	}
	return g.done
}

func (c *closer) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) > 0 {
		s := c.queue[0]
		c.queue = c.queue[1:]
		c.mu.Unlock()
		s.close()
		c.mu.Lock()
		if s.group.left--; s.group.left == 0 {
			close(s.group.done)
		}
	}
	c.running--
}

// maxStrays is how many descriptors that one socket has thrown away may wait to be closed. As long
// as there are more, it takes no others: whoever sends them and keeps close(2) from ending could
// otherwise use up the descriptors of the process, 253 a message.
const maxStrays = 256

// controlRoom is the room that the kernel is given for control data. An AF_UNIX socket with too
// many strays, more of which are those that a call is about to throw away, has room for the
// credentials alone that come with each message. The kernel then drops descriptors, and closes
// none.
func (s *Socket) controlRoom(room []byte, more int) []byte {
	if len(room) == 0 || s.Family() != constants.AF_UNIX {
		return room
	}
	if r := s.rare.Load(); r != nil {
		more += int(r.strays.Load())
	}
	if more > maxStrays {
		return room[:min(len(room), s.credentialsRoom())]
	}
	return room
}

// credentialsRoom is how much the credentials of a message take, none if they do not come. No
// descriptor fits behind them, or in their place: what the kernel puts before them is as long, and
// descriptors come last (__scm_recv_common, net/core/scm.c, Linux 6.18).
func (s *Socket) credentialsRoom() int {
	if constants.SO_PASSCRED < 0 {
		return 0
	}
	on := 0
	err := s.fd.Control(func(sysfd int) (err error) {
		on, err = sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_PASSCRED))
		return err
	})
	if err != nil || on == 0 {
		return 0
	}
	return cmsg.SCMCredentials.Space()
}

// discard closes descriptors that were received, and waits for that as long as the receive might
// have waited.
func (s *Socket) discard(ctx context.Context, fds []int, flags constants.MsgFlag) {
	if len(fds) == 0 {
		return
	}
	left := &s.rarely().strays
	left.Add(int32(len(fds)))
	closes := make([]func(), len(fds))
	for i, sysfd := range fds {
		closes[i] = func() {
			sys.Close(sysfd)
			left.Add(-1)
		}
	}
	done := strays.close(closes)
	if flags&dontWait == 0 {
		s.fd.Await(ctx, fd.Read, s.parameters().ReceiveTimeout, done)
	}
}
