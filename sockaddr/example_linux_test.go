package sockaddr_test

import (
	"fmt"

	"example.com/bsdsocket/sockaddr"
)

func ExampleAbstract() {
	a, err := sockaddr.Abstract("name\x00")
	fmt.Println(a, err)
	name, ok := a.AsAbstract()
	fmt.Printf("%q %v\n", name, ok)
	// Output:
	// @name\x00 <nil>
	// "name\x00" true
}

func ExampleVSock() {
	a, err := sockaddr.VSock(sockaddr.VSockAddr{CID: 2, Port: 1024})
	fmt.Println(a, err)
	// Output: vsock:2:1024 <nil>
}

func ExamplePacket() {
	a, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: 0x0800, Interface: 2147483647})
	fmt.Println(a, err)
	// Output: packet:0x800:2147483647 <nil>
}

func ExampleAddr_AsNetlink() {
	n, ok := sockaddr.MustParse("netlink:0:0x1").AsNetlink()
	fmt.Printf("%+v %v\n", n, ok)
	_, ok = sockaddr.MustParse("127.0.0.1").AsNetlink()
	fmt.Println(ok)
	// Output:
	// {PortID:0 Groups:1} true
	// false
}
