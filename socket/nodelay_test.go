package socket_test

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

func nodelay(fd int) { sys.SetsockoptInt(fd, constants.IPPROTO_TCP, int(constants.TCP_NODELAY), 1) }
