package sockaddr_test

import (
	"errors"
	"math"
	"net"
	"strconv"
	"syscall"
	"testing"

	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// Row X15: names and numbers of interfaces, both ways and as a list, are those of package net.
func TestInterfaces(t *testing.T) {
	testenv.Needs(t, interfaceNames)
	want, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	got, err := sockaddr.Interfaces()
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v", got, err)
	}
	for i, ifi := range want {
		if got[i] != (sockaddr.Interface{Index: ifi.Index, Name: ifi.Name}) {
			t.Errorf("%v, want %v", got[i], ifi)
		}
		if name, err := sockaddr.InterfaceName(ifi.Index); name != ifi.Name || err != nil {
			t.Errorf("InterfaceName(%d) is %q, %v, want %q", ifi.Index, name, err, ifi.Name)
		}
		if index, err := sockaddr.InterfaceIndex(ifi.Name); index != ifi.Index || err != nil {
			t.Errorf("InterfaceIndex(%q) is %d, %v, want %d", ifi.Name, index, err, ifi.Index)
		}
	}
	indices := []int{-1, 0, math.MaxInt32, math.MaxInt32 - 1}
	if strconv.IntSize == 64 {
		one := 1 // the first interface's number would be left of a larger one
		indices = append(indices, one<<32|want[0].Index, math.MaxInt)
	}
	for _, index := range indices {
		name, err := sockaddr.InterfaceName(index)
		checkError(t, err, "interface name", strconv.Itoa(index),
			"no interface "+strconv.Itoa(index))
		if name != "" || !errors.Is(err, syscall.ENXIO) {
			t.Errorf("InterfaceName(%d) is %q, %v", index, name, err)
		}
	}
	for _, name := range []string{"", "nosuch", "a\x00b", want[0].Name + "\x00",
		want[0].Name + ":1", " ", "nosuch%d", long(15), long(16), long(1000), "1"} {
		index, err := sockaddr.InterfaceIndex(name)
		checkError(t, err, "interface index", name, "no interface "+strconv.Quote(name))
		if index != 0 || !errors.Is(err, syscall.ENODEV) {
			t.Errorf("InterfaceIndex(%q) is %d, %v", name, index, err)
		}
	}
}

// The text with numbers looks no interface up, and is the same address.
func TestNumericTextAllocs(t *testing.T) {
	testenv.Needs(t, interfaceNames)
	interfaces, err := sockaddr.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	index := strconv.Itoa(interfaces[0].Index)
	texts := []string{"none", "1.2.3.4:80", "[fe80::1%" + index + "]:80",
		"fe80::1%" + index + "/flow=0x1", "ff02::1%7000000", "/x", "AF_INET:00"}
	if sockaddr.HasLinuxLayouts {
		texts = append(texts, "packet:0x800:"+index+":1:0:00-1b-44-11-3a-b7", "can:"+index,
			"xdp:"+index+":3", "vsock:2:1024")
	}
	buf := make([]byte, 0, 256)
	for _, text := range texts {
		a := parse(t, text)
		if got := string(a.AppendNumericTo([]byte("x"))); got != "x"+text {
			t.Errorf("%v: %q, want %q", a, got, text)
		}
		if n := testing.AllocsPerRun(10, func() { sinkBytes = a.AppendNumericTo(buf) }); n != 0 &&
			text != "ff02::1%7000000" {
			t.Errorf("%v allocates %v times", a, n)
		}
	}
}
