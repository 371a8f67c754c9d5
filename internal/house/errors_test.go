package house

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/socket/netconn"
)

// same are kinds of errors that go together, whichever package an error is from.
var same = []struct{ ours, theirs error }{
	{socket.ErrUnsupported, errors.ErrUnsupported},
	{socket.ErrClosed, net.ErrClosed},
	{socket.ErrTimeout, os.ErrDeadlineExceeded},
}

// checkError holds that an error has the shape of the module's, and that its kind has both names.
func checkError(t *testing.T, way, name string, err error) {
	t.Helper()
	for _, kind := range same {
		if errors.Is(err, kind.ours) != errors.Is(err, kind.theirs) {
			t.Errorf("%s%s: %q is %q: %t, but %q: %t", way, name, err, kind.ours,
				errors.Is(err, kind.ours), kind.theirs, errors.Is(err, kind.theirs))
		}
	}
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, socket.ErrTimeout) {
		t.Errorf("%s%s: %q is context.DeadlineExceeded and not ErrTimeout", way, name, err)
	}
	if err == io.EOF || err == cmsg.ErrMalformed || strings.HasPrefix(name, "sockopt.FD.") {
		// a RawConn's, which says what its function does
		return
	}
	pkg, method, _ := strings.Cut(name, ".")
	if i := strings.LastIndexByte(method, '.'); i >= 0 {
		method = method[i+1:]
	}
	if pkg == "netconn" {
		if _, ok := err.(*net.OpError); !ok {
			t.Errorf("%s%s: %q is a %T, not a *net.OpError", way, name, err, err)
		}
		return
	}
	text := err.Error()
	if joined, ok := err.(interface{ Unwrap() []error }); ok && strings.Contains(text, "\n") {
		text = joined.Unwrap()[0].Error()
	}
	prefix, rest, ok := strings.Cut(text, ": ")
	if wanted := says[pkg]; !ok || !wanted.MatchString(prefix) {
		t.Errorf("%s%s: %q does not begin with the package", way, name, err)
		return
	}
	op := words(method)
	for _, o := range operations {
		if o.calls.MatchString(name) {
			op = o.says
		}
	}
	if !regexp.MustCompile(`^(` + op + `)([ :]|$)`).MatchString(rest) {
		t.Errorf("%s%s: %q does not say that %q was tried", way, name, err, op)
	}
	if !strings.Contains(rest, ": ") {
		t.Errorf("%s%s: %q does not say why", way, name, err)
	}
}

// says is how the errors of a package begin. What is about a socket is a *socket.Error.
var says = map[string]*regexp.Regexp{
	"socket":    regexp.MustCompile(`^socket$`),
	"packet":    regexp.MustCompile(`^socket$`),
	"ports":     regexp.MustCompile(`^(socket|ports)$`),
	"tcp":       regexp.MustCompile(`^(socket|addrinfo)$`),
	"sockopt":   regexp.MustCompile(`^sockopt$`),
	"sockaddr":  regexp.MustCompile(`^sockaddr$`),
	"constants": regexp.MustCompile(`^constants$`),
	"cmsg":      regexp.MustCompile(`^cmsg$`),
	"addrinfo":  regexp.MustCompile(`^(addrinfo|socket)$`),
}

// words is a Go name in lower-case words.
func words(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); {
		n := regexp.MustCompile(
			`^(VSock|PPPoE|HyperV|L2CAP|J1939|NFC|LLCP|[A-Z]+[a-z0-9]*)`).FindString(name[i:])
		if n == "" {
			n = name[i : i+1]
		}
		// Of "FDName" the N begins the next word.
		if m := regexp.MustCompile(`^([A-Z]+)[A-Z][a-z]`).FindStringSubmatch(n); m != nil &&
			n != "VSock" && n != "PPPoE" {
			n = m[1]
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.ToLower(n))
		i += len(n)
	}
	return b.String()
}

// operations are those whose errors do not have the method's own name.
var operations = []struct {
	calls *regexp.Regexp
	says  string
}{
	// What the call asked the socket for.
	{regexp.MustCompile(`^socket\.Socket\.(CopyFrom|ReadFrom)$|^ports\..*\.(Write.*|ReadFrom)$`),
		"write|send all"},
	{
		regexp.MustCompile(`^socket\.Socket\.(ReadContext|CopyTo|WriteTo)$|` +
			`^ports\..*\.(Read(Byte|Full|Line|LineBytes|Rune|String|Until)?|Peek|Discard|WriteTo)$`),
		"read",
	},
	{regexp.MustCompile(`^ports\.Duplex\.Close(Read|Write)$`), "close"},
	{regexp.MustCompile(`^tcp\.Listener\.AcceptDuplex$`), "accept"},
	{regexp.MustCompile(`^(tcp|addrinfo)\.(Connector\.)?(Dial|DialDuplex|ConnectRace)$`),
		"dial|lookup|connect"},
	{regexp.MustCompile(`^tcp\.Listen$`), "listen|bind|lookup"},
	{regexp.MustCompile(`^sockopt\..*Get`), "get"},
	{regexp.MustCompile(`^sockopt\..*Set`), "set"},
	{regexp.MustCompile(`^sockaddr\.Addr\.UnmarshalText$`), "parse"},
	{regexp.MustCompile(`^constants\.`), "parse"},
	{regexp.MustCompile(`^ports\.(Addresses|PortNumbers)$`), "names"},
	// Of types beside a Socket their name stands before it, or behind.
	{regexp.MustCompile(`^socket\.Poller\.`), "poller [a-z ]+"},
	{regexp.MustCompile(`^ports\.Custodian\.`), "(add to|close) custodian"},
	{regexp.MustCompile(`^ports\.New$`), "new ports"},
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func expired() context.Context {
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(1, 0))
	cancel()
	return ctx
}

var (
	closedWay  = []error{socket.ErrClosed, net.ErrClosed}
	timeoutWay = []error{socket.ErrTimeout, os.ErrDeadlineExceeded}
)

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// connected is a pair of stream sockets. Nothing is to be received from the first, and nothing more
// can be sent.
func connected(t *testing.T, typ constants.SocketType) *socket.Socket {
	t.Helper()
	a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	for err == nil {
		_, err = a.TrySend(make([]byte, 1<<10), 0)
	}
	return a
}

func listening(t *testing.T) *socket.Socket {
	t.Helper()
	s := must[*socket.Socket](t)(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))
	t.Cleanup(func() { s.Close() })
	if err := errors.Join(s.Bind(sockaddr.MustParse("127.0.0.1:0")), s.Listen(1)); err != nil {
		t.Fatal(err)
	}
	return s
}

func duplex(t *testing.T) ports.Duplex {
	t.Helper()
	in, out, err := ports.New(connected(t, constants.SOCK_STREAM), ports.Params{})
	if err != nil {
		t.Fatal(err)
	}
	d := ports.Join(in, out)
	t.Cleanup(func() { d.Close() })
	return d
}

func tcpListener(t *testing.T) *tcp.Listener {
	t.Helper()
	l := must[*tcp.Listener](t)(tcp.NewListener(nil, listening(t)))
	t.Cleanup(func() { l.Close() })
	return l
}

func udp(t *testing.T) *netconn.PacketConn {
	t.Helper()
	s := must[*socket.Socket](t)(socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0))
	if err := s.Bind(sockaddr.MustParse("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	c := must[*netconn.PacketConn](t)(netconn.NewPacketConn(s))
	t.Cleanup(func() { c.Close() })
	return c
}

// live are values of the types that a constructor makes.
var live = map[string]func(t *testing.T) any{
	"socket.Socket":    func(t *testing.T) any { return connected(t, constants.SOCK_STREAM) },
	"ports.Duplex":     func(t *testing.T) any { return duplex(t) },
	"ports.InputPort":  func(t *testing.T) any { return duplex(t).InputPort },
	"ports.OutputPort": func(t *testing.T) any { return duplex(t).OutputPort },
	"ports.Custodian":  func(t *testing.T) any { return new(ports.Custodian) },
	"tcp.Listener":     func(t *testing.T) any { return tcpListener(t) },
	"netconn.Conn": func(t *testing.T) any {
		return must[*netconn.Conn](t)(netconn.NewConn(connected(t, constants.SOCK_STREAM)))
	},
	"netconn.UnixConn": func(t *testing.T) any {
		return must[*netconn.UnixConn](t)(netconn.NewUnixConn(
			must[*socket.Socket](t)(socket.New(constants.AF_UNIX, constants.SOCK_DGRAM, 0))))
	},
	"netconn.PacketConn": func(t *testing.T) any { return udp(t) },
	"netconn.Listener": func(t *testing.T) any {
		return must[*netconn.Listener](t)(netconn.NewListener(listening(t)))
	},
	"socket.Poller": func(t *testing.T) any {
		p := must[*socket.Poller](t)(socket.NewPoller())
		t.Cleanup(func() { p.Close() })
		return p
	},
}

// TestErrorsOfMethods calls every method that can fail on what is closed, with a context that was
// cancelled or whose time is over, and past a deadline, and holds that each error has the shape and
// the kind.
func TestErrorsOfMethods(t *testing.T) {
	a := exports(t)
	deadlines := regexp.MustCompile(
		`^(Read(Byte|Full|Line|LineBytes|Rune|String|Until)?|Peek|Receive|` +
			`Write(Byte|String|Line|LineBytes|Rune|To)?|Read(From|Msg)(UDP|UDPAddrPort|Unix)|ReadFrom|` +
			`Accept|AcceptConn)$`)
	for name, build := range live {
		methods := 0
		for full, c := range a.calls {
			method, own := strings.CutPrefix(full, name+".")
			if !own || !c.fails || !c.method {
				continue
			}
			methods++
			// call calls it on a new value in a state.
			call := func(way string, state func(v any), ctx context.Context, want []error,
				not string) {
				v := build(t)
				defer func() {
					if closer, ok := v.(io.Closer); ok {
						closer.Close()
					}
				}()
				state(v)
				m := reflect.ValueOf(v).MethodByName(method)
				err := try(t, way+full, m, plausible(t, ctx, m.Type(), 0))
				if err == nil {
					if !regexp.MustCompile("^(" + not + ")$").MatchString(method) {
						t.Errorf("%s%s does not fail", way, full)
					}
					return
				}
				checkError(t, way, full, err)
				for _, kind := range want {
					if !errors.Is(err, kind) {
						t.Errorf("%s%s: %q is not %q", way, full, err, kind)
					}
				}
			}
			if closer, ok := build(t).(io.Closer); ok {
				closer.Close()
				call("closed ", func(v any) { v.(io.Closer).Close() }, context.Background(),
					closedWay,
					"Close|CloseRead|CloseWrite|SyscallConn|SetOffload|Add")
			}
			if c.context {
				call("cancelled ", func(any) {}, cancelled(), []error{context.Canceled},
					"SetContext")
				call("expired ", func(any) {}, expired(),
					append([]error{context.DeadlineExceeded}, timeoutWay...), "SetContext")
				continue
			}
			if deadlines.MatchString(method) {
				past := time.Unix(1, 0)
				call("late ", func(v any) {
					switch v := v.(type) {
					case interface{ SetDeadline(time.Time) error }:
						v.SetDeadline(past)
					case interface{ Socket() *socket.Socket }:
						v.Socket().SetDeadline(past)
					}
				}, context.Background(), timeoutWay, "")
			}
		}
		if methods == 0 {
			t.Errorf("%s has no methods that can fail", name)
		}
	}
	for name := range made {
		if live[name] == nil && name != "socket.ZeroCopy" && name != "packet.Receiver" &&
			name != "netconn.IPConn" {
			t.Errorf("there is no live %s to close", name)
		}
	}
}
