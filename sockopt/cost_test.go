package sockopt_test

import (
	"errors"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockopt"
)

// TestNoAllocations: reading and setting a boolean or an integer of a *socket.Socket allocates
// nothing.
func TestNoAllocations(t *testing.T) {
	testenv.Needs(t,
		testenv.Feature{Name: "a build without the race detector", Probe: func() error {
			if raceEnabled {
				return errors.New("under it a sync.Pool forgets at random")
			}
			return nil
		}})
	s := fresh(t, "tcp4")
	fd := sockopt.FD(s.FD())
	for name, fn := range map[string]func() error{
		"get a bool": func() error { _, err := sockopt.TCPNoDelay.Get(s); return err },
		"set a bool": func() error { return sockopt.TCPNoDelay.Set(s, true) },
		"get an int": func() error { _, err := sockopt.IPTimeToLive.Get(s); return err },
		"set an int": func() error { return sockopt.IPTimeToLive.Set(s, 40) },
		"get a time": func() error {
			_, err := sockopt.SOReceiveTimeout.Get(s)
			return err
		},
		"set a time":   func() error { return sockopt.SOReceiveTimeout.Set(s, 1e9) },
		"get a linger": func() error { _, err := sockopt.SOLinger.Get(s); return err },
		"set a linger": func() error { return sockopt.SOLinger.Set(s, sockopt.Linger{}) },
		"get by name": func() error {
			_, err := sockopt.GetInt(s, constants.SOL_SOCKET, constants.SO_RCVBUF)
			return err
		},
		"set by name": func() error {
			return sockopt.SetInt(s, constants.SOL_SOCKET, constants.SO_RCVBUF, 9999)
		},
		"get of a descriptor": func() error { _, err := sockopt.TCPNoDelay.Get(fd); return err },
		"set of a descriptor": func() error { return sockopt.TCPNoDelay.Set(fd, true) },
		"get an enumeration":  func() error { _, err := sockopt.SOType.Get(s); return err },
	} {
		var err error
		n := testing.AllocsPerRun(100, func() {
			if e := fn(); e != nil {
				err = e
			}
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
