package netlink

import (
	"context"
	"net/netip"

	"example.com/bsdsocket/constants"
)

// A Route is what the kernel would do with a packet.
type Route struct {
	Destination netip.Addr
	Source      netip.Addr // which it would have, if the program does not choose
	Gateway     netip.Addr // invalid: the destination is on the link
	Interface   int
	MTU         int // 0: the interface's
	Type        int // RTN_UNICAST (1), RTN_LOCAL (2), RTN_BROADCAST (3), RTN_MULTICAST (5) ...
}

// From linux/rtnetlink.h.
const (
	newRoute = 24
	getRoute = 26

	routeSize = 12 // struct rtmsg
	routeType = 7

	routeDestination = 1
	routeOut         = 4
	routeGateway     = 5
	routePrefSource  = 7
	routeMetrics     = 8
	routeMark        = 16
	routeVia         = 18
	metricMTU        = 2
)

// RouteTo returns the route to an address, for packets with a mark and from an interface if these
// are not 0.
func (c *Conn) RouteTo(ctx context.Context, to netip.Addr, mark uint32,
	out int) (r Route, err error) {
	family := constants.AF_INET6
	if to.Is4() {
		family = constants.AF_INET
	}
	body := make([]byte, routeSize)
	body[0] = byte(family)
	body[1] = byte(to.BitLen())
	body = AppendAttribute(body, routeDestination, to.AsSlice())
	for _, a := range []struct {
		typ   int
		value uint32
	}{{routeMark, mark}, {routeOut, uint32(out)}} {
		if a.value != 0 {
			body = AppendAttribute(body, a.typ, number(a.value))
		}
	}
	err = c.Request(ctx, getRoute, 0, body, func(m Message) error {
		if m.Type != newRoute {
			return nil
		}
		if len(m.Data) < routeSize {
			return ErrMalformed
		}
		r = Route{Destination: to, Type: int(m.Data[routeType])}
		for typ, v := range Attributes(m.Data[routeSize:]) {
			switch typ {
			case routeOut:
				n, err := Number(v)
				if err != nil {
					return err
				}
				r.Interface = int(int32(n))
			case routeGateway:
				r.Gateway, _ = netip.AddrFromSlice(v)
			case routeVia: // a gateway of the other family: its number, then it
				if len(v) > 2 {
					r.Gateway, _ = netip.AddrFromSlice(v[2:])
				}
			case routePrefSource:
				r.Source, _ = netip.AddrFromSlice(v)
			case routeMetrics:
				for metric, v := range Attributes(v) {
					if n, err := Number(v); err == nil && metric == metricMTU {
						r.MTU = int(n)
					}
				}
			}
		}
		return nil
	})
	return r, err
}
