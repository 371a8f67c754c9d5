package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"
)

var interfacesCommand = command{
	name:     "interfaces",
	args:     "[NAME ...]",
	about:    "Show network interfaces and their addresses",
	examples: []string{"interfaces", "interfaces -json lo"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(_ context.Context, args []string) (*result, error) {
			var list []net.Interface
			var missing error
			if len(args) == 0 {
				var err error
				if list, err = net.Interfaces(); err != nil {
					return nil, err
				}
			}
			for _, name := range args {
				i, err := net.InterfaceByName(name)
				if err != nil {
					missing = fmt.Errorf("there is no interface %q", name)
					continue
				}
				list = append(list, *i)
			}
			r, err := interfaces(list)
			if err == nil {
				err = missing
			}
			return r, err
		}
	},
}

func interfaces(list []net.Interface) (*result, error) {
	type record struct {
		Index     int      `json:"index"`
		Name      string   `json:"name"`
		Flags     []string `json:"flags"`
		MTU       int      `json:"mtu"`
		Hardware  string   `json:"hardware,omitempty"`
		Addresses []string `json:"addresses"`
	}
	r := &result{header: []string{"INDEX", "NAME", "FLAGS", "MTU", "HARDWARE", "ADDRESSES"},
		spare: []string{"HARDWARE", "FLAGS"}}
	var records []record
	for _, i := range list {
		rec := record{Index: i.Index, Name: i.Name, Flags: strings.Split(i.Flags.String(), "|"),
			MTU: i.MTU, Hardware: i.HardwareAddr.String(), Addresses: []string{}}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			rec.Addresses = append(rec.Addresses, a.String())
		}
		records = append(records, rec)
		r.rows = append(r.rows,
			[]string{fmt.Sprint(rec.Index), rec.Name, strings.Join(rec.Flags, ","),
				fmt.Sprint(rec.MTU), rec.Hardware, strings.Join(rec.Addresses, " ")})
	}
	r.records = records
	return r, nil
}
