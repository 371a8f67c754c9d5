package fd

import "time"

// Hold returns the descriptor's number, which stays this open file's until Release; ok is false,
// and there is nothing to release, once it is closed. It is for calls that do not wait, as Close
// waits for them.
func (f *FD) Hold() (sysfd int, ok bool) {
	if !f.enter() {
		return -1, false
	}
	return int(f.sysfd), true
}

// Release ends what Hold began.
func (f *FD) Release() { f.leave() }

// A Closer is told of a Close.
type Closer interface {
	// Closing is called once, when nobody holds the descriptor any more and before its number is
	// free for another file.
	Closing(sysfd int)
}

// Stir makes the operation that waits in a direction call Do again, and if none waits, the next one
// that would.
func (f *FD) Stir(dir Dir) {
	s := &f.sides[dir]
	s.lockQueue()
	defer s.unlockQueue()
	if !f.closed() {
		f.arm(dir, passed)
	}
	s.stirLocked()
}

// Until returns the time from now to t, as timeouts have it: at least a nanosecond, and 0 for the
// zero time.
func Until(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(1, time.Until(t))
}
