package soak

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/badnet"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/packet"
	"example.com/bsdsocket/sockopt"
)

// linkDown reports whether an error is what a link that is down, or about to be, comes to.
func linkDown(err error) bool {
	for _, e := range []error{syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTUNREACH,
		syscall.ENXIO, syscall.ENOBUFS, syscall.EADDRNOTAVAIL, syscall.ENODEV} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func index(t testing.TB, ns *testenv.NS, name string) (index int) {
	t.Helper()
	ns.Do(func() {
		link, err := net.InterfaceByName(name)
		ok(t, err)
		index = link.Index
	})
	return index
}

// packets makes a packet socket for a protocol of an interface.
func packets(t testing.TB, ns *testenv.NS, name string, protocol uint16, bind bool) (*socket.Socket,
	sockaddr.Addr) {
	t.Helper()
	s, err := socket.NewIn(ns.Path(), constants.AF_PACKET, constants.SOCK_DGRAM, 0)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	ok(t, s.SetParams(socket.Params{}))
	to, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: protocol,
		Interface: index(t, ns, name), Hardware: net.HardwareAddr{255, 255, 255, 255, 255, 255}})
	ok(t, err)
	if bind {
		bindTo, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: protocol,
			Interface: index(t, ns, name)})
		ok(t, err)
		ok(t, s.Bind(bindTo))
	}
	return s, to
}

// TestSoakLinks: while a link goes down and up, sends of AF_PACKET and UDP end with an error of
// that kind or without one, and go on when it is up; receives go on too, by calls and by a ring;
// what arrives is what was sent.
func TestSoakLinks(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	const protocol = 0x88b5 // for experiments, RFC 5342
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	nameA, nameB := a.Veth(b, "10.78.0.1/24", "10.78.0.2/24")
	var sent, received, flaps, refused atomic.Int64
	stop, stopped := context.WithCancel(soon(t))
	defer stopped()

	// The end of each sender and receiver.
	var all []<-chan error
	out, to := packets(t, a, nameA, protocol, false)
	in, _ := packets(t, b, nameB, protocol, true)
	ringed, _ := packets(t, b, nameB, protocol, false)
	ring, err := packet.NewReceiver(ringed, packet.Config{BlockSize: 1 << 16, Blocks: 8,
		Timeout: time.Millisecond})
	ok(t, err)
	t.Cleanup(func() { ring.Close() })
	bindTo, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: protocol,
		Interface: index(t, b, nameB)})
	ok(t, err)
	ok(t, ringed.Bind(bindTo))
	udp := func(ns *testenv.NS, addr string) *socket.Socket {
		s, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_DGRAM, 0)
		ok(t, err)
		t.Cleanup(func() { s.Close() })
		ok(t, s.SetParams(socket.Params{}))
		local, err := sockaddr.Parse(addr)
		ok(t, err)
		ok(t, s.Bind(local))
		return s
	}
	from, at := udp(a, "10.78.0.1:0"), udp(b, "10.78.0.2:0")
	address := name(t, at)

	send := func(call func(b []byte) error) {
		all = append(all, start(func() error {
			for i := uint64(0); stop.Err() == nil; i++ {
				if err := call(datagram(i, datagramHead+int(i%1000))); err == nil {
					sent.Add(1)
				} else if linkDown(err) {
					refused.Add(1)
				} else if stop.Err() == nil {
					return err
				}
				time.Sleep(20 * time.Microsecond) // both processors have other things to do
			}
			return nil
		}))
	}
	got := func(b []byte) error {
		if len(b) >= datagramHead {
			if n := binary.BigEndian.Uint64(b[8:]); n >= datagramHead && n < uint64(len(b)) {
				b = b[:n] // Ethernet pads
			}
		}
		_, err := intact(b)
		received.Add(1)
		return err
	}
	receive := func(call func() error) {
		all = append(all, start(func() error {
			for stop.Err() == nil {
				if err := call(); err != nil && !linkDown(err) && stop.Err() == nil {
					return err
				}
			}
			return nil
		}))
	}
	send(func(b []byte) error { return second(out.SendTo(stop, b, to, 0)) })
	send(func(b []byte) error { return second(from.SendTo(stop, b, address, 0)) })
	send(func(b []byte) error {
		return second(from.SendMessages(stop, []socket.Message{{Buffers: [][]byte{b},
			Addr: address}}, 0))
	})
	buf, buf2 := make([]byte, 2000), make([]byte, 2000)
	receive(func() error {
		n, _, err := in.ReceiveFrom(stop, buf, 0)
		if err != nil {
			return err
		}
		return got(buf[:n])
	})
	receive(func() error {
		block, err := ring.Next(stop)
		if err != nil {
			return err
		}
		defer block.Release()
		for p := range block.Packets() {
			if err := got(p.Data()); err != nil {
				return err
			}
		}
		return nil
	})
	receive(func() error {
		n, _, err := at.ReceiveFrom(stop, buf2, 0)
		if err != nil {
			return err
		}
		return got(buf2[:n])
	})

	more := func(count *atomic.Int64, n int64, what string) {
		before := count.Load()
		for end := time.Now().Add(patience); count.Load() < before+n; {
			time.Sleep(100 * time.Microsecond)
			if time.Now().After(end) {
				t.Fatalf("%s: %d of %d", what, count.Load()-before, n)
			}
		}
	}
	rounds(t, func(int) {
		a.Run("ip", "link", "set", nameA, "down")
		more(&refused, 3, "sends that are refused while the link is down")
		a.Run("ip", "link", "set", nameA, "up")
		more(&received, 3, "packets that are received when the link is up again")
		b.Run("ip", "link", "set", nameB, "down")
		b.Run("ip", "link", "set", nameB, "up")
		more(&received, 3, "packets that are received when the other link is up again")
		flaps.Add(2)
	})
	more(&received, 300, "packets that are received in the end")
	stopped()
	for _, done := range all {
		if err := result(t, done); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d sent, %d received, %d refused, %d changes", sent.Load(), received.Load(),
		refused.Load(), flaps.Load())
	testenv.Tried(t, "packets and datagrams on a link that goes down and up",
		sent.Load()+refused.Load(), 0)
	testenv.Tried(t, "links down and up", flaps.Load(), 0)
}

// TestSoakInterfaceGone: when an interface goes that sockets are bound to, calls that wait end with
// an error or with their contexts, later ones tell, and Close works: of UDP, TCP and packet
// sockets, and of a ring.
func TestSoakInterfaceGone(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	_, seed := testenv.Seed(t)
	var gone int64
	round := func(t *testing.T) {
		n := bad(t, seed, 1500, badnet.Way{})
		client, server := n.tcp(t, false)
		udp := n.at(t, 0, false, constants.SOCK_DGRAM)
		toInterface := n.at(t, 0, true, constants.SOCK_DGRAM)
		ok(t, sockopt.SOBindToInterfaceIndex.Set(toInterface, index(t, n.a, n.nameA)))
		raw, _ := packets(t, n.a, n.nameA, unix.ETH_P_IP, true)
		ringed, _ := packets(t, n.a, n.nameA, unix.ETH_P_IP, false)
		ring, err := packet.NewReceiver(ringed, packet.Config{BlockSize: 1 << 16, Blocks: 2})
		ok(t, err)
		defer ring.Close()
		bindTo, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: unix.ETH_P_IP,
			Interface: index(t, n.a, n.nameA)})
		ok(t, err)
		ok(t, ringed.Bind(bindTo))

		waiting, stop := context.WithCancel(soon(t))
		defer stop()
		b := make([]byte, 100)
		calls := map[string]<-chan error{
			"UDP": start(func() error {
				return second(udp.Receive(waiting, b[:10], 0))
			}),
			"UDP, bound": start(func() error {
				return second(toInterface.Receive(waiting, b[10:20], 0))
			}),
			"TCP, receiving": start(func() error {
				return second(server.Receive(waiting, b[20:30], 0))
			}),
			"TCP, sending": start(func() error {
				return second(client.SendAll(waiting, make([]byte, 16<<20), 0))
			}),
			"AF_PACKET": start(func() error {
				return second(raw.Receive(waiting, b[30:40], constants.MSG_TRUNC))
			}),
			"a ring":             start(func() error { return second(ring.Next(waiting)) }),
			"AF_PACKET, polling": start(func() error { return raw.WaitReceive(waiting) }),
		}
		n.Set(badnet.Way{Loss: 1}, badnet.Way{Loss: 1})
		n.a.Do(func() {
			if out, err := exec.Command("ip", "link", "del", n.nameA).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
		// A packet socket is told.
		for range 100 {
			err = second(raw.Receive(waiting, b[50:60], constants.MSG_DONTWAIT))
			if !errors.Is(err, socket.ErrWouldBlock) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		for call, fn := range map[string]func() error{
			"UDP": func() error {
				return second(udp.SendTo(waiting, b, n.addrs[1][0].WithPort(9), 0))
			},
			"UDP, bound": func() error {
				return second(toInterface.SendTo(waiting, b, n.addrs[1][1].WithPort(9), 0))
			},
			"AF_PACKET": func() error { return second(raw.SendTo(waiting, b, bindTo, 0)) }} {
			if err := result(t, start(fn)); !linkDown(err) {
				t.Errorf("%s sends, though the interface is gone: %v", call, err)
			}
		}
		stop()
		for call, done := range calls {
			err := result(t, done)
			if !linkDown(err) && !errors.Is(err, context.Canceled) &&
				!(err == nil && (call[0] == 'A' || call == "a ring")) {
				t.Errorf("%s, waiting: %v", call, err)
			}
		}
		ok(t, errors.Join(udp.Close(), toInterface.Close(), raw.Close(), ring.Close(),
			server.Close()))
		ok(t, client.Close())
		n.Close()
		gone++
	}
	rounds(t, func(i int) { t.Run(strconv.Itoa(i), round) })
	testenv.Tried(t, "interfaces that go from under seven waiting calls", gone, 0)
}
