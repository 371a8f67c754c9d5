package sockopt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// counted are the options that a kernel answers by a count in the value, at a stride of the value's
// length, or at an address in the value, whatever length it was given. The third field is where the
// kernel does so.
var counted = []struct {
	level  constants.Level
	name   constants.OptionName
	source string
}{
	{constants.SOL_SOCKET, constants.SO_GET_FILTER, "net/core/filter.c, sk_get_filter"},
	{constants.IPPROTO_IP, constants.IP_MSFILTER, "net/ipv4/igmp.c, ip_mc_msfget"},
	{constants.IPPROTO_IP, constants.MCAST_MSFILTER, "net/ipv4/igmp.c, ip_mc_gsfget"},
	{constants.IPPROTO_IPV6, constants.MCAST_MSFILTER, "net/ipv6/mcast.c, ip6_mc_msfget"},
	{constants.IPPROTO_TCP, constants.TCP_AO_GET_KEYS,
		"net/ipv4/tcp_ao.c, tcp_ao_copy_mkts_to_user"},
	{constants.IPPROTO_TCP, constants.TCP_ZEROCOPY_RECEIVE, "net/ipv4/tcp.c, tcp_zerocopy_receive"},
	{constants.SOL_MPTCP, constants.MPTCP_FULL_INFO,
		"net/mptcp/sockopt.c, mptcp_getsockopt_full_info"},
	{constants.IPPROTO_IP, 128 + 1, "net/bridge/netfilter/ebtables.c, EBT_SO_GET_ENTRIES"},
	{constants.IPPROTO_IP, 128 + 3, "net/bridge/netfilter/ebtables.c, EBT_SO_GET_INIT_ENTRIES"},
	{constants.SOL_SOCKET, 264<<22 | 50<<16 | 92,
		"net/atm/common.c, vcc_getsockopt: SO_ATMQOS at another level than its own"},
}

// TestCountedOptions asks for each option of counted by every door that takes a level and a name:
// none lets the kernel write, and all say why.
func TestCountedOptions(t *testing.T) {
	s := fresh(t, "udp4")
	for _, o := range counted {
		_, err1 := sockopt.GetInt(s, o.level, o.name)
		_, err2 := sockopt.GetBool(s, o.level, o.name)
		_, err3 := sockopt.GetBytes(s, o.level, o.name, make([]byte, 16))
		_, err4 := sockopt.GetString(s, o.level, o.name)
		_, err5 := sockopt.NewInt(o.level, o.name).Get(s)
		_, err6 := sockopt.NewBool(o.level, o.name).Get(s)
		_, err7 := sockopt.NewDuration(o.level, o.name, 1).Get(s)
		_, err8 := sockopt.NewBytes(o.level, o.name, 16).Get(s)
		_, err9 := sockopt.NewStruct[[4]uint32](o.level, o.name).Get(s)
		_, err10 := sockopt.NewBytes(o.level, o.name, 16).Info().GetAny(s)
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, err10} {
			if !errors.Is(err, sockopt.ErrAccess) {
				t.Errorf("%s: door %d: %v, want %v", o.source, i+1, err, sockopt.ErrAccess)
			}
		}
	}
}

// TestBeyondCInt: a level or a name that is no C int is refused, not cut off.
func TestBeyondCInt(t *testing.T) {
	if strconv.IntSize == 32 {
		t.Skip("every int is a C int here")
	}
	s := fresh(t, "tcp4")
	var much int64 = 1 << 32
	level, name := constants.Level(constants.SOL_SOCKET),
		constants.OptionName(constants.SO_KEEPALIVE)
	for _, tt := range []struct {
		level constants.Level
		name  constants.OptionName
	}{
		{level + constants.Level(much), name},
		{level, name + constants.OptionName(much)},
		{level - constants.Level(much), name},
		{constants.Level(much / 2), name},
	} {
		b := make([]byte, 4)
		_, err1 := sockopt.GetInt(s, tt.level, tt.name)
		_, err2 := sockopt.GetBytes(s, tt.level, tt.name, b)
		_, err3 := sockopt.NewBytes(tt.level, tt.name, 4).Get(s)
		err4 := sockopt.SetInt(s, tt.level, tt.name, 1)
		err5 := sockopt.SetBool(s, tt.level, tt.name, true)
		err6 := sockopt.SetBytes(s, tt.level, tt.name, []byte{1, 0, 0, 0})
		err7 := sockopt.NewStruct[int32](tt.level, tt.name).Set(s, 1)
		err8 := sockopt.NewInt(tt.level, tt.name).Info().SetText(s, "1")
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8} {
			if !errors.Is(err, socket.ErrValue) {
				t.Errorf("level %d, name %d, door %d: %v, want %v", tt.level, tt.name, i+1, err,
					socket.ErrValue)
			}
		}
	}
	if on, err := sockopt.SOKeepAlive.Get(s); on || err != nil {
		t.Errorf("SO_KEEPALIVE is %v, %v: a number that was cut off has set it", on, err)
	}
}

// TestReadsKeepToTheirRoom reads whatever this kernel answers, on every sort of socket, with every
// length from 0 to 300 and guard bytes behind: by GetBytes, which must leave them alone, and by the
// system call, which may write behind its room only for an option that GetBytes refuses.
func TestReadsKeepToTheirRoom(t *testing.T) {
	for name := range sorts {
		t.Run(name, func(t *testing.T) {
			s := fresh(t, name)
			scan(t, s, lengths(300))
		})
	}
	t.Run("connected", func(t *testing.T) {
		testenv.Needs(t, testenv.UnixSockets)
		a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		defer b.Close()
		scan(t, a, lengths(300))
	})
	// What a count makes longer than its room: filters, and groups with sources.
	t.Run("counts", func(t *testing.T) {
		testenv.Needs(t, testenv.IPv6Loopback)
		s, s6 := fresh(t, "udp4"), fresh(t, "udp6")
		if err := sockopt.SOAttachFilter.Set(s,
			slices.Concat(acceptAll, acceptAll, acceptAll)); err != nil {
			t.Fatal(err)
		}
		group, group6 := ip("232.1.2.3"), ip("ff32::1:2")
		for i := range 9 {
			err := sockopt.MCASTJoinSourceGroup.Set(s,
				sockopt.GroupSource{Group: group, Index: 1,
					Source: ip(fmt.Sprintf("10.0.0.%d", i+1))})
			if err != nil {
				t.Fatal(err)
			}
			err = sockopt.MCASTJoinSourceGroup.Set(s6,
				sockopt.GroupSource{Group: group6, Index: 1,
					Source: ip(fmt.Sprintf("fd00::%d", i+1))})
			if err != nil {
				t.Fatal(err)
			}
		}
		head := func(group []byte) []byte {
			b := make([]byte, 8, 300)
			binary.NativeEndian.PutUint32(b, 1)
			b = append(b, group...)
			b = append(b, make([]byte, 8+128-len(b))...)
			b = binary.NativeEndian.AppendUint32(b, 1)
			return binary.NativeEndian.AppendUint32(b, 1000)
		}
		seen := scan(t, s, lengths(300),
			[]byte{232, 1, 2, 3, 127, 0, 0, 1, 1, 0, 0, 0, 0xe8, 3, 0, 0},
			head([]byte{unix.AF_INET, 0, 0, 0, 232, 1, 2, 3}))
		seen += scan(t, s6, lengths(300),
			head(append([]byte{unix.AF_INET6, 0, 0, 0, 0, 0, 0, 0}, group6.AsSlice()...)))
		if strconv.IntSize == 64 && seen < 3 {
			t.Errorf("the kernel wrote behind the room of %d options: of filters and groups it "+
				"should", seen)
		}
	})
}

func lengths(n int) []int {
	v := make([]int, n+1)
	for i := range v {
		v[i] = i
	}
	return v
}

// scan reads every option that the kernel knows, and returns how many of them it answered beyond
// the length.
func scan(t *testing.T, s *socket.Socket, lengths []int, values ...[]byte) (overruns int) {
	t.Helper()
	const guard = 0xA5
	values = append(values, nil)
	fd := s.FD()
	buffer := make([]byte, 8192)
	fill := func(n int, value []byte) []byte {
		clear(buffer[:n])
		copy(buffer[:n], value)
		for i := n; i < 2048; i++ {
			buffer[i] = guard
		}
		return buffer[:n:n]
	}
	whole := func(n int) bool {
		return bytes.Count(buffer[n:2048], []byte{guard}) == 2048-n
	}
	for level := constants.Level(0); level < 300; level++ {
		for name := constants.OptionName(0); name < 256; name++ {
			if level == constants.SOL_SOCKET && name == constants.SO_PEERPIDFD {
				continue // it makes a descriptor
			}
			_, err := sys.Getsockopt(fd, int(level), int(name), fill(300, nil))
			if err == syscall.ENOPROTOOPT || err == syscall.EOPNOTSUPP {
				continue
			}
			over := false
			for _, value := range values {
				for _, n := range lengths {
					b := fill(n, value)
					sockopt.GetBytes(s, level, name, b)
					if !whole(n) {
						t.Fatalf("%v, %v: GetBytes wrote behind its %d bytes", level, name, n)
					}
					_, _ = sys.Getsockopt(fd, int(level), int(name), fill(n, value))
					if whole(n) {
						continue
					}
					over = true
					// Three bytes are the kernel's put_user of an int, which GetBytes has room for.
					if bytes.Count(buffer[n+16:2048], []byte{guard}) == 2048-n-16 && n < 8 {
						continue
					}
					if _, err := sockopt.GetBytes(s, level, name, fill(n, value)); !errors.Is(err,
						sockopt.ErrAccess) {
						t.Fatalf("%v, %v: the kernel wrote behind %d bytes, and GetBytes said %v",
							level, name, n, err)
					}
				}
			}
			if over {
				overruns++
				t.Logf("%v, %v: the kernel minds no length", level, name)
			}
		}
	}
	return overruns
}
