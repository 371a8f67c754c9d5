package packet_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/packet"
	"example.com/bsdsocket/sockopt"
)

// sniff prints a line for each packet of an interface, until the context ends.
func sniff(ctx context.Context, w io.Writer, name string) error {
	index, err := sockaddr.InterfaceIndex(name)
	if err != nil {
		return err
	}
	s, err := socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	r, err := packet.NewReceiver(s, packet.Config{})
	if err != nil {
		s.Close()
		return err
	}
	defer r.Close()
	if err := sockopt.PacketIgnoreOutgoing.Set(s, true); err != nil {
		return err
	}
	everything, err := sockaddr.Packet(sockaddr.PacketAddr{
		Protocol:  constants.ETH_P_ALL,
		Interface: index,
	})
	if err != nil {
		return err
	}
	if err := s.Bind(everything); err != nil {
		return err
	}
	for {
		block, err := r.Next(ctx)
		if err != nil {
			return err
		}
		for p := range block.Packets() {
			from, _ := p.From().AsPacket()
			fmt.Fprintf(w, "%s %v protocol %#04x, %d bytes",
				p.Time().Format("15:04:05.000000"), from.Hardware, from.Protocol, p.Length())
			if v, ok := p.VLAN(); ok {
				fmt.Fprintf(w, ", VLAN %d (%#04x)", v.TCI&0xfff, v.TPID)
			}
			fmt.Fprintln(w)
		}
		block.Release()
	}
}

// Example_sniffer prints what an interface receives, with VLAN tags: see sniff in this file. It has
// no checked output, as it needs CAP_NET_RAW; TestSniff runs it.
func Example_sniffer() {
	if err := sniff(context.Background(), os.Stdout, "eth0"); err != nil {
		log.Fatal(err)
	}
}

// TestSniff runs the example.
func TestSniff(t *testing.T) {
	w := newWire(t)
	ctx, cancel := context.WithCancel(t.Context())
	lines, out := io.Pipe()
	var all sync.WaitGroup
	defer all.Wait()
	defer lines.Close()
	defer cancel()
	all.Go(func() { w.in.Do(func() { out.CloseWithError(sniff(ctx, out, w.name)) }) })
	all.Go(func() {
		for ctx.Err() == nil { // the sniffer is not there at once
			time.Sleep(time.Millisecond)
			w.sender.Send(ctx, []byte("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01"+
				"\x81\x00\x00\x05\x88\xb5payload"), 0)
		}
	})
	want := regexp.MustCompile(
		`^\d\d:\d\d:\d\d\.\d{6} 02:00:00:00:00:01 protocol 0x88b5, 21 bytes, VLAN 5 \(0x8100\)$`)
	for scan := bufio.NewScanner(lines); !want.MatchString(scan.Text()); {
		if !scan.Scan() {
			t.Fatalf("no such line; %v", scan.Err())
		}
	}
}
