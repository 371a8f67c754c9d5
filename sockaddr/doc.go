// Package sockaddr has one value for the address of a socket of any family.
//
// An [Addr] is the kernel's own struct sockaddr, at most 128 bytes of it, in a Go value:
// comparable, a key of maps, and free of pointers, so that receiving one allocates nothing. It is
// for socket addresses what net/netip is for IP addresses.
//
// # Making and reading addresses
//
//	AF_INET, AF_INET6   Inet, InetAny, FromAddrPort   IP, Port, AddrPort, ScopeID, FlowInfo
//	AF_UNIX             Unix, Abstract, Unnamed       Path, AsAbstract, IsUnnamed
//	AF_PACKET           Packet                        AsPacket
//	AF_NETLINK          Netlink                       AsNetlink
//	AF_VSOCK            VSock                         AsVSock
//	AF_CAN              CAN, ISOTP, J1939             AsCAN, AsISOTP, AsJ1939
//	AF_TIPC             TIPCSocket, -Service, -Range  AsTIPCSocket, -Service, -Range
//	AF_ALG              ALG                           AsALG
//	AF_XDP              XDP                           AsXDP
//	AF_NFC              NFC, NFCLLCP                  AsNFC, AsNFCLLCP
//	AF_BLUETOOTH        L2CAP, RFCOMM, SCO, HCI       AsL2CAP, AsRFCOMM, AsSCO, AsHCI
//	AF_PPPOX            PPPoE                         AsPPPoE
//	AF_HYPERV           HyperV                        AsHyperV
//	any                 FromRaw, FromNetAddr, Parse   Raw, NetAddr, String
//
// The families from AF_PACKET on, and abstract UNIX addresses, are Linux's; AF_HYPERV is Windows'.
// Elsewhere their constructors fail with an error that is [errors.ErrUnsupported], and their
// accessors find nothing.
//
// A field that a family does not have reads as its zero value: Port of a UNIX address is 0, Path of
// an Internet address is "".
//
// # Text
//
// String and Parse are exact inverses, for every address: Parse(a.String()) is a, also where a is
// the zero Addr. The forms, and what they spell:
//
//	1.2.3.4                    AF_INET, port 0
//	1.2.3.4:80                 AF_INET
//	::1                        AF_INET6, port 0
//	[::1]:80                   AF_INET6
//	[fe80::1%eth0]:80          with a scope id, as the interface's name ...
//	fe80::1%2                  ... or its number
//	[::1]:80/flow=0x12345      with flow information, in hexadecimal, at most 28 bits
//	/run/x.sock                AF_UNIX, an absolute path of printable characters
//	unix:run/x.sock            AF_UNIX, any path, with escapes
//	@name                      AF_UNIX, abstract, with escapes
//	unix:                      AF_UNIX, unnamed
//	vsock:2:1024               a layout's name, and its fields (below)
//	AF_X25:313233              any other: the family as package constants names it,
//	                           and the bytes behind the family, in hexadecimal
//	none                       the zero Addr
//
// Escapes are \\ for a backslash and \xNN for a byte; String uses them for bytes that are not
// printable UTF-8, Parse takes them for any byte. A path that begins with a slash is written
// without escapes: a backslash there is a backslash. An IPv4-mapped IPv6 address like
// ::ffff:1.2.3.4 stays AF_INET6. The other IPv6 addresses that could end in an IPv4 address are
// written in hexadecimal, as net/netip and RFC 5952 have them: ::102:304, where glibc's getnameinfo
// has the obsolete ::1.2.3.4. Parse reads both.
//
// The digits of a zone are always a number, even if an interface has that name. A name stands for
// the interface that has it when String or Parse looks, in the network namespace of the calling
// thread: text for another namespace, for another host, or for after a reboot, should have numbers
// (AppendNumericTo) or none. The answer is kept for a second; package net keeps it for a minute.
// Only addresses of a link or an interface have a zone (see Addr).
//
// The fields of the other families follow the name, separated by colons. Those in brackets are left
// out if they, and all behind them, are zero:
//
//	packet:PROTOCOL:INTERFACE[:HARDWARETYPE:PACKETTYPE:HARDWARE]
//	pppoe:SESSION:REMOTE:DEVICE
//	netlink:PORTID[:GROUPS]
//	vsock:CID:PORT[:FLAGS]
//	alg:TYPE:NAME[:FEATURES:MASK]
//	xdp:INTERFACE:QUEUE[:FLAGS:SHAREDUMEMFD]
//	can:INTERFACE
//	isotp:INTERFACE:RXID:TXID
//	j1939:INTERFACE:NAME:PGN:ADDRESS
//	tipc-socket:REF:NODE[:SCOPE]
//	tipc-service:TYPE:INSTANCE[:DOMAIN:SCOPE]
//	tipc-range:TYPE:LOWER:UPPER[:SCOPE]
//	nfc:DEVICE:TARGET:PROTOCOL
//	nfc-llcp:DEVICE:TARGET:PROTOCOL:DSAP:SSAP[:SERVICE]
//	l2cap:DEVICE:PSM[:CID:ADDRESSTYPE]
//	rfcomm:DEVICE:CHANNEL
//	sco:DEVICE
//	hci:DEVICE:CHANNEL
//	hyperv:VM:SERVICE
//
// Numbers are decimal or, after 0x, hexadecimal; the scope of TIPC is decimal, and may be negative.
// An interface is a name or a decimal number, like a zone. Hardware and Bluetooth addresses are
// pairs of hexadecimal digits with dashes between: 00-1b-44-11-3a-b7. Names are text with escapes,
// a colon inside being \x3a. Those of AF_HYPERV are GUIDs, and the virtual machine may be any,
// broadcast, children, loopback or parent.
//
// # What it does not do
//
// It resolves no names: that is package addrinfo. It does not read the old short
// and octal forms of IPv4 addresses, and no ports by name (Inet takes the number
// of a port as text, too). It makes no system
// call, except to look up the name of a zone or an interface: on Linux by an ioctl,
// elsewhere by package net.
//
// L2TP over IPv4 keeps its connection id where sockaddr_in has padding, which FromRaw clears; so
// sockets of IPPROTO_L2TP need IPv6, where a longer structure has room for it (FromRaw keeps that
// one as bytes). Bluetooth's sockaddr_iso, and other families, are kept as bytes too. SOCK_PACKET's
// sockaddr_pkt, obsolete since Linux 2.2, shares its family with sockaddr_ll and may be taken for
// one.
package sockaddr
