package addrinfo_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/socket"
)

var errForbidden = errors.New("not a public address")

// public is a guard against names that lead into the own network (server-side request forgery). It
// judges the address that is connected to, not the name, so that a name server cannot change its
// mind in between.
func public(_ context.Context, _ *socket.Socket, info addrinfo.Info) error {
	ip := info.Addr.IP().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return errForbidden
	}
	return nil
}

// A Connector that connects to no address of the own network, whatever the name.
func ExampleConnector_guard() {
	c := addrinfo.Connector{Prepare: public}
	for _, node := range []string{"127.0.0.1", "::ffff:10.0.0.1", "::1", "fe80::1"} {
		_, err := c.Dial(context.Background(), node, "80", nil)
		fmt.Println(errors.Is(err, errForbidden), err)
	}
	// Output:
	// true addrinfo: connect 127.0.0.1:80: not a public address
	// true addrinfo: connect [::ffff:10.0.0.1]:80: not a public address
	// true addrinfo: connect [::1]:80: not a public address
	// true addrinfo: connect [fe80::1]:80: not a public address
}
