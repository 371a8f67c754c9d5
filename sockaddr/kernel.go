package sockaddr

import "example.com/bsdsocket/constants"

// netlinkLayout is struct sockaddr_nl of linux/netlink.h.
var netlinkLayout = layout{
	name: "netlink", family: constants.AF_NETLINK, size: 12,
	fields: []field{
		{name: "port id", at: 4, size: 4},
		{name: "groups", at: 8, size: 4, form: hexadecimal},
	},
	required: 1,
}

// NetlinkAddr is an AF_NETLINK address (netlink(7)).
type NetlinkAddr struct {
	PortID uint32 // nl_pid: 0 is the kernel; to bind, 0 takes a free one
	Groups uint32 // mask of the multicast groups 1..32
}

// Netlink returns the AF_NETLINK address n (Linux). Its text is "netlink:1234:0x1".
func Netlink(n NetlinkAddr) (Addr, error) {
	a, err := netlinkLayout.build(num(n.PortID), num(n.Groups))
	return made("netlink", n, a, err)
}

// AsNetlink returns the fields of an AF_NETLINK address, and whether a is one.
func (a Addr) AsNetlink() (n NetlinkAddr, ok bool) {
	v, ok := netlinkLayout.numbers(&a)
	return NetlinkAddr{PortID: uint32(v[0]), Groups: uint32(v[1])}, ok
}

// vsockLayout is struct sockaddr_vm of linux/vm_sockets.h.
var vsockLayout = layout{
	name: "vsock", family: constants.AF_VSOCK, size: 16,
	fields: []field{
		{name: "context id", at: 8, size: 4},
		{name: "port", at: 4, size: 4},
		{name: "flags", at: 12, size: 1, form: hexadecimal},
	},
	required: 2,
}

// VSockAddr is an AF_VSOCK address: a port of a virtual machine or its host (vsock(7)).
type VSockAddr struct {
	// CID is the context id: 0 the hypervisor, 1 this machine, 2 the host, 0xffffffff
	// (VMADDR_CID_ANY) any, to bind.
	CID   uint32
	Port  uint32 // 0xffffffff (VMADDR_PORT_ANY) takes a free one, to bind
	Flags uint8  // 1 (VMADDR_FLAG_TO_HOST): to a sibling machine by way of the host (Linux 5.11)
}

// VSock returns the AF_VSOCK address v (Linux). Its text is "vsock:2:1024".
func VSock(v VSockAddr) (Addr, error) {
	a, err := vsockLayout.build(num(v.CID), num(v.Port), num(v.Flags))
	return made("vsock", v, a, err)
}

// AsVSock returns the fields of an AF_VSOCK address, and whether a is one.
func (a Addr) AsVSock() (v VSockAddr, ok bool) {
	n, ok := vsockLayout.numbers(&a)
	return VSockAddr{CID: uint32(n[0]), Port: uint32(n[1]), Flags: uint8(n[2])}, ok
}

// VSockLocalCID returns the context id of this machine, by which others reach it: 2 on a host, 3 or
// more in a virtual machine (IOCTL_VM_SOCKETS_GET_LOCAL_CID of vsock(7)). It is 0xffffffff
// (VMADDR_CID_ANY) where no transport has one.
//
// It opens /dev/vsock: without it, or the right to read it, the error is that of open(2). Elsewhere
// than on Linux it is [errors.ErrUnsupported].
func VSockLocalCID() (uint32, error) {
	cid, err := vsockLocalCID()
	if err != nil {
		return 0, reason("the context id of this machine is not known", err).of(opLocalCID, "")
	}
	return cid, nil
}

// algLayout is struct sockaddr_alg of linux/if_alg.h. Since Linux 4.12 the name may be longer than
// the 63 bytes that fit the structure (sockaddr_alg_new).
var algLayout = layout{
	name: "alg", family: constants.AF_ALG, size: 88, open: true,
	fields: []field{
		{name: "type", at: 2, size: 14, form: text},
		{name: "name", at: 24, size: MaxLen - 24, form: text},
		{name: "features", at: 16, size: 4, form: hexadecimal},
		{name: "mask", at: 20, size: 4, form: hexadecimal},
	},
	required: 2,
}

// ALGAddr is an AF_ALG address: an algorithm of the kernel's crypto API
// (Documentation/crypto/userspace-if.rst).
type ALGAddr struct {
	Type     string // "hash", "skcipher", "aead", "rng" ..., at most 13 bytes
	Name     string // "sha256", "gcm(aes)" ..., at most 103 bytes, 63 before Linux 4.12
	Features uint32 // 0
	Mask     uint32 // 0
}

// ALG returns the AF_ALG address g (Linux). Its text is "alg:aead:gcm(aes)".
func ALG(g ALGAddr) (Addr, error) {
	a, err := algLayout.build(value{run: []byte(g.Type)}, value{run: []byte(g.Name)},
		num(g.Features), num(g.Mask))
	return made("alg", g, a, err)
}

// AsALG returns the fields of an AF_ALG address, and whether a is one.
func (a Addr) AsALG() (g ALGAddr, ok bool) {
	v, ok := algLayout.numbers(&a)
	if !ok {
		return g, false
	}
	return ALGAddr{
		Type: string(algLayout.fields[0].run(&a)), Name: string(algLayout.fields[1].run(&a)),
		Features: uint32(v[2]), Mask: uint32(v[3]),
	}, true
}

// xdpLayout is struct sockaddr_xdp of linux/if_xdp.h.
var xdpLayout = layout{
	name: "xdp", family: constants.AF_XDP, size: 16,
	fields: []field{
		{name: "interface", at: 4, size: 4, form: ifindex},
		{name: "queue", at: 8, size: 4},
		{name: "flags", at: 2, size: 2, form: hexadecimal},
		{name: "shared descriptor", at: 12, size: 4},
	},
	required: 2,
}

// XDPAddr is an AF_XDP address: a queue of an interface (Documentation/networking/af_xdp.rst).
type XDPAddr struct {
	Interface int    // index of the interface
	Queue     uint32 // number of the interface's receive queue
	// Flags are XDP_SHARED_UMEM (1), XDP_COPY (2), XDP_ZEROCOPY (4), XDP_USE_NEED_WAKEUP (8) ...
	Flags        uint16
	SharedUmemFD uint32 // descriptor of the socket whose memory is shared, with XDP_SHARED_UMEM
}

// XDP returns the AF_XDP address x (Linux). Its text is "xdp:eth0:0".
func XDP(x XDPAddr) (Addr, error) {
	a, err := xdpLayout.build(num(x.Interface), num(x.Queue), num(x.Flags), num(x.SharedUmemFD))
	return made("xdp", x, a, err)
}

// AsXDP returns the fields of an AF_XDP address, and whether a is one.
func (a Addr) AsXDP() (x XDPAddr, ok bool) {
	v, ok := xdpLayout.numbers(&a)
	return XDPAddr{Interface: int(int32(v[0])), Queue: uint32(v[1]), Flags: uint16(v[2]),
		SharedUmemFD: uint32(v[3])}, ok
}
