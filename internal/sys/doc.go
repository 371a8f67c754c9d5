// Package sys is the system-call boundary: the only package of the module that makes system calls
// or imports unsafe.
//
// Its functions are the calls themselves, with slices and errno values in place of pointers and -1.
// They neither wait nor retry, except where their comments say so, and know nothing of timeouts:
// internal/fd does. Addresses are the kernel's own bytes. An error is a bare [syscall.Errno], so
// that callers may compare with ==, except a [SizeError], and those of Setns and Unshare, which are
// an [os.SyscallError].
package sys

// AddrSize is the size of struct sockaddr_storage: no address of any family is longer (RFC 3493,
// section 3.10).
const AddrSize = 128

// RawAddr is room for the address of any family.
type RawAddr [AddrSize]byte
