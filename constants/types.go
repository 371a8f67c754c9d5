package constants

// Undefined is the number of every constant that the platform lacks. It stays Undefined when it is
// combined with other flags, since all its bits are set. Passing it to a socket call is an
// unsupported error. EAI is the exception: see there.
const Undefined = -1

// A Family is an address family: the first argument of socket(2), and the first field of every
// socket address. C's protocol families (PF_INET) have the same numbers and no names here.
// ParseFamily also knows "ipv4", "ip4", "ipv6" and "ip6".
//
// See address_families(7).
type Family int

// A SocketType is the kind of communication of a socket, the second argument of socket(2). The
// flags that Linux and the BSDs take with it, SOCK_CLOEXEC and SOCK_NONBLOCK, are of this type too;
// Base takes them off.
//
// See socket(2).
type SocketType int

// A Protocol is the third argument of socket(2). 0 asks for the family's own protocol for a type;
// its name is IPPROTO_IP. The constants (IPPROTO_TCP) are untyped, since they serve as Level as
// well.
//
// Families other than the Internet's number their protocols on their own. ParseProtocol knows these
// too (NETLINK_ROUTE, CAN_RAW, BTPROTO_RFCOMM), but String knows no family and prints the name that
// the number has in the Internet families.
//
// See protocols(5) and https://www.iana.org/assignments/protocol-numbers.
type Protocol int

// A Level says which layer an option or a control message belongs to. It is SOL_SOCKET, another
// SOL_ constant, or one of the protocols of IPPROTO_; the options of AF_VSOCK have that family as
// their level.
//
// See getsockopt(2) and cmsg(3).
type Level int

// An OptionName is the number of an option within its level, or the type of a control message: SO_,
// IP_, TCP_ and so on, and SCM_. The type of a control message is most often the number of the
// option that asks for it (IP_PKTINFO), so the two share a type. A number alone has no name;
// OptionString and ControlString print it with its level.
//
// See getsockopt(2), socket(7), ip(7), ipv6(7), tcp(7), udp(7), unix(7), packet(7) and cmsg(3).
type OptionName int

// A MsgFlag is a set of flags of send(2) and recv(2), or the flags that recvmsg(2) gives back.
//
// Windows has no MSG_DONTWAIT: there it is Undefined, and a program that is to run everywhere sets
// a deadline instead.
type MsgFlag int

// A ShutdownHow is the direction that shutdown(2) closes.
type ShutdownHow int

// An AddrInfoFlag is a set of flags of getaddrinfo(3). The numbers are those of the system's
// netdb.h.
type AddrInfoFlag int

// A NameInfoFlag is a set of flags of getnameinfo(3). The numbers are those of the system's
// netdb.h.
type NameInfoFlag int

// An EAI is an error code of getaddrinfo(3) and getnameinfo(3). The numbers are those of the
// system's netdb.h: negative with glibc and on OpenBSD, positive on the other systems, Winsock
// errors on Windows.
//
// -1 is EAI_BADFLAGS where they are negative, so Undefined is no EAI. A code that the system lacks
// has instead a number of its own, below -1000000, and Defined reports false: a resolver in Go can
// use each of them everywhere.
type EAI int

// lackingEAI is the highest number of the codes that a system lacks.
const lackingEAI EAI = -1_000_000

// String returns the name, such as "AF_INET", or "Family(500)".
func (f Family) String() string { return families.string(int64(f)) }

// Defined reports whether f is not Undefined.
func (f Family) Defined() bool { return f != Undefined }

// ParseFamily is the inverse of String; the package comment lists the spellings. "ipv4" and "ip4"
// are AF_INET, "ipv6" and "ip6" are AF_INET6. With an error, a *ParseError, the result is
// Undefined.
func ParseFamily(name string) (Family, error) {
	switch normalize(name) {
	case "IPV4", "IP4":
		return AF_INET, nil
	case "IPV6", "IP6":
		return AF_INET6, nil
	}
	v, err := families.parse(name)
	return Family(v), err
}

// Base returns the type without the flags SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_NOSIGPIPE and SOCK_DNS.
func (t SocketType) Base() SocketType {
	if t == Undefined {
		return t
	}
	return t &^ socketTypeFlags()
}

// socketTypeFlags returns the flags that the platform has.
func socketTypeFlags() (flags SocketType) {
	for _, f := range [...]SocketType{SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_NOSIGPIPE, SOCK_DNS} {
		if f.Defined() {
			flags |= f
		}
	}
	return flags
}

// String returns the name with the flags after it, such as "SOCK_STREAM" or
// "SOCK_STREAM|SOCK_CLOEXEC", or "SocketType(9)".
func (t SocketType) String() string {
	base := t.Base()
	if base == t {
		return socketTypes.string(int64(t))
	}
	flags := socketTypes.flagString(int64(t &^ base))
	if base == 0 {
		return flags
	}
	return socketTypes.string(int64(base)) + "|" + flags
}

// Defined reports whether t is not Undefined.
func (t SocketType) Defined() bool { return t != Undefined }

// ParseSocketType is the inverse of String; the package comment lists the spellings. Flags follow a
// type after "|" or ",".
func ParseSocketType(name string) (SocketType, error) {
	types := 0
	for _, part := range split(name) {
		if v, err := socketTypes.parse(part); err == nil && SocketType(v).Base() != 0 {
			types++
		}
	}
	if types > 1 {
		return Undefined, &ParseError{socketTypes.kind, name, errTwoTypes}
	}
	v, err := socketTypes.parseFlags(name)
	return SocketType(v), err
}

// String returns the name of an Internet protocol, such as "IPPROTO_TCP", or "Protocol(500)".
func (p Protocol) String() string { return protocols.string(int64(p)) }

// Defined reports whether p is not Undefined.
func (p Protocol) Defined() bool { return p != Undefined }

// ParseProtocol is the inverse of String; the package comment lists the spellings. It also knows
// the protocols of other families in C's spelling: "NETLINK_ROUTE". The names of /etc/protocols are
// not looked up here.
func ParseProtocol(name string) (Protocol, error) {
	v, err := protocols.parse(name)
	return Protocol(v), err
}

// String returns the name, such as "SOL_SOCKET" or "IPPROTO_TCP", or "Level(500)". A level that is
// a protocol of the Internet goes by that name on every system, though Linux has names like
// SOL_TCP.
func (l Level) String() string { return levels.string(int64(l)) }

// Defined reports whether l is not Undefined.
func (l Level) Defined() bool { return l != Undefined }

// ParseLevel is the inverse of String; the package comment lists the spellings.
func ParseLevel(name string) (Level, error) {
	v, err := levels.parse(name)
	return Level(v), err
}

// String returns "OptionName(5)", whatever the number: it means something else at each level.
// OptionString knows the names.
func (o OptionName) String() string {
	if o == Undefined {
		return undefinedName
	}
	return options.numbered(int64(o))
}

// Defined reports whether o is not Undefined.
func (o OptionName) Defined() bool { return o != Undefined }

// ParseOptionName returns the number of an option or of a type of control message: "SO_REUSEADDR",
// "so/reuseaddr", "SCM_RIGHTS", "2", "OptionName(2)". A plain name is an option of SO_, IP_, IPV6_,
// TCP_ or UDP_, the first of these that the platform has: "nodelay" is TCP_NODELAY, and "mtu"
// IP_MTU. ParseOption returns the level too.
func ParseOptionName(name string) (OptionName, error) {
	v, err := options.parse(name)
	return OptionName(v), err
}

// String returns the names of the flags, such as "MSG_OOB|MSG_PEEK", unknown ones in hexadecimal
// after them, and "0" for none.
func (m MsgFlag) String() string { return msgFlags.flagString(int64(m)) }

// Defined reports whether m is not Undefined, and has no Undefined flag or-ed into it.
func (m MsgFlag) Defined() bool { return m != Undefined }

// ParseMsgFlag is the inverse of String; the package comment lists the spellings. Flags are
// separated by "|" or ",".
func ParseMsgFlag(names string) (MsgFlag, error) {
	v, err := msgFlags.parseFlags(names)
	return MsgFlag(v), err
}

// String returns the name, such as "SHUT_RD", or "ShutdownHow(5)".
func (h ShutdownHow) String() string { return shutdownHows.string(int64(h)) }

// Defined reports whether h is not Undefined.
func (h ShutdownHow) Defined() bool { return h != Undefined }

// ParseShutdownHow is the inverse of String; the package comment lists the spellings.
func ParseShutdownHow(name string) (ShutdownHow, error) {
	v, err := shutdownHows.parse(name)
	return ShutdownHow(v), err
}

// String returns the names of the flags, such as "AI_PASSIVE|AI_CANONNAME", unknown ones in
// hexadecimal after them, and "0" for none.
func (f AddrInfoFlag) String() string { return addrInfoFlags.flagString(int64(f)) }

// Defined reports whether f is not Undefined, and has no Undefined flag or-ed into it.
func (f AddrInfoFlag) Defined() bool { return f != Undefined }

// ParseAddrInfoFlag is the inverse of String; the package comment lists the spellings. Flags are
// separated by "|" or ",".
func ParseAddrInfoFlag(names string) (AddrInfoFlag, error) {
	v, err := addrInfoFlags.parseFlags(names)
	return AddrInfoFlag(v), err
}

// String returns the names of the flags, such as "NI_NUMERICHOST|NI_DGRAM", unknown ones in
// hexadecimal after them, and "0" for none.
func (f NameInfoFlag) String() string { return nameInfoFlags.flagString(int64(f)) }

// Defined reports whether f is not Undefined, and has no Undefined flag or-ed into it.
func (f NameInfoFlag) Defined() bool { return f != Undefined }

// ParseNameInfoFlag is the inverse of String; the package comment lists the spellings. Flags are
// separated by "|" or ",".
func ParseNameInfoFlag(names string) (NameInfoFlag, error) {
	v, err := nameInfoFlags.parseFlags(names)
	return NameInfoFlag(v), err
}

// String returns the name, such as "EAI_NONAME", or "EAI(500)".
func (e EAI) String() string { return eais.string(int64(e)) }

// Defined reports whether the system's getaddrinfo(3) has this code.
func (e EAI) Defined() bool { return e > lackingEAI }

// ParseEAI is the inverse of String; the package comment lists the spellings. A code that the
// system lacks parses all the same. With an error the result is a code that has no name and that no
// system has; Defined is false of it.
func ParseEAI(name string) (EAI, error) {
	v, err := eais.parse(name)
	if err != nil {
		return lackingEAI, err
	}
	return EAI(v), nil
}
