package sys

// Polls are the calls that take ppoll's place.
var Polls = func() (calls []uintptr) {
	for _, call := range []uintptr{sysPoll, sysPollTime64} {
		if call != 0 {
			calls = append(calls, call)
		}
	}
	return calls
}()
