package packet_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os/exec"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/packet"
)

// A record is a packet as a capture has it.
type record struct {
	data   string
	length int
}

// The ring and tcpdump see the same: single and double tags, sizes, and TCP in packets of up to 64
// KiB whose checksums are not there yet (X21).
func TestSameAsTCPDump(t *testing.T) {
	testenv.Needs(t, testenv.TCPDump)
	w := newWire(t)
	outName := strings.Replace(w.name, "a", "b", 1)
	w.in.Run("ip", "addr", "add", "10.9.0.1/24", "dev", w.name)
	w.out.Run("ip", "addr", "add", "10.9.0.2/24", "dev", outName)

	_, r := w.ring(constants.SOCK_RAW, constants.ETH_P_ALL, packet.Config{
		BlockSize: 1 << 20,
		Blocks:    32,
	})

	cmd := exec.Command("tcpdump", "-i", w.name, "-n", "-U", "-w", "-", "-B", "32768",
		"--time-stamp-precision=nano")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.in.Start(cmd); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	said := bufio.NewReader(stderr)
	for line := ""; !strings.Contains(line, "listening on"); {
		if line, err = said.ReadString('\n'); err != nil {
			t.Fatalf("tcpdump: %v", err)
		}
	}
	go io.Copy(io.Discard, said)
	theirs := make(chan capture)
	go func() { theirs <- readCapture(stdout) }()
	ours := make(chan capture)
	go func() { ours <- readRing(t, r) }()

	w.send(frame([]byte(beginning)))
	addresses := "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01"
	for i := range 2000 {
		tags := []string{"", "\x81\x00\x00\x05", "\x81\x00\x00\x00", "\x81\x00\xe1\x23",
			"\x88\xa8\x00\x07\x81\x00\x00\x08"}[i%5]
		size := []int{8, 46, 100, 256, 1000, 1400}[i%6]
		payload := numbered(uint64(i), 14+size)[14:]
		w.send([]byte(addresses + tags + "\x88\xb5" + string(payload)))
	}
	transfer(t, w)
	w.send(frame([]byte(end)))

	a, b := <-ours, <-theirs
	if a.err != nil || b.err != nil {
		t.Fatalf("%v, tcpdump: %v", a.err, b.err)
	}
	if stats, err := r.Statistics(); err != nil || stats.Drops > 0 {
		t.Fatalf("%+v, %v", stats, err)
	}
	for rec, n := range a.records {
		if b.records[rec] != n {
			t.Errorf("%d times in the ring, and %d in tcpdump: %d of %d bytes, % x",
				n, b.records[rec], len(rec.data), rec.length, rec.data[:min(len(rec.data), 40)])
		}
	}
	for rec, n := range b.records {
		if a.records[rec] == 0 {
			t.Errorf("%d times in tcpdump only: %d of %d bytes, % x",
				n, len(rec.data), rec.length, rec.data[:min(len(rec.data), 40)])
		}
	}
	if a.longest <= 1514+4 {
		t.Errorf("no packet was longer than %d bytes", a.longest)
	}
	t.Logf("%d records, %d bytes the longest", len(a.records), a.longest)
}

// What a capture begins and ends with.
const beginning, end = "the beginning of it all", "the end of it all......"

type capture struct {
	records map[record]int
	longest int
	err     error
}

// add adds a packet and reports whether it was the last one.
func (c *capture) add(data []byte, length int) (last bool) {
	switch {
	case len(data) < 14:
		return false
	case string(data[14:]) == beginning:
		c.records = make(map[record]int)
	case string(data[14:]) == end:
		return true
	// these come when they like, also after the last one
	case bytes.Equal(data[12:14], []byte{0x86, 0xdd}) || bareTCP(data):
	case c.records != nil:
		c.records[record{string(data), length}]++
		c.longest = max(c.longest, length)
	}
	return false
}

// bareTCP reports whether a packet is TCP over IPv4 without data, as acknowledgements are.
func bareTCP(data []byte) bool {
	if len(data) < 14+20+20 || !bytes.Equal(data[12:14], []byte{8, 0}) || data[14+9] != 6 {
		return false
	}
	header := 4 * int(data[14]&0xf)
	return len(data) > 14+header+12 &&
		int(binary.BigEndian.Uint16(data[14+2:])) == header+4*int(data[14+header+12]>>4)
}

func readRing(t *testing.T, r *packet.Receiver) (c capture) {
	for {
		b, err := r.Next(t.Context())
		if err != nil {
			return capture{err: err}
		}
		last := false
		for p := range b.Packets() {
			data := p.AppendTo(nil)
			last = c.add(data, p.Length()+len(data)-len(p.Data())) || last
		}
		b.Release()
		if last {
			return c
		}
	}
}

// readCapture reads the format of pcap, in this machine's byte order.
func readCapture(r io.Reader) (c capture) {
	in := bufio.NewReader(r)
	header := make([]byte, 24)
	if _, err := io.ReadFull(in, header); err != nil {
		return capture{err: err}
	}
	for {
		header = header[:16]
		if _, err := io.ReadFull(in, header); err != nil {
			return capture{err: err}
		}
		data := make([]byte, binary.NativeEndian.Uint32(header[8:]))
		if _, err := io.ReadFull(in, data); err != nil {
			return capture{err: err}
		}
		if c.add(data, int(binary.NativeEndian.Uint32(header[12:]))) {
			return c
		}
	}
}

// transfer sends a megabyte over TCP.
func transfer(t *testing.T, w *wire) {
	t.Helper()
	open := func(ns *testenv.NS) *socket.Socket {
		s, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	to, err := sockaddr.Inet("10.9.0.1", 7)
	if err != nil {
		t.Fatal(err)
	}
	l, c := open(w.in), open(w.out)
	if err := l.Bind(to); err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(1); err != nil {
		t.Fatal(err)
	}
	if err := c.Connect(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	s, _, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	go func() {
		c.SendAll(t.Context(), make([]byte, 1<<20), 0)
		c.Shutdown(constants.SHUT_WR)
	}()
	if n, err := io.Copy(io.Discard, s); n != 1<<20 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
}
