package socket

import (
	"strconv"

	"example.com/bsdsocket/constants"
)

// NewIn is [New] inside another network namespace, to which the socket then belongs for good.
// Namespace is the path of a namespace, such as /proc/PID/ns/net, or a name that ip-netns(8) knows.
// The calling goroutine and its thread stay where they are. It wraps setns(2), and needs
// CAP_SYS_ADMIN and a mounted /proc. On systems other than Linux it is ErrUnsupported.
//
// The names of interfaces are the caller's: a [sockaddr.Addr] with an interface is parsed and
// printed by the names and numbers of the namespace in which the program runs. So give interfaces
// there by their numbers. [sockaddr.Addr.AppendNumericTo] prints them so, as do the errors and
// String of this socket, of its duplicates and of the sockets that it accepts.
func NewIn(namespace string, family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) (*Socket, error) {
	s, err := newIn(namespace, family, typ, protocol)
	if err != nil {
		return nil, &Error{
			Op:  making("new in "+strconv.Quote(namespace), family, typ, protocol),
			Err: err,
		}
	}
	s.mark(isAway)
	return s, nil
}
