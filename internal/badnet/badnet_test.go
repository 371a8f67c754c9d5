package badnet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// A device is one end of a network: what the test sends is read from it, and what is written to it
// arrives.
type device struct {
	sent   chan []byte
	closed chan struct{}
	close  sync.Once

	mu      sync.Mutex
	arrived []arrival
	down    bool
}

type arrival struct {
	data []byte
	at   time.Time
}

func newDevice() *device {
	return &device{sent: make(chan []byte), closed: make(chan struct{})}
}

func (d *device) Read(b []byte) (int, error) {
	select {
	case p := <-d.sent:
		return copy(b, p), nil
	case <-d.closed:
		return 0, os.ErrClosed
	}
}

func (d *device) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return 0, io.ErrClosedPipe
	}
	d.arrived = append(d.arrived, arrival{bytes.Clone(b), time.Now()})
	return len(b), nil
}

func (d *device) Close() error {
	d.close.Do(func() { close(d.closed) })
	return nil
}

// run sends packets by a network with one direction that bad, and returns what arrives and the
// counts.
func run(t *testing.T, seed uint64, w Way,
	packets ...[]byte) (arrived, back []arrival, counts Counts) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := newDevice(), newDevice()
		n := New(seed, a, b, Way{})
		n.Set(w, Way{})
		for _, p := range packets {
			a.sent <- p
		}
		time.Sleep(time.Hour) // of the bubble's clock
		counts, _ = n.Counts()
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		arrived, back = b.arrived, a.arrived
	})
	return arrived, back, counts
}

// numbered returns n packets of so many bytes, which begin with their numbers.
func numbered(n, size int) (packets [][]byte) {
	for i := range n {
		packets = append(packets,
			append(binary.BigEndian.AppendUint32(nil, uint32(i)), make([]byte, size-4)...))
	}
	return packets
}

func number(a arrival) int { return int(binary.BigEndian.Uint32(a.data)) }

func TestPerfect(t *testing.T) {
	packets := numbered(100, 50)
	arrived, back, counts := run(t, 1, Way{}, packets...)
	if len(arrived) != len(packets) || len(back) != 0 ||
		counts != (Counts{Came: 100, Passed: 100}) {
		t.Fatalf("%d arrived and %d went back: %v", len(arrived), len(back), counts)
	}
	for i, a := range arrived {
		if !bytes.Equal(a.data, packets[i]) {
			t.Fatalf("packet %d is %x", i, a.data)
		}
	}
}

// Each kind of harm comes as often as it was asked for, is what it says and is counted, and comes
// again with the same seed.
func TestHarm(t *testing.T) {
	const packets = 4000
	for _, test := range []struct {
		what string
		way  Way
		// count is the harm that was counted, seen what can be seen of it.
		count func(Counts) int64
		seen  func([]arrival) int64
	}{
		{"loss", Way{Loss: 0.1}, func(c Counts) int64 { return c.Lost },
			func(a []arrival) int64 { return int64(packets - len(a)) }},
		{"duplicate", Way{Duplicate: 0.1}, func(c Counts) int64 { return c.Doubled },
			func(a []arrival) (n int64) {
				for i := range a[1:] {
					if bytes.Equal(a[i].data, a[i+1].data) {
						n++
					}
				}
				return n
			}},
		{"reorder", Way{Reorder: 0.1}, func(c Counts) int64 { return c.Reordered },
			func(a []arrival) (n int64) {
				for _, x := range a {
					if x.at.After(a[0].at) { // all others came in no time
						n++
					}
				}
				if slices.IsSortedFunc(a, func(x, y arrival) int { return number(x) - number(y) }) {
					return -1
				}
				return n
			}},
		{"corrupt", Way{Corrupt: 0.1}, func(c Counts) int64 { return c.Corrupted },
			func(a []arrival) (n int64) {
				whole := numbered(packets, 40)
				for i, x := range a {
					if bits := differ(x.data, whole[i]); bits == 1 {
						n++
					} else if bits > 1 {
						return -1
					}
				}
				return n
			}},
	} {
		t.Run(test.what, func(t *testing.T) {
			arrived, _, counts := run(t, 7, test.way, numbered(packets, 40)...)
			got := test.count(counts)
			if math.Abs(float64(got)-packets/10) > 100 { // five times the standard deviation of 19
				t.Errorf("%d of %d packets", got, packets)
			}
			if seen := test.seen(arrived); seen != got {
				t.Errorf("%d counted, %d seen", got, seen)
			}
			again, _, _ := run(t, 7, test.way, numbered(packets, 40)...)
			if outcome(arrived) != outcome(again) {
				t.Error("the same seed gives something else")
			}
			other, _, _ := run(t, 8, test.way, numbered(packets, 40)...)
			if outcome(arrived) == outcome(other) {
				t.Error("another seed gives the same")
			}
		})
	}
}

// outcome is what arrived, in its order.
func outcome(arrived []arrival) string {
	var b bytes.Buffer
	for _, a := range arrived {
		fmt.Fprintf(&b, "%x ", a.data)
	}
	return b.String()
}

// differ counts the bits.
func differ(a, b []byte) (n int) {
	for i := range a {
		for x := a[i] ^ b[i]; x != 0; x &= x - 1 {
			n++
		}
	}
	return n
}

// One harm that changes leaves the others where they are.
func TestFatesAreApart(t *testing.T) {
	few, many := Way{Loss: 0.1, Corrupt: 0.1}, Way{Loss: 0.5, Corrupt: 0.1, Delay: time.Second}
	for n := range uint64(1000) {
		a, b := few.fate(3, n, 100), many.fate(3, n, 100)
		if a.lost && !b.lost || a.corrupted != b.corrupted || a.delay+time.Second != b.delay {
			t.Fatalf("packet %d: %+v and %+v", n, a, b)
		}
	}
}

func TestDelayAndRate(t *testing.T) {
	packets := numbered(10, 1000)
	for _, test := range []struct {
		way   Way
		least [2]time.Duration // of the first packet and the last
		most  [2]time.Duration
	}{
		{Way{Delay: time.Second}, [2]time.Duration{time.Second, time.Second},
			[2]time.Duration{time.Second, time.Second}},
		{Way{Delay: time.Second, Jitter: time.Second}, [2]time.Duration{time.Second, time.Second},
			[2]time.Duration{2 * time.Second, 2 * time.Second}},
		{Way{Rate: 1000}, [2]time.Duration{time.Second, 10 * time.Second},
			[2]time.Duration{time.Second, 10 * time.Second}},
		{Way{Rate: 1000, Delay: time.Minute}, [2]time.Duration{61 * time.Second, 70 * time.Second},
			[2]time.Duration{61 * time.Second, 70 * time.Second}},
	} {
		began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of a bubble
		arrived, _, counts := run(t, 1, test.way, packets...)
		if len(arrived) != len(packets) {
			t.Fatalf("%+v: %v", test.way, counts)
		}
		for i, a := range []arrival{arrived[0], arrived[len(arrived)-1]} {
			if took := a.at.Sub(began); took < test.least[i] || took > test.most[i] {
				t.Errorf("%+v: took %v", test.way, took)
			}
		}
		for i, a := range arrived {
			if number(a) != i {
				t.Errorf("%+v: packet %d is number %d", test.way, number(a), i)
			}
		}
	}
	arrived, _, counts := run(t, 1, Way{Rate: 1000, Queue: 3500}, packets...)
	if len(arrived) != 3 || counts.Full != 7 {
		t.Errorf("through a queue of three packets: %v", counts)
	}
}

// ip4 and ip6 are UDP packets of a size, whose data says where it is.
func ip4(size int, flags uint16) []byte {
	b := make([]byte, size)
	copy(b, []byte{0x45, 0, 0, 0, 0, 42, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2})
	binary.BigEndian.PutUint16(b[2:], uint16(size))
	binary.BigEndian.PutUint16(b[6:], flags)
	binary.BigEndian.PutUint16(b[10:], checksum(b[:20]))
	for i := 20; i < size; i++ {
		b[i] = byte(i / 7)
	}
	return b
}

func ip6(size int) []byte {
	b := make([]byte, size)
	b[0], b[6], b[7] = 0x60, 17, 64
	binary.BigEndian.PutUint16(b[4:], uint16(size-40))
	b[23], b[39] = 1, 2
	return b
}

func TestMTU(t *testing.T) {
	w := Way{MTU: 576}
	small := ip4(576, dontFragment)
	if arrived, back, _ := run(t, 1, w, small); len(arrived) != 1 || len(back) != 0 {
		t.Errorf("a packet of the MTU: %d arrived, %d went back", len(arrived), len(back))
	}

	large := ip4(1500, dontFragment)
	arrived, back, counts := run(t, 1, w, large)
	if len(arrived) != 0 || len(back) != 1 || counts.TooLarge != 1 {
		t.Fatalf("%d arrived, %d went back: %v", len(arrived), len(back), counts)
	}
	m := back[0].data
	if int(binary.BigEndian.Uint16(m[2:])) != len(m) || checksum(m[:20]) != 0 ||
		checksum(m[20:]) != 0 ||
		!bytes.Equal(m[12:20], []byte{10, 0, 0, 2, 10, 0, 0, 1}) || m[20] != 3 || m[21] != 4 ||
		binary.BigEndian.Uint16(m[26:]) != 576 || !bytes.Equal(m[28:], large[:len(m)-28]) {
		t.Errorf("what the sender is told: %x", m)
	}

	arrived, back, _ = run(t, 1, w, ip6(1500))
	if len(arrived) != 0 || len(back) != 1 {
		t.Fatalf("IPv6: %d arrived, %d went back", len(arrived), len(back))
	}
	m = back[0].data
	pseudo := append(append([]byte(nil), m[8:40]...), 0, 0, m[4], m[5], 0, 0, 0, 58)
	if len(m) != 1280 || int(binary.BigEndian.Uint16(m[4:])) != len(m)-40 ||
		checksum(append(pseudo, m[40:]...)) != 0 ||
		m[40] != 2 || m[41] != 0 || binary.BigEndian.Uint32(m[44:]) != 576 {
		t.Errorf("what the sender is told in IPv6: %x", m[:80])
	}

	w.Silent = true
	if arrived, back, _ = run(t, 1, w, large, ip6(1500), []byte("no packet at all, but long enough"+
		string(make([]byte, 600)))); len(arrived)+len(back) != 0 {
		t.Errorf("a silent router: %d arrived, %d went back", len(arrived), len(back))
	}
}

// Fragments of fragments are fragments of the whole.
func TestFragments(t *testing.T) {
	whole := ip4(3000, 0)
	first, _, _ := run(t, 1, Way{MTU: 1500}, whole)
	var pieces [][]byte
	for _, f := range first {
		pieces = append(pieces, f.data)
	}
	second, _, _ := run(t, 1, Way{MTU: 600}, pieces...)
	got := make([]byte, len(whole)-header4)
	end, seen := 0, 0
	for _, f := range second {
		field := binary.BigEndian.Uint16(f.data[6:])
		offset := int(field&(moreFragments-1)) * 8
		if len(f.data) > 600 || checksum(f.data[:header4]) != 0 ||
			int(binary.BigEndian.Uint16(f.data[2:])) != len(f.data) {
			t.Errorf("a bad fragment: %x", f.data[:header4])
		}
		seen += copy(got[offset:], f.data[header4:])
		if field&moreFragments == 0 {
			end = offset + len(f.data) - header4
		}
	}
	if len(first) != 3 || len(second) <= len(first) || end != len(got) || seen != len(got) ||
		!bytes.Equal(got, whole[header4:]) {
		t.Errorf("%d and then %d fragments, %d bytes, the end at %d",
			len(first), len(second), seen, end)
	}
}

// What a device does not take is counted, and the others go on.
func TestDeviceIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newDevice(), newDevice()
		n := New(1, a, b, Way{})
		for i, down := range []bool{false, true, false} {
			b.mu.Lock()
			b.down = down
			b.mu.Unlock()
			a.sent <- numbered(i+1, 40)[i]
			synctest.Wait()
		}
		toB, toA := n.Counts()
		if want := (Counts{Came: 3, Passed: 2, Failed: 1}); toB != want || toA != (Counts{}) {
			t.Errorf("%v and %v", toB, toA)
		}
		const want = "3 packets: 2 passed, 0 lost, 0 doubled, 0 reordered, 0 corrupted, " +
			"0 too many, 0 too large, 1 refused"
		if text := toB.String(); text != want {
			t.Error(text)
		}
		if err := n.Close(); err != nil || n.Close() != nil {
			t.Error(err)
		}
	})
}
