package socket

// HookSend puts hook in place of the call that sends a batch, until the returned function is
// called. It gets the size of the segments of each unit that is to be sent, 0 of one that is a
// single datagram, and the call itself.
func HookSend(hook func(sizes []int, send func() (int, error)) (int, error)) (restore func()) {
	real := sendBatch
	sendBatch = func(o *batch, sysfd int) (int, error) {
		var sizes []int
		for _, u := range o.units[o.next:] {
			sizes = append(sizes, u.size)
		}
		return hook(sizes, func() (int, error) { return real(o, sysfd) })
	}
	return func() { sendBatch = real }
}

// HookReceive is the same for the call that receives a batch.
func HookReceive(hook func(receive func() (int, error)) (int, error)) (restore func()) {
	real := receiveBatch
	receiveBatch = func(o *batchReceive, sysfd int) (int, error) {
		return hook(func() (int, error) { return real(o, sysfd) })
	}
	return func() { receiveBatch = real }
}
