//go:build linux && cgo

package libc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/bsdsocket/constants"
)

// TestDatabasesAgree looks up everything that is in the databases, and
// something that is not, with the C library's functions and with ours.
func TestDatabasesAgree(t *testing.T) {
	if !world(t) {
		return
	}
	asked, broken, numbers := 0, 0, 0
	same := func(what string, libc any, found bool, ours any, err error) {
		t.Helper()
		asked++
		if found != (err == nil) || !cmp.Equal(libc, ours, cmpopts.EquateEmpty()) {
			t.Errorf("%s\n\tlibc: %+v\n\tours: %+v, %v", what, libc, ours, err)
		}
	}
	words := func(path string) (all []string) {
		for line := range strings.Lines(etc[path]) {
			all = append(all, strings.Fields(line)...)
		}
		return append(all, "nosuch")
	}
	protocols := []string{"", "tcp", "udp", "sctp", "dccp", "udplite", "TCP", "nosuch"}
	for _, protocol := range protocols {
		for _, name := range words("/etc/services") {
			libc, found := ServiceByName(name, protocol)
			ours, err := resolver.ServiceByName(name, protocol)
			if found && libc.Protocol == "" && err != nil {
				broken++
				continue
			}
			switch name { // "octal and hexadecimal numbers in services(5)" of the differences
			case "octal", "hexadecimal", "signed", "too-large":
				if found && (err != nil || ours.Port != libc.Port) {
					numbers++
					continue
				}
			}
			same(fmt.Sprintf("service %q %q", name, protocol), libc, found, ours, err)
		}
		for _, port := range []int{0, 1, 7, 22, 53, 80, 514, 8001, 8002, 8003, 8004, 8005, 8006,
			8007, 8008, 8009, 8011, 9999, 65535} {
			libc, found := ServiceByPort(port, protocol)
			ours, err := resolver.ServiceByPort(port, protocol)
			same(fmt.Sprintf("port %d %q", port, protocol), libc, found, ours, err)
		}
	}
	for _, name := range words("/etc/protocols") {
		libc, found := ProtocolByName(name)
		ours, err := resolver.ProtocolByName(name)
		same(fmt.Sprintf("protocol %q", name), libc, found, ours, err)
	}
	for number := range constants.Protocol(300) {
		libc, found := ProtocolByNumber(number)
		ours, err := resolver.ProtocolByNumber(number)
		same(fmt.Sprintf("protocol %d", number), libc, found, ours, err)
	}
	t.Logf("glibc %s: %d questions, and two intended differences: a line without a protocol is "+
		"passed over, where libc takes it for any (%d times), "+
		"and ports are decimal numbers up to 65535 (%d times)", Version(), asked, broken, numbers)
	if broken == 0 || numbers == 0 {
		t.Error("the difference has not been seen: is it still there?")
	}
}
