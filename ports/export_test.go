package ports

// Busy reports whether the reader is in a call on the socket.
func (p *InputPort) Busy() bool { return p.busy.Load() }

// Busy reports whether a call on the port may be sending.
func (p *OutputPort) Busy() bool {
	if p.busy.Load() || !p.mu.TryLock() {
		return true
	}
	p.mu.Unlock()
	return false
}
