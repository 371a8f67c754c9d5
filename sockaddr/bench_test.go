package sockaddr_test

import (
	"net/netip"
	"testing"

	"example.com/bsdsocket/sockaddr"
)

// The benchmarks whose names end in Netip do with net/netip what the one before does.

const benchText4, benchText6 = "192.168.140.255:8080", "[2001:db8::8a2e:370:7334]:8080"

func BenchmarkParse4(b *testing.B) {
	for b.Loop() {
		sinkAddr, _ = sockaddr.Parse(benchText4)
	}
}

func BenchmarkParse4Netip(b *testing.B) {
	for b.Loop() {
		sinkAddrPort, _ = netip.ParseAddrPort(benchText4)
	}
}

func BenchmarkParse6(b *testing.B) {
	for b.Loop() {
		sinkAddr, _ = sockaddr.Parse(benchText6)
	}
}

func BenchmarkParse6Netip(b *testing.B) {
	for b.Loop() {
		sinkAddrPort, _ = netip.ParseAddrPort(benchText6)
	}
}

func BenchmarkParseUnix(b *testing.B) {
	for b.Loop() {
		sinkAddr, _ = sockaddr.Parse("/run/x.sock")
	}
}

func BenchmarkInet(b *testing.B) {
	for b.Loop() {
		sinkAddr, _ = sockaddr.Inet("192.168.140.255", 8080)
	}
}

func BenchmarkString4(b *testing.B) {
	a := parse(b, benchText4)
	for b.Loop() {
		sinkString = a.String()
	}
}

func BenchmarkString4Netip(b *testing.B) {
	p := netip.MustParseAddrPort(benchText4)
	for b.Loop() {
		sinkString = p.String()
	}
}

func BenchmarkString6(b *testing.B) {
	a := parse(b, benchText6)
	for b.Loop() {
		sinkString = a.String()
	}
}

func BenchmarkString6Netip(b *testing.B) {
	p := netip.MustParseAddrPort(benchText6)
	for b.Loop() {
		sinkString = p.String()
	}
}

// What a name of a zone costs.
func BenchmarkStringScoped(b *testing.B) {
	a := parse(b, "[fe80::1%1]:80")
	for b.Loop() {
		sinkString = a.String()
	}
}

func BenchmarkAppendTo6(b *testing.B) {
	a, buf := parse(b, benchText6), make([]byte, 0, 64)
	for b.Loop() {
		sinkBytes = a.AppendTo(buf)
	}
}

func BenchmarkAppendTo6Netip(b *testing.B) {
	p, buf := netip.MustParseAddrPort(benchText6), make([]byte, 0, 64)
	for b.Loop() {
		sinkBytes = p.AppendTo(buf)
	}
}

func BenchmarkFromAddrPort(b *testing.B) {
	p := netip.MustParseAddrPort(benchText6)
	for b.Loop() {
		sinkAddr = sockaddr.FromAddrPort(p)
	}
}

func BenchmarkAddrPort(b *testing.B) {
	a := parse(b, benchText6)
	for b.Loop() {
		sinkAddrPort = a.AddrPort()
	}
}

func BenchmarkFromRaw(b *testing.B) {
	raw := parse(b, benchText6).Raw()
	for b.Loop() {
		sinkAddr, _ = sockaddr.FromRaw(raw)
	}
}

func BenchmarkEqual(b *testing.B) {
	x, y := parse(b, benchText6), parse(b, benchText6)
	for b.Loop() {
		sinkBool = x == y
	}
}

func BenchmarkCompare(b *testing.B) {
	x, y := parse(b, benchText6), parse(b, benchText4)
	for b.Loop() {
		sinkInt = x.Compare(y)
	}
}
