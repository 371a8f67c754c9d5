package packet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"example.com/bsdsocket/socket"
)

// put writes a packet's header and data at an offset of a block.
func put(block []byte, at int, next, snap uint32, mac uint16, data []byte) {
	h := block[at:]
	binary.NativeEndian.PutUint32(h[packetNext:], next)
	binary.NativeEndian.PutUint32(h[packetSeconds:], 1)
	binary.NativeEndian.PutUint32(h[packetNanoseconds:], 2)
	binary.NativeEndian.PutUint32(h[packetSnap:], snap)
	binary.NativeEndian.PutUint32(h[packetLength:], snap+3)
	binary.NativeEndian.PutUint32(h[packetStatus:], statusUser|statusVLANValid)
	binary.NativeEndian.PutUint16(h[packetMAC:], mac)
	binary.NativeEndian.PutUint32(h[packetTCI:], 5)
	copy(h[mac:], data)
}

func TestParse(t *testing.T) {
	block := make([]byte, 512)
	data := []byte("0123456789abXY")
	put(block, 48, 128, uint32(len(data)), 82, data)
	p, step := parse(block, 48, true)
	if step != 128 || string(p.Data()) != string(data) || cap(p.Data()) != len(data) ||
		p.Length() != len(data)+3 || !p.Time().Equal(time.Unix(1, 2)) {
		t.Errorf("step %d, %q, %d, %v", step, p.Data(), p.Length(), p.Time())
	}
	if v, ok := p.VLAN(); !ok || v != (VLAN{TCI: 5, TPID: 0x8100}) {
		t.Errorf("VLAN %v, %v", v, ok)
	}
	if got := p.AppendTo([]byte("<")); string(got) != "<0123456789ab\x81\x00\x00\x05XY" {
		t.Errorf("on the wire %q", got)
	}
	if p, _ := parse(block, 48, false); string(p.AppendTo(nil)) != string(data) {
		t.Errorf("without the header of the link layer %q", p.AppendTo(nil))
	}

	// Lengths that lie.
	for _, row := range []struct {
		name       string
		at         uint32
		next, snap uint32
		mac        uint16
	}{
		{"data beyond the next packet", 48, 128, 60, 82},
		{"data beyond the block", 48, 0, 1000, 82},
		{"a length that overflows", 48, 0, 1<<32 - 1, 82},
		{"data within the header", 48, 128, 10, 20},
		{"a header beyond the block", 512 - packetHeader + 1, 0, 0, packetHeader},
		{"an offset that overflows", 1<<32 - 8, 0, 0, packetHeader},
	} {
		clear(block)
		if int64(row.at) < int64(len(block)-packetHeader) {
			put(block, int(row.at), row.next, row.snap, row.mac, nil)
		}
		if p, step := parse(block, row.at, true); p.b != nil || step != 0 {
			t.Errorf("%s: %d bytes, step %d", row.name, len(p.Data()), step)
		}
	}
}

// Whatever stands in a block, nothing outside it is read, and the walk ends.
func FuzzParse(f *testing.F) {
	block := make([]byte, 512)
	put(block, 48, 128, 14, 82, []byte("0123456789abXY"))
	put(block, 176, 0, 60, 82, bytes.Repeat([]byte("z"), 60))
	f.Add(block, uint32(48), true)
	f.Add(block[:200], uint32(176), false)
	f.Fuzz(func(t *testing.T, block []byte, at uint32, link bool) {
		const guard = 64
		room := append(bytes.Clone(block), bytes.Repeat([]byte{0xee}, guard)...)
		inside := room[:len(block)]
		for walked := 0; ; walked++ {
			p, step := parse(inside, at, link)
			if p.b == nil {
				break
			}
			data := p.Data()
			if cap(data) != len(data) || len(data) > len(block) ||
				len(p.AppendTo(nil)) > len(data)+4 {
				t.Fatalf("%d bytes, room for %d, of a block of %d",
					len(data), cap(data), len(block))
			}
			p.From()
			p.VLAN()
			p.Time()
			p.Hash()
			if step == 0 {
				break
			}
			if walked > len(block) {
				t.Fatal("the walk does not end") // each step is at least the length of a header
			}
			at += step
		}
	})
}

// The zero values do nothing.
func TestZero(t *testing.T) {
	var p Packet
	if p.Data() != nil || p.AppendTo(nil) != nil || p.Length() != 0 ||
		!p.Time().Equal(time.Unix(0, 0)) || p.From().IsValid() || p.Hash() != 0 || p.Status() != 0 {
		t.Error("the zero Packet is not empty")
	}
	if _, ok := p.VLAN(); ok {
		t.Error("the zero Packet has a tag")
	}
	var b Block
	b.Release()
	if b.Len() != 0 {
		t.Error("the zero Block is not empty")
	}
	for range b.Packets() {
		t.Error("the zero Block has a packet")
	}
	for _, r := range []*Receiver{nil, new(Receiver)} {
		_, next := r.Next(t.Context())
		_, try := r.TryNext()
		_, count := r.Statistics()
		for _, err := range []error{next, try, count, r.Close()} {
			if !errors.Is(err, socket.ErrClosed) {
				t.Errorf("of no Receiver: %v", err)
			}
		}
	}
}
