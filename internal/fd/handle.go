package fd

import (
	"sync"
	"sync/atomic"
)

// A handle is a descriptor's number, with what has become of it and how many calls use it that the
// poller does not know of.
type handle struct {
	sysfd int32 // what a descriptor is in C
	bits  atomic.Uint32
	// gone is locked from retire, if it finds users, until the last has left; see waiter.asleep.
	gone sync.Mutex
}

const (
	open    = 1 << iota // Init was called
	closed              // Close was called
	polled              // the poller has it
	refused             // the poller refused it, for good
	doubled             // there is a duplicate for Errors, or will be
	user                // this and the bits above are the number of users
)

func (h *handle) usable() bool { return h.bits.Load()&(open|closed) == open }
func (h *handle) closed() bool { return h.bits.Load()&closed != 0 }
func (h *handle) polled() bool { return h.bits.Load()&polled != 0 }

// enter adds a user, unless the descriptor is closed. Each user ends with leave.
func (h *handle) enter() bool {
	for {
		bits := h.bits.Load()
		if bits&(open|closed) != open {
			return false
		}
		if h.bits.CompareAndSwap(bits, bits+user) {
			return true
		}
	}
}

func (h *handle) leave() {
	if bits := h.bits.Add(^uint32(user - 1)); bits&closed != 0 && bits < user {
		h.gone.Unlock()
	}
}

// retire closes the descriptor for new users, and reports whether it was open. Only one goroutine
// at a time may call it.
func (h *handle) retire() bool {
	for {
		bits := h.bits.Load()
		if bits&(open|closed) != open {
			return false
		}
		if bits >= user {
			h.gone.TryLock() // it is locked by now, or was in the round before
		}
		if h.bits.CompareAndSwap(bits, bits|closed) {
			if bits < user {
				h.gone.TryLock()
				h.gone.Unlock() // they left meanwhile
			}
			return true
		}
	}
}

// wait returns when the users that retire found have left.
func (h *handle) wait() {
	h.gone.Lock()
	defer h.gone.Unlock()
}
