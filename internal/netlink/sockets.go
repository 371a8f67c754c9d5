package netlink

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// A Socket is one socket of the network namespace.
type Socket struct {
	Kind          Kind
	Family        constants.Family
	Type          constants.SocketType
	State         State
	Local, Remote sockaddr.Addr // zero: none
	ReceiveQueue  uint32        // bytes; of a listener, connections
	SendQueue     uint32        // bytes; of a listener, the backlog
	Inode         uint32        // 0: no descriptor refers to it
	Peer          uint32        // AF_UNIX: the inode of the other end
	User          uint32
	Timer         Timer
	Expires       time.Duration // of the timer
	Retransmits   int
	Protocol      int    // of AF_PACKET and AF_NETLINK sockets
	Interface     int    // that the socket is bound to
	Info          []byte // struct tcp_info, valid until the next socket
	Congestion    string // the name of TCP's congestion control
}

// A State is the state of a socket, of TCP's names. Sockets of other kinds have few of them.
type State uint8

// The states, net/tcp_states.h.
const (
	Established State = iota + 1
	SynSent
	SynReceived
	FinWait1
	FinWait2
	TimeWait
	Unconnected
	CloseWait
	LastAck
	Listening
	Closing
	newSynReceived
)

var stateNames = [...]string{
	Established:    "ESTAB",
	SynSent:        "SYN-SENT",
	SynReceived:    "SYN-RECV",
	FinWait1:       "FIN-WAIT-1",
	FinWait2:       "FIN-WAIT-2",
	TimeWait:       "TIME-WAIT",
	Unconnected:    "UNCONN",
	CloseWait:      "CLOSE-WAIT",
	LastAck:        "LAST-ACK",
	Listening:      "LISTEN",
	Closing:        "CLOSING",
	newSynReceived: "SYN-RECV"}

// String returns the state's name, as ss(8) has it.
func (s State) String() string {
	if int(s) < len(stateNames) && stateNames[s] != "" {
		return stateNames[s]
	}
	return "?"
}

// States returns the states that have names of their own.
func States() (list []State) {
	for s := Established; s < newSynReceived; s++ {
		list = append(list, s)
	}
	return list
}

// A Timer is what TCP waits for.
type Timer uint8

var timerNames = [...]string{"", "retransmit", "keepalive", "time-wait", "probe"}

// String returns the timer's name, "" for none.
func (t Timer) String() string {
	if int(t) < len(timerNames) {
		return timerNames[t]
	}
	return "?"
}

// A Kind is a kind of sockets that the kernel tells of.
type Kind struct {
	Name     string // as ss(8) calls them
	families []constants.Family
	protocol constants.Protocol
	body     func(k Kind, family constants.Family) []byte
	parse    func(s *Socket, data []byte) bool
}

// Kinds are all kinds.
var Kinds = []Kind{
	{"tcp", inet, constants.IPPROTO_TCP, inetRequest, parseInet},
	{"mptcp", inet, constants.IPPROTO_MPTCP, inetRequest, parseInet},
	{"udp", inet, constants.IPPROTO_UDP, inetRequest, parseInet},
	{"udplite", inet, constants.IPPROTO_UDPLITE, inetRequest, parseInet},
	{"sctp", inet, constants.IPPROTO_SCTP, inetRequest, parseInet},
	{"raw", inet, constants.IPPROTO_RAW, inetRequest, parseInet},
	{"unix", []constants.Family{constants.AF_UNIX}, 0, unixRequest, parseUnix},
	{"packet", []constants.Family{constants.AF_PACKET}, 0, packetRequest, parsePacket},
	{"netlink", []constants.Family{constants.AF_NETLINK}, 0, netlinkRequest, parseNetlink},
	{"vsock", []constants.Family{constants.AF_VSOCK}, 0, vsockRequest, parseVSock},
}

var inet = []constants.Family{constants.AF_INET, constants.AF_INET6}

// byFamily is SOCK_DIAG_BY_FAMILY.
const byFamily = 20

// Sockets calls fn with each socket of a kind. A kernel without that part of sock_diag(7) is
// [errors.ErrUnsupported].
func (c *Conn) Sockets(ctx context.Context, k Kind, fn func(Socket) error) error {
	for _, family := range k.families {
		err := c.Request(ctx, byFamily, Dump, k.body(k, family), func(m Message) error {
			if m.Type != byFamily {
				return nil
			}
			s := Socket{Kind: k}
			if !k.parse(&s, m.Data) {
				return ErrMalformed
			}
			return fn(s)
		})
		if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EINVAL) { // no such module
			return errors.ErrUnsupported
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func number(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

const allStates = 1<<32 - 1

// From linux/inet_diag.h: struct inet_diag_req_v2 with struct inet_diag_sockid, and struct
// inet_diag_msg.
const (
	inetRequestSize = 56
	inetSize        = 72

	diagInfo        = 2
	diagCongestion  = 4
	diagProtocol    = 3 // INET_DIAG_REQ_PROTOCOL
	wantsInfo       = 1 << (diagInfo - 1)
	wantsCongestion = 1 << (diagCongestion - 1)
)

func inetRequest(k Kind, family constants.Family) []byte {
	b := make([]byte, inetRequestSize)
	b[0], b[1], b[2] = byte(family), byte(k.protocol), wantsInfo|wantsCongestion
	binary.NativeEndian.PutUint32(b[4:], allStates)
	if k.protocol > 255 {
		b = AppendAttribute(b, diagProtocol, number(uint32(k.protocol)))
	}
	return b
}

func parseInet(s *Socket, b []byte) bool {
	if len(b) < inetSize {
		return false
	}
	s.Family = constants.Family(b[0])
	s.State, s.Timer, s.Retransmits = State(b[1]), Timer(b[2]), int(b[3])
	s.Interface = int(int32(binary.NativeEndian.Uint32(b[40:])))
	s.Local = inetAddr(b[0], b[8:], binary.BigEndian.Uint16(b[4:]), s.Interface)
	s.Remote = inetAddr(b[0], b[24:], binary.BigEndian.Uint16(b[6:]), s.Interface)
	s.Expires = time.Duration(binary.NativeEndian.Uint32(b[52:])) * time.Millisecond
	s.ReceiveQueue = binary.NativeEndian.Uint32(b[56:])
	s.SendQueue = binary.NativeEndian.Uint32(b[60:])
	s.User = binary.NativeEndian.Uint32(b[64:])
	s.Inode = binary.NativeEndian.Uint32(b[68:])
	for typ, v := range Attributes(b[inetSize:]) {
		switch typ {
		case diagInfo:
			s.Info = v
		case diagCongestion:
			s.Congestion = text(v)
		}
	}
	return true
}

func inetAddr(family byte, b []byte, port uint16, scope int) sockaddr.Addr {
	var ip netip.Addr
	if constants.Family(family) == constants.AF_INET {
		ip = netip.AddrFrom4([4]byte(b))
	} else {
		ip = netip.AddrFrom16([16]byte(b))
	}
	a := sockaddr.FromAddrPort(netip.AddrPortFrom(ip, port))
	if scope > 0 && ip.IsLinkLocalUnicast() {
		a = a.WithScopeID(uint32(scope))
	}
	return a
}

func text(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return string(b)
}

// From linux/unix_diag.h.
func unixRequest(_ Kind, family constants.Family) []byte {
	const name, peer, queues, user = 1, 4, 0x10, 0x40
	b := make([]byte, 24)
	b[0] = byte(family)
	binary.NativeEndian.PutUint32(b[4:], allStates)
	binary.NativeEndian.PutUint32(b[12:], name|peer|queues|user)
	return b
}

func parseUnix(s *Socket, b []byte) bool {
	const size, name, peer, queues, user = 16, 0, 2, 4, 7
	if len(b) < size {
		return false
	}
	s.Family, s.Type, s.State = constants.Family(b[0]), constants.SocketType(b[1]), State(b[2])
	s.Inode = binary.NativeEndian.Uint32(b[4:])
	for typ, v := range Attributes(b[size:]) {
		switch typ {
		case name:
			if len(v) > 0 && v[0] == 0 {
				s.Local, _ = sockaddr.Abstract(string(v[1:]))
			} else {
				s.Local, _ = sockaddr.Unix(text(v))
			}
		case peer:
			n, err := Number(v)
			if err != nil {
				return false
			}
			s.Peer = uint32(n)
		case queues:
			if len(v) < 8 {
				return false
			}
			s.ReceiveQueue, s.SendQueue = binary.NativeEndian.Uint32(v),
				binary.NativeEndian.Uint32(v[4:])
		case user:
			n, err := Number(v)
			if err != nil {
				return false
			}
			s.User = uint32(n)
		}
	}
	return true
}

// From linux/packet_diag.h.
func packetRequest(_ Kind, family constants.Family) []byte {
	const info = 1
	b := make([]byte, 20)
	b[0] = byte(family)
	binary.NativeEndian.PutUint32(b[8:], info)
	return b
}

func parsePacket(s *Socket, b []byte) bool {
	const size, info, user = 16, 0, 5
	if len(b) < size {
		return false
	}
	s.Family, s.Type, s.State = constants.Family(b[0]), constants.SocketType(b[1]), Unconnected
	s.Protocol = int(binary.NativeEndian.Uint16(b[2:]))
	s.Inode = binary.NativeEndian.Uint32(b[4:])
	for typ, v := range Attributes(b[size:]) {
		switch typ {
		case info:
			if len(v) < 4 {
				return false
			}
			s.Interface = int(int32(binary.NativeEndian.Uint32(v)))
		case user:
			n, err := Number(v)
			if err != nil {
				return false
			}
			s.User = uint32(n)
		}
	}
	s.Local, _ = sockaddr.Packet(sockaddr.PacketAddr{
		Protocol:  uint16(s.Protocol),
		Interface: s.Interface,
	})
	return true
}

// From linux/netlink_diag.h.
func netlinkRequest(_ Kind, family constants.Family) []byte {
	const everyProtocol = 255
	b := make([]byte, 20)
	b[0], b[1] = byte(family), everyProtocol
	return b
}

func parseNetlink(s *Socket, b []byte) bool {
	if len(b) < 28 {
		return false
	}
	s.Family, s.Type, s.Protocol, s.State = constants.Family(b[0]), constants.SocketType(b[1]),
		int(b[2]), Unconnected
	s.Local, _ = sockaddr.Netlink(sockaddr.NetlinkAddr{PortID: binary.NativeEndian.Uint32(b[4:])})
	s.Inode = binary.NativeEndian.Uint32(b[16:])
	return true
}

// From linux/vm_sockets_diag.h.
func vsockRequest(_ Kind, family constants.Family) []byte {
	b := make([]byte, 24)
	b[0] = byte(family)
	binary.NativeEndian.PutUint32(b[4:], allStates)
	return b
}

func parseVSock(s *Socket, b []byte) bool {
	if len(b) < 24 {
		return false
	}
	s.Family, s.Type, s.State = constants.Family(b[0]), constants.SocketType(b[1]), State(b[2])
	addr := func(b []byte) (a sockaddr.Addr) {
		a, _ = sockaddr.VSock(sockaddr.VSockAddr{
			CID:  binary.NativeEndian.Uint32(b),
			Port: binary.NativeEndian.Uint32(b[4:]),
		})
		return a
	}
	s.Local, s.Remote = addr(b[4:]), addr(b[12:])
	s.Inode = binary.NativeEndian.Uint32(b[20:])
	return true
}

// TCP is part of struct tcp_info, linux/tcp.h.
type TCP struct {
	RTT, RTTVariation time.Duration
	MSS, PathMTU      int
	Window            int // the congestion window, in segments
	Retransmitted     int // segments, in all
	Acknowledged      uint64
	Received          uint64
}

// TCP returns what the kernel tells of a connection, and false if it tells nothing, or is older
// than Linux 4.1.
func (s *Socket) TCP() (t TCP, ok bool) {
	const size = 136
	if len(s.Info) < size {
		return t, false
	}
	word := func(at int) int { return int(binary.NativeEndian.Uint32(s.Info[at:])) }
	return TCP{
		RTT:           time.Duration(word(68)) * time.Microsecond,
		RTTVariation:  time.Duration(word(72)) * time.Microsecond,
		MSS:           word(16),
		PathMTU:       word(60),
		Window:        word(80),
		Retransmitted: word(100),
		Acknowledged:  binary.NativeEndian.Uint64(s.Info[120:]),
		Received:      binary.NativeEndian.Uint64(s.Info[128:]),
	}, true
}
