package socket

import (
	"strconv"

	"example.com/bsdsocket/constants"
)

// NewIn is [New] inside another network namespace, to which the socket then belongs for good. Namespace is the path of a
// namespace, such as /proc/PID/ns/net, or a name that ip-netns(8) knows. The calling goroutine and its thread stay where
// they are. It wraps setns(2), and needs CAP_SYS_ADMIN. Elsewhere than on Linux it is ErrUnsupported.
func NewIn(namespace string, family constants.Family, typ constants.SocketType, protocol constants.Protocol) (*Socket, error) {
	s, err := newIn(namespace, family, typ, protocol)
	if err != nil {
		return nil, &Error{Op: making("new in "+strconv.Quote(namespace), family, typ, protocol), Err: err}
	}
	return s, nil
}
