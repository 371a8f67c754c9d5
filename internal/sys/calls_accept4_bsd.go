//go:build dragonfly || freebsd

package sys

import "golang.org/x/sys/unix"

const callAccept4 = unix.SYS_ACCEPT4
