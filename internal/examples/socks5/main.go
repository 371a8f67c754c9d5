// Command socks5 is a proxy that clients tell where to connect to, RFC 1928, without
// authentication.
//
//	go run ./internal/examples/socks5 4242
//	curl --socks5-hostname localhost:4242 http://www.example.org
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"strconv"

	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
)

const (
	version                           = 5
	noAuthentication, connect         = 0, 1
	addressV4, addressName, addressV6 = 1, 3, 4
)

var quiet = tcp.Config{Host: "localhost", Socket: &socket.Params{}} // without timeouts, as a proxy

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: socks5 PORT")
	}
	ctx := context.Background()
	l, err := tcp.Listen(ctx, os.Args[1], &quiet)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", l.Port())
	for {
		c, err := l.AcceptDuplex(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer c.Close()
			if err := serve(ctx, c); err != nil {
				log.Print(err)
			}
		}()
	}
}

func serve(ctx context.Context, c ports.Duplex) error {
	host, port, err := request(c)
	if err != nil {
		return err
	}
	fmt.Println(host, port)
	server, err := tcp.DialDuplex(ctx, host, port, &tcp.Config{Socket: &socket.Params{}})
	// The address that it connects from is nobody's business.
	reply := []byte{version, 0, 0, addressV4, 0, 0, 0, 0, 0, 0}
	if err != nil {
		reply[1] = 5 // refused; there are others, for who wants to know
		_, failed := c.OutputPort.Write(reply)
		return errors.Join(err, failed)
	}
	defer server.Close()
	if _, err := c.OutputPort.Write(reply); err != nil {
		return err
	}
	there := make(chan error, 1)
	go func() { there <- half(server, c) }()
	err = half(c, server)
	return errors.Join(err, <-there)
}

func half(to, from ports.Duplex) error {
	_, err := io.Copy(to.OutputPort, from.InputPort)
	return errors.Join(err, to.CloseWrite())
}

// request reads what the client wants: section 3 and 4.
func request(c ports.Duplex) (host string, port int, err error) {
	if _, err := counted(c); err != nil { // the ways to authenticate, of which none is needed
		return "", 0, err
	}
	if _, err := c.OutputPort.Write([]byte{version, noAuthentication}); err != nil {
		return "", 0, err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.InputPort, head); err != nil {
		return "", 0, err
	}
	if head[0] != version || head[1] != connect {
		return "", 0, fmt.Errorf("version %d, command %d: there is only CONNECT", head[0], head[1])
	}
	switch head[3] {
	case addressName:
		n, err := c.ReadByte()
		if err != nil {
			return "", 0, err
		}
		name := make([]byte, n)
		if _, err := io.ReadFull(c.InputPort, name); err != nil {
			return "", 0, err
		}
		host = string(name)
	case addressV4, addressV6:
		ip := make([]byte, map[byte]int{addressV4: 4, addressV6: 16}[head[3]])
		if _, err := io.ReadFull(c.InputPort, ip); err != nil {
			return "", 0, err
		}
		a, _ := netip.AddrFromSlice(ip)
		host = a.String()
	default:
		return "", 0, fmt.Errorf("an address of type %d", head[3])
	}
	b := make([]byte, 2)
	_, err = io.ReadFull(c.InputPort, b)
	return host, int(binary.BigEndian.Uint16(b)), err
}

// counted reads a version, a number, and as many bytes.
func counted(c ports.Duplex) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(c.InputPort, head); err != nil {
		return nil, err
	}
	if head[0] != version {
		return nil, errors.New("version " + strconv.Itoa(int(head[0])))
	}
	b := make([]byte, head[1])
	_, err := io.ReadFull(c.InputPort, b)
	return b, err
}
