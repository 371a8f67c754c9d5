package socket

import "time"

// SetStalled changes how long a closed connection with memory of ZeroCopy may move nothing, until
// the returned function is called.
func SetStalled(d time.Duration) (restore func()) {
	old := stalled
	stalled = d
	return func() { stalled = old }
}
