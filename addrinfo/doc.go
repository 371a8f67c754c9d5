// Package addrinfo translates names of hosts and services into addresses of sockets, and addresses
// into names: getaddrinfo(3) and getnameinfo(3), with contexts, and the databases of services and
// protocols. It also connects: over a list of addresses, or from a name to a socket in one call.
//
//	infos, err := addrinfo.Lookup(ctx, "www.example.com", "https", nil)
//	s, err := addrinfo.Connect(ctx, infos, socket.DefaultParams())
//	s, err := addrinfo.Dial(ctx, "www.example.com", "https", nil, socket.DefaultParams())
//
// [Lookup] gives one [Info] for each address and kind of socket, in the order in which they should
// be tried. [NameInfo] is the way back, and [HostNames] has all names of an address.
// [ServiceByName], [ServiceByPort], [Services], [ProtocolByName], [ProtocolByNumber] and
// [Protocols] look into /etc/services and /etc/protocols. All of them are methods of a [Resolver],
// which can be told to ask other name servers and read other files. [Connect], [ConnectRace] and
// [Dial] are methods of a [Connector], which can make and prepare the sockets in its own way.
//
// # Who answers
//
// Names and addresses of hosts, from the hosts file and the DNS, and the order of RFC 6724 come
// from [net.Resolver]. So what the documentation of package net says under "Name Resolution" holds
// here: on Linux and the BSDs package net reads nsswitch.conf, resolv.conf and the hosts file and
// asks name servers itself, unless these files want what only the C library can do; on macOS and
// Windows it asks the system. So the answers are those of other programs on the same host. A
// Resolver whose Net has PreferGo set never calls the C library. The rest is done here, the same on
// all platforms.
//
// This package sees what passes between package net and the name servers, and does what package net
// leaves undone. Canonical names come from the answers for addresses: they cost no further
// question, and are always the end of a chain of aliases. A datagram of more than 1232 bytes loses
// no addresses. A server that dislikes EDNS is asked again without it, and so is one that is silent
// for half of its time.
//
// A lookup whose context ends returns at once, and leaves neither goroutines nor sockets behind.
// Only a call of the C library or the system, or of a net.Resolver's Dial that ignores its context,
// cannot be interrupted: it ends in its own time, and nobody waits for it.
//
// The databases are read when they are first needed. After that a file is checked at most once
// every five seconds, and read again if it is another file, or its time of modification or its size
// has changed. Where a file does not exist, as in small containers, a table of well-known entries
// that is compiled in takes its place. If a file cannot be read, what was read before stays in use;
// if there is nothing, the error has EAI_SYSTEM. A program that replaces a file should do so in one
// step, by rename(2): a file that is being written counts as it is.
//
// # What differs from the C library
//
// [Resolver.Lookup] and [Resolver.NameInfo] agree with glibc's functions, in their results, the
// order of them, and the codes of errors. A test compares them. The differences are, first the
// deliberate ones:
//
//   - Node and service both empty give an empty list and no error, not EAI_NONAME, as in the socket
//     egg, also if the context has ended.
//   - A port is a decimal number of 0 to 65535, as an argument and in services(5). Greater ones are
//     EAI_SERVICE; glibc takes them modulo 65536. "+80", "-1" and " 80" are no numbers, and in
//     services(5) 017522 is not octal; a line there with another number, or without a protocol, is
//     passed over.
//   - The old forms of IPv4 addresses are EAI_NONAME, unless the Resolver has OldIPv4 set.
//   - A context that has ended is EAI_AGAIN, also where nothing has to be asked.
//   - Localhost and names below it are the loopback addresses unless the hosts file has them, and
//     names below onion are EAI_NONAME: name servers are not asked for them (RFC 6761, RFC 7686).
//   - Name servers that are silent or in trouble are EAI_AGAIN, also if only one question of
//     several had no answer and the others were answered that there is nothing; in lookups of IPv4
//     alone, glibc has EAI_NONAME. A name server that refuses to answer is EAI_FAIL; glibc has
//     EAI_NONAME for IPv4 alone, and EAI_AGAIN otherwise. NameInfo then gives the number, unless
//     NI_NAMEREQD is set; glibc has EAI_AGAIN.
//   - An alias that leads to a name without an address is EAI_NODATA; glibc sometimes has
//     EAI_NONAME.
//   - glibc takes ::1 in the hosts file for 127.0.0.1 too if it is asked for IPv4 alone.
//   - The service of an abstract UNIX address is its name behind an "@", and not empty.
//   - A zone of digits is the number of an interface, even if an interface has such a name; "lo:1"
//     is no name of the interface lo. The number of a zone is dropped from an address that has no
//     scope (see [sockaddr.Addr]), as the kernel does. A zone of the hosts file that no interface
//     has is not taken for 0: the address is left out.
//   - A type, protocol, family or flag that the platform does not have (constants.Undefined) is
//     ErrUnsupported beside its code.
//   - Interfaces that cannot be listed, as where a policy denies netlink sockets, leave
//     AI_ADDRCONFIG without effect. Too few descriptors are EAI_SYSTEM, also where glibc has
//     another order or code.
//   - NameInfo does not look up the IPv4 address in ::1.2.3.4, looks up ::, and does not take a
//     number for a name. The zone of a group of an interface, ff01::1, is the interface's name, as
//     of other addresses; glibc has its number there.
//
// And then those that come from package net:
//
//   - Several addresses of one name are in the order of RFC 6724, without its rule 3 (to avoid
//     deprecated source addresses); glibc has the tables of RFC 3484, with changes, and reads
//     gai.conf. It puts IPv4 addresses of the own network before others, and local IPv6 addresses
//     (fc00::/7) before IPv4. If neither family can be reached, which comes first can vary.
//   - A name that the hosts file has is not looked for in the DNS, even if the file has no address
//     of the family that is asked for: that is EAI_NODATA. A dot at the end of a name does not
//     count there, nor does a NUL end a word.
//   - Canonical names from the hosts file are in lower case, and the same for both families.
//   - If name servers answer for one family and not for the other, the answer counts, unless
//     StrictErrors of net.Resolver is set.
//   - AI_V4MAPPED with AI_ALL stops at the first domain of a search list that has addresses of
//     either family.
//   - Addresses in an answer count whatever name, or class, their records are of.
//   - An IPv6 address of the form ::ffff:1.2.3.4 that a name has counts as IPv4.
//   - Names with a label that ends in a hyphen are not asked for.
//   - Where package net asks name servers itself, no-aaaa of resolv.conf and actions of
//     nsswitch.conf such as [NOTFOUND=return] are not obeyed.
//   - Where the system does the lookup, EAI_NODATA is EAI_NONAME, and a canonical name costs one
//     question.
//
// # What it does not do
//
// Names are not translated for the international DNS (AI_IDN, NI_IDN): they must be in the ASCII
// form. There are no caches of hosts, no other record types than addresses and names, and no
// lookups of networks, RPC programs or Ethernet addresses. gai.conf, host.conf and the database
// files of nss_db are not read, and of nsswitch.conf only what package net reads.
package addrinfo
