package ports_test

import (
	"encoding/binary"
	"fmt"
	"log"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// connected returns two UDP sockets that are connected to each other.
func connected() (a, b *socket.Socket, err error) {
	var s [2]*socket.Socket
	for i := range s {
		if s[i], err = socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0); err != nil {
			return nil, nil, err
		}
		if err = s[i].Bind(sockaddr.MustParse("127.0.0.1")); err != nil {
			return nil, nil, err
		}
	}
	for i := range s {
		name, err := s[1-i].Name()
		if err != nil {
			return nil, nil, err
		}
		if err = s[i].Connect(ctx, name); err != nil {
			return nil, nil, err
		}
	}
	return s[0], s[1], nil
}

// The egg's example: accept datagrams of up to 4096 bytes, buffer 128 bytes at a time, and send
// datagrams of 128, 256, 384 or 512 bytes.
func ExampleNew() {
	s, peer, err := connected()
	if err != nil {
		log.Fatal(err)
	}
	p := socket.DefaultParams()
	p.SendSize = 512
	if err := s.SetParams(p); err != nil {
		log.Fatal(err)
	}
	in, out, err := ports.New(s, ports.Params{ReceiveBufferSize: 4096, SendBufferSize: 128})
	if err != nil {
		log.Fatal(err)
	}
	from, to, err := ports.New(peer, ports.DefaultParams())
	if err != nil {
		log.Fatal(err)
	}

	for _, size := range []int{100, 100, 300, 800} {
		out.Write(make([]byte, size))
		fmt.Printf("wrote %d, kept %d\n", size, out.Buffered())
	}
	out.Close() // sends the rest
	fmt.Print("received")
	for total, buf := 0, make([]byte, 4096); total < 1300; {
		n, err := from.Read(buf)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(" ", n)
		total += n
	}
	for _, p := range []ports.Port{in, from, to} {
		p.Close()
	}
	// Output:
	// wrote 100, kept 100
	// wrote 100, kept 72
	// wrote 300, kept 116
	// wrote 800, kept 20
	// received 128 256 512 384 20
}

// Encoded integers on ports: Guile's write-network-long and read-network-long.
func ExampleOutputPort_Write() {
	s, peer, err := connected()
	if err != nil {
		log.Fatal(err)
	}
	in, out, _ := ports.New(s, ports.DefaultParams())
	from, to, _ := ports.New(peer, ports.DefaultParams())
	binary.Write(out, binary.BigEndian, uint32(0x01020304))
	raw, _ := from.Peek(4)
	fmt.Println(raw)
	var long uint32
	binary.Read(from, binary.BigEndian, &long)
	fmt.Printf("%#x\n", long)
	for _, p := range []ports.Port{in, out, from, to} {
		p.Close()
	}
	// Output:
	// [1 2 3 4]
	// 0x1020304
}

// A custodian ends what waits in other goroutines.
func ExampleCustodian() {
	s, peer, err := connected()
	if err != nil {
		log.Fatal(err)
	}
	var custodian ports.Custodian
	in, out, _ := ports.New(s, ports.DefaultParams())
	if err := custodian.Add(in, out, peer); err != nil {
		log.Fatal(err)
	}
	result := make(chan error)
	go func() {
		_, err := in.ReadLine() // nobody sends one
		result <- err
	}()
	custodian.Close()
	fmt.Println(<-result != nil, peer)
	// Output:
	// true socket closed AF_INET SOCK_DGRAM
}
