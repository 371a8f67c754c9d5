package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/netip"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/netlink"
)

var routeCommand = command{
	name:     "route",
	args:     "ADDRESS",
	about:    "Show how the kernel would send to an address",
	examples: []string{"route 127.0.0.1", "route -mark 7 2001:db8::1", "route -json 192.0.2.1"},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		mark := flags.Uint("mark", 0, "with this `mark`, as SO_MARK sets it")
		device := flags.String("device", "",
			"through this `interface`, as SO_BINDTODEVICE chooses it")
		return func(ctx context.Context, args []string) (*result, error) {
			if err := count(args, 1, 1); err != nil {
				return nil, err
			}
			to, err := netip.ParseAddr(args[0])
			if err != nil {
				return nil, usagef("%q is no address", args[0])
			}
			if uint64(*mark) > 1<<32-1 {
				return nil, usagef("a mark of %d is larger than 32 bits", *mark)
			}
			name := *device
			if name == "" {
				name = to.Zone()
			}
			out := 0
			if name != "" {
				i, err := net.InterfaceByName(name)
				if err != nil {
					return nil, fmt.Errorf("there is no interface %q", name)
				}
				out = i.Index
			}
			return route(ctx, to.Unmap().WithZone(""), uint32(*mark), out)
		}
	},
}

var routeTypes = map[int]string{1: "unicast", 2: "local", 3: "broadcast", 4: "anycast",
	5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit"}

func route(ctx context.Context, to netip.Addr, mark uint32, out int) (*result, error) {
	c, err := netlink.Open(constants.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r, err := c.RouteTo(ctx, to, mark, out)
	if err != nil {
		return nil, fmt.Errorf("no route to %v: %w", to, err)
	}
	type record struct {
		Destination string `json:"destination"`
		Type        string `json:"type"`
		Source      string `json:"source,omitempty"`
		Interface   string `json:"interface,omitempty"`
		Gateway     string `json:"gateway,omitempty"`
		MTU         int    `json:"mtu,omitempty"`
	}
	rec := record{Destination: to.String(), Type: routeTypes[r.Type], MTU: r.MTU}
	if r.Source.IsValid() {
		rec.Source = r.Source.String()
	}
	if r.Gateway.IsValid() {
		rec.Gateway = r.Gateway.String()
	}
	if i, err := net.InterfaceByIndex(r.Interface); err == nil {
		rec.Interface = i.Name
		if rec.MTU == 0 {
			rec.MTU = i.MTU
		}
	}
	return &result{
		header: []string{"DESTINATION", "TYPE", "SOURCE", "INTERFACE", "GATEWAY", "MTU"},
		rows: [][]string{{rec.Destination, rec.Type, rec.Source, rec.Interface, rec.Gateway,
			fmt.Sprint(rec.MTU)}},
		records: []record{rec},
	}, nil
}
