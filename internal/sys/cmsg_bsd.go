//go:build dragonfly || freebsd || netbsd || openbsd

package sys

// cmsg_len is a socklen_t, and CMSG_ALIGN is _ALIGN, whose size cmsgAlign is: on most processors
// that of a register.
const cmsgLenSize = 4
