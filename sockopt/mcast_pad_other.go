//go:build !linux && !darwin

package sockopt

// groupPad: a struct sockaddr_storage is aligned to eight bytes.
const groupPad = 4
