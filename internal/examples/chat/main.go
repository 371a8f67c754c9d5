// Command chat sends the lines of its input to a multicast group and shows what others send there.
// With a source, it hears that one alone: source-specific multicast, RFC 4607. Both versions of IP
// have the same options for it, RFC 3678.
//
//	go run ./internal/examples/chat eth0 239.1.2.3:5000
//	go run ./internal/examples/chat eth0 '[ff12::1234]:5000'
//	go run ./internal/examples/chat eth0 232.1.2.3:5000 192.0.2.7
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net/netip"
	"os"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: chat INTERFACE GROUP:PORT [SOURCE ...]")
	}
	if err := chat(context.Background(), os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		log.Fatal(err)
	}
}

func chat(ctx context.Context, link, where string, sources []string) error {
	index, err := sockaddr.InterfaceIndex(link)
	if err != nil {
		return err
	}
	group, err := sockaddr.Parse(where)
	if err != nil {
		return err
	}
	s, err := open(group, index)
	if err != nil {
		return err
	}
	defer s.Close()
	if len(sources) == 0 {
		any := sockopt.GroupMembership{Group: group.IP(), Index: index}
		err = sockopt.MCASTJoinGroup.Set(s, any)
	}
	for _, text := range sources {
		source, err := netip.ParseAddr(text)
		if err != nil {
			return err
		}
		from := sockopt.GroupSource{Group: group.IP(), Index: index, Source: source}
		if err := sockopt.MCASTJoinSourceGroup.Set(s, from); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	fmt.Println("listening")
	done := make(chan error, 1)
	go func() { done <- show(ctx, s) }()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if _, err := s.SendTo(ctx, lines.Bytes(), group, 0); err != nil {
			return err
		}
	}
	s.Close()
	<-done // with the error that it is closed
	return lines.Err()
}

func open(group sockaddr.Addr, index int) (*socket.Socket, error) {
	s, err := socket.New(group.Family(), constants.SOCK_DGRAM, 0)
	if err != nil {
		return nil, err
	}
	// Several on one machine; bound to the group's address, it hears nothing else that comes to the
	// port.
	err = sockopt.SOReuseAddress.Set(s, true)
	if err == nil {
		err = s.Bind(group)
	}
	// Lines leave by the link, and not further than 8 routers.
	switch {
	case err != nil:
	case group.Family() == constants.AF_INET:
		out := sockopt.IPInterface{Index: index}
		if err = sockopt.IPMulticastInterface.Set(s, out); err == nil {
			err = sockopt.IPMulticastTimeToLive.Set(s, 8)
		}
	default:
		if err = sockopt.IPv6MulticastInterface.Set(s, index); err == nil {
			err = sockopt.IPv6MulticastHops.Set(s, 8)
		}
	}
	// What another socket of the machine has joined is not for this one.
	if err == nil && group.Family() == constants.AF_INET {
		err = sockopt.IPMulticastAll.Set(s, false)
	} else if err == nil {
		err = sockopt.IPv6MulticastAll.Set(s, false)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func show(ctx context.Context, s *socket.Socket) error {
	if err := s.SetParams(socket.Params{}); err != nil { // no timeout: people are slow
		return err
	}
	b := make([]byte, 64<<10)
	for {
		n, from, err := s.ReceiveFrom(ctx, b, 0)
		if err != nil {
			return err
		}
		fmt.Printf("%v: %q\n", from.IP().WithZone(""), b[:n])
	}
}
