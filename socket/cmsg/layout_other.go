//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package cmsg

const (
	inetByte        = 4 // IP_TTL and IP_TOS are sent as an INT
	packetInfo4Size = 8
	shortFraction   = true
)
