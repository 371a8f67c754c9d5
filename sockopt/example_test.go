package sockopt_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

func Example() {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	if err := sockopt.IPTimeToLive.Set(s, 33); err != nil {
		fmt.Println(err)
	}
	ttl, err := sockopt.IPTimeToLive.Get(s)
	fmt.Println(ttl, err)
	// Output: 33 <nil>
}

// Nagle's algorithm is turned off for a listener that package net made. On Linux the connections
// that it accepts start with the same.
func ExampleOption_Set_listener() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	listener := l.(*net.TCPListener)
	if err := sockopt.TCPNoDelay.Set(listener, true); err != nil {
		fmt.Println(err)
	}
	off, err := sockopt.TCPNoDelay.Get(listener)
	fmt.Println(off, err)
	// Output: true <nil>
}

// Options of an HTTP server: those of its listener are set before it serves, those of a connection
// in the hook ConnState. ConnOf finds the socket in either, also under TLS.
func ExampleConnOf_httpServer() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, err := sockopt.ConnOf(l)
	if err == nil {
		err = sockopt.SOKeepAlive.Set(listener, true)
	}
	if err != nil {
		fmt.Println(err)
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "hello")
		}),
		ConnState: func(c net.Conn, state http.ConnState) {
			if state != http.StateNew {
				return
			}
			conn, err := sockopt.ConnOf(c)
			if err == nil {
				err = sockopt.TCPNoDelay.Set(conn, false)
			}
			if err != nil {
				fmt.Println(err)
				return
			}
			off, err := sockopt.TCPNoDelay.Get(conn)
			fmt.Println(off, err)
		},
	}
	go server.Serve(l)
	defer server.Close()

	r, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	fmt.Printf("%s %v\n", body, err)
	// Output:
	// false <nil>
	// hello <nil>
}

// SO_LINGER is a switch and a time.
func ExampleLinger() {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	if err := sockopt.SOLinger.Set(s,
		sockopt.Linger{Enabled: true, Timeout: 100 * time.Second}); err != nil {
		fmt.Println(err)
	}
	linger, err := sockopt.SOLinger.Get(s)
	fmt.Println(linger.Enabled, linger.Timeout, err)
	// Output: true 1m40s <nil>
}

// A socket bound to all IPv6 addresses, and to no IPv4 ones: another can have the port there.
func ExampleOption_Set_ipv6Only() {
	s, err := socket.New(constants.AF_INET6, constants.SOCK_STREAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	if err := sockopt.IPv6V6Only.Set(s, true); err != nil { // before Bind
		fmt.Println(err)
	}
	any6, err := sockaddr.InetAny(constants.AF_INET6, 0)
	if err != nil {
		fmt.Println(err)
	}
	if err := s.Bind(any6); err != nil {
		fmt.Println(err)
	}
	only, err := sockopt.IPv6V6Only.Get(s)
	fmt.Println(only, err)
	// Output: true <nil>
}

// A bare descriptor is used as an FD.
func ExampleFD() {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	broadcast, err := sockopt.SOBroadcast.Get(sockopt.FD(s.FD()))
	fmt.Println(broadcast, err)
	// Output: false <nil>
}

// An option of another kind of socket, one that no kernel has, and a value that does not fit are
// told apart.
func ExampleError() {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	err = sockopt.SetInt(s, constants.SOL_SOCKET, constants.Undefined, 1)
	fmt.Println(errors.Is(err, socket.ErrUnsupported))
	err = sockopt.SOReceiveTimeout.Set(s, -time.Second)
	fmt.Println(errors.Is(err, socket.ErrValue))
	err = sockopt.IPTimeToLive.Set(s, 300)
	var errno syscall.Errno
	fmt.Println(errors.As(err, &errno))
	// Output:
	// true
	// true
	// true
}

// The low-level interface reaches an option by its level and name.
func ExampleGetBytes() {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	if err := sockopt.SetInt(s, constants.SOL_SOCKET, constants.SO_KEEPALIVE, 1); err != nil {
		fmt.Println(err)
	}
	b, err := sockopt.GetBytes(s, constants.SOL_SOCKET, constants.SO_RCVBUF, make([]byte, 64))
	fmt.Println(len(b), err)
	// Output: 4 <nil>
}

// All lists the options, here those of UDP.
func ExampleAll() {
	for i := range sockopt.All() {
		if i.Level == constants.IPPROTO_UDP {
			fmt.Println(i.CName, i.GoName, i.Type, i.Access)
		}
	}
	// Output:
	// UDP_CORK UDPCork bool rw
	// UDP_ENCAP UDPEncapsulation sockopt.UDPEncapsulationType rw
	// UDP_GRO UDPGRO bool rw
	// UDP_NO_CHECK6_RX UDPNoCheck6Receive bool rw
	// UDP_NO_CHECK6_TX UDPNoCheck6Transmit bool rw
	// UDP_SEGMENT UDPSegment int rw
}
