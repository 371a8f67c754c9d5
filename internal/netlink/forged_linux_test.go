package netlink

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// What another process sends to the socket, with the right numbers even, is no answer.
func TestForgedAnswer(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	c, err := Open(constants.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stranger, err := Open(constants.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	to, err := sockaddr.Netlink(sockaddr.NetlinkAddr{PortID: c.port})
	if err != nil {
		t.Fatal(err)
	}
	header := binary.NativeEndian.AppendUint16(number(headerSize+routeSize), newRoute)
	forged := slices.Concat(header, []byte{0, 0}, number(1), number(c.port),
		make([]byte, routeSize))
	forged[headerSize+routeType] = 8 // RTN_PROHIBIT
	if _, err := stranger.s.SendTo(t.Context(), forged, to, 0); err != nil {
		t.Fatal(err)
	}
	r, err := c.RouteTo(t.Context(), netip.MustParseAddr("127.0.0.1"), 0, 0)
	if err != nil || r.Type != 2 || r.Interface == 0 {
		t.Errorf("%+v, %v", r, err)
	}

	// The questions after one that failed get their own answers.
	_, err = c.RouteTo(t.Context(), netip.MustParseAddr("127.0.0.1"), 0, 1<<20)
	if !errors.Is(err, syscall.ENODEV) && !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("through no interface: %v", err)
	}
	if r, err := c.RouteTo(t.Context(), netip.MustParseAddr("127.0.0.2"), 0, 0); err != nil ||
		r.Type != 2 || r.Destination != netip.MustParseAddr("127.0.0.2") {
		t.Errorf("%+v, %v", r, err)
	}
}
