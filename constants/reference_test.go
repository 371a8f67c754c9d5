package constants_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
)

// Row E23, and row E2 for the other kinds: every constant of the egg is here, in its spelling and
// with its type: 20 SO, 5 TCP, 20 IP and 6 levels.
func TestE23EggConstants(t *testing.T) {
	kindOf := map[string]string{
		"af": "Family", "sock": "SocketType", "ipproto": "Protocol", "sol": "Level",
		"so": "OptionName", "tcp": "OptionName",
		"ip": "OptionName", "ai": "AddrInfoFlag", "ni": "NameInfoFlag", "shut": "ShutdownHow",
	}
	byName, count := all(), make(map[string]int)
	for _, row := range rows(t, "egg.txt") {
		egg, name := row[0], row[1]
		prefix, _, _ := strings.Cut(egg, "/")
		count[prefix]++
		c, ok := byName[name]
		if !ok || c.Kind != kindOf[prefix] {
			t.Errorf("%s: %s is %+v, want a %s", egg, name, c, kindOf[prefix])
			continue
		}
		k := kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == c.Kind })]
		v, err := k.parse(egg)
		if c.Defined() && (v != c.Value || err != nil) || !c.Defined() &&
			!errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Parse%s(%q) = %d, %v, want %d of %s", k.name, egg, v, err, c.Value, name)
		}
	}
	for prefix, want := range map[string]int{"so": 20, "tcp": 5, "ip": 20} {
		if count[prefix] != want {
			t.Errorf("%d constants %s/, want %d", count[prefix], prefix, want)
		}
	}
	// The levels of set-socket-option, sol/socket and five protocols.
	for _, egg := range []string{"sol/socket", "ipproto/ip", "ipproto/ipv6", "ipproto/tcp",
		"ipproto/icmp", "ipproto/udp"} {
		if level, err := constants.ParseLevel(egg); err != nil || !level.Defined() {
			t.Errorf("ParseLevel(%q) = %v, %v", egg, level, err)
		}
	}
}

// Row X8: every option of the other libraries has its constant, its level, and a number on the
// systems that have it.
func TestReferenceOptions(t *testing.T) {
	list := rows(t, "options.txt")
	if len(list) < 250 {
		t.Errorf("%d options, want 250 and more", len(list))
	}
	byName := all()
	for _, row := range list {
		name, level, systems := row[0], row[1], row[2:]
		c, ok := byName[name]
		if !ok || c.Kind != "OptionName" {
			t.Errorf("%s is %+v, want an OptionName", name, c)
			continue
		}
		if !slices.Contains(systems, runtime.GOOS) {
			continue
		}
		if !c.Defined() {
			t.Errorf("%s is undefined on %s", name, runtime.GOOS)
		}
		want, err := constants.ParseLevel(level)
		if err != nil {
			t.Errorf("level of %s: %v", name, err)
		}
		if got, _, err := constants.ParseOption(name); got != want || err != nil {
			t.Errorf("ParseOption(%q) = %v, %v, want level %s", name, got, err, level)
		}
	}
}

// Every platform has a good part of each kind; Linux has all families that x/sys knows.
func TestCoverage(t *testing.T) {
	defined := make(map[string]int)
	for c := range constants.All() {
		if c.Defined() {
			defined[c.Kind]++
		}
	}
	least := map[string]int{
		"Family": 20, "SocketType": 5, "Protocol": 20, "Level": 1, "OptionName": 70, "MsgFlag": 8,
		"ShutdownHow":  3,
		"AddrInfoFlag": 5, "NameInfoFlag": 5, "EAI": 8, "Value": 5,
	}
	if runtime.GOOS == "linux" {
		least["Family"], least["SocketType"], least["Level"], least["OptionName"] = 45, 8, 30, 400
	}
	for kind, want := range least {
		if defined[kind] < want {
			t.Errorf("%d defined constants are a %s, want %d and more", defined[kind], kind, want)
		}
	}
}

// Package syscall has its own copy of the most common numbers, on every system that Go knows.
func TestAgreesWithSyscall(t *testing.T) {
	for _, tt := range []struct {
		name string
		want int
	}{
		{"AF_UNSPEC", syscall.AF_UNSPEC},
		{"AF_UNIX", syscall.AF_UNIX},
		{"AF_INET", syscall.AF_INET},
		{"AF_INET6", syscall.AF_INET6},
		{"SOCK_STREAM", syscall.SOCK_STREAM},
		{"SOCK_DGRAM", syscall.SOCK_DGRAM},
		{"SOCK_RAW", syscall.SOCK_RAW},
		{"SOCK_SEQPACKET", syscall.SOCK_SEQPACKET},
		{"IPPROTO_IP", syscall.IPPROTO_IP},
		{"IPPROTO_IPV6", syscall.IPPROTO_IPV6},
		{"IPPROTO_TCP", syscall.IPPROTO_TCP},
		{"IPPROTO_UDP", syscall.IPPROTO_UDP},
		{"SOL_SOCKET", syscall.SOL_SOCKET},
		{"SO_REUSEADDR", syscall.SO_REUSEADDR},
		{"SO_KEEPALIVE", syscall.SO_KEEPALIVE},
		{"SO_DONTROUTE", syscall.SO_DONTROUTE},
		{"SO_BROADCAST", syscall.SO_BROADCAST},
		{"SO_LINGER", syscall.SO_LINGER},
		{"SO_RCVBUF", syscall.SO_RCVBUF},
		{"SO_SNDBUF", syscall.SO_SNDBUF},
		{"IP_TOS", syscall.IP_TOS},
		{"IP_TTL", syscall.IP_TTL},
		{"IP_MULTICAST_IF", syscall.IP_MULTICAST_IF},
		{"IP_MULTICAST_TTL", syscall.IP_MULTICAST_TTL},
		{"IP_MULTICAST_LOOP", syscall.IP_MULTICAST_LOOP},
		{"IP_ADD_MEMBERSHIP", syscall.IP_ADD_MEMBERSHIP},
		{"IP_DROP_MEMBERSHIP", syscall.IP_DROP_MEMBERSHIP},
		{"IPV6_V6ONLY", syscall.IPV6_V6ONLY},
		{"IPV6_UNICAST_HOPS", syscall.IPV6_UNICAST_HOPS},
		{"IPV6_MULTICAST_IF", syscall.IPV6_MULTICAST_IF},
		{"IPV6_MULTICAST_HOPS", syscall.IPV6_MULTICAST_HOPS},
		{"IPV6_MULTICAST_LOOP", syscall.IPV6_MULTICAST_LOOP},
		{"IPV6_JOIN_GROUP", syscall.IPV6_JOIN_GROUP},
		{"IPV6_LEAVE_GROUP", syscall.IPV6_LEAVE_GROUP},
		{"TCP_NODELAY", syscall.TCP_NODELAY},
		{"SHUT_RD", syscall.SHUT_RD},
		{"SHUT_WR", syscall.SHUT_WR},
		{"SHUT_RDWR", syscall.SHUT_RDWR},
	} {
		if c := all()[tt.name]; !c.Defined() || c.Value != int64(tt.want) {
			t.Errorf("%s is %d, package syscall has %d", tt.name, c.Value, tt.want)
		}
	}
}
