package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

var _ net.Error = (*socket.Error)(nil)

// Row C7: what kind of condition an error is, and what it says, for real failures. The errno is
// always there.
func TestErrors(t *testing.T) {
	l := listening(t, loopback, 1)
	at := name(t, l)
	client, server := join(t, l)
	unread, gone := pair(t, constants.SOCK_STREAM)
	ok(t, gone.Close())
	closed := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	ok(t, closed.Close())
	nowhere := nobody(t, constants.SOCK_STREAM)
	from := func(s *socket.Socket) string { return name(t, s).String() }
	set(t, client, func(p *socket.Params) { p.ReceiveTimeout = 1 })
	udp := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	local, plain := bound(t, constants.SOCK_STREAM, loopback),
		bound(t, constants.SOCK_DGRAM, loopback)
	set(t, plain, func(p *socket.Params) { p.ReceiveTimeout = 1 })
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, test := range []struct {
		what string
		err  error
		text string // without "socket: "
		kind []error
	}{
		{"refused", open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Connect(ctx, nowhere),
			"connect " + nowhere.String() + ": connection refused",
			[]error{socket.ErrTransient, syscall.ECONNREFUSED}},
		{"bind in use", open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Bind(at),
			"bind " + at.String() + ": address already in use", []error{syscall.EADDRINUSE}},
		{"bind no local address", open(t, constants.AF_INET, constants.SOCK_STREAM,
			0).Bind(sockaddr.MustParse("192.0.2.1:0")),
			"bind 192.0.2.1: can't assign requested address|bind 192.0.2.1: cannot assign " +
				"requested address", []error{syscall.EADDRNOTAVAIL}},
		{"bind twice", l.Bind(at), "bind " + at.String() + ": invalid argument",
			[]error{syscall.EINVAL}},
		{"bind nothing", open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Bind(sockaddr.Addr{}),
			"bind: invalid argument", []error{syscall.EINVAL}},
		{"listen on a datagram socket", udp.Listen(1), "",
			[]error{socket.ErrUnsupported, errors.ErrUnsupported, syscall.EOPNOTSUPP}},
		{"timeout", second(client.Receive(ctx, make([]byte, 1), 0)),
			"receive " + from(client) + "->" + at.String() + ": timed out",
			[]error{socket.ErrTimeout, os.ErrDeadlineExceeded}},
		{"would block", second(client.Receive(ctx, make([]byte, 1), constants.MSG_DONTWAIT)),
			"receive: resource temporarily unavailable",
			[]error{socket.ErrWouldBlock, syscall.EAGAIN}},
		{"cancelled", second(server.Receive(cancelled, make([]byte, 1), 0)),
			"receive " + at.String() + "->" + from(client) + ": context canceled",
			[]error{context.Canceled}},
		{"broken pipe", second(unread.Send(ctx, []byte("x"), 0)), "send: broken pipe",
			[]error{syscall.EPIPE}},
		{"not connected", second(udp.Send(ctx, []byte("x"), 0)), "", []error{syscall.EDESTADDRREQ}},
		{"closed", second(closed.Receive(ctx, nil, 0)), "receive: use of closed socket",
			[]error{socket.ErrClosed, net.ErrClosed}},
		{"undefined", second(open(t, constants.AF_INET, constants.SOCK_DGRAM, 0).Send(ctx,
			[]byte("x"), constants.Undefined)), "send: a constant is not defined on this platform",
			[]error{socket.ErrUnsupported, errors.ErrUnsupported}},
		{"connect of a socket that is bound", local.Connect(ctx, nowhere),
			"connect " + from(local) + "->" + nowhere.String() + ": connection refused",
			[]error{socket.ErrTransient}},
		{"send to on a datagram socket",
			second(plain.SendTo(ctx, []byte("x"), sockaddr.MustParse("[::1]:9"), 0)),
			"send to " + from(plain) + "->[::1]:9: " + syscall.EAFNOSUPPORT.Error(),
			[]error{socket.ErrUnsupported, syscall.EAFNOSUPPORT}},
		{"receive from, timeout", third(plain.ReceiveFrom(ctx, make([]byte, 1), 0)),
			"receive from " + from(plain) + ": timed out", []error{socket.ErrTimeout}},
		{"receive from, timeout again", third(plain.ReceiveFrom(ctx, make([]byte, 1), 0)),
			"receive from " + from(plain) + ": timed out", []error{socket.ErrTimeout}},
		{"nobody to accept", third(l.TryAccept()), "try accept: resource temporarily unavailable",
			[]error{socket.ErrWouldBlock}},
		{"pair", third(socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 77)),
			"pair AF_UNIX SOCK_STREAM protocol 77: " + syscall.EPROTONOSUPPORT.Error(),
			[]error{socket.ErrUnsupported, syscall.EPROTONOSUPPORT}},
		{"new", second(socket.New(constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_TCP)),
			"new AF_INET SOCK_DGRAM IPPROTO_TCP: " + syscall.EPROTONOSUPPORT.Error(),
			[]error{socket.ErrUnsupported}},
		{"new, undefined", second(socket.New(constants.Undefined, constants.SOCK_DGRAM, 0)),
			"new Undefined SOCK_DGRAM: a constant is not defined on this platform",
			[]error{socket.ErrUnsupported}},
		{"a descriptor that is none", second(socket.FromFD(-1)), "from fd: bad file descriptor",
			[]error{syscall.EBADF}},
		{"no connection", second(socket.FromConn(nil)), "from conn: invalid argument",
			[]error{syscall.EINVAL}},
		{"no file", second(socket.FromFile(nil)), "from file: invalid argument",
			[]error{syscall.EINVAL}},
		{"shutdown, undefined", client.Shutdown(constants.Undefined), "",
			[]error{socket.ErrUnsupported, errors.ErrUnsupported}},
		{"is connected", client.Connect(ctx, at), "", []error{syscall.EISCONN}},
		{"accept on a client", third(client.Accept(ctx)), "", []error{syscall.EINVAL}},
		{"pending of a listener", second(l.Pending()), "", []error{syscall.EINVAL}},
	} {
		if test.err == nil {
			t.Errorf("%s: no error", test.what)
			continue
		}
		e, isError := errors.AsType[*socket.Error](test.err)
		if !isError || e.Err == nil || e.Op == "" {
			t.Errorf("%s: %T %v", test.what, test.err, test.err)
			continue
		}
		texts := strings.Split(test.text, "|")
		if got, found := strings.CutPrefix(test.err.Error(), "socket: "); !found ||
			test.text != "" && !slices.Contains(texts, got) {
			t.Errorf("%s: %q, want %q", test.what, got, texts)
		}
		is(t, test.err, test.kind...)
		for _, kind := range []error{socket.ErrTimeout, socket.ErrTransient, socket.ErrUnsupported,
			socket.ErrWouldBlock, socket.ErrClosed} {
			if errors.Is(test.err, kind) != slices.Contains(test.kind, kind) {
				t.Errorf("%s: %q is of the kind %q: %t",
					test.what, test.err, kind, errors.Is(test.err, kind))
			}
		}
		if want := slices.Contains(test.kind, socket.ErrTimeout); e.Timeout() != want {
			t.Errorf("%s: Timeout is not %t", test.what, want)
		}
	}
}

// The timeouts of a connection's calls say which call it was, and between whom, in whatever order
// they come.
func TestTimeoutErrors(t *testing.T) {
	a, b := tcp(t)
	fill(t, a)
	set(t, a, func(p *socket.Params) { p.ReceiveTimeout, p.SendTimeout = 1, 1 })
	x := make([]byte, 1)
	for range 2 {
		for _, test := range []struct {
			op  string
			err error
		}{
			{"receive", second(a.Receive(ctx, x, 0))},
			{"send", second(a.Send(ctx, x, 0))},
			{"write", second(a.Write(x))},
			{"read", second(a.Read(x))},
		} {
			e, isError := errors.AsType[*socket.Error](test.err)
			if !isError || *e != (socket.Error{
				Op:     test.op,
				Local:  name(t, a),
				Remote: name(t, b),
				Err:    socket.ErrTimeout,
			}) {
				t.Errorf("%s: %v", test.op, test.err)
			}
		}
	}
	// One that was connected to another peer before does not name that.
	c, d := udp(t)
	e := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	set(t, e, func(p *socket.Params) { p.ReceiveTimeout = 1 })
	remote := func(want sockaddr.Addr) {
		t.Helper()
		err, isError := errors.AsType[*socket.Error](second(e.Receive(ctx, x, 0)))
		if !isError || err.Err != socket.ErrTimeout || err.Remote != want {
			t.Errorf("%v; the peer is %v", err, want)
		}
	}
	ok(t, e.Connect(ctx, name(t, c)))
	remote(name(t, c))
	ok(t, e.Connect(ctx, name(t, d)))
	remote(name(t, d))
	ok(t, e.Disconnect())
	remote(sockaddr.Addr{})
}

// arguments are what reflection passes to methods: something for every type that a method of Socket
// has.
func arguments(t *testing.T) map[reflect.Type]reflect.Value {
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	ok(t, err)
	t.Cleanup(func() { file.Close() })
	_, err = file.WriteString("content")
	ok(t, err)
	values := map[reflect.Type]reflect.Value{}
	for _, v := range []any{
		loopback.WithPort(9), []byte("x"), constants.MsgFlag(0), constants.SHUT_WR, 1, int64(1),
		time.Now().Add(time.Hour), socket.DefaultParams(),
		&socket.Message{Buffers: [][]byte{[]byte("x")}}, make([]socket.Message, 1), file,
	} {
		values[reflect.TypeOf(v)] = reflect.ValueOf(v)
	}
	values[reflect.TypeFor[[]syscall.Conn]()] = reflect.ValueOf([]syscall.Conn{file})
	values[reflect.TypeFor[context.Context]()] = reflect.ValueOf(ctx)
	values[reflect.TypeFor[io.Reader]()] = reflect.ValueOf(endless{})
	values[reflect.TypeFor[io.Writer]()] = reflect.ValueOf(endless{})
	return values
}

// endless has always something to read, and room for more.
type endless struct{}

func (endless) Read(b []byte) (int, error)  { return len(b), nil }
func (endless) Write(b []byte) (int, error) { return len(b), nil }

// call calls a method by reflection and returns its last result, an error.
func call(t *testing.T, values map[reflect.Type]reflect.Value, s *socket.Socket,
	m reflect.Method) error {
	t.Helper()
	in := []reflect.Value{reflect.ValueOf(s)}
	for i := 1; i < m.Type.NumIn(); i++ {
		v, found := values[m.Type.In(i)]
		if !found {
			t.Fatalf("%s has an argument of the type %v: add one to arguments",
				m.Name, m.Type.In(i))
		}
		in = append(in, v)
	}
	invoke := m.Func.Call
	if m.Type.IsVariadic() {
		invoke = m.Func.CallSlice
	}
	out := invoke(in)
	if len(out) == 0 {
		t.Fatalf("%s returns nothing: add it to the methods that do not return an error", m.Name)
	}
	last := out[len(out)-1]
	err, _ := last.Interface().(error)
	if last.Type() != reflect.TypeFor[error]() {
		t.Fatalf("%s does not return an error: add it to the methods that do not", m.Name)
	}
	for i, v := range out[:len(out)-1] {
		if err != nil && !v.IsZero() && !(v.Kind() == reflect.Int && v.Int() == -1) {
			t.Errorf("%s: with the error %v, result %d is %v", m.Name, err, i, v)
		}
	}
	return err
}

// Every method of a closed Socket, and of the zero Socket, is ErrClosed. These are the ones that
// are not.
var notClosed = []string{"FD", "Family", "Type", "Protocol", "String", "Params", "SyscallConn",
	"Offload", "SetOffload"}

func TestClosedAndZero(t *testing.T) {
	values := arguments(t)
	closed := map[string]*socket.Socket{"zero": new(socket.Socket)}
	for _, k := range kinds {
		s := open(t, k.family, k.typ, k.protocol)
		ok(t, s.Close())
		closed[s.String()+k.protocol.String()] = s
	}
	l := listening(t, loopback, 1)
	closed["listener"], closed["connected"] = l, first(join(t, l))
	ok(t, closed["listener"].Close())
	ok(t, closed["connected"].Close())
	detached := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	fd, err := detached.Detach()
	ok(t, err)
	adopted, err := socket.FromFD(fd)
	ok(t, err)
	ok(t, adopted.Close())
	closed["detached"], closed["adopted"] = detached, adopted
	for what, s := range closed {
		for m := range reflect.TypeFor[*socket.Socket]().Methods() {
			if slices.Contains(notClosed, m.Name) {
				continue
			}
			err := call(t, values, s, m)
			if m.Name == "Close" && what != "zero" {
				if err != nil {
					t.Errorf("%s: to close it again: %v", what, err)
				}
				continue
			}
			e, isError := errors.AsType[*socket.Error](err)
			if !isError || !errors.Is(err, socket.ErrClosed) || !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %s: %v (%T)", what, m.Name, err, err)
				continue
			}
			if want := operation(m.Name); e.Op != want {
				t.Errorf("%s: %s: the error's Op is %q, want %q", what, m.Name, e.Op, want)
			}
			if !strings.HasSuffix(err.Error(), ": use of closed socket") || e.Timeout() ||
				e.Temporary() {
				t.Errorf("%s: %s: %q, timeout %t, temporary %t",
					what, m.Name, err, e.Timeout(), e.Temporary())
			}
		}
		if s.FD() != -1 || s.Params() != socket.DefaultParams() {
			t.Errorf("%s: descriptor %d, parameters %+v", what, s.FD(), s.Params())
		}
		c, err := s.SyscallConn()
		ok(t, err)
		is(t, c.Control(func(uintptr) { t.Error("called") }), net.ErrClosed, socket.ErrClosed)
		is(t, c.Read(func(uintptr) bool { t.Error("called"); return true }), net.ErrClosed,
			socket.ErrClosed)
		is(t, c.Write(func(uintptr) bool { t.Error("called"); return true }), net.ErrClosed,
			socket.ErrClosed)
	}
}

// A copy to a closed socket takes nothing from its source, and is an error also of one that has
// nothing.
func TestClosedTakesNothing(t *testing.T) {
	f := fileWith(t, make([]byte, 10))
	a, _ := tcp(t)
	ok(t, a.Close())
	for _, s := range []*socket.Socket{new(socket.Socket), a} {
		r := strings.NewReader("something")
		for _, source := range []io.Reader{r, io.LimitReader(r, 3), strings.NewReader(""), f} {
			is(t, second(s.ReadFrom(source)), socket.ErrClosed)
		}
		if r.Len() != len("something") {
			t.Errorf("%d bytes are left in the source", r.Len())
		}
		is(t, second(s.SendFile(ctx, f, 0, 0)), socket.ErrClosed)
		is(t, second(s.SendFile(ctx, f, 10, -1)), socket.ErrClosed)
	}
}

// operation is what an error of a method says was called: the method's name in words. A copy fails
// as the half that failed, and ReadContext as a read, which ports make by it.
func operation(method string) string {
	switch method {
	case "ReadFrom", "CopyFrom":
		return "write"
	case "ReadContext", "WriteTo", "CopyTo":
		return "read"
	}
	var words strings.Builder
	for i, r := range method {
		if unicode.IsUpper(r) && i > 0 {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToLower(r))
	}
	return words.String()
}

// A nil Socket, and calls that have nothing to do, are ErrClosed as well.
func TestNilSocket(t *testing.T) {
	var none *socket.Socket
	is(t, none.Close(), socket.ErrClosed)
	is(t, second(none.Name()), socket.ErrClosed)
	is(t, second(none.PeerName()), socket.ErrClosed)
	if none.FD() != -1 || none.Family() != constants.AF_UNSPEC || none.Type() != 0 ||
		none.Protocol() != 0 {
		t.Errorf("a nil Socket has descriptor %d and is %v %v %v",
			none.FD(), none.Family(), none.Type(), none.Protocol())
	}
	if got, want := none.String(), new(socket.Socket).String(); got != want {
		t.Errorf("it prints as %q, the zero Socket as %q", got, want)
	}
	zero := new(socket.Socket)
	is(t, second(zero.ReceiveMessages(ctx, nil, 0)), socket.ErrClosed)
	is(t, second(zero.SendMessages(ctx, nil, 0)), socket.ErrClosed)
	is(t, zero.SetParams(socket.Params{}), socket.ErrClosed)
}

func first[A, B any](a A, _ B) A { return a }

// Flags that this platform does not have are unsupported, in every method that takes flags.
func TestUndefinedFlags(t *testing.T) {
	values := arguments(t)
	n := 0
	for _, flag := range []constants.MsgFlag{constants.Undefined,
		constants.Undefined | constants.MSG_PEEK, -1 << 31, -2} {
		values[reflect.TypeFor[constants.MsgFlag]()] = reflect.ValueOf(flag)
		for m := range reflect.TypeFor[*socket.Socket]().Methods() {
			takes := false
			for i := 1; i < m.Type.NumIn(); i++ {
				takes = takes || m.Type.In(i) == reflect.TypeFor[constants.MsgFlag]()
			}
			if !takes {
				continue
			}
			n++
			a, b := pair(t, constants.SOCK_DGRAM)
			if err := call(t, values, a, m); !errors.Is(err, socket.ErrUnsupported) ||
				!errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s with %d: %v", m.Name, flag, err)
			}
			if ready, err := b.ReceiveReady(); ready || err != nil {
				t.Errorf("%s with %d sent something: %t, %v", m.Name, flag, ready, err)
			}
		}
	}
	if n < 4*5 {
		t.Errorf("only %d methods take flags", n)
	}
}

// Closing wakes every call that waits, in both directions, in front and in the queue.
func TestCloseWakes(t *testing.T) {
	eachWaiter(t, func(t *testing.T, _ waiter, s *socket.Socket, call func(context.Context) error) {
		var done []<-chan error
		for i := range 3 {
			c := ctx
			if i == 1 {
				c = within(t, patience)
			}
			done = append(done, start(func() error { return call(c) }))
		}
		parked(t, 3)
		ok(t, s.Close())
		for _, d := range done {
			is(t, result(t, d), socket.ErrClosed)
		}
		ok(t, s.Close())
	})
	for what, wait := range map[string]func(*socket.Socket) error{
		"WaitReceive": func(s *socket.Socket) error { return s.WaitReceive(ctx) },
		"RawConn.Read": func(s *socket.Socket) error {
			c, _ := s.SyscallConn()
			return c.Read(func(uintptr) bool { return false })
		},
		"Read":    func(s *socket.Socket) error { return second(s.Read(make([]byte, 1))) },
		"WriteTo": func(s *socket.Socket) error { return second(s.WriteTo(io.Discard)) },
	} {
		s, _ := pair(t, constants.SOCK_STREAM)
		done := start(func() error { return wait(s) })
		parked(t, 1)
		ok(t, s.Close())
		if err := result(t, done); !errors.Is(err, socket.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Closing from many goroutines closes once, and calls that come at the same time fail as closed, or
// work.
func TestCloseRace(t *testing.T) {
	for range 50 {
		a, b := pair(t, constants.SOCK_STREAM)
		var done []<-chan error
		for range 4 {
			done = append(done, start(a.Close))
			done = append(done, start(func() error {
				for {
					if _, err := a.Send(ctx, []byte("x"), 0); err != nil {
						return err
					}
				}
			}))
			done = append(done,
				start(func() error { return second(a.Receive(ctx, make([]byte, 1), 0)) }))
			done = append(done, start(func() error { return second(a.Name()) }))
			done = append(done,
				start(func() error { return a.SetDeadline(time.Now().Add(time.Hour)) }))
			done = append(done, start(func() error { return second(a.Pending()) }))
		}
		drained := start(func() error { return second(b.WriteTo(io.Discard)) })
		for _, d := range done {
			if err := result(t, d); err != nil && !errors.Is(err, socket.ErrClosed) {
				t.Fatal(err)
			}
		}
		if err := result(t, drained); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
	}
}

// SyscallConn's functions wait like every call, and a panic in one is only that.
func TestSyscallConn(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	c, err := a.SyscallConn()
	ok(t, err)
	n := 0
	done := start(func() error {
		return c.Read(func(fd uintptr) bool { n++; return n == 2 && int(fd) == a.FD() })
	})
	parked(t, 1)
	send(t, b, "x")
	ok(t, result(t, done))
	receive(t, a, "x")

	atLeast(t, short, func() {
		ok(t, a.SetDeadline(time.Now().Add(short)))
		is(t, c.Read(func(uintptr) bool { return false }), os.ErrDeadlineExceeded,
			socket.ErrTimeout)
	})
	is(t, c.Write(func(uintptr) bool { return false }), os.ErrDeadlineExceeded)
	ok(t, a.SetDeadline(time.Time{}))
	ok(t, c.Write(func(uintptr) bool { return true }))

	func() {
		defer func() {
			if v := recover(); v != "mine" {
				t.Errorf("recovered %v", v)
			}
		}()
		c.Read(func(uintptr) bool { panic("mine") })
	}()
	goexit := make(chan struct{})
	go func() {
		defer close(goexit)
		c.Write(func(uintptr) bool { runtime.Goexit(); return true }) // ends the goroutine
	}()
	<-goexit
	talk(t, a, b)
}

// What the document of ErrTransient names is of that kind, and nothing else is that a loop would
// try again for ever.
func TestTransientErrors(t *testing.T) {
	for errno, want := range map[syscall.Errno]bool{
		syscall.ECONNREFUSED: true, syscall.ETIMEDOUT: true, syscall.ENETUNREACH: true,
		syscall.EHOSTUNREACH: true, syscall.ENETDOWN: true,
		syscall.EHOSTDOWN: true, syscall.ETOOMANYREFS: true,
		syscall.ECONNRESET: false, syscall.EPIPE: false, syscall.EMFILE: false,
		syscall.EINVAL: false, syscall.EAGAIN: false,
	} {
		if got := errors.Is(&socket.Error{Op: "send files", Err: errno},
			socket.ErrTransient); got != want {
			t.Errorf("%v is transient: %t", errno, got)
		}
	}
}
