package addrinfo_test

import (
	"errors"
	"net"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// socketCall is that package syscall makes sockets by socket(2), which a policy can tell from other
// calls.
var socketCall = testenv.Feature{Name: "socket(2), not socketcall(2)", Probe: func() error {
	if runtime.GOARCH == "386" || runtime.GOARCH == "s390x" {
		return errors.New(runtime.GOARCH)
	}
	return nil
}}

// A policy that denies netlink sockets, as Android's and many containers': addresses of interfaces
// cannot be listed, so AI_ADDRCONFIG leaves nothing out, and zones have names all the same.
func TestNetlinkRefused(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of interfaces")
	testenv.Needs(t, socketCall)
	if !testenv.Refused(t,
		testenv.Refusal{Call: unix.SYS_SOCKET, First: unix.AF_NETLINK, Errno: unix.EACCES}) {
		return
	}
	for _, node := range []string{"127.0.0.1", "::1", "192.0.2.1"} {
		infos, err := files.Lookup(ctx, node, "80",
			&addrinfo.Hints{Type: stream, Flags: constants.AI_ADDRCONFIG})
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
	if !testenv.Refused(t, testenv.Refusal{Call: unix.SYS_SOCKET, Errno: unix.EMFILE},
		testenv.Refusal{Call: unix.SYS_OPENAT, Errno: unix.EMFILE}) {
		return
	}
	r := new(addrinfo.Resolver)
	_, unknownZone := r.Lookup(ctx, "fe80::1%nosuch", "80", nil)
	_, passive := r.Lookup(ctx, "", "80",
		&addrinfo.Hints{Type: stream, Flags: constants.AI_PASSIVE})
	_, service := r.Lookup(ctx, "192.0.2.1", "http", nil)
	for what, err := range map[string]error{"a zone": unknownZone,
		"the order of AI_PASSIVE": passive, "a service": service} {
		if codeOf(t, err) != "EAI_SYSTEM" || !errors.Is(err, syscall.EMFILE) ||
			!strings.Contains(err.Error(), "too many open files") {
			t.Errorf("%s: %v; want EAI_SYSTEM with EMFILE", what, err)
		}
	}
	// Numbers need nothing.
	if _, err := r.Lookup(ctx, "192.0.2.1", "80", nil); err != nil {
		t.Error(err)
	}
}

var denials = []syscall.Errno{unix.EPERM, unix.EACCES, unix.ENOSYS, unix.EINVAL}

// Where interfaces cannot be asked for, a zone that has a name is no name which does not exist: the
// error has the errno, and says it. A zone that is a number needs nothing.
func TestZonesRefused(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of interfaces")
	for _, errno := range denials {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			if !testenv.Refused(t, testenv.Refusal{Call: unix.SYS_IOCTL, Errno: errno}) {
				return
			}
			_, err := files.Lookup(ctx, "fe80::1%lo", "80", nil)
			if codeOf(t, err) != "EAI_SYSTEM" || !errors.Is(err, errno) ||
				!strings.Contains(err.Error(), errno.Error()) {
				t.Errorf("%v; want EAI_SYSTEM with %v", err, errno)
			}
			infos, err := files.Lookup(ctx, "fe80::1%1", "80", nil)
			if err != nil || infos[0].Addr.String() != "[fe80::1%1]:80" {
				t.Errorf("a number: %v, %v", infos, err)
			}
		})
	}
}

// A policy that refuses a family, by whatever errno, leaves the others.
func TestFamilyRefused(t *testing.T) {
	testenv.Needs(t, socketCall)
	for _, errno := range denials {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if !testenv.Refused(t,
				testenv.Refusal{Call: unix.SYS_SOCKET, First: unix.AF_INET6, Errno: errno}) {
				return
			}
			port := l.Addr().(*net.TCPAddr).Port
			var list []addrinfo.Info
			for _, ip := range []string{"::1", "127.0.0.1"} {
				a, err := sockaddr.Inet(ip, port)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, addrinfo.Info{Family: a.Family(), Type: stream, Addr: a})
			}
			for name, connect := range map[string]func() (*socket.Socket, error){
				"Connect": func() (*socket.Socket, error) {
					return addrinfo.Connect(ctx, list, socket.DefaultParams())
				},
				"ConnectRace": func() (*socket.Socket, error) {
					return addrinfo.ConnectRace(ctx, list, socket.DefaultParams())
				},
				"Dial": func() (*socket.Socket, error) {
					return addrinfo.Dial(ctx, "localhost", strconv.Itoa(port), nil,
						socket.DefaultParams())
				},
			} {
				if s, err := connect(); err != nil {
					t.Errorf("%s: %v", name, err)
				} else {
					s.Close()
				}
			}
		})
	}
}
