// Command packetcount counts packets and bytes of an interface until a number has come, from memory
// that is shared with the kernel. It needs CAP_NET_RAW.
//
//	go run ./internal/examples/packetcount eth0 1000
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/packet"
)

const everything = 3 // ETH_P_ALL

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: packetcount INTERFACE COUNT")
	}
	most, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = count(context.Background(), os.Args[1], most)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func count(ctx context.Context, name string, most int) error {
	index, err := sockaddr.InterfaceIndex(name)
	if err != nil {
		return err
	}
	at, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: everything, Interface: index})
	if err != nil {
		return err
	}
	s, err := socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	r, err := packet.NewReceiver(s, packet.Config{BlockSize: 1 << 16, Blocks: 16})
	if err != nil {
		s.Close()
		return err
	}
	defer r.Close() // and s
	if err := s.Bind(at); err != nil {
		return err
	}
	fmt.Println("listening")
	packets, bytes := 0, 0
	for packets < most {
		block, err := r.Next(ctx)
		if err != nil {
			return err
		}
		for p := range block.Packets() {
			packets++
			bytes += p.Length()
		}
		block.Release()
	}
	counters, err := r.Statistics()
	if err != nil {
		return err
	}
	fmt.Printf("%d packets, %d bytes, %d dropped\n", packets, bytes, counters.Drops)
	return nil
}
