package netconn_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// Every way to send takes an IPv4 address in each of its forms, from a socket of IPv4 and from one
// of both versions.
func TestMappedAddresses(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	at := func(text string) *netconn.PacketConn {
		t.Helper()
		a := sockaddr.MustParse(text)
		s, err := socket.New(a.Family(), constants.SOCK_DGRAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if err = s.Bind(a); err != nil {
			t.Fatal(err)
		}
		c, err := netconn.NewPacketConn(s)
		if err == nil {
			err = c.SetDeadline(time.Now().Add(time.Minute))
		}
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	sink := at("127.0.0.1:0")
	to := sink.LocalAddr().(*net.UDPAddr).AddrPort()
	plain := netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	mapped := netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
	four := &net.UDPAddr{IP: plain.Addr().AsSlice(), Port: int(to.Port())}
	sixteen := &net.UDPAddr{IP: four.IP.To16(), Port: int(to.Port())}
	b := []byte("x")
	for from, c := range map[string]*netconn.PacketConn{"IPv4": at("127.0.0.1:0"),
		"both": at("[::]:0")} {
		for what, write := range map[string]func() (int, error){
			"WriteToUDPAddrPort, plain": func() (int, error) {
				return c.WriteToUDPAddrPort(b, plain)
			},
			"WriteToUDPAddrPort, mapped": func() (int, error) {
				return c.WriteToUDPAddrPort(b, mapped)
			},
			"WriteTo, 4 bytes":     func() (int, error) { return c.WriteTo(b, four) },
			"WriteTo, 16 bytes":    func() (int, error) { return c.WriteTo(b, sixteen) },
			"WriteToUDP, 4 bytes":  func() (int, error) { return c.WriteToUDP(b, four) },
			"WriteToUDP, 16 bytes": func() (int, error) { return c.WriteToUDP(b, sixteen) },
			"WriteMsgUDP, 4 bytes": func() (int, error) {
				n, _, err := c.WriteMsgUDP(b, nil, four)
				return n, err
			},
			"WriteMsgUDP, 16 bytes": func() (int, error) {
				n, _, err := c.WriteMsgUDP(b, nil, sixteen)
				return n, err
			},
			"WriteMsgUDPAddrPort, plain": func() (int, error) {
				n, _, err := c.WriteMsgUDPAddrPort(b, nil, plain)
				return n, err
			},
			"WriteMsgUDPAddrPort, mapped": func() (int, error) {
				n, _, err := c.WriteMsgUDPAddrPort(b, nil, mapped)
				return n, err
			},
		} {
			if n, err := write(); n != 1 || err != nil {
				t.Errorf("%s: %s: %d, %v", from, what, n, err)
			} else if n, _, err = sink.ReadFrom(make([]byte, 9)); n != 1 || err != nil {
				t.Errorf("%s: %s: received %d, %v", from, what, n, err)
			}
		}
	}
}
