package sys

// cmsg_len is a socklen_t, and CMSG_ALIGN is __DARWIN_ALIGN32.
const (
	cmsgLenSize = 4
	cmsgAlign   = 4
)
