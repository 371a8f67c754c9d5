package main

import (
	"context"
	"flag"
	"strconv"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

var name = command{
	name:  "name",
	args:  "ADDRESS [PORT|SERVICE]",
	about: "Show the names of an address and a port, by getnameinfo(3)",
	examples: []string{
		"name ::1 80",
		"name -flags dgram 127.0.0.1:53",
		"name -flags numerichost -json '[fe80::1%1]:22'",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		var wanted constants.NameInfoFlag
		list(flags, &wanted, "flags",
			"`names` of flags, joined by commas: numerichost, numericserv, namereqd, nofqdn, dgram",
			constants.ParseNameInfoFlag)
		timeout := timeoutFlag(flags)
		return func(ctx context.Context, args []string) (*result, error) {
			if err := count(args, 1, 2); err != nil {
				return nil, err
			}
			addr, err := address(args, wanted)
			if err != nil {
				return nil, err
			}
			ctx, cancel, err := within(ctx, *timeout)
			if err != nil {
				return nil, err
			}
			defer cancel()
			node, service, err := addrinfo.NameInfo(ctx, addr, wanted)
			if err != nil {
				return nil, err
			}
			return &result{
				header: []string{"HOST", "SERVICE", "ADDRESS"},
				rows:   [][]string{{node, service, addr.String()}},
				records: struct {
					Host    string `json:"host"`
					Service string `json:"service"`
					Address string `json:"address"`
				}{text(node), text(service), addr.String()},
			}, nil
		}
	},
}

// address takes an IP address and a port or a service, or one string of any family.
func address(args []string, flags constants.NameInfoFlag) (sockaddr.Addr, error) {
	if len(args) == 1 {
		addr, err := sockaddr.Parse(args[0])
		if err != nil {
			return addr, usagef("%q is no address", args[0])
		}
		return addr, nil
	}
	addr, err := sockaddr.Inet(args[0], 0)
	if err != nil {
		return addr, usagef("%q is no IP address", args[0])
	}
	port, err := strconv.Atoi(args[1])
	if err != nil {
		protocol := "tcp"
		if flags&constants.NI_DGRAM != 0 {
			protocol = "udp"
		}
		s, err := addrinfo.ServiceByName(args[1], protocol)
		if err != nil {
			return addr, err
		}
		port = s.Port
	}
	if port < 0 || port > 65535 {
		return addr, usagef("the port %d is not one of 0..65535", port)
	}
	return addr.WithPort(port), nil
}
