package sockopt_test

import (
	"errors"
	"net"
	"strings"
	"testing"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// texts are values that some option of each type takes.
var texts = []string{"1", "1s", "ab", "", "Enabled=1", "10.0.0.1"}

// try sets an option to the first of texts that it has a form for.
func try(i sockopt.Info, s *socket.Socket) (err error) {
	for _, text := range texts {
		if err = i.SetText(s, text); !errors.Is(err, socket.ErrValue) {
			return err
		}
	}
	return err
}

// TestMPTCPLacks asks Multipath TCP for every option: one that TCP has and it has not is
// ErrWrongSocket and not ErrUnsupported, and no error names a kernel that is there.
func TestMPTCPLacks(t *testing.T) {
	seen := 0
	for i := range sockopt.All() {
		if !i.Defined() || i.GoName == "TCPRepairOptions" {
			continue
		}
		m, c := fresh(t, "mptcp"), fresh(t, "tcp4")
		check := func(op string, onMPTCP, onTCP error) {
			t.Helper()
			if onMPTCP != nil && strings.Contains(onMPTCP.Error(), "it needs Linux") &&
				!strings.HasPrefix(i.Needs, "Linux 9") {
				t.Errorf("%s of %s: %v: the kernel is %s", op, i.GoName, onMPTCP, sys.Release())
			}
			switch {
			case errors.Is(onMPTCP, sockopt.ErrWrongSocket):
				seen++
				if errors.Is(onMPTCP, socket.ErrUnsupported) {
					t.Errorf("%s of %s: %v is both", op, i.GoName, onMPTCP)
				}
			case errors.Is(onMPTCP, socket.ErrUnsupported) &&
				!errors.Is(onTCP, socket.ErrUnsupported):
				t.Errorf("%s of %s: %v; on TCP %v", op, i.GoName, onMPTCP, onTCP)
			}
		}
		if i.Access&sockopt.CanGet != 0 {
			_, onMPTCP := i.GetAny(m)
			_, onTCP := i.GetAny(c)
			check("Get", onMPTCP, onTCP)
		}
		if i.Access&sockopt.CanSet != 0 {
			check("Set", try(i, m), try(i, c))
		}
		m.Close()
		c.Close()
	}
	if seen < 50 {
		t.Errorf("only %d options of TCP are none of MPTCP", seen)
	}
}

// TestErrorsAreNetErrors: what this package says is what package net's callers look for.
func TestErrorsAreNetErrors(t *testing.T) {
	var e net.Error
	if err := sockopt.IPTimeToLive.Set(fresh(t, "udp4"), 300); !errors.As(err, &e) || e.Timeout() {
		t.Errorf("%v is no net.Error, or a timeout", err)
	}
}
