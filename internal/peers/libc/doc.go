// Package libc has the C library's getaddrinfo and getnameinfo in the types of
// package addrinfo, so that the two can be compared. It needs cgo and Linux;
// elsewhere it is empty.
package libc
