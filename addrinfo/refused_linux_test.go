package addrinfo_test

import (
	"errors"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
)

// socketCall is that package syscall makes sockets by socket(2), which a policy can tell from other calls.
var socketCall = testenv.Feature{Name: "socket(2), not socketcall(2)", Probe: func() error {
	if runtime.GOARCH == "386" || runtime.GOARCH == "s390x" {
		return errors.New(runtime.GOARCH)
	}
	return nil
}}

// A policy that denies netlink sockets, as Android's and many containers': addresses of interfaces cannot be
// listed, so AI_ADDRCONFIG leaves nothing out, and zones have names all the same.
func TestNetlinkRefused(t *testing.T) {
	testenv.Needs(t, socketCall)
	if !testenv.Refused(t, testenv.Refusal{Call: unix.SYS_SOCKET, First: unix.AF_NETLINK, Errno: unix.EACCES}) {
		return
	}
	for _, node := range []string{"127.0.0.1", "::1", "192.0.2.1"} {
		infos, err := files.Lookup(ctx, node, "80", &addrinfo.Hints{Type: stream, Flags: constants.AI_ADDRCONFIG})
		if err != nil || len(infos) != 1 {
			t.Errorf("%s with AI_ADDRCONFIG: %v, %v", node, infos, err)
		}
	}
	infos, err := files.Lookup(ctx, "fe80::1%lo", "80", nil)
	if err != nil || infos[0].Addr.ScopeID() == 0 {
		t.Errorf("fe80::1%%lo: %v, %v", infos, err)
	}
	if _, err := files.Lookup(ctx, "fe80::1%nosuch", "80", nil); codeOf(t, err) != "EAI_NONAME" {
		t.Errorf("fe80::1%%nosuch: %v", err)
	}
}

// Without descriptors nothing can be looked up that needs one, and that is what the error says.
func TestNoDescriptors(t *testing.T) {
	testenv.Needs(t, socketCall)
	if !testenv.Refused(t, testenv.Refusal{Call: unix.SYS_SOCKET, Errno: unix.EMFILE}, testenv.Refusal{Call: unix.SYS_OPENAT, Errno: unix.EMFILE}) {
		return
	}
	r := new(addrinfo.Resolver)
	_, unknownZone := r.Lookup(ctx, "fe80::1%nosuch", "80", nil)
	_, passive := r.Lookup(ctx, "", "80", &addrinfo.Hints{Type: stream, Flags: constants.AI_PASSIVE})
	_, service := r.Lookup(ctx, "192.0.2.1", "http", nil)
	for what, err := range map[string]error{"a zone": unknownZone, "the order of AI_PASSIVE": passive, "a service": service} {
		if codeOf(t, err) != "EAI_SYSTEM" || !errors.Is(err, syscall.EMFILE) || !strings.Contains(err.Error(), "too many open files") {
			t.Errorf("%s: %v; want EAI_SYSTEM with EMFILE", what, err)
		}
	}
	// Numbers need nothing.
	if _, err := r.Lookup(ctx, "192.0.2.1", "80", nil); err != nil {
		t.Error(err)
	}
}
