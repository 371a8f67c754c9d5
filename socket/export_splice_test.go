package socket

import "syscall"

// HookSplice calls hook before each splice(2), until the returned function is called.
func HookSplice(hook func()) (restore func()) {
	real := spliceCall
	spliceCall = func(from, to, n int) (int, error) {
		hook()
		return real(from, to, n)
	}
	return func() { spliceCall = real }
}

// StopSplice makes each splice(2) after that many calls move nothing, without an error, until the
// returned function is called.
func StopSplice(after int) (restore func()) {
	real, calls := spliceCall, 0
	spliceCall = func(from, to, n int) (int, error) {
		if calls++; calls > after {
			return 0, nil
		}
		return real(from, to, n)
	}
	return func() { spliceCall = real }
}

// RefuseSplice makes sendfile(2) and splice(2) fail after that many calls, as where the kernel has
// them not, until the returned function is called. It returns the number of calls that worked.
func RefuseSplice(after int) (restore func() int) {
	file, splice, calls := sendfileCall, spliceCall, 0
	refuse := func() bool {
		calls++
		return calls > after
	}
	sendfileCall = func(to, from int, offset int64, n int) (int, error) {
		if refuse() {
			return 0, syscall.EINVAL
		}
		return file(to, from, offset, min(n, 1000))
	}
	spliceCall = func(from, to, n int) (int, error) {
		if refuse() {
			return 0, syscall.EINVAL
		}
		return splice(from, to, min(n, 1000))
	}
	return func() int {
		sendfileCall, spliceCall = file, splice
		return min(calls, after)
	}
}

// FailSplice makes sendfile(2) and splice(2) fail with an errno, until the returned function is
// called.
func FailSplice(errno syscall.Errno) (restore func()) {
	file, splice := sendfileCall, spliceCall
	sendfileCall = func(int, int, int64, int) (int, error) { return 0, errno }
	spliceCall = func(int, int, int) (int, error) { return 0, errno }
	return func() { sendfileCall, spliceCall = file, splice }
}

// CountPipes counts the pipes that are made until the returned function is called, which tells how
// many.
func CountPipes() func() int {
	real, n := pipeCall, 0
	pipeCall = func() (int, int, error) {
		n++
		return real()
	}
	return func() int {
		pipeCall = real
		return n
	}
}
