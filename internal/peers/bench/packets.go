//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/peers/bench/report"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/packet"
	"example.com/bsdsocket/sockopt"
	"github.com/gopacket/gopacket/afpacket"
	"golang.org/x/sys/unix"
)

// Packet sockets: what a packet costs the receiver's process, while another process sends as many
// as it can over a pair of virtual interfaces. What the kernel does for a packet until it is in the
// socket is done in the sender's time.

// What a capture is given, and the shape of the rings: the same for all.
const (
	packetProtocol = 0x88b5 // an EtherType for experiments
	packetFrom     = "bsdbench0"
	packetTo       = "bsdbench1"
	ringBlock      = 1 << 20
	ringBlocks     = 16
	ringTimeout    = 8 * time.Millisecond
)

// A capture receives packets.
type capture struct {
	receive func(n int) (received int, err error) // at least n
	drops   func() (uint64, error)                // since it was last asked
}

// packetRows are those benchmarks.
func packetRows() (list []row) {
	for _, size := range []int{64, 1500} {
		for _, w := range []struct {
			way, title string
			goals      []report.Goal
		}{
			{"ring", "from a ring",
				[]report.Goal{atMost(1.5, "c"), atMost(0.7, "gopacket"), allocations(0)}},
			{"copy", "from a ring, copied", []report.Goal{allocations(0)}},
			{"one", "one by one", []report.Goal{allocations(0)}},
			{"batch", "in batches", []report.Goal{allocations(0)}},
		} {
			name := fmt.Sprintf("Packets/%s/%d", w.way, size)
			list = append(list, row{work: packets(name, w.way, size), own: true, Row: report.Row{
				Name: name, Title: fmt.Sprintf("processor time a packet of %d B, %s", size,
					w.title), Unit: "packet", Goals: w.goals}})
		}
	}
	return list
}

func packets(name, way string, size int) work {
	return func(b *bench) error {
		if b.lib.packets == nil {
			return errNone
		}
		if err := exec.Command("ip", "link", "add", packetFrom, "type", "veth", "peer", "name",
			packetTo).Run(); err != nil {
			return fmt.Errorf("ip link add: %w", err)
		}
		b.cleanup(func() { exec.Command("ip", "link", "del", packetFrom).Run() })
		for _, name := range []string{packetFrom, packetTo} {
			if err := exec.Command("ip", "link", "set", name, "up").Run(); err != nil {
				return fmt.Errorf("ip link set: %w", err)
			}
		}
		c, err := b.lib.packets(b, name, way)
		if err != nil {
			return err
		}
		program, err := os.Executable()
		if err != nil {
			return err
		}
		cmd := exec.Command(program, "-generate", fmt.Sprint(size))
		cmd.Stderr = os.Stderr
		input, output, err := startProcess(b, cmd)
		if err != nil {
			return err
		}
		ask := func(word string) error {
			if _, err := fmt.Fprintln(input, word); err != nil {
				return err
			}
			_, err := output.ReadString('\n')
			return err
		}
		var values map[string]float64
		b.least = 10_000
		b.run = func(n int) error {
			if _, err := c.drops(); err != nil {
				return err
			}
			if err := ask("go"); err != nil {
				return err
			}
			begin, before := time.Now(), b.lib.processorTime(b)
			received, err := c.receive(n)
			used, elapsed := b.lib.processorTime(b)-before, time.Since(begin)
			if err := errors.Join(err, ask("stop")); err != nil {
				return err
			}
			drops, err := c.drops()
			values = map[string]float64{
				report.Time: float64(used) / float64(received),
				"packets/s": float64(received) / elapsed.Seconds(),
				"lost-%":    100 * float64(drops) / float64(uint64(received)+drops),
			}
			return err
		}
		b.metrics = func() map[string]float64 { return values }
		return nil
	}
}

// processorTime is what the library's process has used, the program of plain C being another.
func (l *library) processorTime(b *bench) time.Duration {
	if l.program != "" {
		return time.Duration(b.processor.Load())
	}
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// generate sends packets from when its input says so, until it says so.
func generate(size int) error {
	s, err := packetSocket(packetFrom, 0)
	if err != nil {
		return err
	}
	frame := append([]byte("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01"), packetProtocol>>8,
		packetProtocol&0xff)
	frame = append(frame, make([]byte, size-len(frame))...)
	messages := make([]socket.Message, batch)
	for i := range messages {
		messages[i].Buffers = [][]byte{frame}
	}
	var going atomic.Bool
	sending := make(chan struct{}, 1)
	errs := make(chan error, 1)
	go func() {
		for range sending {
			for going.Load() {
				if _, err := s.SendMessages(context.Background(), messages, 0); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}
	}()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "go" {
			going.Store(true)
			sending <- struct{}{}
		} else {
			going.Store(false)
			if err := <-errs; err != nil {
				return err
			}
		}
		fmt.Println(in.Text())
	}
	return nil
}

func packetSocket(name string, protocol uint16) (*socket.Socket, error) {
	s, err := socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0)
	if err != nil {
		return nil, err
	}
	return s, errors.Join(bindPacket(s, name, protocol))
}

func bindPacket(s *socket.Socket, name string, protocol uint16) error {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	to, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: protocol, Interface: i.Index})
	if err != nil {
		return err
	}
	return s.Bind(to)
}

// oursPackets receives by a ring, by ReceiveFrom or by ReceiveMessages.
func oursPackets(b *bench, _, way string) (c capture, err error) {
	ctx := context.Background()
	if way == "ring" || way == "copy" {
		s, err := packetSocketUnbound(b)
		if err != nil {
			return c, err
		}
		r, err := packet.NewReceiver(s,
			packet.Config{BlockSize: ringBlock, Blocks: ringBlocks, Timeout: ringTimeout})
		if err != nil {
			return c, err
		}
		b.cleanup(func() { r.Close() })
		if err := bindPacket(s, packetTo, packetProtocol); err != nil {
			return c, err
		}
		var last uint64
		c.drops = func() (uint64, error) {
			s, err := r.Statistics()
			n := s.Drops - last
			last = s.Drops
			return n, err
		}
		var room []byte
		c.receive = func(n int) (received int, err error) {
			for received < n {
				block, err := r.Next(ctx)
				if err != nil {
					return received, err
				}
				for p := range block.Packets() {
					if way == "copy" {
						room = p.AppendTo(room[:0])
						sum += uint64(room[len(room)-1]) + uint64(p.Length())
					} else {
						data := p.Data()
						sum += uint64(data[len(data)-1]) + uint64(p.Length())
					}
					received++
				}
				block.Release()
			}
			return received, nil
		}
		return c, nil
	}
	s, err := packetSocket(packetTo, packetProtocol)
	if err != nil {
		return c, err
	}
	b.cleanup(func() { s.Close() })
	c.drops = func() (uint64, error) {
		n, err := sockopt.PacketStatistics.Get(s)
		return uint64(n.Drops), err
	}
	if way == "one" {
		room := make([]byte, 2048)
		c.receive = func(n int) (received int, err error) {
			for received < n {
				m, _, err := s.ReceiveFrom(ctx, room, 0)
				if err != nil {
					return received, err
				}
				sum += uint64(room[m-1])
				received++
			}
			return received, nil
		}
		return c, nil
	}
	messages := make([]socket.Message, batch)
	for i := range messages {
		messages[i].Buffers = [][]byte{make([]byte, 2048)}
	}
	c.receive = func(n int) (received int, err error) {
		for received < n {
			m, err := s.ReceiveMessages(ctx, messages, 0)
			if err != nil {
				return received, err
			}
			for i := range messages[:m] {
				sum += uint64(messages[i].Buffers[0][0])
			}
			received += m
		}
		return received, nil
	}
	return c, nil
}

func packetSocketUnbound(b *bench) (*socket.Socket, error) {
	s, err := socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0)
	if err == nil {
		b.cleanup(func() { s.Close() })
	}
	return s, err
}

var sum uint64 // of what is read, so that it is

// gopacketLibrary is gopacket's afpacket, without cgo.
var gopacketLibrary = &library{name: "gopacket",
	packets: func(b *bench, _, way string) (c capture, err error) {
		if way != "ring" && way != "copy" {
			return c, errNone
		}
		h, err := afpacket.NewTPacket(afpacket.OptInterface(packetTo),
			afpacket.OptBlockSize(ringBlock), afpacket.OptNumBlocks(ringBlocks),
			afpacket.OptFrameSize(2048), afpacket.OptBlockTimeout(ringTimeout),
			afpacket.TPacketVersion3)
		if err != nil {
			return c, err
		}
		b.cleanup(h.Close)
		var last uint64
		c.drops = func() (uint64, error) {
			_, s, err := h.SocketStats()
			n := uint64(s.Drops()) - last
			last = uint64(s.Drops())
			return n, err
		}
		read := h.ZeroCopyReadPacketData
		if way == "copy" {
			read = h.ReadPacketData
		}
		c.receive = func(n int) (received int, err error) {
			for received < n {
				data, ci, err := read()
				if err != nil {
					return received, err
				}
				sum += uint64(data[len(data)-1]) + uint64(ci.Length)
				received++
			}
			return received, nil
		}
		return c, nil
	}}

// cPackets has the program of plain C receive. It answers with how many packets came, how many were
// lost, and the processor time it has used.
func cPackets(b *bench, name, _ string) (c capture, err error) {
	cmd := exec.Command(b.lib.program, name, packetTo, "0")
	cmd.Stderr = os.Stderr
	input, output, err := startProcess(b, cmd)
	if err != nil {
		return c, err
	}
	switch line, err := output.ReadString('\n'); {
	case err != nil:
		return c, fmt.Errorf("%s %s: %w", b.lib.program, name, err)
	case strings.TrimSpace(line) == "none":
		return c, errNone
	}
	var lost uint64
	c.drops = func() (uint64, error) {
		n := lost
		lost = 0
		return n, nil
	}
	c.receive = func(n int) (received int, err error) {
		if _, err := fmt.Fprintln(input, n); err != nil {
			return 0, err
		}
		line, err := output.ReadString('\n')
		if err != nil {
			return 0, err
		}
		var used int64
		if _, err := fmt.Sscan(line, &received, &lost, &used); err != nil {
			return 0, fmt.Errorf("%s answers %q: %w", b.lib.program, line, err)
		}
		b.processor.Store(used)
		return received, nil
	}
	return c, nil
}
