// Command sniffer shows the packets of one EtherType on an interface, with their VLANs. A filter in
// the kernel leaves the others out. It needs CAP_NET_RAW.
//
//	go run ./internal/examples/sniffer eth0 0x0800
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

const everything = 3 // ETH_P_ALL

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: sniffer INTERFACE ETHERTYPE")
	}
	number, err := strconv.ParseUint(os.Args[2], 0, 16)
	if err == nil {
		err = sniff(context.Background(), os.Args[1], uint32(number))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func sniff(ctx context.Context, name string, etherType uint32) error {
	index, err := sockaddr.InterfaceIndex(name)
	if err != nil {
		return err
	}
	at, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: everything, Interface: index})
	if err != nil {
		return err
	}
	// With protocol 0, nothing comes before it is bound.
	s, err := socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	// "ether proto N", as tcpdump -d shows it.
	if err := sockopt.SOAttachFilter.Set(s, []sockopt.BPFInstruction{
		{Op: 0x28, K: 12},               // ldh [12]: the EtherType
		{Op: 0x15, Jf: 1, K: etherType}, // jeq
		{Op: 0x06, K: 0xffff},           // ret: this many bytes
		{Op: 0x06},                      // ret 0: not this one
	}); err != nil {
		return err
	}
	if err := sockopt.PacketAuxData.Set(s, true); err != nil { // which has the VLAN's tag
		return err
	}
	if err := s.Bind(at); err != nil {
		return err
	}
	fmt.Println("listening")
	b := make([]byte, 64<<10)
	control := make([]byte, cmsg.PacketAuxData.Space())
	for {
		m := socket.Message{Buffers: [][]byte{b}, Control: control}
		if err := s.ReceiveMessage(ctx, &m, 0); err != nil {
			return err
		}
		if m.N < 14 {
			continue
		}
		vlan := ""
		if aux, ok := cmsg.PacketAuxData.Find(control[:m.NControl]); ok {
			if tci, _, ok := aux.VLAN(); ok {
				vlan = fmt.Sprintf(" vlan %d", tci&0xfff)
			}
		}
		to, from := net.HardwareAddr(b[:6]), net.HardwareAddr(b[6:12])
		fmt.Printf("%v > %v%s, %d bytes: %.20q\n", from, to, vlan, m.N, b[14:m.N])
	}
}
