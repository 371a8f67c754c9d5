package sockaddr

import (
	"strconv"

	"example.com/bsdsocket/constants"
)

// The layouts of AF_NFC are struct sockaddr_nfc and sockaddr_nfc_llcp of linux/nfc.h. The second
// ends in a size_t, aligned as such.
const (
	nfcServiceAt = 18
	wordSize     = strconv.IntSize / 8
	nfcCountAt   = (nfcServiceAt + 63 + wordSize - 1) / wordSize * wordSize
)

var (
	nfcDevice   = field{name: "device", at: 4, size: 4}
	nfcTarget   = field{name: "target", at: 8, size: 4}
	nfcProtocol = field{name: "protocol", at: 12, size: 4}
	nfcCount    = field{at: nfcCountAt, size: wordSize} // service_name_len

	nfcLayout = layout{
		name: "nfc", family: constants.AF_NFC, size: 16,
		fields:   []field{nfcDevice, nfcTarget, nfcProtocol},
		required: 3,
	}
	nfcLLCPLayout = layout{
		name: "nfc-llcp", family: constants.AF_NFC, size: nfcCountAt + wordSize,
		fields: []field{
			nfcDevice, nfcTarget, nfcProtocol,
			{name: "destination", at: 16, size: 1},
			{name: "source", at: 17, size: 1},
			{name: "service name", at: nfcServiceAt, size: 63, form: text, count: &nfcCount},
		},
		required: 5,
	}
)

// NFCAddr is the AF_NFC address of a raw socket: a target that a device has found (linux/nfc.h).
type NFCAddr struct {
	Device   uint32 // index of the device
	Target   uint32 // index of the target
	Protocol uint32 // NFC_PROTO_JEWEL (1), NFC_PROTO_MIFARE (2) ...
}

// NFC returns the AF_NFC address n of a raw socket (Linux). Its text is "nfc:0:1:4".
func NFC(n NFCAddr) (Addr, error) {
	a, err := nfcLayout.build(num(n.Device), num(n.Target), num(n.Protocol))
	return made("nfc", n, a, err)
}

// AsNFC returns the fields of the AF_NFC address of a raw socket, and whether a is one.
func (a Addr) AsNFC() (n NFCAddr, ok bool) {
	v, ok := nfcLayout.numbers(&a)
	return NFCAddr{Device: uint32(v[0]), Target: uint32(v[1]), Protocol: uint32(v[2])}, ok
}

// NFCLLCPAddr is the AF_NFC address of the Logical Link Control Protocol.
type NFCLLCPAddr struct {
	Device   uint32 // index of the device
	Target   uint32 // index of the target
	Protocol uint32 // NFC_PROTO_NFC_DEP (5)
	DSAP     uint8  // destination service access point; 0: not known
	SSAP     uint8  // source service access point to bind
	Service  string // URI of the service, at most 63 bytes
}

// NFCLLCP returns the AF_NFC address n of LLCP (Linux). Its text is
// `nfc-llcp:0:1:5:0:32:urn\x3anfc\x3asn\x3asnep`.
func NFCLLCP(n NFCLLCPAddr) (Addr, error) {
	a, err := nfcLLCPLayout.build(num(n.Device), num(n.Target), num(n.Protocol), num(n.DSAP),
		num(n.SSAP), value{run: []byte(n.Service)})
	return made("nfc llcp", n, a, err)
}

// AsNFCLLCP returns the fields of an AF_NFC address of LLCP, and whether a is one.
func (a Addr) AsNFCLLCP() (n NFCLLCPAddr, ok bool) {
	v, ok := nfcLLCPLayout.numbers(&a)
	if !ok {
		return n, false
	}
	return NFCLLCPAddr{
		Device: uint32(v[0]), Target: uint32(v[1]), Protocol: uint32(v[2]), DSAP: uint8(v[3]),
		SSAP:    uint8(v[4]),
		Service: string(nfcLLCPLayout.fields[5].run(&a)),
	}, true
}

// The layouts of AF_BLUETOOTH are struct sockaddr_l2, sockaddr_rc, sockaddr_sco and sockaddr_hci of
// include/net/bluetooth/{l2cap,rfcomm,sco,hci_sock}.h, which the kernel does not install; the BlueZ
// library has copies. Their sizes tell them apart. A device's address is stored with its last byte
// first; numbers of L2CAP are little endian.
var (
	l2capLayout = layout{
		name: "l2cap", family: constants.AF_BLUETOOTH, size: 14,
		fields: []field{
			{name: "device", at: 4, size: 6, form: octets, order: little},
			{name: "protocol", at: 2, size: 2, order: little},
			{name: "channel", at: 10, size: 2, order: little},
			{name: "address type", at: 12, size: 1},
		},
		required: 2,
	}
	rfcommLayout = layout{
		name: "rfcomm", family: constants.AF_BLUETOOTH, size: 10,
		fields: []field{
			{name: "device", at: 2, size: 6, form: octets, order: little},
			{name: "channel", at: 8, size: 1},
		},
		required: 2,
	}
	scoLayout = layout{
		name: "sco", family: constants.AF_BLUETOOTH, size: 8,
		fields:   []field{{name: "device", at: 2, size: 6, form: octets, order: little}},
		required: 1,
	}
	hciLayout = layout{
		name: "hci", family: constants.AF_BLUETOOTH, size: 6,
		fields:   []field{{name: "device", at: 2, size: 2}, {name: "channel", at: 4, size: 2}},
		required: 2,
	}
)

// L2CAPAddr is the AF_BLUETOOTH address of a socket of BTPROTO_L2CAP.
type L2CAPAddr struct {
	Device      [6]byte // in the order of writing; zeros (BDADDR_ANY): any adapter, to bind
	PSM         uint16  // protocol/service multiplexer; 0: none
	CID         uint16  // channel id; 0: none
	AddressType uint8   // BDADDR_BREDR (0), BDADDR_LE_PUBLIC (1), BDADDR_LE_RANDOM (2)
}

// L2CAP returns the AF_BLUETOOTH address l (Linux). Its text is "l2cap:00-1b-dc-0f-a2-3c:31".
func L2CAP(l L2CAPAddr) (Addr, error) {
	a, err := l2capLayout.build(mac(l.Device), num(l.PSM), num(l.CID), num(l.AddressType))
	return made("l2cap", l, a, err)
}

// AsL2CAP returns the fields of an AF_BLUETOOTH address of L2CAP, and whether a is one.
func (a Addr) AsL2CAP() (l L2CAPAddr, ok bool) {
	v, ok := l2capLayout.numbers(&a)
	return L2CAPAddr{Device: toMAC(v[0]), PSM: uint16(v[1]), CID: uint16(v[2]),
		AddressType: uint8(v[3])}, ok
}

// RFCOMMAddr is the AF_BLUETOOTH address of a socket of BTPROTO_RFCOMM.
type RFCOMMAddr struct {
	Device  [6]byte // in the order of writing; zeros (BDADDR_ANY): any adapter, to bind
	Channel uint8   // 1..30; 0 takes a free one, to bind
}

// RFCOMM returns the AF_BLUETOOTH address r (Linux). Its text is "rfcomm:00-1b-dc-0f-a2-3c:1".
func RFCOMM(r RFCOMMAddr) (Addr, error) {
	a, err := rfcommLayout.build(mac(r.Device), num(r.Channel))
	return made("rfcomm", r, a, err)
}

// AsRFCOMM returns the fields of an AF_BLUETOOTH address of RFCOMM, and whether a is one (an
// address of BTPROTO_ISO has the same size).
func (a Addr) AsRFCOMM() (r RFCOMMAddr, ok bool) {
	v, ok := rfcommLayout.numbers(&a)
	return RFCOMMAddr{Device: toMAC(v[0]), Channel: uint8(v[1])}, ok
}

// SCOAddr is the AF_BLUETOOTH address of a socket of BTPROTO_SCO.
type SCOAddr struct {
	Device [6]byte // in the order of writing; zeros (BDADDR_ANY): any adapter, to bind
}

// SCO returns the AF_BLUETOOTH address s (Linux). Its text is "sco:00-1b-dc-0f-a2-3c".
func SCO(s SCOAddr) (Addr, error) {
	a, err := scoLayout.build(mac(s.Device))
	return made("sco", s, a, err)
}

// AsSCO returns the fields of an AF_BLUETOOTH address of SCO, and whether a is one.
func (a Addr) AsSCO() (s SCOAddr, ok bool) {
	v, ok := scoLayout.numbers(&a)
	return SCOAddr{Device: toMAC(v[0])}, ok
}

// HCIAddr is the AF_BLUETOOTH address of a socket of BTPROTO_HCI: an adapter.
type HCIAddr struct {
	Device  uint16 // number of the adapter; 0xffff (HCI_DEV_NONE): none
	Channel uint16 // HCI_CHANNEL_RAW (0), _USER (1), _MONITOR (2), _CONTROL (3), _LOGGING (4)
}

// HCI returns the AF_BLUETOOTH address h (Linux). Its text is "hci:0:1".
func HCI(h HCIAddr) (Addr, error) {
	a, err := hciLayout.build(num(h.Device), num(h.Channel))
	return made("hci", h, a, err)
}

// AsHCI returns the fields of an AF_BLUETOOTH address of HCI, and whether a is one.
func (a Addr) AsHCI() (h HCIAddr, ok bool) {
	v, ok := hciLayout.numbers(&a)
	return HCIAddr{Device: uint16(v[0]), Channel: uint16(v[1])}, ok
}

// BluetoothAny returns 00-00-00-00-00-00, BDADDR_ANY: to bind, the adapter that the kernel chooses.
func BluetoothAny() [6]byte { return [6]byte{} }

// BluetoothLocal returns 00-00-00-ff-ff-ff, BDADDR_LOCAL: the host itself.
func BluetoothLocal() [6]byte { return [6]byte{3: 0xff, 4: 0xff, 5: 0xff} }
