//go:build !linux

package sockopt

// unicastInterface6 is in host byte order on Windows, unlike IPv4's (IPPROTO_IPV6 socket options,
// Windows Sockets).
var unicastInterface6 = integer
