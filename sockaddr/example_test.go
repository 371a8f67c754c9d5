package sockaddr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

func ExampleParse() {
	for _, s := range []string{"192.0.2.1:80", "::1", "[2001:db8::1]:80", "/run/x.sock"} {
		a, err := sockaddr.Parse(s)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.Family(), a.Address(), a.Port())
	}
	// Output:
	// AF_INET 192.0.2.1 80
	// AF_INET6 ::1 0
	// AF_INET6 2001:db8::1 80
	// AF_UNIX /run/x.sock 0
}

func ExampleParse_error() {
	_, err := sockaddr.Parse("192.0.2.1:65536")
	fmt.Println(err)
	var e *sockaddr.Error
	if errors.As(err, &e) {
		fmt.Println(e.Reason)
	}
	// Output:
	// sockaddr: parse "192.0.2.1:65536": port 65536 out of range 0..65535
	// port 65536 out of range 0..65535
}

func ExampleInet() {
	a, err := sockaddr.Inet("2001:db8::1", 80)
	fmt.Println(a, err)
	_, err = sockaddr.Inet("192.0.2", 80)
	fmt.Println(err)
	// Output:
	// [2001:db8::1]:80 <nil>
	// sockaddr: inet "192.0.2:80": bad IP address: ParseAddr("192.0.2"): IPv4 address too short
}

func ExampleInetAny() {
	a, err := sockaddr.InetAny(constants.AF_INET6, 8080)
	fmt.Println(a, err)
	// Output: [::]:8080 <nil>
}

func ExampleFromAddrPort() {
	a := sockaddr.FromAddrPort(netip.AddrPortFrom(sockaddr.Broadcast4(), 9))
	fmt.Println(a)
	fmt.Println(a.AddrPort().Addr().IsGlobalUnicast())
	// Output:
	// 255.255.255.255:9
	// false
}

func ExampleUnix() {
	a, err := sockaddr.Unix("run/x.sock")
	fmt.Println(a, a.Path(), err)
	_, err = sockaddr.Unix("a\x00b")
	fmt.Println(err)
	// Output:
	// unix:run/x.sock run/x.sock <nil>
	// sockaddr: unix "a\x00b": NUL in the path
}

func ExampleAddr() {
	// An Addr is a key of maps.
	seen := map[sockaddr.Addr]int{}
	for _, s := range []string{"[::1]:53", "127.0.0.1:53", "[0:0::1]:53"} {
		seen[sockaddr.MustParse(s)]++
	}
	fmt.Println(seen[sockaddr.MustParse("[::1]:53")], len(seen))
	// Output: 2 2
}

func ExampleAddr_WithPort() {
	a := sockaddr.MustParse("[fe80::1%2147483647]:80")
	fmt.Println(a.WithPort(443))
	fmt.Println(a.WithPort(0))
	fmt.Println(a.WithPort(70000).IsValid())
	// Output:
	// [fe80::1%2147483647]:443
	// fe80::1%2147483647
	// false
}

func ExampleAddr_Compare() {
	addrs := []sockaddr.Addr{
		sockaddr.MustParse("10.0.0.2:80"),
		sockaddr.MustParse("10.0.0.10:80"),
		sockaddr.MustParse("10.0.0.2:8"),
	}
	slices.SortFunc(addrs, sockaddr.Addr.Compare)
	fmt.Println(addrs)
	// Output: [10.0.0.2:8 10.0.0.2:80 10.0.0.10:80]
}

func ExampleAddr_MarshalText() {
	type config struct{ Listen, Control sockaddr.Addr }
	text, err := json.Marshal(
		config{sockaddr.MustParse("[::]:80"), sockaddr.MustParse("/run/control")})
	fmt.Println(string(text), err)
	var c config
	err = json.Unmarshal([]byte(`{"Listen": "0.0.0.0:80", "Control": "none"}`), &c)
	fmt.Println(c.Listen.Port(), c.Control.IsValid(), err)
	// Output:
	// {"Listen":"[::]:80","Control":"/run/control"} <nil>
	// 80 false <nil>
}

func ExampleAddr_NetAddr() {
	n := sockaddr.MustParse("192.0.2.1:80").NetAddr(constants.SOCK_STREAM)
	fmt.Printf("%T %s %s\n", n, n.Network(), n)
	// Output: *net.TCPAddr tcp 192.0.2.1:80
}
