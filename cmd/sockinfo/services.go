package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
)

var services = command{
	name:  "services",
	args:  "[NAME|PORT ...]",
	about: "Show the ports of services, the services of ports, or all",
	examples: []string{
		"services ssh",
		"services -protocol udp domain 123",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		protocol := flags.String("protocol", "",
			"only those of this `protocol`: tcp, udp, sctp, dccp, ...")
		return func(_ context.Context, args []string) (*result, error) {
			type record struct {
				Name     string   `json:"name"`
				Port     int      `json:"port"`
				Protocol string   `json:"protocol"`
				Aliases  []string `json:"aliases"`
			}
			var records []record
			r := &result{header: []string{"NAME", "PORT", "PROTOCOL", "ALIASES"}}
			show := func(s addrinfo.Service) {
				records = append(records,
					record{text(s.Name), s.Port, text(s.Protocol), texts(s.Aliases)})
				r.rows = append(r.rows, []string{s.Name, strconv.Itoa(s.Port), s.Protocol,
					strings.Join(s.Aliases, " ")})
			}
			err := each(args, func(arg string) error {
				found, err := findServices(arg, *protocol)
				for _, s := range found {
					show(s)
				}
				return err
			})
			if len(args) == 0 {
				for s, listing := range addrinfo.Services() {
					if err = listing; err == nil && (*protocol == "" || s.Protocol == *protocol) {
						show(s)
					}
				}
				if err == nil && len(records) == 0 {
					err = fmt.Errorf("there are no services of the protocol %q", *protocol)
				}
			}
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
	args:     "[NAME|NUMBER ...]",
	about:    "Show the numbers of protocols, the protocols of numbers, or all",
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
			show := func(p addrinfo.Protocol) {
				records = append(records, record{text(p.Name), int(p.Number), texts(p.Aliases)})
				r.rows = append(r.rows,
					[]string{p.Name, strconv.Itoa(int(p.Number)), strings.Join(p.Aliases, " ")})
			}
			err := each(args, func(arg string) error {
				p, err := findProtocol(arg)
				if err == nil {
					show(p)
				}
				return err
			})
			if len(args) == 0 {
				for p, listing := range addrinfo.Protocols() {
					if err = listing; err == nil {
						show(p)
					}
				}
			}
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

// each calls fn for every argument. The error is that of all that failed.
func each(args []string, fn func(string) error) error {
	var failed []error
	for _, arg := range args {
		if err := fn(arg); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) < 2 {
		return errors.Join(failed...)
	}
	lines := make([]string, len(failed))
	for i, err := range failed {
		lines[i] = err.Error()
	}
	return errors.New(strings.Join(lines, "; "))
}

func texts(list []string) []string {
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = text(s)
	}
	return all
}
