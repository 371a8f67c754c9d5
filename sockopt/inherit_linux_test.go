package sockopt_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// ownValues are the options that an accepted connection has values of its own of: the package's doc
// names them.
var ownValues = []string{"SOIncomingCPU", "SOPriority", "TCPDeferAccept", "TCPFastOpen",
	"TCPMaxSegmentSize", "TCPQuickAck"}

// TestAcceptedInherit sets every option of a listener that can be read back, and reads it of a
// connection that it accepted: the doc of the package names those that stay behind.
func TestAcceptedInherit(t *testing.T) {
	testenv.Needs(t, ownKernel, testenv.NetAdmin, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	var stay []string
	inherited := 0
	for i := range sockopt.All() {
		if !i.Defined() || i.Access != sockopt.CanGet|sockopt.CanSet ||
			strings.HasPrefix(i.GoName, "TCPRepair") || i.GoName == "SOLockFilter" || i.Uses {
			continue
		}
		try := func(text string) bool {
			l := in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0)
			defer l.Close()
			must(t, l.Bind(addr("[::1]:0")))
			before, err := i.GetAny(l)
			if err != nil || i.SetText(l, text) != nil {
				return false
			}
			set, err := i.GetAny(l)
			if err != nil || reflect.DeepEqual(before, set) || l.Listen(4) != nil {
				return false
			}
			client := in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0)
			defer client.Close()
			must(t, client.SetParams(socket.Params{ConnectTimeout: 2e9, AcceptTimeout: 2e9}))
			must(t, l.SetParams(socket.Params{ConnectTimeout: 2e9, AcceptTimeout: 2e9}))
			if client.Connect(soon(t), nameOf(t, l)) != nil {
				return false
			}
			client.Send(soon(t), []byte("x"), 0)
			s, _, err := l.Accept(soon(t))
			if err != nil {
				return false
			}
			defer s.Close()
			got, err := i.GetAny(s)
			if err == nil && reflect.DeepEqual(got, set) {
				inherited++
			} else {
				stay = append(stay, i.GoName)
			}
			return true
		}
		for _, text := range []string{"1", "off", "7s", "lo", "40000", "reno",
			"Enabled=on,Timeout=3s", "3", "20ms", "Low=40000,High=50000", "1000"} {
			if try(text) {
				break
			}
		}
	}
	for _, name := range stay {
		if !slices.Contains(ownValues, name) {
			t.Errorf("%s is not the listener's", name)
		}
	}
	if inherited < 80 {
		t.Errorf("%d options inherited, not %v", inherited, stay)
	}
}
