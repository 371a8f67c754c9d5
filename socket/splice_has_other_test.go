//go:build !linux

package socket_test

const hasSplice = false
