//go:build linux && cgo

package libc

import (
	"context"
	"net"
	"testing"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
)

// The benchmarks put one question each to package addrinfo, to package net,
// where it has an answer, and to the C library.
func bench(b *testing.B, sides ...side) {
	for _, s := range sides {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !s.run() {
					b.Fatal("no answer")
				}
			}
		})
	}
}

type side struct {
	name string
	run  func() bool
}

var stream = addrinfo.Hints{Type: constants.SOCK_STREAM}

func lookupSides(node, service string) []side {
	r := &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true}}
	ctx := context.Background()
	return []side{
		{"addrinfo", func() bool {
			list, err := r.Lookup(ctx, node, service, &stream)
			return err == nil && len(list) > 0
		}},
		{"net", func() bool {
			list, err := r.Net.LookupNetIP(ctx, "ip", node)
			return err == nil && len(list) > 0
		}},
		{"libc", func() bool {
			list, code := Lookup(node, service, stream)
			return code == 0 && len(list) > 0
		}},
	}
}

func BenchmarkNumber(b *testing.B)    { bench(b, lookupSides("192.0.2.1", "80")...) }
func BenchmarkNumber6(b *testing.B)   { bench(b, lookupSides("2001:db8::1", "80")...) }
func BenchmarkLocalhost(b *testing.B) { bench(b, lookupSides("localhost", "80")...) }

func BenchmarkServiceByName(b *testing.B) {
	bench(b,
		side{"addrinfo", func() bool {
			_, err := addrinfo.ServiceByName("https", "tcp")
			return err == nil
		}},
		side{"net", func() bool {
			_, err := net.DefaultResolver.LookupPort(context.Background(), "tcp", "https")
			return err == nil
		}},
		side{"libc", func() bool { _, ok := ServiceByName("https", "tcp"); return ok }},
	)
}

func BenchmarkServiceByPort(b *testing.B) {
	bench(b,
		side{"addrinfo", func() bool {
			_, err := addrinfo.ServiceByPort(443, "tcp")
			return err == nil
		}},
		side{"libc", func() bool { _, ok := ServiceByPort(443, "tcp"); return ok }},
	)
}
