// Package nettest holds socket/netconn to golang.org/x/net/nettest, the conformance test of
// net.Conn, and runs gRPC on it.
package nettest
