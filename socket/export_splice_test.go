package socket

import "syscall"

// RefuseSplice makes sendfile(2) and splice(2) fail after that many calls, as where the kernel has them not, until the returned
// function is called. It returns the number of calls that worked.
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
