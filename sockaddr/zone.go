package sockaddr

import (
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"
)

// A zone is the name of an interface, as the scope of an address shows it, and its number. What the
// kernel said is kept for a second: a peer of the link costs a lookup a second, and not one a
// datagram.
type zone struct {
	namespace uint64 // of the thread that asked
	index     uint32
	// The number in digits, if no interface has it, or its name does not read back.
	name  string
	asked atomic.Int64 // when, in nanoseconds
}

const zoneKept = int64(time.Second)

// zones has the zones by number and by name. A slot may be overwritten by another zone of the same
// hash.
var zones struct{ byIndex, byName [1024]atomic.Pointer[zone] }

// in reports whether z is known, and of the namespace.
func (z *zone) in(namespace uint64) bool { return z != nil && z.namespace == namespace }

// fresh reports whether what z says still holds. The clock may have been set back, or be that of a
// test's bubble.
func (z *zone) fresh(now int64) bool {
	age := now - z.asked.Load()
	return 0 <= age && age < zoneKept
}

// zoneName returns the name of the interface, or the number if no interface has it or if its name
// could not be read back.
func zoneName(index uint32) string {
	if index == 0 || index > math.MaxInt32 {
		return number(index) // no interface has it
	}
	namespace, now := namespace(), time.Now().UnixNano()
	slot := &zones.byIndex[(index^hash(namespace))%uint32(len(zones.byIndex))]
	old := slot.Load()
	known := ""
	if old.in(namespace) && old.index == index {
		if old.fresh(now) {
			return old.name
		}
		known = old.name
	}
	name, err := interfaceName(index, known)
	if err != nil && !isNoInterface(err) {
		return number(index)
	}
	if err != nil || !plainZone(name) {
		name = number(index)
	}
	if name == known {
		old.asked.Store(now)
		return known
	}
	z := &zone{namespace: namespace, index: index, name: name}
	z.asked.Store(now)
	slot.Store(z)
	return name
}

func number(index uint32) string { return strconv.FormatUint(uint64(index), 10) }

// zoneIndex returns the number of the interface that is named.
func zoneIndex(name string) (uint32, error) {
	namespace, now := namespace(), time.Now().UnixNano()
	h := hash(namespace)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619 // FNV-1a
	}
	slot := &zones.byName[h%uint32(len(zones.byName))]
	old := slot.Load()
	same := old.in(namespace) && old.name == name
	if same && old.fresh(now) {
		return old.index, nil
	}
	index, err := interfaceIndex(name)
	if err != nil {
		return 0, err
	}
	if same && old.index == index {
		old.asked.Store(now)
		return index, nil
	}
	z := &zone{namespace: namespace, index: index, name: strings.Clone(name)}
	z.asked.Store(now)
	slot.Store(z)
	return index, nil
}

func hash(namespace uint64) uint32 {
	return uint32(namespace>>32)*2654435761 ^ uint32(namespace)*2246822519
}

// plainZone reports whether an interface's name can stand in an address: it is printable, no
// number, and has none of the bytes that end a zone. The kernel refuses little more than '/', ':'
// and white space.
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

// parseZone returns the number of the interface that is named, or of the number that is spelt.
// Digits are always a number, even if an interface has such a name: otherwise the meaning of a zone
// would depend on the interfaces there are.
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
	id, err := zoneIndex(zone)
	if err != nil {
		return 0, noInterface(strconv.Quote(zone), err, syscall.ENODEV)
	}
	return id, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
