package netconn_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// TestPacketConnOfAnyFamily makes adapters of sockets whose families package net does not know, and
// talks over those that can.
func TestPacketConnOfAnyFamily(t *testing.T) {
	testenv.Needs(t, testenv.NetRaw)
	testenv.NetNS(t).Do(func() {
		s := must(socket.New(constants.AF_PACKET, constants.SOCK_DGRAM,
			constants.Protocol(constants.Htons(0x88b5))))(t)
		c := must(netconn.NewPacketConn(s))(t)
		defer c.Close()
		if c.LocalAddr() == nil || c.RemoteAddr() != nil {
			t.Error(c.LocalAddr(), c.RemoteAddr())
		}
		index := must(sockaddr.InterfaceIndex("lo"))(t)
		to := must(sockaddr.Packet(sockaddr.PacketAddr{
			Interface: index,
			Protocol:  0x88b5,
			Hardware:  make([]byte, 6),
		}))(t)
		if n, err := c.WriteTo([]byte("a frame"), to.NetAddr(constants.SOCK_DGRAM)); n != 7 ||
			err != nil {
			t.Fatal(n, err)
		}
		b := make([]byte, 100)
		if n, from, err := c.ReadFrom(b); string(b[:n]) != "a frame" || from == nil || err != nil {
			t.Errorf("%q from %v, %v", b[:n], from, err)
		}
		s = must(socket.New(constants.AF_NETLINK, constants.SOCK_RAW, 0))(t)
		link := must(netconn.NewPacketConn(s))(t)
		defer link.Close()
		if link.LocalAddr() == nil || link.RemoteAddr() != nil {
			t.Error(link.LocalAddr(), link.RemoteAddr())
		}
		if _, _, err := link.ReadFromUDP(b); err == nil {
			t.Error("an address of UDP from netlink")
		}
	})
}

// TestUnknownZone holds that an address whose zone no interface has is named by the error,
// whichever way it is written to.
func TestUnknownZone(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	c := packet(t, "[::1]:0")
	to := netip.MustParseAddrPort("[fe80::1%nosuch0]:9")
	for name, err := range map[string]error{
		"WriteToUDPAddrPort":  second(c.WriteToUDPAddrPort([]byte("x"), to)),
		"WriteTo":             second(c.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(to))),
		"WriteMsgUDP":         third(c.WriteMsgUDP([]byte("x"), nil, net.UDPAddrFromAddrPort(to))),
		"WriteMsgUDPAddrPort": third(c.WriteMsgUDPAddrPort([]byte("x"), nil, to)),
	} {
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "write" || !strings.Contains(err.Error(), "fe80::1") ||
			!strings.Contains(err.Error(), "nosuch0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }
