package sockaddr

import (
	"net"
	"strconv"
	"unicode/utf8"
)

// zoneName returns the name of the interface, or the number if no interface
// has it or if its name could not be read back.
func zoneName(index uint32) string {
	if i := int(index); i > 0 && uint32(i) == index {
		if ifi, err := net.InterfaceByIndex(i); err == nil && plainZone(ifi.Name) {
			return ifi.Name
		}
	}
	return strconv.FormatUint(uint64(index), 10)
}

// plainZone reports whether an interface's name can stand in an address: it is
// printable, no number, and has none of the bytes that end a zone. The kernel
// refuses little more than '/', ':' and white space.
func plainZone(name string) bool {
	if name == "" || !utf8.ValidString(name) {
		return false
	}
	number := true
	for _, r := range name {
		switch r {
		case '%', '/', ':', '[', ']', '\\':
			return false
		}
		if !strconv.IsGraphic(r) {
			return false
		}
		number = number && '0' <= r && r <= '9'
	}
	return !number
}

// parseZone returns the number of the interface that is named, or of the
// number that is spelt. Digits are always a number, even if an interface has
// such a name: else what a zone means would depend on the interfaces there are.
func parseZone(zone string) (uint32, *Error) {
	if zone == "" {
		return 0, reason("empty zone", nil)
	}
	if allDigits(zone) {
		id, err := strconv.ParseUint(zone, 10, 32)
		if err != nil {
			return 0, reason("zone "+strconv.Quote(zone)+" out of range 0..4294967295", nil)
		}
		return uint32(id), nil
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, reason("no interface "+strconv.Quote(zone), err)
	}
	return uint32(ifi.Index), nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
