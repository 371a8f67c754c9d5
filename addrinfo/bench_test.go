package addrinfo_test

import (
	"net"
	"testing"

	"example.com/bsdsocket/addrinfo"
)

// The C library's side of these is in internal/peers.

func BenchmarkLookupNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := files.Lookup(ctx, "192.0.2.1", "80", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookupNumber6AllTypes(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := files.Lookup(ctx, "2001:db8::1", "80", &addrinfo.Hints{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookupLocalhost(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := files.Lookup(ctx, "localhost", "80", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNetLookupNetIPLocalhost(b *testing.B) {
	r := &net.Resolver{PreferGo: true}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.LookupNetIP(ctx, "ip", "localhost"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkServiceByName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := files.ServiceByName("www-http", "tcp"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkServiceByPort(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := files.ServiceByPort(8009, "udplite"); err != nil {
			b.Fatal(err)
		}
	}
}
