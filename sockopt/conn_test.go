package sockopt_test

import (
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// TestConns uses an option through everything that has a SyscallConn method, and through
// descriptors (E20, E24).
func TestConns(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	for name, tt := range map[string]struct {
		conn   syscall.Conn
		option sockopt.Option[bool]
	}{
		"*net.TCPConn":     {conn.(*net.TCPConn), sockopt.TCPNoDelay},
		"*net.TCPListener": {listener.(*net.TCPListener), sockopt.TCPNoDelay},
		"*net.UDPConn":     {packets.(*net.UDPConn), sockopt.SOBroadcast},
		"*socket.Socket":   {fresh(t, "tcp4"), sockopt.TCPNoDelay},
		"FD":               {sockopt.FD(fresh(t, "tcp4").FD()), sockopt.TCPNoDelay},
	} {
		t.Run(name, func(t *testing.T) { toggle(t, tt.conn, tt.option) })
	}
	if listening, err := sockopt.SOAcceptConnections.Get(listener.(*net.TCPListener)); !listening ||
		err != nil {
		t.Errorf("a listener accepts connections: %v, %v", listening, err)
	}
}

// TestFD: the RawConn of a bare descriptor runs what it is given, once, and says that it cannot
// wait.
func TestFD(t *testing.T) {
	s := fresh(t, "tcp4")
	rc, err := sockopt.FD(s.FD()).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, wait := range map[string]func(func(uintptr) bool) error{"Read": rc.Read,
		"Write": rc.Write} {
		for _, done := range []bool{true, false} {
			ran := 0
			err := wait(func(fd uintptr) bool {
				if int(fd) == s.FD() {
					ran++
				}
				return done
			})
			if ran != 1 || (err == nil) != done || err != nil &&
				!errors.Is(err, socket.ErrUnsupported) {
				t.Errorf("%s of a function that says %v: ran %d times, %v", name, done, ran, err)
			}
		}
	}
	ran := false
	if err := rc.Control(func(fd uintptr) { ran = int(fd) == s.FD() }); err != nil || !ran {
		t.Errorf("Control: %v, ran with the descriptor: %v", err, ran)
	}
	if _, err := sockopt.SOType.Get(sockopt.FD(-1)); err == nil ||
		errors.Is(err, socket.ErrUnsupported) || errors.Is(err, sockopt.ErrWrongSocket) {
		t.Errorf("of a descriptor that is not open: %v", err)
	}
}

// toggle turns an option on and off and on.
func toggle(t *testing.T, c syscall.Conn, o sockopt.Option[bool]) {
	t.Helper()
	for _, v := range []bool{true, false, true} {
		if err := o.Set(c, v); err != nil {
			t.Fatal(err)
		}
		if got, err := o.Get(c); got != v || err != nil {
			t.Fatalf("set to %v, read as %v, %v", v, got, err)
		}
	}
}

// TestHTTPServer sets options on the connections of HTTP and HTTPS servers, in their ConnState hook
// (E24).
func TestHTTPServer(t *testing.T) {
	for _, secure := range []bool{false, true} {
		idle := make(chan any, 1)
		server := httptest.NewUnstartedServer(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "hello")
			}))
		server.Config.ConnState = func(c net.Conn, state http.ConnState) {
			if state != http.StateNew {
				return
			}
			sc, err := sockopt.ConnOf(c)
			if err == nil {
				err = sockopt.TCPNoDelay.Set(sc, false)
			}
			var v bool
			if err == nil {
				v, err = sockopt.TCPNoDelay.Get(sc)
			}
			if err == nil && v {
				err = errors.New("TCP_NODELAY is still on")
			}
			idle <- err
		}
		if secure {
			server.StartTLS()
		} else {
			server.Start()
		}
		response, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err := <-idle; err != nil {
			t.Errorf("TLS %v: %v", secure, err)
		}
		server.Client().CloseIdleConnections()
		server.Close()
	}
}

// TestConnOf follows wrappers to a socket, and fails where there is none.
func TestConnOf(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if c, err := sockopt.ConnOf(tls.Client(conn, nil)); err != nil || c != conn.(syscall.Conn) {
		t.Errorf("of a *tls.Conn: %v, %v", c, err)
	}
	if c, err := sockopt.ConnOf(listener); err != nil || c != listener.(syscall.Conn) {
		t.Errorf("of a listener: %v, %v", c, err)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	for name, v := range map[string]any{"a pipe": a, "nothing": nil, "itself": wrapper{}} {
		if c, err := sockopt.ConnOf(v); c != nil || !errors.Is(err, socket.ErrUnsupported) {
			t.Errorf("of %s: %v, %v", name, c, err)
		}
	}
}

// A wrapper is a connection that wraps itself.
type wrapper struct{ net.Conn }

func (w wrapper) NetConn() net.Conn { return w }

// TestErrors holds the shape of errors: what they say and what errors.Is and errors.As find in
// them.
func TestErrors(t *testing.T) {
	closed := fresh(t, "tcp4")
	closed.Close()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	closedConn, ok := conn.(*net.UDPConn)
	if err == nil && ok {
		conn.Close()
	}
	s := fresh(t, "tcp4")
	const undefined = constants.OptionName(constants.Undefined)
	var zero sockopt.Option[int]

	for _, tt := range []struct {
		what string
		err  error
		is   []error
		not  []error
		says []string
	}{
		{
			"an option that no kernel has", sockopt.SetInt(s, constants.SOL_SOCKET, 9999, 1),
			[]error{socket.ErrUnsupported, errors.ErrUnsupported},
			[]error{sockopt.ErrWrongSocket, socket.ErrValue},
			[]string{"sockopt: set ", "option 9999"},
		},
		{
			"an undefined constant", sockopt.SetInt(s, constants.SOL_SOCKET, undefined, 1),
			[]error{socket.ErrUnsupported, errors.ErrUnsupported},
			[]error{sockopt.ErrWrongSocket, syscall.EINVAL},
			[]string{"platform"},
		},
		{
			"an undefined level", sockopt.SetInt(s, constants.Undefined, 1, 1),
			[]error{socket.ErrUnsupported}, []error{syscall.EINVAL},
			[]string{"platform"},
		},
		{
			"a negative time", sockopt.SOReceiveTimeout.Set(s, -time.Second),
			[]error{socket.ErrValue}, nil,
			[]string{"SO_RCVTIMEO"},
		},
		{
			"a negative linger",
			sockopt.SOLinger.Set(s, sockopt.Linger{Enabled: true, Timeout: -1}),
			[]error{socket.ErrValue}, nil, nil,
		},
		{
			"a linger too long",
			sockopt.SOLinger.Set(s, sockopt.Linger{Enabled: true, Timeout: 1<<63 - 1}),
			[]error{socket.ErrValue}, nil, nil,
		},
		{
			"a closed socket", sockopt.TCPNoDelay.Set(closed, true),
			closedKinds, []error{socket.ErrUnsupported},
			[]string{"TCPNoDelay"},
		},
		{"no socket", sockopt.TCPNoDelay.Set(nil, true), []error{socket.ErrClosed},
			[]error{socket.ErrUnsupported}, []string{"no socket"}},
		{"the zero option", zero.Set(s, 1), []error{socket.ErrValue},
			[]error{socket.ErrUnsupported}, []string{"zero"}},
	} {
		check(t, tt.what, tt.err, tt.is, tt.not, tt.says)
	}
	if closedConn != nil {
		_, err := sockopt.SOType.Get(closedConn)
		check(t, "a closed connection of package net", err, closedKinds,
			[]error{socket.ErrUnsupported}, nil)
	}
	var none sockopt.Error
	if none.Error() != "sockopt: " || none.Timeout() || none.Temporary() ||
		errors.Is(&none, socket.ErrClosed) {
		t.Errorf("the zero Error is %q", none.Error())
	}
}

// closedKinds are what the error of a closed connection is, whatever that is.
var closedKinds = []error{socket.ErrClosed, net.ErrClosed, os.ErrClosed}

// TestClosedFile: an *os.File that is closed is as closed as a socket.
func TestClosedFile(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	_, get := sockopt.SOType.Get(f)
	_, info := sockopt.SOLinger.Info().GetAny(f)
	for what, err := range map[string]error{"Get": get, "Set": sockopt.TCPNoDelay.Set(f, true),
		"GetAny": info} {
		check(t, what+" of a closed file", err, closedKinds,
			[]error{socket.ErrUnsupported, sockopt.ErrWrongSocket}, nil)
	}
}

// A lateConn is a connection whose RawConn fails, or works, and counts.
type lateConn struct {
	syscall.RawConn
	err      error
	controls *int
}

func (c lateConn) SyscallConn() (syscall.RawConn, error) { return c, nil }

func (c lateConn) Control(f func(uintptr)) error {
	*c.controls++
	if c.err != nil {
		return c.err
	}
	return c.RawConn.Control(f)
}

// TestCostOfFailure counts what a connection of a program's own is asked: once for what works, and
// no more than the doc of Error says for what does not.
func TestCostOfFailure(t *testing.T) {
	s := fresh(t, "tcp4")
	rc, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		what string
		err  error
		do   func(c syscall.Conn) error
		want int
	}{
		{"success", nil, func(c syscall.Conn) error { return sockopt.TCPNoDelay.Set(c, true) }, 1},
		// Whether the connection is closed counts more than a bad value.
		{"a value that does not fit", nil,
			func(c syscall.Conn) error { return sockopt.SOReceiveTimeout.Set(c, -1) }, 1},
		{"an errno", nil,
			func(c syscall.Conn) error {
				_, err := sockopt.GetInt(c, constants.SOL_SOCKET, 9999)
				return err
			}, 1},
		{"an errno of a declared option", nil,
			func(c syscall.Conn) error { return sockopt.IPTimeToLive.Set(c, 300) }, 1 + 3},
		{"the connection's own error", os.ErrDeadlineExceeded,
			func(c syscall.Conn) error { return sockopt.TCPNoDelay.Set(c, true) }, 2},
	} {
		controls := 0
		err := tt.do(lateConn{rc, tt.err, &controls})
		if controls != tt.want {
			t.Errorf("%s: %d calls of Control, want %d", tt.what, controls, tt.want)
		}
		var e net.Error
		if (err == nil) != (tt.what == "success") || err != nil && !errors.As(err, &e) {
			t.Errorf("%s: %v", tt.what, err)
		}
		if tt.err != nil && (!errors.Is(err, tt.err) || !e.Timeout()) {
			t.Errorf("%s: %v, timeout %v", tt.what, err, e.Timeout())
		}
	}
}

func check(t *testing.T, what string, err error, is, not []error, says []string) {
	t.Helper()
	var e *sockopt.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %v (%T) is no *Error", what, err, err)
		return
	}
	for _, target := range is {
		if !errors.Is(err, target) {
			t.Errorf("%s: %v is not %v", what, err, target)
		}
	}
	for _, target := range not {
		if errors.Is(err, target) {
			t.Errorf("%s: %v is %v", what, err, target)
		}
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%s: %q does not say %q", what, err, s)
		}
	}
}

// TestTooLarge sets an option of a C int to a number that needs more bits.
func TestTooLarge(t *testing.T) {
	testenv.Needs(t, testenv.Feature{Name: "an int of 64 bits", Probe: func() error {
		if strconv.IntSize < 64 {
			return errors.New("every int fits in a C int")
		}
		return nil
	}})
	n := math.MaxInt32
	check(t, "a number too large for an int", sockopt.SOReceiveBuffer.Set(fresh(t, "tcp4"), n+1),
		[]error{socket.ErrValue}, []error{socket.ErrUnsupported, syscall.EINVAL},
		[]string{"SOReceiveBuffer (SO_RCVBUF)"})
}

// TestWrongSocket tells an option of another kind of socket from one that the kernel lacks. Kernels
// give both the same errno.
func TestWrongSocket(t *testing.T) {
	testenv.Needs(t, testenv.Feature{Name: "SO_DOMAIN and SO_PROTOCOL", Probe: func() error {
		if !sockopt.SODomain.Info().Defined() || !sockopt.SOProtocol.Info().Defined() {
			return errors.New("this platform lacks them")
		}
		return nil
	}})
	udp := fresh(t, "udp4")
	_, getting := sockopt.TCPNoDelay.Get(udp)
	for what, err := range map[string]error{"setting": sockopt.TCPNoDelay.Set(udp, true),
		"reading": getting} {
		check(t, what+" TCP_NODELAY on UDP", err,
			[]error{sockopt.ErrWrongSocket}, []error{socket.ErrUnsupported, errors.ErrUnsupported},
			[]string{"TCPNoDelay (TCP_NODELAY)", "TCP sockets"})
		var errno syscall.Errno
		if !errors.As(err, &errno) || !errors.Is(err, errno) || errno == 0 {
			t.Errorf("%s: no errno in %v", what, err)
		}
	}
	check(t, "IPV6_V6ONLY on IPv4", sockopt.IPv6V6Only.Set(udp, true),
		[]error{sockopt.ErrWrongSocket}, []error{socket.ErrUnsupported}, []string{"IPv6"})
	// The right kind of socket and a bad value is neither.
	check(t, "IP_TTL 300", sockopt.IPTimeToLive.Set(udp, 300),
		[]error{syscall.EINVAL}, []error{sockopt.ErrWrongSocket, socket.ErrUnsupported}, nil)
}

// TestOSFile uses options on an *os.File of a socket.
func TestOSFile(t *testing.T) {
	s := fresh(t, "tcp4")
	f, err := s.File()
	testenv.Needs(t, testenv.Feature{Name: "sockets as files", Probe: func() error {
		if errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	toggle(t, f, sockopt.TCPNoDelay)
	if v, err := sockopt.TCPNoDelay.Get(s); !v || err != nil {
		t.Errorf("through the socket it is %v, %v", v, err)
	}
	regular, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	if err := sockopt.TCPNoDelay.Set(regular, true); err == nil {
		t.Error("a regular file took TCP_NODELAY")
	}
}
