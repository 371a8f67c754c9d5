//go:build dragonfly || freebsd || netbsd || openbsd

package cmsg

const (
	inetByte        = 1 // IP_TTL and IP_TOS are sent as a u_char
	packetInfo4Size = 8
	shortFraction   = true // tv_usec and tv_nsec may have four bytes, and padding follows
)
