package constants_test

import (
	"errors"
	"fmt"
	"strings"

	"example.com/bsdsocket/constants"
)

func Example() {
	family, err := constants.ParseFamily("af/inet6")
	fmt.Println(family, err)
	fmt.Println(constants.SOCK_DGRAM, constants.Protocol(constants.IPPROTO_UDP))
	fmt.Println(constants.Family(500))
	// Output:
	// AF_INET6 <nil>
	// SOCK_DGRAM IPPROTO_UDP
	// Family(500)
}

func ExampleParseFamily() {
	for _, name := range []string{"AF_INET", "af/inet", "inet", "ipv4", "Family(500)", "inet4"} {
		family, err := constants.ParseFamily(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(family)
	}
	// Output:
	// AF_INET
	// AF_INET
	// AF_INET
	// AF_INET
	// Family(500)
	// constants: parse Family "inet4": unknown name
}

func ExampleParseMsgFlag() {
	flags, err := constants.ParseMsgFlag("peek,waitall")
	fmt.Println(flags == constants.MSG_PEEK|constants.MSG_WAITALL, err)
	// Output: true <nil>
}

func ExampleParseError() {
	// No system has both.
	_, err1 := constants.ParseOptionName("SO_EXCLUSIVEADDRUSE")
	_, err2 := constants.ParseOptionName("SO_BINDTODEVICE")
	fmt.Println(errors.Is(err1, errors.ErrUnsupported) || errors.Is(err2, errors.ErrUnsupported))
	// Output: true
}

func ExampleOptionString() {
	level, name, err := constants.ParseOption("tcp/nodelay")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(level, constants.OptionString(level, name))
	// Output: IPPROTO_TCP TCP_NODELAY
}

func ExampleSocketType_Base() {
	t := constants.SOCK_STREAM
	if constants.SOCK_CLOEXEC.Defined() {
		t |= constants.SOCK_CLOEXEC
	}
	fmt.Println(t.Base())
	// Output: SOCK_STREAM
}

func ExampleAll() {
	for c := range constants.All() {
		if strings.HasPrefix(c.Name, "SHUT_") {
			fmt.Println(c.Kind, c.Name, c.Value)
		}
	}
	// Output:
	// ShutdownHow SHUT_RD 0
	// ShutdownHow SHUT_RDWR 2
	// ShutdownHow SHUT_WR 1
}
