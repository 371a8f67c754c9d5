package constants

import "encoding/binary"

// Htons returns v with its bytes in network order, byteorder(3): the bytes of the result in memory
// are those of v from the highest to the lowest. It is Guile's htons.
func Htons(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}

// Ntohs is the inverse of Htons, byteorder(3).
func Ntohs(v uint16) uint16 { return Htons(v) }

// Htonl returns v with its bytes in network order, byteorder(3). It is Guile's htonl.
func Htonl(v uint32) uint32 {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return binary.NativeEndian.Uint32(b[:])
}

// Ntohl is the inverse of Htonl, byteorder(3).
func Ntohl(v uint32) uint32 { return Htonl(v) }
