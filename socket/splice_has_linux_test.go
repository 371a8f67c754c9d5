//go:build !portable

package socket_test

const hasSplice = true
