package addrinfo_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A Resolver with its own databases, so that the output is the same everywhere.
var example = &addrinfo.Resolver{ServicesFile: "testdata/services",
	ProtocolsFile: "testdata/protocols"}

func ExampleLookup() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	infos, err := addrinfo.Lookup(ctx, "2001:db8::1", "80", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, info := range infos {
		fmt.Println(info)
	}
	// Output:
	// addrinfo "[2001:db8::1]:80" AF_INET6 SOCK_STREAM IPPROTO_TCP
}

// From a name to a connected socket in one call.
func ExampleDial() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	listener, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	err = errors.Join(listener.Bind(sockaddr.MustParse("127.0.0.1")), listener.Listen(1))
	name, nameErr := listener.Name()
	if err = errors.Join(err, nameErr); err != nil {
		fmt.Println(err)
		return
	}
	s, err := addrinfo.Dial(ctx, "localhost", strconv.Itoa(name.Port()), nil,
		socket.DefaultParams())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	peer, err := s.PeerName()
	fmt.Println(peer == name, err)
	// Output: true <nil>
}

// The first address of a list that accepts a connection; those before it are refused.
func ExampleConnect() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var list []addrinfo.Info
	for _, listens := range []bool{false, true} {
		s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer s.Close()
		if err = s.Bind(sockaddr.MustParse("127.0.0.1")); err == nil && listens {
			err = s.Listen(1)
		}
		name, nameErr := s.Name()
		if err = errors.Join(err, nameErr); err != nil {
			fmt.Println(err)
			return
		}
		list = append(list, addrinfo.Info{Family: name.Family(), Type: s.Type(), Addr: name})
	}

	s, err := addrinfo.Connect(ctx, list, socket.DefaultParams())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	peer, err := s.PeerName()
	fmt.Println(peer == list[1].Addr, err)

	_, err = addrinfo.Connect(ctx, list[:1], socket.DefaultParams())
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, socket.ErrTransient))
	// Output:
	// true <nil>
	// true true
}

// All services of one protocol.
func ExampleServices() {
	n := 0
	for service, err := range addrinfo.Services() {
		if err != nil {
			fmt.Println(err)
			return
		}
		if service.Protocol == "tcp" {
			n++
		}
	}
	fmt.Println(n > 5)
	// Output: true
}

// What to bind to, for a server of UDP.
func ExampleLookup_passive() {
	infos, err := addrinfo.Lookup(context.Background(), "", "5353", &addrinfo.Hints{
		Family: constants.AF_INET,
		Type:   constants.SOCK_DGRAM,
		Flags:  constants.AI_PASSIVE | constants.AI_NUMERICSERV,
	})
	fmt.Println(infos, err)
	// Output: [addrinfo "0.0.0.0:5353" AF_INET SOCK_DGRAM IPPROTO_UDP] <nil>
}

// With empty hints, an address comes with every kind of socket that has the service.
func ExampleResolver_Lookup() {
	infos, err := example.Lookup(context.Background(), "192.0.2.1", "domain", &addrinfo.Hints{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, info := range infos {
		fmt.Println(info.Type, info.Protocol, info.Addr)
	}
	// Output:
	// SOCK_STREAM IPPROTO_TCP 192.0.2.1:53
	// SOCK_DGRAM IPPROTO_UDP 192.0.2.1:53
}

func ExampleNameInfo() {
	addr, err := sockaddr.Inet("192.0.2.1", 22)
	if err != nil {
		fmt.Println(err)
		return
	}
	node, service, err := addrinfo.NameInfo(context.Background(), addr,
		constants.NI_NUMERICHOST|constants.NI_NUMERICSERV)
	fmt.Println(node, service, err)
	// Output: 192.0.2.1 22 <nil>
}

func ExampleResolver_NameInfo() {
	addr, err := sockaddr.Inet("2001:db8::1", 80)
	if err != nil {
		fmt.Println(err)
		return
	}
	node, service, err := example.NameInfo(context.Background(), addr, constants.NI_NUMERICHOST)
	fmt.Println(node, service, err)
	// Output: 2001:db8::1 http <nil>
}

func ExampleResolver_ServiceByName() {
	s, err := example.ServiceByName("www", "tcp")
	fmt.Println(s.Name, s.Port, s.Aliases, err)
	// Output: http 80 [www www-http] <nil>
}

func ExampleResolver_ServiceByPort() {
	s, err := example.ServiceByPort(8005, "udp")
	fmt.Println(s.Name, err)
	// Output: other-shared <nil>
}

func ExampleProtocolByName() {
	p, err := addrinfo.ProtocolByName("udp")
	fmt.Println(p.Name, p.Number == constants.IPPROTO_UDP, err)
	// Output: udp true <nil>
}

func ExampleResolver_ProtocolByNumber() {
	p, err := example.ProtocolByNumber(58)
	fmt.Println(p.Name, p.Aliases, err)
	// Output: ipv6-icmp [IPv6-ICMP icmpv6] <nil>
}

func ExampleError() {
	hints := addrinfo.Hints{Flags: constants.AI_NUMERICHOST}
	_, err := example.Lookup(context.Background(), "www.example", "http", &hints)
	fmt.Println(err)
	fmt.Println(errors.Is(err, &addrinfo.Error{Code: constants.EAI_NONAME}))

	var e *addrinfo.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Temporary())
	}
	// Output:
	// addrinfo: lookup www.example http: name or service not known (EAI_NONAME): not an IP address
	// true
	// EAI_NONAME false
}
