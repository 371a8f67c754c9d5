package socket

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// identify asks the kernel what a descriptor is: SO_TYPE, and SO_DOMAIN and SO_PROTOCOL (Linux 2.6.32, socket(7)).
func identify(sysfd int) (constants.Family, constants.SocketType, constants.Protocol, error) {
	var got [3]int
	for i, name := range [...]constants.OptionName{constants.SO_TYPE, constants.SO_DOMAIN, constants.SO_PROTOCOL} {
		var err error
		if got[i], err = sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(name)); err != nil {
			return 0, 0, 0, err
		}
	}
	return constants.Family(got[1]), constants.SocketType(got[0]), constants.Protocol(got[2]), nil
}
