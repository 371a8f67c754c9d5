// Package constants has the numbers of the socket interface under C's own names, with types that
// print those names:
//
//	fmt.Println(constants.AF_INET6)                              // AF_INET6
//	fmt.Println(constants.MSG_OOB | constants.MSG_PEEK)          // MSG_OOB|MSG_PEEK
//	family, err := constants.ParseFamily("inet6")                // AF_INET6
//
// They are the constants of the socket egg (af/inet is AF_INET), and all others that Linux, the
// BSDs, macOS and Windows have for sockets, and for the netlink messages about them: 1,900 names.
//
// # Numbers and platforms
//
// Every name exists on every platform, so a program that uses one compiles everywhere. Where the
// platform lacks a constant its number is [Undefined], and the Defined method of its type reports
// false. A set of flags that has an undefined one in it is itself Undefined. The other packages of
// this module refuse an undefined constant with an error for which errors.Is(err,
// errors.ErrUnsupported) holds.
//
// Since several constants may be Undefined on a platform, two of them cannot both be cases of one
// switch statement there, nor keys of one map literal: the compiler refuses duplicates. Compare
// them with if, put them into a slice, or fill the map at run time.
//
// The numbers differ between systems, and on Linux between processors (SO_REUSEADDR is 4 on mips
// and 2 elsewhere). Nearly all come from [golang.org/x/sys] by name. The rest is from the systems'
// header files, which the generated declarations cite.
//
// # Types
//
// The names that belong to one argument of a socket call have its type: [Family], [SocketType],
// [Level], [OptionName], [MsgFlag], [ShutdownHow], [AddrInfoFlag], [NameInfoFlag], and [EAI] for
// results. Untyped are the protocols (IPPROTO_TCP), which serve as [Protocol] and as Level, and
// numbers that are no argument themselves, such as the values of options (IP_PMTUDISC_DO,
// SOF_TIMESTAMPING_SOFTWARE).
//
// [All] lists everything. [OptionString] and [ControlString] name an option and a control message,
// for which the number alone does not do: SO_DEBUG, TCP_NODELAY and SCM_RIGHTS are all 1 on Linux.
//
// # Spellings
//
// The Parse functions accept, in upper or lower case,
//
//   - C's spelling: "AF_INET", "IP_MTU_DISCOVER";
//   - the egg's: "af/inet", "ip/mtu-discover";
//   - the plain name without its prefix: "inet", "stream", "tcp", "peek", "nodelay"
//     (ParseOptionName says which prefixes of options);
//   - a number: "2", "0x2", "-5";
//   - the result of String for a number without a name: "Family(500)".
//
// Flags are lists of these with "|" or "," between them. Text that cannot be parsed gives Undefined
// and a [*ParseError]; ParseEAI gives a code of which Defined is false instead, since -1 is a code
// of its own.
//
// String prints one name for each number, whichever it was written with: AF_UNIX, not AF_LOCAL or
// AF_FILE. Parsing what String printed gives the number back, save for "Undefined", which is an
// error.
//
// [golang.org/x/sys]: https://pkg.go.dev/golang.org/x/sys
package constants

//go:generate go run ../internal/genconst -o .
