package sockopt_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// guarded is memory of 4,096 bytes between two pages that nobody may touch.
func guarded(t *testing.T) []byte {
	page := unix.Getpagesize()
	room := (4096 + page - 1) / page * page
	m, err := unix.Mmap(-1, 0, room+2*page, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(m) })
	if err := unix.Mprotect(m[page:page+room], unix.PROT_READ|unix.PROT_WRITE); err != nil {
		t.Fatal(err)
	}
	return m[page : page+room]
}

// Every option is read and set with values of every length from 0 to 4,096 bytes, which begin and
// end where memory does that nobody may touch: the program does not die, and the kernel does not
// say that it was to write there. A quick run tries the lengths around those that options have.
func TestSoakLengths(t *testing.T) {
	room := guarded(t)
	var lengths []int
	for n := range 4097 {
		if testenv.Soaking() || n <= 1 || n == 3 || n&(n-1) == 0 && (n <= 16 || n >= 2048) {
			lengths = append(lengths, n)
		}
	}
	type kind struct {
		family   constants.Family
		typ      constants.SocketType
		protocol constants.Protocol
	}
	kinds := []kind{
		{constants.AF_INET, constants.SOCK_STREAM, 0},
		{constants.AF_INET6, constants.SOCK_STREAM, 0},
		{constants.AF_INET, constants.SOCK_DGRAM, 0},
		{constants.AF_INET6, constants.SOCK_DGRAM, 0},
		{constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_ICMP},
		{constants.AF_INET6, constants.SOCK_RAW, constants.IPPROTO_ICMPV6},
		{constants.AF_UNIX, constants.SOCK_STREAM, 0},
		{constants.AF_PACKET, constants.SOCK_RAW, 0},
		{constants.AF_NETLINK, constants.SOCK_RAW, 0},
	}
	if !testenv.Soaking() {
		kinds = kinds[:3]
	}
	type trial struct {
		kind
		sockopt.Info
	}
	var trials []trial
	for _, k := range kinds {
		for info := range sockopt.All() {
			if info.Defined() {
				trials = append(trials, trial{k, info})
			}
		}
	}
	random, _ := testenv.Seed(t)
	random.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	ns := testenv.NetNS(t)
	tried, calls := 0, 0
	for end := time.Now().Add(testenv.Soak(t)); testenv.Soaking() && time.Now().Before(end) ||
		!testenv.Soaking() && tried < len(trials); tried++ {
		o := trials[tried%len(trials)]
		var s *socket.Socket
		var err error
		ns.Do(func() { s, err = socket.New(o.family, o.typ, o.protocol) })
		if err != nil {
			continue // there is no such socket here, or no permission
		}
		for _, n := range lengths {
			for side, b := range [][]byte{room[:n:n], room[len(room)-n:]} {
				clear(b)
				// A name would make the kernel look for a module.
				if side == 1 && o.Type != "string" {
					for i := range b {
						b[i] = 0xff
					}
				}
				calls++
				sockopt.SetBytes(s, o.Level, o.Name, b)
				if o.Uses || o.Access&sockopt.CanGet == 0 {
					continue
				}
				calls++
				v, err := sockopt.GetBytes(s, o.Level, o.Name, b)
				if len(v) > n || errors.Is(err, unix.EFAULT) {
					t.Errorf("%s of %v with %d bytes: %d, %v", o.GoName, o.family, n, len(v), err)
				}
			}
		}
		s.Close()
	}
	testenv.Tried(t, "options read and set with values of every length", int64(calls), 0)
}

// The length that the kernel says a value has is compared, not trusted, by every option.
func TestLengthLies(t *testing.T) {
	trap := testenv.Trapped(t, unix.SYS_GETSOCKOPT)
	if trap == nil {
		return
	}
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := make([]byte, 8)
	for _, lie := range []uint32{0, 1, 2, 3, 5, 7, 9, 15, 17, 127, 129, 257, 4097, 1 << 16,
		math.MaxInt32, 1 << 31, math.MaxUint32} {
		trap.On(func(h *testenv.Held) testenv.Verdict {
			if err := h.Write(h.Args[4], binary.NativeEndian.AppendUint32(nil, lie)); err != nil {
				return testenv.Fault(unix.EFAULT)
			}
			return testenv.Verdict{Answered: true}
		})
		for info := range sockopt.All() {
			if v, err := info.GetAny(s); err == nil {
				_ = fmt.Sprint(v)
			}
			if !info.Defined() {
				continue
			}
			if v, err := sockopt.GetBytes(s, info.Level, info.Name, b); len(v) > len(b) {
				t.Errorf("%s: %d bytes of %d, %v", info.GoName, len(v), len(b), err)
			}
		}
		trap.On(nil)
	}
}
