package socket

import (
	"sync"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// Operations are kept for reuse, so that a call allocates nothing.

// An operation is a call of package fd, embedded with its arguments and results.
type operation interface {
	fd.Call
	Bind(fd.Call)
	Reusable() bool
}

// A pool keeps operations of one type, which is what P points to.
type pool[T any, P interface {
	*T
	operation
}] struct{ p sync.Pool }

func (p *pool[T, P]) get() P {
	if o, ok := p.p.Get().(P); ok {
		return o
	}
	o := P(new(T))
	o.Bind(o)
	return o
}

// put takes back an operation that holds nothing of the caller's any more.
func (p *pool[T, P]) put(o P) {
	if o.Reusable() {
		p.p.Put(o)
	}
}

// These flags are the library's to handle: on a non-blocking socket the kernel ignores MSG_WAITALL,
// and MSG_DONTWAIT would change nothing.
const (
	dontWait   = max(constants.MSG_DONTWAIT, 0)
	waitAll    = max(constants.MSG_WAITALL, 0)
	errorQueue = max(constants.MSG_ERRQUEUE, 0)
	zeroCopy   = max(constants.MSG_ZEROCOPY, 0)
	fastOpen   = max(constants.MSG_FASTOPEN, 0)
	outOfBand  = max(constants.MSG_OOB, 0)
	more       = max(constants.MSG_MORE, 0)
)

// badFlags is what is wrong with the flags of a send.
func badFlags(flags constants.MsgFlag) error {
	if flags >= 0 && flags&zeroCopy != 0 {
		return errZeroCopy
	}
	return checkFlags(flags)
}

// The kernel sends from the caller's memory then, which the garbage collector would give to
// somebody else meanwhile.
const errZeroCopy = sys.Lacking("MSG_ZEROCOPY is for ZeroCopy")

// receiveSide is the direction in which a receive waits.
func receiveSide(flags constants.MsgFlag) fd.Dir {
	if flags&errorQueue != 0 {
		return fd.Errors
	}
	return fd.Read
}

// again is the answer to a call that would block, for operations that decide that themselves.
const again = syscall.EAGAIN
