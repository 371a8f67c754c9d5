// Command traceroute shows the routers on the way to a host, without privilege: UDP datagrams that
// live for one hop, then two and so on, whose ends the error queue of the socket tells.
//
//	go run ./internal/examples/traceroute www.example.org
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"syscall"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

const (
	mostHops = 30
	port     = 33434 // where nobody listens, so that the host itself refuses it
	patience = time.Second
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: traceroute HOST")
	}
	if err := trace(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func trace(ctx context.Context, host string) error {
	infos, err := addrinfo.Lookup(ctx, host, "", &addrinfo.Hints{Type: constants.SOCK_DGRAM})
	if err != nil {
		return err
	}
	to := infos[0].Addr
	errorsOn, hops := sockopt.IPReceiveError, sockopt.IPTimeToLive
	if to.Family() == constants.AF_INET6 {
		errorsOn, hops = sockopt.IPv6ReceiveError, sockopt.IPv6UnicastHops
	}
	s, err := socket.New(to.Family(), constants.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := errorsOn.Set(s, true); err != nil {
		return err
	}
	for hop := 1; hop <= mostHops; hop++ {
		if err := hops.Set(s, hop); err != nil {
			return err
		}
		sent := time.Now()
		_, err := s.SendTo(ctx, []byte("where does this end?"), to.WithPort(port+hop), 0)
		if err != nil {
			return err
		}
		from, reached, err := answer(ctx, s)
		switch {
		case errors.Is(err, socket.ErrTimeout):
			fmt.Printf("%2d  *\n", hop)
			continue
		case err != nil:
			return err
		}
		fmt.Printf("%2d  %v  %v\n", hop, from, time.Since(sent).Round(time.Microsecond))
		if reached {
			return nil
		}
	}
	return fmt.Errorf("%v is further away than %d hops", to, mostHops)
}

// answer waits for the ICMP message that tells where a datagram ended. An error that waits makes
// the socket readable, and a receive with MSG_ERRQUEUE takes it from the queue.
func answer(ctx context.Context, s *socket.Socket) (from sockaddr.Addr, reached bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m := socket.Message{
		Buffers: [][]byte{make([]byte, 64)},
		Control: make([]byte, cmsg.IPError.Space()),
	}
	if err := s.ReceiveMessage(ctx, &m, constants.MSG_ERRQUEUE); err != nil {
		return from, false, err
	}
	e, ok := cmsg.IPError.Find(m.Control[:m.NControl])
	if !ok {
		return from, false, errors.New("an error of another kind")
	}
	if !e.Offender.IsValid() { // nobody sent it: this host has no route
		return from, false, e
	}
	return e.Offender, errors.Is(e, syscall.ECONNREFUSED), nil
}
