// Command ping asks a host for an echo, without privilege where the kernel allows it: the sysctl
// net.ipv4.ping_group_range.
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

// A version is what differs between the two of IP.
type version struct {
	protocol constants.Protocol
	request  byte                 // the type of an echo request, RFC 792 and RFC 4443
	option   sockopt.Option[bool] // brings the TTL of the answer
	ttl      cmsg.Kind[int]
}

var (
	version4 = version{constants.IPPROTO_ICMP, 8, sockopt.IPReceiveTimeToLive, cmsg.IPTimeToLive}
	version6 = version{
		constants.IPPROTO_ICMPV6, 128, sockopt.IPv6ReceiveHopLimit, cmsg.IPv6HopLimit,
	}
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: ping HOST")
	}
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
	v := version4
	if to.Family() == constants.AF_INET6 {
		v = version6
	}
	s, err := socket.New(to.Family(), constants.SOCK_DGRAM, v.protocol)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.SetParams(socket.Params{ReceiveTimeout: 2 * time.Second}); err != nil {
		return err
	}
	if err := v.option.Set(s, true); err != nil {
		return err
	}
	if err := s.Connect(ctx, to); err != nil { // so that only its answers come, and its errors
		return err
	}
	b := make([]byte, 64)
	for sequence := range uint16(count) {
		// Type, code, checksum and identifier, which the kernel sets, and the sequence number.
		packet := make([]byte, 8, 64)
		packet[0] = v.request
		binary.BigEndian.PutUint16(packet[6:], sequence)
		sent := time.Now()
		if _, err := s.Send(ctx, append(packet, "an echo"...), 0); err != nil {
			return err
		}
		m := socket.Message{Buffers: [][]byte{b}, Control: make([]byte, v.ttl.Space())}
		if err := s.ReceiveMessage(ctx, &m, 0); err != nil {
			return err
		}
		if m.N < 8 || binary.BigEndian.Uint16(b[6:]) != sequence {
			return fmt.Errorf("an answer to something else: %x", b[:m.N])
		}
		hops, _ := v.ttl.Find(m.Control[:m.NControl])
		fmt.Printf("%d bytes from %v: seq=%d ttl=%d time=%v\n",
			m.N, m.Addr, sequence, hops, time.Since(sent).Round(time.Microsecond))
	}
	return nil
}
