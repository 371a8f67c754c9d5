package sockaddr

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"example.com/bsdsocket/constants"
)

// hypervLayout is SOCKADDR_HV of Windows, hvsocket.h.
var hypervLayout = layout{
	name: "hyperv", family: constants.AF_HYPERV, size: 36, windows: true,
	fields: []field{
		{name: "virtual machine", at: 4, size: 16, form: machine},
		{name: "service", at: 20, size: 16, form: guid},
	},
	required: 2,
}

// HyperVAddr is an AF_HYPERV address: a service of a virtual machine of Hyper-V, or of its host.
// What AF_VSOCK is for Linux, this is for Windows, with identifiers instead of numbers:
// [HyperVServiceOfVSock] is the service that a Linux guest has as a port.
type HyperVAddr struct {
	// VM is the virtual machine's, or one of HyperVAny, HyperVChildren, HyperVLoopback,
	// HyperVParent, HyperVBroadcast.
	VM GUID
	// Service is registered under this GUID at the host.
	Service GUID
}

// HyperV returns the AF_HYPERV address h (Windows). Its text is
// "hyperv:parent:00000400-facb-11e6-bd58-64006a7986d3".
func HyperV(h HyperVAddr) (Addr, error) {
	a, err := hypervLayout.build(value{run: h.VM[:]}, value{run: h.Service[:]})
	return made("hyperv", h, a, err)
}

// AsHyperV returns the fields of an AF_HYPERV address, and whether a is one.
func (a Addr) AsHyperV() (h HyperVAddr, ok bool) {
	if !hypervLayout.is(&a) {
		return h, false
	}
	return HyperVAddr{VM: GUID(hypervLayout.fields[0].run(&a)),
		Service: GUID(hypervLayout.fields[1].run(&a))}, true
}

// A GUID is an identifier of 16 bytes, as Windows has it in memory: of its five groups the first
// three are numbers in little-endian order.
type GUID [16]byte

// HyperVAny returns HV_GUID_WILDCARD, which is HV_GUID_ZERO, all zeros: to bind, to accept from
// every partition.
func HyperVAny() GUID { return GUID{} }

// HyperVBroadcast returns HV_GUID_BROADCAST, ffffffff-ffff-ffff-ffff-ffffffffffff.
func HyperVBroadcast() GUID { return machines[1].id }

// HyperVChildren returns HV_GUID_CHILDREN, 90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd: to bind, to accept
// from the virtual machines of this one.
func HyperVChildren() GUID { return machines[2].id }

// HyperVLoopback returns HV_GUID_LOOPBACK, e0e16197-dd56-4a10-9195-5ee7a155a838: this partition
// itself.
func HyperVLoopback() GUID { return machines[3].id }

// HyperVParent returns HV_GUID_PARENT, a42e7cda-d03f-480c-9cc2-a4de20abb878: the host of this
// virtual machine.
func HyperVParent() GUID { return machines[4].id }

// HyperVServiceOfVSock returns the service that Linux guests have as a port of AF_VSOCK:
// HV_GUID_VSOCK_TEMPLATE, 00000000-facb-11e6-bd58-64006a7986d3, with the port in its first group.
func HyperVServiceOfVSock(port uint32) GUID {
	id := mustGUID("00000000-facb-11e6-bd58-64006a7986d3")
	binary.LittleEndian.PutUint32(id[:], port)
	return id
}

// machines are the virtual machines that have names in the text of an address.
var machines = [...]struct {
	name string
	id   GUID
}{
	{"any", GUID{}},
	{"broadcast", mustGUID("ffffffff-ffff-ffff-ffff-ffffffffffff")},
	{"children", mustGUID("90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd")},
	{"loopback", mustGUID("e0e16197-dd56-4a10-9195-5ee7a155a838")},
	{"parent", mustGUID("a42e7cda-d03f-480c-9cc2-a4de20abb878")},
}

// swapped is the order in which the bytes of a GUID are written.
var swapped = [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}

// String returns the usual form, in small letters: "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd".
func (g GUID) String() string { return string(g.append(nil)) }

func (g GUID) append(b []byte) []byte {
	for i, at := range swapped {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, g[at:at+1])
	}
	return b
}

// ParseGUID parses what String returns, in capital letters too. Braces around it are an error.
func ParseGUID(s string) (GUID, error) {
	g, ok := parseGUID(s)
	if !ok {
		return GUID{}, reason("bad GUID "+strconv.Quote(s), nil).of("parse guid", s)
	}
	return g, nil
}

func parseGUID(s string) (g GUID, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return g, false
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	if err != nil {
		return g, false
	}
	for i, at := range swapped {
		g[at] = b[i]
	}
	return g, true
}

func mustGUID(s string) GUID {
	g, ok := parseGUID(s)
	if !ok {
		panic("sockaddr: " + s)
	}
	return g
}

// appendMachine appends the name of a virtual machine, or its identifier.
func appendMachine(b []byte, g GUID) []byte {
	for i := range machines {
		if machines[i].id == g {
			return append(b, machines[i].name...)
		}
	}
	return g.append(b)
}

func parseMachine(s string) (GUID, bool) {
	for i := range machines {
		if machines[i].name == s {
			return machines[i].id, true
		}
	}
	return parseGUID(s)
}
