// Package sockopt has the socket options, typed: each is a value with a Get and
// a Set method, whatever its layout in C.
//
//	err := sockopt.TCPNoDelay.Set(conn, true)
//	ttl, err := sockopt.IPTimeToLive.Get(conn)
//	err = sockopt.SOLinger.Set(conn, sockopt.Linger{Enabled: true, Timeout: 5 * time.Second})
//
// They work on any syscall.Conn: a *socket.Socket, the connections and listeners
// of package net, an *os.File, a bare descriptor as an [FD]. A value of the
// wrong type, and setting an option that can only be read, does not compile:
// an [Option] has Get and Set, a [ReadOnly] one Get and a [WriteOnly] one Set; a
// [Query] takes an argument to read.
//
// Names are the level and the C constant with its words spelled out: TCP_NODELAY
// is TCPNoDelay, SO_RCVBUF is SOReceiveBuffer. Each doc starts with the
// constant and names its source; the first kernel with the option, where that
// matters, stands in the declaration and in [Info]. Every option is declared on
// every platform; where the platform lacks it, or the kernel does, using it is an
// error that is [socket.ErrUnsupported]. An option of another kind of socket is
// [ErrWrongSocket]. [All] lists them.
//
// Times are durations and addresses netip values. A boolean is true if the
// kernel answers anything but 0. A number that does not fit the option's C type
// is [ErrValue], never cut off; a number that fits goes to the kernel, whose
// answer to one out of range is in each doc. Reading and setting a boolean or an
// integer allocates nothing on a connection whose SyscallConn does not.
//
// [GetInt], [SetInt], [GetBool], [SetBool], [GetBytes], [SetBytes], [GetString]
// and [SetString] reach any option by its level and name, and [NewInt],
// [NewBool], [NewDuration], [NewBytes] and [NewStruct] make an option of the
// caller's own.
//
// The package does not set options by itself, and does not hide that kernels
// differ: what one rounds, doubles or refuses is so here.
//
// The table of options in the README is made from [All].
//
//go:generate go run ../internal/genreadme ../README.md
package sockopt
