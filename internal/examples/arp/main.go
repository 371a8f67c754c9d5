// Command arp asks who on a link has an IPv4 address, RFC 826. It needs CAP_NET_RAW.
//
//	go run ./internal/examples/arp eth0 192.0.2.1
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

const (
	arp              = 0x0806 // the EtherType, ETH_P_ARP
	ipv4             = 0x0800
	ethernet         = 1
	request, reply   = 1, 2
	size             = 28
	senderAt, target = 8, 18 // offsets of the hardware addresses, each with an IP address behind it
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: arp INTERFACE ADDRESS")
	}
	who, err := netip.ParseAddr(os.Args[2])
	if err == nil {
		err = ask(context.Background(), os.Args[1], who)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func ask(ctx context.Context, name string, who netip.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	link, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	// Of SOCK_DGRAM: the kernel makes the Ethernet header.
	s, err := socket.New(constants.AF_PACKET, constants.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	at, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: arp, Interface: link.Index})
	if err != nil {
		return err
	}
	if err := s.Bind(at); err != nil {
		return err
	}
	everybody, err := sockaddr.Packet(sockaddr.PacketAddr{
		Protocol:  arp,
		Interface: link.Index,
		Hardware:  net.HardwareAddr{255, 255, 255, 255, 255, 255},
	})
	if err != nil {
		return err
	}
	own, err := ownAddress(link)
	if err != nil {
		return err
	}
	b := binary.BigEndian.AppendUint16(nil, ethernet)
	b = binary.BigEndian.AppendUint16(b, ipv4)
	b = append(b, 6, 4, 0, request)
	b = append(append(b, link.HardwareAddr...), own.AsSlice()...)
	b = append(append(b, make([]byte, 6)...), who.AsSlice()...)
	if _, err := s.SendTo(ctx, b, everybody, 0); err != nil {
		return err
	}
	answer := make([]byte, 64)
	for {
		n, err := s.Receive(ctx, answer, 0)
		if err != nil {
			return err
		}
		if n >= size && answer[7] == reply &&
			bytes.Equal(answer[senderAt+6:target], who.AsSlice()) {
			fmt.Printf("%v is at %v\n", who, net.HardwareAddr(answer[senderAt:senderAt+6]))
			return nil
		}
	}
}

// ownAddress is the first IPv4 address of the interface.
func ownAddress(link *net.Interface) (netip.Addr, error) {
	addrs, err := link.Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			return p.Addr(), nil
		}
	}
	return netip.IPv4Unspecified(), nil // as of a probe, RFC 5227
}
