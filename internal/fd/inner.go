package fd

import "syscall"

// Inner returns what is beneath a RawConn of this package's: it differs in that its Control has one
// call less to return through, and another error for a closed descriptor. Any other RawConn is
// returned as it is. Package sockopt uses it for options that take little more than a system call.
func Inner(rc syscall.RawConn) syscall.RawConn {
	if c, ok := rc.(*rawConn); ok && c.polled() {
		return c.raw
	}
	return rc
}

// Of returns the FD beneath a RawConn of this package's, nil for any other. Package packet uses it
// to wait for what no system call tells of.
func Of(rc syscall.RawConn) *FD {
	c, _ := rc.(*rawConn)
	return (*FD)(c)
}
