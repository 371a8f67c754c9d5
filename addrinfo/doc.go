// Package addrinfo translates names of hosts and services into addresses of
// sockets, and addresses into names: getaddrinfo(3) and getnameinfo(3), with
// contexts, and the databases of services and protocols.
//
//	infos, err := addrinfo.Lookup(ctx, "www.example.com", "https", nil)
//
// [Lookup] gives one [Info] for each address and kind of socket, in the order in
// which they should be tried. [NameInfo] is the way back. [ServiceByName],
// [ServiceByPort], [ProtocolByName] and [ProtocolByNumber] look into
// /etc/services and /etc/protocols. All of them are methods of a [Resolver],
// which can be told to ask other name servers and read other files.
//
// # Who answers
//
// Names and addresses of hosts, from the hosts file and the DNS, and the order
// of RFC 6724 come from [net.Resolver]. So what the documentation of package
// net says under "Name Resolution" holds here: on Linux and the BSDs package
// net reads nsswitch.conf, resolv.conf and the hosts file and asks name
// servers itself, unless these files want what only the C library can do; on
// macOS and Windows it asks the system. So the answers are those of other
// programs on the same host. A Resolver whose Net has PreferGo set never calls
// the C library. The rest is done here, the same on all platforms.
//
// A lookup whose context ends returns at once, and leaves neither goroutines
// nor sockets behind. Only a call of the C library or the system cannot be
// interrupted: it ends in its own time, on a thread of its own.
//
// The databases are read when they are first needed. After that a file is
// looked at every five seconds at most, and read again if its time of
// modification or its size has changed. Where a file is missing, as in small
// containers, a table of well-known entries that is compiled in serves.
//
// # What differs from the C library
//
// [Resolver.Lookup] and [Resolver.NameInfo] agree with glibc's functions, in
// their results, the order of them, and the codes of errors. A test compares
// them. The differences are, first those that are better so:
//
//   - Node and service both empty give an empty list, not EAI_NONAME, as in
//     the socket egg.
//   - A port is a decimal number of 0 to 65535. Greater ones are EAI_SERVICE;
//     glibc takes them modulo 65536. "+80", "-1" and " 80" are no numbers.
//   - The old forms of IPv4 addresses are EAI_NONAME, unless the Resolver has
//     OldIPv4 set.
//   - A context that has ended is EAI_AGAIN, also where nothing has to be asked.
//   - Name servers that are silent or in trouble are EAI_AGAIN; in lookups of
//     IPv4 alone, glibc has EAI_NONAME. A name server that refuses to answer is
//     EAI_FAIL; glibc has EAI_NONAME. NameInfo then gives the number, unless
//     NI_NAMEREQD is set; glibc has EAI_AGAIN.
//   - An alias that leads to a name without an address is EAI_NODATA; glibc
//     sometimes has EAI_NONAME.
//   - glibc takes ::1 in the hosts file for 127.0.0.1 too if it is asked for
//     IPv4 alone.
//   - The service of an abstract UNIX address is its name behind an "@", and not
//     empty.
//   - A zone of digits is the number of an interface, even if an interface has
//     such a name. Of an address that has no scope (sockaddr.Addr) a number as
//     zone is dropped, as the kernel does. A line of services(5) without a protocol is passed over.
//
// and then those that come from package net:
//
//   - Several addresses of one name are in the order of RFC 6724; glibc has the
//     tables of RFC 3484, with changes, and reads gai.conf. It puts IPv4
//     addresses of the own network before others, and local IPv6 addresses
//     (fc00::/7) before IPv4.
//   - A name that the hosts file has is not looked for in the DNS, even if the
//     file has no address of the family that is asked for: that is EAI_NODATA.
//   - Canonical names from the hosts file are in lower case, and the same for
//     both families.
//   - If name servers answer for one family and not for the other, the answer
//     counts, unless StrictErrors of net.Resolver is set.
//   - An IPv6 address of the form ::ffff:1.2.3.4 that a name has counts as IPv4.
//     Zones in the hosts file, which glibc does not know, are lost if only IPv6
//     is asked for.
//   - Where the system does the lookup, EAI_NODATA is EAI_NONAME.
//
// # What it does not do
//
// Names are not translated for the international DNS (AI_IDN, NI_IDN): they
// must be in ASCII form. There are no caches of hosts, no other record types
// than addresses and names, and no lookups of networks, RPC programs or
// Ethernet addresses. gai.conf, host.conf and the database files of nss_db are
// not read, and of nsswitch.conf only what package net reads.
package addrinfo
