package sockopt_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// settled waits until IPv6 can be used on all links of the namespaces: the kernel gets them ready
// some time after they are up, and tells nobody.
func settled(t *testing.T, namespaces ...*testenv.NS) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		waiting := ""
		for _, ns := range namespaces {
			waiting += ns.Run("ip", "-6", "addr", "show", "tentative")
			links := strings.Count(ns.Run("ip", "-o", "link"), "\n") - 1 // less lo
			routes := ns.Run("ip", "-6", "route", "show", "table", "local", "type", "multicast")
			if strings.Count(routes, "ff00::/8") < links {
				waiting += "multicast routes: " + routes + "\n"
			}
		}
		if waiting == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("IPv6 is still not ready:\n%s", waiting)
		}
	}
}

// indexOf is the index of an interface in a namespace.
func indexOf(t *testing.T, ns *testenv.NS, name string) (index int) {
	t.Helper()
	ns.Do(func() {
		i, err := net.InterfaceByName(name)
		must(t, err)
		index = i.Index
	})
	return index
}

// ownKernel is a kernel that sees the options as they are: an emulator of another processor
// translates the ones that it knows, and refuses or garbles the rest.
var ownKernel = testenv.Feature{Name: "a kernel without an emulator before it",
	Probe: func() error {
		if os.Getenv("BSDSOCKET_EMULATED") == "1" {
			return errors.New("BSDSOCKET_EMULATED=1")
		}
		return nil
	}}

// in makes a socket inside a namespace and closes it at the end of the test.
func in(t *testing.T, ns *testenv.NS, family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) *socket.Socket {
	t.Helper()
	testenv.Needs(t, ownKernel)
	var s *socket.Socket
	var err error
	ns.Do(func() { s, err = socket.New(family, typ, protocol) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// udp makes a UDP socket inside a namespace, bound to an address and port.
func udp(t *testing.T, ns *testenv.NS, at string) *socket.Socket {
	t.Helper()
	return boundTo(t, in(t, ns, familyOf(at), constants.SOCK_DGRAM, 0), at)
}

func familyOf(at string) constants.Family {
	if netip.MustParseAddrPort(at).Addr().Is4() {
		return constants.AF_INET
	}
	return constants.AF_INET6
}

func boundTo(t *testing.T, s *socket.Socket, at string) *socket.Socket {
	t.Helper()
	if err := s.Bind(addr(at)); err != nil {
		t.Fatal(err)
	}
	return s
}

func addr(at string) sockaddr.Addr { return sockaddr.FromAddrPort(netip.MustParseAddrPort(at)) }

// nameOf is the address that a socket is bound to.
func nameOf(t *testing.T, s *socket.Socket) sockaddr.Addr {
	t.Helper()
	a, err := s.Name()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// soon is a context for calls that end well before it does.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func send(t *testing.T, s *socket.Socket, to, text string) {
	t.Helper()
	if _, err := s.SendTo(soon(t), []byte(text), addr(to), 0); err != nil {
		t.Fatalf("sending to %s: %v", to, err)
	}
}

// receive waits for a datagram and returns it and its sender.
func receive(t *testing.T, s *socket.Socket) (text string, from sockaddr.Addr) {
	t.Helper()
	b := make([]byte, 2048)
	n, from, err := s.ReceiveFrom(soon(t), b, 0)
	if err != nil {
		t.Fatalf("receiving: %v", err)
	}
	return string(b[:n]), from
}

// connected makes a TCP connection inside a namespace and returns its ends; dial and listen, if not
// nil, get the sockets before connect(2) and listen(2).
func connected(t *testing.T, ns *testenv.NS, at string, dial,
	listen func(*socket.Socket)) (client, server *socket.Socket) {
	t.Helper()
	l := boundTo(t, in(t, ns, familyOf(at), constants.SOCK_STREAM, 0), at)
	if listen != nil {
		listen(l)
	}
	if err := l.Listen(8); err != nil {
		t.Fatal(err)
	}
	client = in(t, ns, familyOf(at), constants.SOCK_STREAM, 0)
	if dial != nil {
		dial(client)
	}
	if err := client.Connect(soon(t), nameOf(t, l)); err != nil {
		t.Fatal(err)
	}
	server, _, err := l.Accept(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// exchange sends text from one end of a connection to the other.
func exchange(t *testing.T, from, to *socket.Socket, text string) {
	t.Helper()
	if _, err := from.SendAll(soon(t), []byte(text), 0); err != nil {
		t.Fatalf("sending: %v", err)
	}
	b := make([]byte, len(text))
	n, err := to.Receive(soon(t), b, unix.MSG_WAITALL)
	if err != nil || string(b[:n]) != text {
		t.Fatalf("received %q, %v; want %q", b[:n], err, text)
	}
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var native = binary.NativeEndian

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// without runs fn on a thread without capabilities, which ends after that.
func without(t *testing.T, fn func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		err := unix.Capset(&head, &none[0])
		if err == nil {
			fn()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatalf("dropping capabilities: %v", err)
	}
}
