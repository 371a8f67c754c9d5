package main

import (
	"context"
	"errors"
	"flag"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
)

var lookup = command{
	name:  "lookup",
	args:  "NODE [SERVICE]",
	about: "Show the addresses of a host and a service, by getaddrinfo(3)",
	examples: []string{
		"localhost http",
		"-family inet6 -type dgram -flags passive,canonname '' 53",
		"-json -type any www.example.com 443",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		hints := addrinfo.Hints{Type: constants.SOCK_STREAM}
		option(flags, &hints.Family, "family", "only this `family`: inet, inet6; any for both",
			constants.ParseFamily)
		option(flags, &hints.Type, "type",
			"only for sockets of this `type`: stream, dgram, ...; any for all (default "+
				"stream,\nwith -protocol any)", constants.ParseSocketType)
		option(flags, &hints.Protocol, "protocol",
			"only for this `protocol`: tcp, udp, ...; any for all", constants.ParseProtocol)
		list(flags, &hints.Flags, "flags",
			"`names` of flags, joined by commas: passive, canonname, numerichost, "+
				"numericserv,\naddrconfig, v4mapped, all",
			constants.ParseAddrInfoFlag)
		timeout := timeoutFlag(flags)
		return func(ctx context.Context, args []string) (*result, error) {
			if err := count(args, 1, 2); err != nil {
				return nil, err
			}
			ctx, cancel, err := within(ctx, *timeout)
			if err != nil {
				return nil, err
			}
			defer cancel()
			if hints.Protocol != 0 && !given(flags, "type") {
				hints.Type = 0 // the protocol's own
			}
			args = append(args, "")
			if args[0] == "" || args[0] == "*" {
				// getaddrinfo(3) refuses to name a host that has no name.
				hints.Flags &^= constants.AI_CANONNAME
			}
			infos, err := addrinfo.Lookup(ctx, args[0], args[1], &hints)
			if err != nil {
				return nil, err
			}
			if len(infos) == 0 {
				return nil,
					errors.New("without a node and without a service there is nothing to find")
			}
			return addresses(infos), nil
		}
	},
}

func addresses(infos []addrinfo.Info) *result {
	type record struct {
		Address   string `json:"address"`
		Host      string `json:"host"`
		Port      int    `json:"port"`
		Family    string `json:"family"`
		Type      string `json:"type"`
		Protocol  string `json:"protocol"`
		CanonName string `json:"canonname,omitempty"`
	}
	r := &result{header: []string{"ADDRESS", "FAMILY", "TYPE", "PROTOCOL"}}
	if infos[0].CanonName != "" {
		r.header = append(r.header, "CANONNAME")
	}
	var records []record
	for _, i := range infos {
		rec := record{
			Address: i.Addr.String(), Host: i.Addr.Address(), Port: i.Addr.Port(),
			Family: i.Family.String(), Type: i.Type.String(), Protocol: i.Protocol.String(),
			CanonName: text(i.CanonName),
		}
		records = append(records, rec)
		r.rows = append(r.rows,
			[]string{rec.Address, rec.Family, rec.Type, rec.Protocol, rec.CanonName})
	}
	r.records = records
	return r
}

// given reports whether a flag was set.
func given(flags *flag.FlagSet, name string) (set bool) {
	flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// option declares a flag whose value is the name of a constant, or "any" for 0.
func option[T ~int](flags *flag.FlagSet, p *T, name, usage string, parse func(string) (T, error)) {
	flags.Func(name, usage, func(s string) error {
		if s == "any" {
			*p = 0
			return nil
		}
		v, err := parse(s)
		if err == nil {
			*p = v
		}
		return err
	})
}

// list declares a flag whose value is names of flags, and which can be given several times.
func list[T ~int](flags *flag.FlagSet, p *T, name, usage string, parse func(string) (T, error)) {
	flags.Func(name, usage, func(s string) error {
		v, err := parse(s)
		if err == nil {
			*p |= v
		}
		return err
	})
}

func timeoutFlag(flags *flag.FlagSet) *time.Duration {
	return flags.Duration("timeout", 15*time.Second,
		"how long name servers are waited for; 0: as long as they take")
}

// within returns a context with the timeout that the flag gave.
func within(ctx context.Context,
	timeout time.Duration) (context.Context, context.CancelFunc, error) {
	switch {
	case timeout < 0:
		return nil, nil, usagef("a timeout of %s is negative", timeout)
	case timeout == 0:
		return ctx, func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	return ctx, cancel, nil
}
