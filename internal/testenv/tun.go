package testenv

import (
	"fmt"
	"os"
	"strconv"
)

// TUN makes a TUN interface in the namespace, up and with these addresses, and returns its device
// and name. A Read from the device returns an IP packet that is sent by the interface, and a Write
// is one that it receives (Documentation/ networking/tuntap.rst). It calls [Needs] for what it
// needs. The caller closes the device, which removes the interface.
func (ns *NS) TUN(mtu int, prefixes ...string) (device *os.File, name string) {
	ns.t.Helper()
	Needs(ns.t, IPCommand, TUN)
	name = fmt.Sprintf("tun%d", links.Add(1))
	var err error
	ns.Do(func() { device, err = openTUN(name) })
	if err != nil {
		ns.t.Fatalf("making a TUN interface: %v", err)
	}
	ns.t.Cleanup(func() { device.Close() }) // also if the test fails before its owner has it
	for _, prefix := range prefixes {
		ns.Run("ip", "addr", "add", prefix, "dev", name)
	}
	ns.Run("ip", "link", "set", name, "mtu", strconv.Itoa(mtu), "up")
	ns.ready(name)
	return device, name
}
