package sockaddr_test

import (
	"errors"
	"net"
	"reflect"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// A kind is a typed address of one of Linux's families, with what makes and reads it.
type kind struct {
	name string // of the layout
	make func() (sockaddr.Addr, error)
	as   func(sockaddr.Addr) (any, bool)
	want any
	text string
	here bool // the system has it
}

func kindOf[T any](name string, constructor func(T) (sockaddr.Addr, error),
	accessor func(sockaddr.Addr) (T, bool), v T, text string) kind {
	return kind{
		name: name,
		make: func() (sockaddr.Addr, error) { return constructor(v) },
		as:   func(a sockaddr.Addr) (any, bool) { got, ok := accessor(a); return got, ok },
		want: v,
		text: text,
		here: sockaddr.HasWindowsLayouts == (name == "hyperv") &&
			(sockaddr.HasWindowsLayouts || sockaddr.HasLinuxLayouts),
	}
}

// device has every byte different, so that a wrong order shows.
var device = [6]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab}

// kinds has one address of each layout, the fields of which differ in every byte.
var kinds = []kind{
	kindOf("packet", sockaddr.Packet, sockaddr.Addr.AsPacket, sockaddr.PacketAddr{
		Protocol: 0x0102, Interface: 0x03040506, HardwareType: 0x0708, PacketType: 9,
		Hardware: net.HardwareAddr(device[:]),
	}, "packet:0x102:50595078:1800:9:01-23-45-67-89-ab"),
	kindOf("pppoe", sockaddr.PPPoE, sockaddr.Addr.AsPPPoE, sockaddr.PPPoEAddr{
		Session: 0x0102, Remote: device, Device: "eth0",
	}, "pppoe:258:01-23-45-67-89-ab:eth0"),
	kindOf("netlink", sockaddr.Netlink, sockaddr.Addr.AsNetlink, sockaddr.NetlinkAddr{
		PortID: 0x01020304, Groups: 0x05060708,
	}, "netlink:16909060:0x5060708"),
	kindOf("alg", sockaddr.ALG, sockaddr.Addr.AsALG, sockaddr.ALGAddr{
		Type: "aead", Name: "gcm(aes)", Features: 0x01020304, Mask: 0x05060708,
	}, "alg:aead:gcm(aes):0x1020304:0x5060708"),
	kindOf("xdp", sockaddr.XDP, sockaddr.Addr.AsXDP, sockaddr.XDPAddr{
		Interface: 0x01020304, Queue: 0x05060708, Flags: 0x090a, SharedUmemFD: 0x0b0c0d0e,
	}, "xdp:16909060:84281096:0x90a:185339150"),
	kindOf("vsock", sockaddr.VSock, sockaddr.Addr.AsVSock, sockaddr.VSockAddr{
		CID: 0x01020304, Port: 0x05060708, Flags: 9,
	}, "vsock:16909060:84281096:0x9"),
	kindOf("can", sockaddr.CAN, sockaddr.Addr.AsCAN, sockaddr.CANAddr{Interface: 0x01020304},
		"can:16909060"),
	kindOf("isotp", sockaddr.ISOTP, sockaddr.Addr.AsISOTP, sockaddr.ISOTPAddr{
		Interface: 0x01020304, RxID: 0x05060708, TxID: 0x090a0b0c,
	}, "isotp:16909060:0x5060708:0x90a0b0c"),
	kindOf("j1939", sockaddr.J1939, sockaddr.Addr.AsJ1939, sockaddr.J1939Addr{
		Interface: 0x01020304, Name: 0x05060708090a0b0c, PGN: 0x0d0e0f10, Address: 0x11,
	}, "j1939:16909060:0x5060708090a0b0c:0xd0e0f10:0x11"),
	kindOf("tipc-socket", sockaddr.TIPCSocket, sockaddr.Addr.AsTIPCSocket, sockaddr.TIPCSocketAddr{
		Ref: 0x01020304, Node: 0x05060708, Scope: -2,
	}, "tipc-socket:16909060:0x5060708:-2"),
	kindOf("tipc-service", sockaddr.TIPCService, sockaddr.Addr.AsTIPCService,
		sockaddr.TIPCServiceAddr{
			Type: 0x01020304, Instance: 0x05060708, Domain: 0x090a0b0c, Scope: 3,
		}, "tipc-service:16909060:84281096:0x90a0b0c:3"),
	kindOf("tipc-range", sockaddr.TIPCRange, sockaddr.Addr.AsTIPCRange, sockaddr.TIPCRangeAddr{
		Type: 0x01020304, Lower: 0x05060708, Upper: 0x090a0b0c, Scope: -3,
	}, "tipc-range:16909060:84281096:151653132:-3"),
	kindOf("nfc", sockaddr.NFC, sockaddr.Addr.AsNFC, sockaddr.NFCAddr{
		Device: 0x01020304, Target: 0x05060708, Protocol: 0x090a0b0c,
	}, "nfc:16909060:84281096:151653132"),
	kindOf("nfc-llcp", sockaddr.NFCLLCP, sockaddr.Addr.AsNFCLLCP, sockaddr.NFCLLCPAddr{
		Device: 0x01020304, Target: 0x05060708, Protocol: 0x090a0b0c, DSAP: 0x0d, SSAP: 0x0e,
		Service: "urn:nfc:sn:snep",
	}, `nfc-llcp:16909060:84281096:151653132:13:14:urn\x3anfc\x3asn\x3asnep`),
	kindOf("l2cap", sockaddr.L2CAP, sockaddr.Addr.AsL2CAP, sockaddr.L2CAPAddr{
		Device: device, PSM: 0x0102, CID: 0x0304, AddressType: 5,
	}, "l2cap:01-23-45-67-89-ab:258:772:5"),
	kindOf("rfcomm", sockaddr.RFCOMM, sockaddr.Addr.AsRFCOMM, sockaddr.RFCOMMAddr{
		Device: device, Channel: 30,
	}, "rfcomm:01-23-45-67-89-ab:30"),
	kindOf("sco", sockaddr.SCO, sockaddr.Addr.AsSCO, sockaddr.SCOAddr{Device: device},
		"sco:01-23-45-67-89-ab"),
	kindOf("hci", sockaddr.HCI, sockaddr.Addr.AsHCI,
		sockaddr.HCIAddr{Device: 0x0102, Channel: 0x0304}, "hci:258:772"),
	kindOf("hyperv", sockaddr.HyperV, sockaddr.Addr.AsHyperV, sockaddr.HyperVAddr{
		VM:      sockaddr.GUID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
		Service: sockaddr.GUID{17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32},
	}, "hyperv:04030201-0605-0807-090a-0b0c0d0e0f10:14131211-1615-1817-191a-1b1c1d1e1f20"),
}

// X1: a typed address for every family of Linux that has a structure, and for Windows' virtual
// machines.
func TestLayouts(t *testing.T) {
	tested := map[string]bool{}
	for _, k := range kinds {
		tested[k.name] = true
		a, err := k.make()
		if !k.here {
			if a.IsValid() || !errors.Is(err, sys.ErrUnsupported) {
				t.Errorf("%s: %v, %v, want ErrUnsupported", k.name, a, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		if got := a.String(); got != k.text {
			t.Errorf("%s: String %q, want %q", k.name, got, k.text)
		}
		if a.Port() != 0 || a.Path() != "" || a.IP().IsValid() || a.ScopeID() != 0 ||
			a.FlowInfo() != 0 || a.IsUnnamed() {
			t.Errorf("%s: has fields of other families", k.name)
		}
		checkAddr(t, a)
		for _, other := range kinds {
			got, ok := other.as(a)
			if want := reads(other.name, k.name); ok != want {
				t.Errorf("%s read as %s: %v, want %v", k.name, other.name, ok, want)
			}
			if !ok && !reflect.ValueOf(got).IsZero() {
				t.Errorf("%s read as %s: %+v", k.name, other.name, got)
			}
			if other.name == k.name && !reflect.DeepEqual(got, k.want) {
				t.Errorf("%s: %+v, want %+v", k.name, got, k.want)
			}
		}
	}
	for _, l := range sockaddr.Layouts() {
		if !tested[l.Name] {
			t.Errorf("%s has no row in kinds", l.Name)
		}
	}
	for _, k := range kinds {
		for _, s := range []string{"none", "1.2.3.4:80", "/x",
			"Family(200):" + "00000000000000000000000000000000"} {
			if got, ok := k.as(parse(t, s)); ok || !reflect.ValueOf(got).IsZero() {
				t.Errorf("%s read as %s: %+v", s, k.name, got)
			}
		}
	}
}

// reads reports whether an address of the layout named is can be read as one of the layout as.
// CAN's protocols share the front of a structure.
func reads(as, is string) bool {
	can := map[string]int{"can": 1, "isotp": 2, "j1939": 3}
	return as == is || can[as] > 0 && can[as] < can[is]
}

func TestLayoutErrors(t *testing.T) {
	if !sockaddr.HasLinuxLayouts {
		if _, err := sockaddr.VSock(sockaddr.VSockAddr{CID: 2}); err == nil ||
			err.Error() != `sockaddr: vsock "{CID:2 Port:0 Flags:0}": `+
				"vsock addresses are not supported on this platform" {
			t.Errorf("error %v", err)
		}
		return
	}
	for _, row := range []struct {
		make              func() (sockaddr.Addr, error)
		op, input, reason string
	}{
		{func() (sockaddr.Addr, error) { return sockaddr.CAN(sockaddr.CANAddr{Interface: -1}) },
			"can", "{Interface:-1}", "interface -1 out of range 0..2147483647"},
		{func() (sockaddr.Addr, error) {
			return sockaddr.Packet(sockaddr.PacketAddr{Hardware: make(net.HardwareAddr, 33)})
		},
			"packet", "{Protocol:0 Interface:0 HardwareType:0 PacketType:0 Hardware:" +
				make(net.HardwareAddr, 33).String() + "}",
			"the hardware address has 33 bytes, more than 32"},
		{func() (sockaddr.Addr, error) { return sockaddr.ALG(sockaddr.ALGAddr{Type: long(14)}) },
			"alg", "{Type:" + long(14) + " Name: Features:0 Mask:0}",
			"the type has 14 bytes, more than 13"},
		{func() (sockaddr.Addr, error) { return sockaddr.ALG(sockaddr.ALGAddr{Name: long(104)}) },
			"alg", "{Type: Name:" + long(104) + " Features:0 Mask:0}",
			"the name has 104 bytes, more than 103"},
		{func() (sockaddr.Addr, error) {
			return sockaddr.PPPoE(sockaddr.PPPoEAddr{Device: "a\x00b"})
		},
			"pppoe", "{Session:0 Remote:[0 0 0 0 0 0] Device:a\x00b}", "NUL in the device"},
		{func() (sockaddr.Addr, error) {
			return sockaddr.NFCLLCP(sockaddr.NFCLLCPAddr{Service: long(64)})
		},
			"nfc llcp", "{Device:0 Target:0 Protocol:0 DSAP:0 SSAP:0 Service:" + long(64) + "}",
			"the service name has 64 bytes, more than 63"},
	} {
		a, err := row.make()
		checkError(t, err, row.op, row.input, row.reason)
		if a.IsValid() {
			t.Errorf("%s: %v with an error", row.op, a)
		}
	}
}

// An address that its layout does not spell whole, or that lies about a length, is text all the
// same, and its fields can be read where it has them.
func TestOddLayouts(t *testing.T) {
	if !sockaddr.HasLinuxLayouts {
		t.Skip("there are no layouts on this platform")
	}
	// A byte that no field has.
	raw := parse(t, "netlink:5").Raw()
	raw[2] = 1
	a := fromRaw(t, raw)
	if n, ok := a.AsNetlink(); !ok || n.PortID != 5 {
		t.Errorf("AsNetlink %+v, %v", n, ok)
	}
	if want := "AF_NETLINK:" + hexOf(raw[2:]); a.String() != want {
		t.Errorf("String %q, want %q", a, want)
	}
	checkAddr(t, a)
	// A name that fills its field without a NUL.
	raw = parse(t, "alg:hash:sha1").Raw()
	copy(raw[2:], long(14))
	a = fromRaw(t, raw)
	if g, ok := a.AsALG(); !ok || g.Type != long(14) || g.Name != "sha1" {
		t.Errorf("AsALG %+v, %v", g, ok)
	}
	checkAddr(t, a)
	// A count that is larger than the field.
	raw = parse(t, "nfc-llcp:0:0:0:0:0:x").Raw()
	for i := range raw[len(raw)-4:] {
		raw[len(raw)-4+i] = 0xff
	}
	a = fromRaw(t, raw)
	if n, ok := a.AsNFCLLCP(); !ok || len(n.Service) != 63 {
		t.Errorf("AsNFCLLCP %+v, %v", n, ok)
	}
	checkAddr(t, a)
	// A hardware address that is longer than the address.
	raw = parse(t, "packet:0x1:0:0:0:00-1b-44-11-3a-b7").Raw()
	raw[11] = 0xff
	a = fromRaw(t, raw)
	if p, ok := a.AsPacket(); !ok || len(p.Hardware) != 32 {
		t.Errorf("AsPacket %+v, %v", p, ok)
	}
	checkAddr(t, a)
	// Another protocol of PPPoX, in a structure of the same size.
	raw = parse(t, "pppoe:1:00-1b-44-11-3a-b7:eth0").Raw()
	raw[2] = 1
	a = fromRaw(t, raw)
	if p, ok := a.AsPPPoE(); ok {
		t.Errorf("AsPPPoE %+v", p)
	}
	checkAddr(t, a)
	if a.Family() != constants.AF_PPPOX {
		t.Errorf("family %v", a.Family())
	}
	// An interface number that is negative as C's int.
	a = parse(t, "can:4294967295")
	if c, ok := a.AsCAN(); !ok || c.Interface != -1 {
		t.Errorf("AsCAN %+v, %v", c, ok)
	}
}
