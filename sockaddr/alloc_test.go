package sockaddr_test

import (
	"net/netip"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// Package-level results keep the compiler from dropping what is measured.
var (
	sinkAddr     sockaddr.Addr
	sinkBool     bool
	sinkInt      int
	sinkUint32   uint32
	sinkFamily   constants.Family
	sinkIP       netip.Addr
	sinkAddrPort netip.AddrPort
	sinkBytes    []byte
	sinkString   string
)

func TestNoAllocs(t *testing.T) {
	inet, inet6 := parse(t, "1.2.3.4:80"), parse(t, "[fe80::1]:80/flow=0x1")
	scoped := inet6.WithScopeID(1)
	path, unnamed := parse(t, "/run/x.sock"), sockaddr.Unnamed()
	other := parse(t, "AF_APPLETALK:0102")
	all := []sockaddr.Addr{{}, inet, inet6, scoped, path, unnamed, other}
	if sockaddr.HasLinuxLayouts {
		all = append(all, parse(t, "@name"), parse(t, "vsock:2:1024"),
			parse(t, "packet:0x800:0:1:4:00-1b-44-11-3a-b7"), parse(t, "alg:hash:sha256"))
	}
	var raws [][]byte
	for _, a := range all {
		raws = append(raws, a.Raw())
	}
	ap4, ap6 := netip.MustParseAddrPort("1.2.3.4:80"),
		netip.MustParseAddrPort("[::ffff:1.2.3.4]:80")
	numbered := netip.MustParseAddrPort("[fe80::1%7000000]:80")
	buf := make([]byte, 0, 512)

	each := func(f func(a sockaddr.Addr)) func() {
		return func() {
			for _, a := range all {
				f(a)
			}
		}
	}
	for _, row := range []struct {
		name string
		f    func()
	}{
		{"FromRaw", func() {
			for _, raw := range raws {
				sinkAddr, _ = sockaddr.FromRaw(raw)
			}
		}},
		{"FromAddrPort", func() {
			sinkAddr, sinkAddr = sockaddr.FromAddrPort(ap4), sockaddr.FromAddrPort(ap6)
		}},
		{"FromAddrPort with a number as zone", func() {
			sinkAddr = sockaddr.FromAddrPort(numbered)
		}},
		{"Inet", func() { sinkAddr, _ = sockaddr.Inet("1.2.3.4", 80) }},
		{"Inet of IPv6", func() { sinkAddr, _ = sockaddr.Inet("fe80::1%7000000", 80) }},
		{"InetAny", func() { sinkAddr, _ = sockaddr.InetAny(constants.AF_INET6, 80) }},
		{"Unix", func() { sinkAddr, _ = sockaddr.Unix("/run/x.sock") }},
		{"Unnamed", func() { sinkAddr = sockaddr.Unnamed() }},
		{"Parse", func() { sinkAddr, _ = sockaddr.Parse("[::1]:80/flow=0x1") }},
		{"Parse of a path", func() { sinkAddr, _ = sockaddr.Parse("/run/x.sock") }},
		{"IsValid", each(func(a sockaddr.Addr) { sinkBool = a.IsValid() })},
		{"Family", each(func(a sockaddr.Addr) { sinkFamily = a.Family() })},
		{"Port", each(func(a sockaddr.Addr) { sinkInt = a.Port() })},
		{"RawLen", each(func(a sockaddr.Addr) { sinkInt = a.RawLen() })},
		{"ScopeID", each(func(a sockaddr.Addr) { sinkUint32 = a.ScopeID() })},
		{"FlowInfo", each(func(a sockaddr.Addr) { sinkUint32 = a.FlowInfo() })},
		{"IP without the scope id", each(func(a sockaddr.Addr) { sinkIP = a.WithScopeID(0).IP() })},
		{"AddrPort without the scope id",
			each(func(a sockaddr.Addr) { sinkAddrPort = a.WithScopeID(0).AddrPort() })},
		{"WithPort", each(func(a sockaddr.Addr) { sinkAddr = a.WithPort(443) })},
		{"WithScopeID", each(func(a sockaddr.Addr) { sinkAddr = a.WithScopeID(2) })},
		{"WithFlowInfo", each(func(a sockaddr.Addr) { sinkAddr = a.WithFlowInfo(2) })},
		{"AppendRaw", each(func(a sockaddr.Addr) { sinkBytes = a.AppendRaw(buf) })},
		{"AppendTo without the scope id",
			each(func(a sockaddr.Addr) { sinkBytes = a.WithScopeID(0).AppendTo(buf) })},
		{"IsUnnamed", each(func(a sockaddr.Addr) { sinkBool = a.IsUnnamed() })},
		{"==", each(func(a sockaddr.Addr) { sinkBool = a == inet6 })},
		{"Compare", each(func(a sockaddr.Addr) { sinkInt = a.Compare(inet6) + a.Compare(other) })},
		{"AsVSock", each(func(a sockaddr.Addr) { _, sinkBool = a.AsVSock() })},
		{"AsNetlink", each(func(a sockaddr.Addr) { _, sinkBool = a.AsNetlink() })},
	} {
		if n := testing.AllocsPerRun(100, row.f); n != 0 {
			t.Errorf("%s allocates %v times", row.name, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { sinkString = inet6.String() }); n != 1 {
		t.Errorf("String allocates %v times, want once, for its result", n)
	}
}
