// Command netmonitor shows what changes about links, addresses and routes, as "ip monitor" does:
// the multicast groups of rtnetlink(7).
//
//	go run ./internal/examples/netmonitor
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

func main() {
	if err := monitor(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func monitor(ctx context.Context) error {
	s, err := socket.New(constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer s.Close()
	any, err := sockaddr.Netlink(sockaddr.NetlinkAddr{})
	if err != nil {
		return err
	}
	if err := s.Bind(any); err != nil {
		return err
	}
	for _, group := range []int{
		constants.RTNLGRP_LINK, constants.RTNLGRP_IPV4_IFADDR, constants.RTNLGRP_IPV6_IFADDR,
		constants.RTNLGRP_IPV4_ROUTE, constants.RTNLGRP_IPV6_ROUTE,
	} {
		if err := sockopt.NetlinkAddMembership.Set(s, group); err != nil {
			return err
		}
	}
	fmt.Println("listening")
	b := make([]byte, 64<<10)
	for {
		n, from, err := s.ReceiveFrom(ctx, b, 0)
		if errors.Is(err, syscall.ENOBUFS) {
			fmt.Println("too much has happened at once: some of it is not known")
			continue
		}
		if err != nil {
			return err
		}
		// Any process may send to a netlink socket; 0 is the kernel.
		if a, ok := from.AsNetlink(); !ok || a.PortID != 0 {
			continue
		}
		for m := range split(b[:n], 16) {
			show(int(binary.NativeEndian.Uint16(m[4:])), m[16:])
		}
	}
}

// kinds are the messages that are shown. They are no map and no switch: where there is no netlink
// all constants are -1.
var kinds = []struct {
	typ       int
	text      string
	header    int    // the size of struct ifinfomsg, ifaddrmsg or rtmsg, which attributes follow
	attribute uint16 // what is worth showing: IFLA_IFNAME, IFA_ADDRESS, RTA_DST
}{
	{constants.RTM_NEWLINK, "link", 16, 3}, {constants.RTM_DELLINK, "link gone", 16, 3},
	{constants.RTM_NEWADDR, "address", 8, 1}, {constants.RTM_DELADDR, "address gone", 8, 1},
	{constants.RTM_NEWROUTE, "route", 12, 1}, {constants.RTM_DELROUTE, "route gone", 12, 1},
}

func show(typ int, b []byte) {
	for _, k := range kinds {
		if k.typ != typ || len(b) < k.header {
			continue
		}
		what := "default"
		for a := range split(b[k.header:], 4) {
			if binary.NativeEndian.Uint16(a[2:]) != k.attribute {
				continue
			}
			if ip, ok := netip.AddrFromSlice(a[4:]); ok && k.header != 16 {
				what = fmt.Sprint(ip, "/", b[1])
			} else {
				what = string(a[4 : len(a)-1])
			}
		}
		fmt.Println(k.text, what)
	}
}

// split yields messages, or attributes: each begins with its length, of 4 or 2 bytes as its header
// has 16 or 4.
func split(b []byte, header int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) >= header {
			n := int(binary.NativeEndian.Uint16(b))
			if header == 16 {
				n = int(binary.NativeEndian.Uint32(b))
			}
			if n < header || n > len(b) || !yield(b[:n]) {
				return
			}
			b = b[min((n+3)&^3, len(b)):]
		}
	}
}
