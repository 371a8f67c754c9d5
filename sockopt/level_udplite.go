package sockopt

import "example.com/bsdsocket/constants"

// Options of UDP-Lite, at level IPPROTO_UDPLITE: udplite(7), RFC 3828.

var ipprotoUDPLite = newLevel("IPPROTO_UDPLITE", constants.IPPROTO_UDPLITE, udpliteSockets)

// UDPLiteReceiveChecksumCoverage is UDPLITE_RECV_CSCOV: datagrams whose checksum covers fewer bytes
// than this are dropped; 0, the default, is all of the datagram. A negative number and 1 to 7 are
// taken as 8, the header, more than 65,535 as that. udplite(7).
var UDPLiteReceiveChecksumCoverage Option[int] = readWrite(integer,
	"UDPLiteReceiveChecksumCoverage", ipprotoUDPLite, "UDPLITE_RECV_CSCOV",
	constants.UDPLITE_RECV_CSCOV, since("Linux 2.6.20"))

// UDPLiteSendChecksumCoverage is UDPLITE_SEND_CSCOV: how many bytes, from the header on, the
// checksum of datagrams sent covers; 0, the default, is all. A negative number and 1 to 7 are taken
// as 8, the header, more than 65,535 as that. udplite(7).
var UDPLiteSendChecksumCoverage Option[int] = readWrite(integer, "UDPLiteSendChecksumCoverage",
	ipprotoUDPLite, "UDPLITE_SEND_CSCOV", constants.UDPLITE_SEND_CSCOV, since("Linux 2.6.20"))
