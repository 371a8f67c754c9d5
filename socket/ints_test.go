package socket_test

import (
	"errors"
	"math"
	"reflect"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// A number that no C int holds is an error; it is not cut to 32 bits, which would be another
// number.
func TestBeyondCInts(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("needs integers of 64 bits")
	}
	beyond := func(n int) int { return n + math.MaxInt32 + 1 + math.MaxInt32 + 1 }
	a, b := tcp(t)
	u, _ := udp(t)
	for _, fd := range []int{beyond(a.FD()), a.FD() - beyond(0), -1} {
		if s, err := socket.FromFD(fd); s != nil || !errors.Is(err, syscall.EBADF) {
			t.Errorf("adopted %d as %v, %v", fd, s, err)
		}
	}
	is(t, a.Shutdown(constants.ShutdownHow(beyond(int(constants.SHUT_RDWR)))), syscall.EINVAL)
	inet, stream := int(constants.AF_INET), int(constants.SOCK_STREAM)
	for _, n := range [][3]int{{beyond(inet), stream, 0}, {inet, beyond(stream), 0},
		{inet, stream, beyond(0)}} {
		family, typ, protocol := constants.Family(n[0]), constants.SocketType(n[1]),
			constants.Protocol(n[2])
		is(t, second(socket.New(family, typ, protocol)), syscall.EINVAL)
		is(t, third(socket.Pair(family, typ, protocol)), syscall.EINVAL)
	}
	values := arguments(t)
	values[reflect.TypeFor[constants.MsgFlag]()] = reflect.ValueOf(
		constants.MsgFlag(beyond(int(constants.MSG_DONTWAIT))))
	n := 0
	for m := range reflect.TypeFor[*socket.Socket]().Methods() {
		for i := 1; i < m.Type.NumIn(); i++ {
			if m.Type.In(i) == reflect.TypeFor[constants.MsgFlag]() {
				n++
				if err := call(t, values, u, m); !errors.Is(err, syscall.EINVAL) {
					t.Errorf("%s: %v", m.Name, err)
				}
			}
		}
	}
	if n < 7 {
		t.Errorf("only %d methods take flags", n)
	}
	talk(t, a, b)
}
