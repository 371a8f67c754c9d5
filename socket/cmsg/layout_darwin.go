package cmsg

const (
	inetByte        = 4 // IP_TTL and IP_TOS are sent as an int
	packetInfo4Size = 12
	shortFraction   = true // tv_usec has four bytes, and padding follows
)
