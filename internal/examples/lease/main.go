// Command lease gives and takes addresses as DHCP does, RFC 2131, in a small protocol of its own: a
// client without an address asks everybody on the link, and everybody hears the answer. It needs
// CAP_NET_RAW for SO_BINDTODEVICE on old kernels.
//
//	go run ./internal/examples/lease serve eth0 192.0.2.100
//	go run ./internal/examples/lease ask eth0
package main

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"os"
	"strings"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

const serverPort, clientPort = 10067, 10068

func main() {
	if len(os.Args) < 3 || os.Args[1] == "serve" && len(os.Args) < 4 {
		log.Fatal("usage: lease ask INTERFACE | serve INTERFACE ADDRESS")
	}
	ctx := context.Background()
	var err error
	if os.Args[1] == "serve" {
		err = serve(ctx, os.Args[2], netip.MustParseAddr(os.Args[3]))
	} else {
		err = ask(ctx, os.Args[2])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// open makes a socket that broadcasts on one link, whatever the routes say, which a client has none
// of.
func open(link string, port int) (*socket.Socket, error) {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		return nil, err
	}
	err = sockopt.SOBindToDevice.Set(s, link)
	for _, o := range []sockopt.Option[bool]{sockopt.SOBroadcast, sockopt.SOReuseAddress} {
		if err == nil {
			err = o.Set(s, true)
		}
	}
	var any sockaddr.Addr
	if err == nil {
		any, err = sockaddr.InetAny(constants.AF_INET, port)
	}
	if err == nil {
		err = s.Bind(any)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// everybody is the limited broadcast address.
func everybody(port uint16) sockaddr.Addr {
	return sockaddr.FromAddrPort(netip.AddrPortFrom(sockaddr.Broadcast4(), port))
}

func serve(ctx context.Context, link string, next netip.Addr) error {
	s, err := open(link, serverPort)
	if err != nil {
		return err
	}
	defer s.Close()
	leases := map[string]netip.Addr{}
	fmt.Println("listening")
	b := make([]byte, 512)
	for {
		n, _, err := s.ReceiveFrom(ctx, b, 0)
		if err != nil {
			return err
		}
		client, ok := strings.CutPrefix(string(b[:n]), "discover ")
		if !ok {
			continue
		}
		if _, known := leases[client]; !known {
			leases[client], next = next, next.Next()
		}
		fmt.Println(client, leases[client])
		offer := fmt.Appendf(nil, "offer %s %v", client, leases[client])
		if _, err := s.SendTo(ctx, offer, everybody(clientPort), 0); err != nil {
			return err
		}
	}
}

func ask(ctx context.Context, link string) error {
	s, err := open(link, clientPort)
	if err != nil {
		return err
	}
	defer s.Close()
	me := fmt.Sprint("client-", os.Getpid())
	b := make([]byte, 512)
	for try := range 5 {
		if _, err := s.SendTo(ctx, []byte("discover "+me), everybody(serverPort), 0); err != nil {
			return err
		}
		// The deadline of the try, which others' answers do not move.
		if err := s.SetReadDeadline(time.Now().Add(time.Second << try)); err != nil {
			return err
		}
		for {
			n, from, err := s.ReceiveFrom(ctx, b, 0)
			if err != nil {
				break
			}
			if address, ok := strings.CutPrefix(string(b[:n]), "offer "+me+" "); ok {
				fmt.Println(address, "from", from.IP())
				return nil
			}
		}
	}
	return fmt.Errorf("nobody answers on %s", link)
}
