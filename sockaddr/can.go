package sockaddr

import "example.com/bsdsocket/constants"

// The layouts are struct sockaddr_can of linux/can.h: the interface, and a union of what the
// protocols have. The kernel takes and gives as many bytes as a protocol needs (CAN_REQUIRED_SIZE,
// since Linux 5.4), so the length tells which part of the union counts.
var (
	canInterface = field{name: "interface", at: 4, size: 4, form: ifindex}

	canLayout = layout{
		name: "can", family: constants.AF_CAN, size: 8, open: true,
		fields:   []field{canInterface},
		required: 1,
	}
	isotpLayout = layout{
		name: "isotp", family: constants.AF_CAN, size: 16, open: true,
		fields: []field{
			canInterface,
			{name: "receive id", at: 8, size: 4, form: hexadecimal},
			{name: "transmit id", at: 12, size: 4, form: hexadecimal},
		},
		required: 3,
	}
	j1939Layout = layout{
		name: "j1939", family: constants.AF_CAN, size: 24,
		fields: []field{
			canInterface,
			{name: "name", at: 8, size: 8, form: hexadecimal},
			{name: "parameter group", at: 16, size: 4, form: hexadecimal},
			{name: "address", at: 20, size: 1, form: hexadecimal},
		},
		required: 4,
	}
)

// CANAddr is the AF_CAN address of the protocols CAN_RAW and CAN_BCM
// (Documentation/networking/can.rst).
type CANAddr struct {
	Interface int // index of the CAN interface; 0: all of them
}

// CAN returns the AF_CAN address c (Linux 5.4). Its text is "can:can0".
func CAN(c CANAddr) (Addr, error) {
	a, err := canLayout.build(num(c.Interface))
	return made("can", c, a, err)
}

// AsCAN returns the interface of an AF_CAN address of any protocol, and whether a is one.
func (a Addr) AsCAN() (c CANAddr, ok bool) {
	v, ok := canLayout.numbers(&a)
	return CANAddr{Interface: int(int32(v[0]))}, ok
}

// ISOTPAddr is the AF_CAN address of the protocol CAN_ISOTP, ISO 15765-2
// (Documentation/networking/iso15765-2.rst).
type ISOTPAddr struct {
	Interface int    // index of the CAN interface
	RxID      uint32 // CAN id to receive, with CAN_EFF_FLAG for 29 bits
	TxID      uint32 // CAN id to send
}

// ISOTP returns the AF_CAN address i (Linux 5.10). Its text is "isotp:can0:0x7e8:0x7e0".
func ISOTP(i ISOTPAddr) (Addr, error) {
	a, err := isotpLayout.build(num(i.Interface), num(i.RxID), num(i.TxID))
	return made("isotp", i, a, err)
}

// AsISOTP returns the fields of an AF_CAN address of the protocol CAN_ISOTP, and whether a can be
// one. An address does not say its protocol: one of J1939 has fields in the same place.
func (a Addr) AsISOTP() (i ISOTPAddr, ok bool) {
	v, ok := isotpLayout.numbers(&a)
	return ISOTPAddr{Interface: int(int32(v[0])), RxID: uint32(v[1]), TxID: uint32(v[2])}, ok
}

// J1939Addr is the AF_CAN address of the protocol CAN_J1939, SAE J1939
// (Documentation/networking/j1939.rst).
type J1939Addr struct {
	Interface int    // index of the CAN interface
	Name      uint64 // NAME of the control unit; 0 (J1939_NO_NAME): none, addressed by Address
	PGN       uint32 // parameter group number; 0x40000 (J1939_NO_PGN): none, all
	Address   uint8  // 0xff (J1939_NO_ADDR): none, all
}

// J1939 returns the AF_CAN address j (Linux 5.4). Its text is "j1939:can0:0x0:0x12300:0x20".
func J1939(j J1939Addr) (Addr, error) {
	a, err := j1939Layout.build(num(j.Interface), num(j.Name), num(j.PGN), num(j.Address))
	return made("j1939", j, a, err)
}

// AsJ1939 returns the fields of an AF_CAN address of the protocol CAN_J1939, and whether a is long
// enough to be one.
func (a Addr) AsJ1939() (j J1939Addr, ok bool) {
	v, ok := j1939Layout.numbers(&a)
	return J1939Addr{Interface: int(int32(v[0])), Name: v[1], PGN: uint32(v[2]),
		Address: uint8(v[3])}, ok
}
