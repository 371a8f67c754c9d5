package addrinfo

import (
	"context"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/socket"
)

// ResolutionDelay is how long [Dial] waits for the IPv6 addresses of a name when it has the IPv4
// addresses already: the recommended Resolution Delay of RFC 8305, section 3.
const ResolutionDelay = 50 * time.Millisecond

// Dial looks node and service up, as [Lookup] does with the same hints, and makes a socket for the
// address that accepts a connection first, as [ConnectRace] does. It is all of RFC 8305: it begins
// when the name server has answered for one family and not yet for the other, at once with IPv6
// addresses, and [ResolutionDelay] later with IPv4 addresses. These are in the name server's order.
// When all addresses are known, those still to be tried are in the order of Lookup. Where the C
// library or the system does the lookup (see [net]), all come at once.
//
// When a connection is made the lookup is given up. The error is an [*Error] if the lookup failed,
// and a [*ConnectError] if an address was tried, or if node and service are empty.
func Dial(ctx context.Context, node, service string, hints *Hints,
	p socket.Params) (*socket.Socket, error) {
	return (&Connector{Params: p}).Dial(ctx, node, service, hints)
}

// Dial is the function [Dial] with the Connector's options.
func (c *Connector) Dial(ctx context.Context, node, service string,
	hints *Hints) (*socket.Socket, error) {
	if err := c.valid(); err != nil {
		return nil, err
	}
	r := c.Resolver
	if r == nil {
		r = DefaultResolver
	}
	ctx = fd.Given(ctx)
	looking, cancel := context.WithCancel(ctx)
	var (
		found    = make(chan []Info)
		over     = make(chan struct{})
		notFound error
	)
	go func() {
		defer close(over)
		defer close(found)
		notFound = r.find(looking, node, service, hints, found)
	}()
	defer func() { // also if Prepare panics
		cancel()
		<-over
	}()
	s, failed := c.race(ctx, found)
	if s != nil {
		return s, nil
	}
	cancel()
	<-over
	if len(failed.Attempts) == 0 && notFound != nil {
		return nil, notFound
	}
	return nil, failed
}

// find sends what Lookup returns, and before it what there is for one family when it is time to
// begin. It returns when the lookup has ended, or soon after ctx has.
func (r *Resolver) find(ctx context.Context, node, service string, hints *Hints,
	found chan<- []Info) error {
	var (
		inet, inet6 = make(chan []Info, 1), make(chan []Info, 1)
		all         = make(chan []Info, 1)
		err         error
	)
	go func() {
		defer close(all)
		var infos []Info
		infos, err = r.lookupEarly(ctx, node, service, hints, func(infos []Info) {
			family := inet
			if infos[0].Family == constants.AF_INET6 {
				family = inet6
			}
			select {
			case family <- infos:
			default: // a name server that is asked twice
			}
		})
		all <- infos
	}()
	var (
		held  []Info // IPv4 addresses, until wait is over
		wait  <-chan time.Time
		begun = false
	)
	send := func(infos []Info) {
		begun = true
		select {
		case found <- infos:
		case <-ctx.Done():
		}
	}
	for {
		select {
		case infos := <-inet6:
			send(infos)
			if held != nil {
				send(held)
				held, wait = nil, nil
			}
		case held = <-inet:
			if begun {
				send(held)
				held = nil
				break
			}
			timer := time.NewTimer(ResolutionDelay)
			defer timer.Stop()
			wait = timer.C
		case <-wait:
			send(held)
			held, wait = nil, nil
		case infos := <-all:
			send(infos)
			<-all
			return err
		}
	}
}
