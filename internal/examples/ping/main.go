// Command ping asks a host for an echo, without privilege where the kernel allows it: the sysctl net.ipv4.ping_group_range.
//
//	go run ./internal/examples/ping localhost
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

const count = 3

func main() {
	if err := ping(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func ping(ctx context.Context, host string) error {
	infos, err := addrinfo.Lookup(ctx, host, "", nil)
	if err != nil {
		return err
	}
	to := infos[0].Addr
	// The echo request of each version, RFC 792 and RFC 4443, and the option and the message with the TTL of the answer.
	protocol, request, option, ttl := constants.Protocol(constants.IPPROTO_ICMP), byte(8), sockopt.IPReceiveTimeToLive, cmsg.IPTimeToLive
	if to.Family() == constants.AF_INET6 {
		protocol, request, option, ttl = constants.IPPROTO_ICMPV6, 128, sockopt.IPv6ReceiveHopLimit, cmsg.IPv6HopLimit
	}
	s, err := socket.New(to.Family(), constants.SOCK_DGRAM, protocol)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.SetParams(socket.Params{ReceiveTimeout: 2 * time.Second}); err != nil {
		return err
	}
	if err := option.Set(s, true); err != nil {
		return err
	}
	if err := s.Connect(ctx, to); err != nil { // so that only its answers come, and its errors
		return err
	}
	b := make([]byte, 64)
	for sequence := range uint16(count) {
		packet := make([]byte, 8, 64) // type, code, checksum and identifier, which the kernel sets, sequence
		packet[0] = request
		binary.BigEndian.PutUint16(packet[6:], sequence)
		sent := time.Now()
		if _, err := s.Send(ctx, append(packet, "an echo"...), 0); err != nil {
			return err
		}
		m := socket.Message{Buffers: [][]byte{b}, Control: make([]byte, ttl.Space())}
		if err := s.ReceiveMessage(ctx, &m, 0); err != nil {
			return err
		}
		if m.N < 8 || binary.BigEndian.Uint16(b[6:]) != sequence {
			return fmt.Errorf("an answer to something else: %x", b[:m.N])
		}
		hops, _ := ttl.Find(m.Control[:m.NControl])
		fmt.Printf("%d bytes from %v: seq=%d ttl=%d time=%v\n", m.N, m.Addr, sequence, hops, time.Since(sent).Round(time.Microsecond))
	}
	return nil
}
