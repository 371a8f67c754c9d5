//go:build !linux || portable

package socket_test

const hasSplice = false
