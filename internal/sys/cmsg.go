package sys

import "encoding/binary"

// A control message is a struct cmsghdr (cmsg_len, cmsg_level, cmsg_type), its data, and padding to
// cmsgAlign. The functions here read and write them as bytes, so that a buffer needs no alignment.

const (
	cmsgLevelAt = cmsgLenSize
	cmsgTypeAt  = cmsgLenSize + 4
	cmsgDataAt  = (cmsgLenSize + 8 + cmsgAlign - 1) &^ (cmsgAlign - 1)
)

// CmsgLen is CMSG_LEN: what cmsg_len says of a message with n bytes of data.
func CmsgLen(n int) int { return cmsgDataAt + n }

// CmsgAlign is what the beginning of a control message is a multiple of, counted from the first:
// CMSG_ALIGN rounds up to it.
const CmsgAlign = cmsgAlign

func cmsgAligned(n int) int { return (n + cmsgAlign - 1) &^ (cmsgAlign - 1) }

// CmsgSpace is CMSG_SPACE: what a message with n bytes of data takes.
func CmsgSpace(n int) int { return cmsgDataAt + cmsgAligned(n) }

// NextCmsg splits b after its first control message. It is not ok if b does not begin with one
// whose length fits: data is then what of it there may be, and there is no rest.
func NextCmsg(b []byte) (level, typ int, data, rest []byte, ok bool) {
	if len(b) < cmsgDataAt {
		return 0, 0, nil, nil, false
	}
	level = int(int32(binary.NativeEndian.Uint32(b[cmsgLevelAt:])))
	typ = int(int32(binary.NativeEndian.Uint32(b[cmsgTypeAt:])))
	size := cmsgLength(b)
	if size < uint64(cmsgDataAt) || size > uint64(len(b)) {
		return level, typ, b[cmsgDataAt:], nil, false
	}
	n := int(size)
	// Nothing follows the last message, so it may lack its padding.
	return level, typ, b[cmsgDataAt:n:n], b[min(cmsgAligned(n), len(b)):], true
}

func cmsgLength(b []byte) uint64 {
	if cmsgLenSize == 8 {
		return binary.NativeEndian.Uint64(b)
	}
	return uint64(binary.NativeEndian.Uint32(b))
}

// AppendCmsg appends a control message with n bytes of data, all zero, and returns also the data,
// to be filled in.
func AppendCmsg(b []byte, level, typ, n int) (all, data []byte) {
	at := len(b)
	space := CmsgSpace(n)
	if cap(b)-at >= space {
		b = b[:at+space]
		clear(b[at:])
	} else {
		b = append(b, make([]byte, space)...)
	}
	m := b[at:]
	if cmsgLenSize == 8 {
		binary.NativeEndian.PutUint64(m, uint64(CmsgLen(n)))
	} else {
		binary.NativeEndian.PutUint32(m, uint32(CmsgLen(n)))
	}
	binary.NativeEndian.PutUint32(m[cmsgLevelAt:], uint32(level))
	binary.NativeEndian.PutUint32(m[cmsgTypeAt:], uint32(typ))
	return b, m[cmsgDataAt : cmsgDataAt+n : cmsgDataAt+n]
}
