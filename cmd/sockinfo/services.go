package main

import (
	"context"
	"flag"
	"strconv"
	"strings"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
)

var services = command{
	name:  "services",
	args:  "NAME|PORT ...",
	about: "Show the ports of services, or the services of ports",
	examples: []string{
		"services ssh",
		"services -protocol udp domain 123",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		protocol := flags.String("protocol", "", "only those of this `protocol`: tcp, udp, sctp, dccp, ...")
		return func(_ context.Context, args []string) (*result, error) {
			type record struct {
				Name     string   `json:"name"`
				Port     int      `json:"port"`
				Protocol string   `json:"protocol"`
				Aliases  []string `json:"aliases"`
			}
			var records []record
			r := &result{header: []string{"NAME", "PORT", "PROTOCOL", "ALIASES"}}
			err := each(args, func(arg string) error {
				found, err := findServices(arg, *protocol)
				for _, s := range found {
					records = append(records, record{s.Name, s.Port, s.Protocol, append([]string{}, s.Aliases...)})
					r.rows = append(r.rows, []string{s.Name, strconv.Itoa(s.Port), s.Protocol, strings.Join(s.Aliases, " ")})
				}
				return err
			})
			r.records = records
			return r, err
		}
	},
}

// findServices returns the entries for a name or a port, one a protocol.
func findServices(arg, protocol string) (found []addrinfo.Service, err error) {
	find := func(protocol string) (addrinfo.Service, error) {
		if port, err := strconv.Atoi(arg); err == nil {
			return addrinfo.ServiceByPort(port, protocol)
		}
		return addrinfo.ServiceByName(arg, protocol)
	}
	first, err := find(protocol)
	if err != nil {
		return nil, err
	}
	if protocol != "" {
		return []addrinfo.Service{first}, nil
	}
	// The database gives the first entry of a protocol: ask for each that has ports.
	for _, p := range []string{"tcp", "udp", "sctp", "dccp", "udplite"} {
		if s, err := find(p); err == nil {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		found = append(found, first) // of yet another protocol
	}
	return found, nil
}

var protocols = command{
	name:     "protocols",
	args:     "NAME|NUMBER ...",
	about:    "Show the numbers of protocols, or the protocols of numbers",
	examples: []string{"protocols tcp 17"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(_ context.Context, args []string) (*result, error) {
			type record struct {
				Name    string   `json:"name"`
				Number  int      `json:"number"`
				Aliases []string `json:"aliases"`
			}
			var records []record
			r := &result{header: []string{"NAME", "NUMBER", "ALIASES"}}
			err := each(args, func(arg string) error {
				p, err := findProtocol(arg)
				if err == nil {
					records = append(records, record{p.Name, int(p.Number), append([]string{}, p.Aliases...)})
					r.rows = append(r.rows, []string{p.Name, strconv.Itoa(int(p.Number)), strings.Join(p.Aliases, " ")})
				}
				return err
			})
			r.records = records
			return r, err
		}
	},
}

func findProtocol(arg string) (addrinfo.Protocol, error) {
	if number, err := strconv.Atoi(arg); err == nil {
		return addrinfo.ProtocolByNumber(constants.Protocol(number))
	}
	return addrinfo.ProtocolByName(arg)
}

// each calls fn for one argument or more, until the first error.
func each(args []string, fn func(string) error) error {
	if len(args) == 0 {
		return usagef("too few arguments")
	}
	for _, arg := range args {
		if err := fn(arg); err != nil {
			return err
		}
	}
	return nil
}
