package netconn_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

// A connection that the kernel has given up (ETIMEDOUT) is a timeout once. A loop that tries again
// after a timeout ends then, and does not go round for ever.
func TestGivenUpIsNoTimeoutForEver(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand)
	ns := testenv.NetNS(t)
	ns.Do(func() {
		dead := map[string]*socket.Socket{"socket": nil, "netconn": nil, "ports": nil}
		l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
		if err == nil {
			defer l.Close()
			err = errors.Join(l.Bind(sockaddr.MustParse("127.0.0.1:0")), l.Listen(5))
		}
		if err != nil {
			t.Fatal(err)
		}
		at, _ := l.Name()
		for what := range dead {
			s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
			if err == nil {
				defer s.Close()
				err = errors.Join(s.Connect(t.Context(), at),
					sockopt.TCPUserTimeout.Set(s, 50*time.Millisecond))
			}
			if err != nil {
				t.Fatal(err)
			}
			dead[what] = s
		}
		ns.Run("ip", "link", "set", "lo", "down")
		for what, s := range dead {
			if _, err := s.Write([]byte("into the void")); err != nil {
				t.Fatal(err)
			}
			read := s.Read
			switch what {
			case "netconn":
				c, err := netconn.NewConn(s)
				if err != nil {
					t.Fatal(err)
				}
				read = c.Read
			case "ports":
				in, _, err := ports.New(s, ports.DefaultParams())
				if err != nil {
					t.Fatal(err)
				}
				read = in.Read
			}
			for i := range 3 {
				_, err := read(make([]byte, 1))
				var e net.Error
				if !errors.Is(err, syscall.ETIMEDOUT) || !errors.As(err, &e) ||
					e.Timeout() != (i == 0) {
					t.Errorf("%s, %d: %v (%T), a timeout: %t",
						what, i, err, err, e != nil && e.Timeout())
				}
			}
		}
	})
}
