package sockaddr

import "example.com/bsdsocket/constants"

// The layouts are struct sockaddr_tipc of linux/tipc.h, which has three kinds of addresses in a
// union.
var (
	// addrtype: TIPC_SERVICE_RANGE, TIPC_SERVICE_ADDR, TIPC_SOCKET_ADDR.
	tipcKind  = field{at: 2, size: 1}
	tipcScope = field{name: "scope", at: 3, size: 1, form: signed}

	tipcRangeLayout = layout{
		name: "tipc-range", family: constants.AF_TIPC, size: 16, tag: tipcKind, tagged: 1,
		fields: []field{{name: "type", at: 4, size: 4}, {name: "lower", at: 8, size: 4},
			{name: "upper", at: 12, size: 4}, tipcScope},
		required: 3,
	}
	tipcServiceLayout = layout{
		name: "tipc-service", family: constants.AF_TIPC, size: 16, tag: tipcKind, tagged: 2,
		fields: []field{{name: "type", at: 4, size: 4}, {name: "instance", at: 8, size: 4},
			{name: "domain", at: 12, size: 4, form: hexadecimal}, tipcScope},
		required: 2,
	}
	tipcSocketLayout = layout{
		name: "tipc-socket", family: constants.AF_TIPC, size: 16, tag: tipcKind, tagged: 3,
		fields: []field{{name: "reference", at: 4, size: 4},
			{name: "node", at: 8, size: 4, form: hexadecimal}, tipcScope},
		required: 2,
	}
)

// TIPCSocketAddr is the AF_TIPC address of one socket (TIPC_SOCKET_ADDR).
type TIPCSocketAddr struct {
	Ref   uint32 // the port's number on its node
	Node  uint32 // the node; 0: this one
	Scope int8   // not used
}

// TIPCSocket returns the AF_TIPC address t (Linux). Its text is "tipc-socket:1234:0x1001001".
func TIPCSocket(t TIPCSocketAddr) (Addr, error) {
	a, err := tipcSocketLayout.build(num(t.Ref), num(t.Node), num(t.Scope))
	return made("tipc socket", t, a, err)
}

// AsTIPCSocket returns the fields of the AF_TIPC address of a socket, and whether a is one.
func (a Addr) AsTIPCSocket() (t TIPCSocketAddr, ok bool) {
	v, ok := tipcSocketLayout.numbers(&a)
	return TIPCSocketAddr{Ref: uint32(v[0]), Node: uint32(v[1]), Scope: int8(v[2])}, ok
}

// TIPCServiceAddr is the AF_TIPC address of an instance of a service, by which clients find it
// (TIPC_SERVICE_ADDR).
type TIPCServiceAddr struct {
	Type     uint32 // of the service; 0..63 are TIPC's own
	Instance uint32
	Domain   uint32 // node to look on; 0: anywhere
	Scope    int8   // to bind: 2 (TIPC_CLUSTER_SCOPE), 3 (TIPC_NODE_SCOPE); negative unbinds
}

// TIPCService returns the AF_TIPC address t (Linux). Its text is "tipc-service:18888:17".
func TIPCService(t TIPCServiceAddr) (Addr, error) {
	a, err := tipcServiceLayout.build(num(t.Type), num(t.Instance), num(t.Domain), num(t.Scope))
	return made("tipc service", t, a, err)
}

// AsTIPCService returns the fields of the AF_TIPC address of a service, and whether a is one.
func (a Addr) AsTIPCService() (t TIPCServiceAddr, ok bool) {
	v, ok := tipcServiceLayout.numbers(&a)
	return TIPCServiceAddr{Type: uint32(v[0]), Instance: uint32(v[1]), Domain: uint32(v[2]),
		Scope: int8(v[3])}, ok
}

// TIPCRangeAddr is the AF_TIPC address of a range of instances, which servers bind and to which
// messages are multicast (TIPC_SERVICE_RANGE).
type TIPCRangeAddr struct {
	Type         uint32 // of the service; 0..63 are TIPC's own
	Lower, Upper uint32 // the first and the last instance
	Scope        int8   // to bind: 2 (TIPC_CLUSTER_SCOPE), 3 (TIPC_NODE_SCOPE); negative unbinds
}

// TIPCRange returns the AF_TIPC address t (Linux). Its text is "tipc-range:18888:0:99:2".
func TIPCRange(t TIPCRangeAddr) (Addr, error) {
	a, err := tipcRangeLayout.build(num(t.Type), num(t.Lower), num(t.Upper), num(t.Scope))
	return made("tipc range", t, a, err)
}

// AsTIPCRange returns the fields of the AF_TIPC address of a range of instances, and whether a is
// one.
func (a Addr) AsTIPCRange() (t TIPCRangeAddr, ok bool) {
	v, ok := tipcRangeLayout.numbers(&a)
	return TIPCRangeAddr{Type: uint32(v[0]), Lower: uint32(v[1]), Upper: uint32(v[2]),
		Scope: int8(v[3])}, ok
}
