//go:build !(darwin || dragonfly || freebsd || netbsd || openbsd)

package sockaddr_test

// bsdHeader says that addresses begin with a byte for their length.
const bsdHeader = false
