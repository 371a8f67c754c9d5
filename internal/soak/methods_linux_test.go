package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/socket/packet"
	"example.com/bsdsocket/sockopt"
)

// A kit is what the arguments of a thing's methods are made of.
type kit struct {
	t     testing.TB
	stuck bool // calls that can wait do so until Close
	to    sockaddr.Addr
	file  *os.File
	pool  []*socket.Socket // to poll
	done  []func()         // what closes the rest
	again sync.WaitGroup   // goroutines that keep the other end busy
}

// A thing is a value whose methods are called, made anew for each round.
type thing struct {
	name string
	make func(k *kit) (value any, end func() error)
	// Of a port, one goroutine may call the methods that read, one those that write, and any the
	// others; see package ports.
	read, write []string
	never       []string // called by none while others are
}

// own are the methods of ports that the package's text lets any goroutine call.
var own = []string{"Close", "Abandon", "Socket", "Names"}

func (k *kit) ok(err error) {
	k.t.Helper()
	ok(k.t, err)
}

// keep closes what a thing needs beside itself.
func (k *kit) keep(closers ...io.Closer) {
	for _, c := range closers {
		k.done = append(k.done, func() { c.Close() })
	}
}

func (k *kit) end() {
	for _, fn := range slices.Backward(k.done) {
		fn()
	}
	k.again.Wait()
}

// pair is a connection of a family; of a stuck one, no more can be sent, and nothing comes.
// Otherwise the other end sends and receives.
func (k *kit) pair(family constants.Family, typ constants.SocketType) *socket.Socket {
	k.t.Helper()
	a, b, err := socket.Pair(family, typ, 0)
	k.ok(err)
	k.keep(b)
	k.ok(errors.Join(a.SetParams(socket.Params{}), b.SetParams(socket.Params{})))
	if k.stuck {
		k.fill(a, b, a.TrySend)
		return a
	}
	k.again.Go(func() {
		for buf := make([]byte, 3000); ; {
			limited, cancel := contextWithin(100 * time.Microsecond)
			_, err := b.Receive(limited, buf, 0)
			if err == nil || errors.Is(err, socket.ErrTimeout) {
				_, err = b.Send(limited, append(buf[:100:100], '\n'), 0)
			}
			cancel()
			if errors.Is(err, socket.ErrClosed) {
				return
			}
			time.Sleep(20 * time.Microsecond)
		}
	})
	return a
}

// fill sends from a to b until no more can be sent, which is soon.
func (k *kit) fill(a, b *socket.Socket, send func([]byte, constants.MsgFlag) (int, error)) {
	k.t.Helper()
	k.ok(errors.Join(sockopt.SOSendBuffer.Set(a, 1), sockopt.SOReceiveBuffer.Set(b, 1)))
	for p, full := make([]byte, 1000), 0; full < 2; {
		if _, err := send(p, 0); errors.Is(err, socket.ErrWouldBlock) {
			full++
		} else {
			k.ok(err)
		}
	}
}

// listener is bound to a new path or to loopback. Clients come, unless it is stuck.
func (k *kit) listener(family constants.Family) *socket.Socket {
	k.t.Helper()
	l, err := socket.New(family, constants.SOCK_STREAM, 0)
	k.ok(err)
	at, err := sockaddr.Inet("127.0.0.1", 0)
	if family == constants.AF_UNIX {
		at, err = sockaddr.Abstract("")
		if err == nil {
			at, err = sockaddr.Abstract(fmt.Sprintf("bsdsocket-soak-%d-%d", os.Getpid(),
				names.Add(1)))
		}
	}
	k.ok(err)
	k.ok(errors.Join(l.Bind(at), l.Listen(5), l.SetParams(socket.Params{})))
	k.visit(name(k.t, l))
	return l
}

var names atomic.Int64

// visit connects to an address until nobody listens there.
func (k *kit) visit(to sockaddr.Addr) {
	if k.stuck {
		return
	}
	stop, stopped := context.WithCancel(ctx)
	k.done = append(k.done, stopped)
	k.again.Go(func() {
		for stop.Err() == nil {
			limited, cancel := context.WithTimeout(stop, 5*time.Millisecond)
			s, err := socket.New(to.Family(), constants.SOCK_STREAM, 0)
			if err == nil {
				s.Connect(limited, to)
				s.Close()
			}
			cancel()
			time.Sleep(50 * time.Microsecond)
		}
	})
}

func socketThing(s *socket.Socket) (any, func() error) { return s, s.Close }

func things(ns *testenv.NS) []thing {
	portsOf := func(k *kit) (*ports.InputPort, *ports.OutputPort) {
		in, out, err := ports.New(k.pair(constants.AF_UNIX, constants.SOCK_STREAM),
			ports.Params{SendBufferSize: 100})
		k.ok(err)
		return in, out
	}
	reads := methodsOf[*ports.InputPort](own...)
	writes := methodsOf[*ports.OutputPort](append([]string{"Buffered"}, own...)...)
	// What an output port has buffered it sends when it is closed, for as long as the socket's
	// timeout lets it.
	prompt := func(s *socket.Socket, end func() error) func() error {
		return func() error {
			return errors.Join(s.SetParams(socket.Params{SendTimeout: time.Millisecond}), end())
		}
	}
	both := func(k *kit) (any, func() error) {
		d := ports.Join(portsOf(k))
		return d, prompt(d.Socket(), d.Close)
	}
	conn := func(k *kit) *netconn.Conn {
		c, err := netconn.NewConn(k.pair(constants.AF_UNIX, constants.SOCK_STREAM))
		k.ok(err)
		return c
	}
	return []thing{
		{name: "stream", make: func(k *kit) (any, func() error) {
			return socketThing(k.pair(constants.AF_UNIX, constants.SOCK_STREAM))
		}},
		{name: "datagram socket", make: func(k *kit) (any, func() error) {
			return socketThing(k.pair(constants.AF_UNIX, constants.SOCK_DGRAM))
		}},
		{name: "TCP connection", make: func(k *kit) (any, func() error) {
			a, b := pairOf(k.t, constants.AF_INET)
			k.keep(b)
			if k.stuck {
				k.fill(a, b, a.TrySend)
			}
			return socketThing(a)
		}},
		{name: "UDP socket", make: func(k *kit) (any, func() error) {
			s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
			k.ok(err)
			at, err := sockaddr.Inet("127.0.0.1", 0)
			k.ok(err)
			k.ok(errors.Join(s.Bind(at), s.SetParams(socket.Params{})))
			k.to = name(k.t, s)
			return socketThing(s)
		}},
		{name: "listening socket", make: func(k *kit) (any, func() error) {
			return socketThing(k.listener(constants.AF_UNIX))
		}},
		{name: "listening socket of TCP", make: func(k *kit) (any, func() error) {
			return socketThing(k.listener(constants.AF_INET))
		}},
		{name: "new socket", make: func(k *kit) (any, func() error) {
			// To connect it has to wait: the backlog is full.
			l := k.listener(constants.AF_UNIX)
			k.keep(l)
			k.to = name(k.t, l)
			for k.stuck {
				s, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
				k.ok(err)
				k.keep(s)
				k.ok(s.SetParams(socket.Params{ConnectTimeout: time.Nanosecond}))
				if s.Connect(ctx, k.to) != nil {
					break
				}
			}
			s, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			k.ok(err)
			k.ok(s.SetParams(socket.Params{}))
			return socketThing(s)
		}},
		{name: "InputPort", read: reads, make: func(k *kit) (any, func() error) {
			in, out := portsOf(k)
			k.done = append(k.done, func() { prompt(out.Socket(), out.Close)() })
			return in, in.Close
		}},
		{name: "OutputPort", write: writes, make: func(k *kit) (any, func() error) {
			in, out := portsOf(k)
			k.keep(in)
			return out, prompt(out.Socket(), out.Close)
		}},
		// Some methods of a Duplex are those of one port, though both have one of that name, and
		// some are for both ports.
		{name: "Duplex", read: without(append(reads, "Buffered"), "SetContext", "SetLineEnding"),
			write: without(writes, append(reads, "Buffered")...),
			never: []string{"SetContext", "SetLineEnding"}, make: both},
		{name: "tcp.Listener", make: func(k *kit) (any, func() error) {
			l, err := tcp.NewListener(nil, k.listener(constants.AF_INET),
				k.listener(constants.AF_INET))
			k.ok(err)
			return l, l.Close
		}},
		{name: "Custodian", make: func(k *kit) (any, func() error) {
			c := new(ports.Custodian)
			return c, c.Close
		}},
		{name: "ZeroCopy", make: func(k *kit) (any, func() error) {
			a, b := pairOf(k.t, constants.AF_INET)
			k.keep(b)
			z, err := socket.NewZeroCopy(a)
			k.ok(err)
			if k.stuck {
				k.fill(a, b, func(p []byte, flags constants.MsgFlag) (int, error) {
					return z.Send(ctx, p, flags|constants.MSG_DONTWAIT)
				})
			} else {
				k.again.Go(func() { io.Copy(io.Discard, readerOf(b)) })
			}
			return z, a.Close
		}},
		{name: "Poller", make: func(k *kit) (any, func() error) {
			p, err := socket.NewPoller()
			k.ok(err)
			for range 5 {
				s := k.pair(constants.AF_UNIX, constants.SOCK_STREAM)
				k.keep(s)
				k.pool = append(k.pool, s)
			}
			return p, p.Close
		}},
		{name: "packet.Receiver", make: func(k *kit) (any, func() error) {
			s, err := socket.NewIn(ns.Path(), constants.AF_PACKET, constants.SOCK_DGRAM, 0)
			k.ok(err)
			r, err := packet.NewReceiver(s, packet.Config{BlockSize: 1 << 15, Blocks: 3,
				Timeout: time.Millisecond})
			k.ok(err)
			to, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: unix.ETH_P_IP, Interface: 1})
			k.ok(err)
			k.ok(s.Bind(to))
			if !k.stuck {
				u, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_DGRAM, 0)
				k.ok(err)
				k.keep(u)
				at, err := sockaddr.Inet("127.0.0.1", 9)
				k.ok(err)
				k.again.Go(func() {
					for {
						_, err := u.SendTo(ctx, make([]byte, 100), at, 0)
						if errors.Is(err, socket.ErrClosed) {
							return
						}
						time.Sleep(20 * time.Microsecond)
					}
				})
			}
			return r, r.Close
		}},
		{name: "netconn.Conn", make: func(k *kit) (any, func() error) {
			c := conn(k)
			return c, c.Close
		}},
		{name: "netconn.Listener", make: func(k *kit) (any, func() error) {
			l, err := netconn.NewListener(k.listener(constants.AF_INET))
			k.ok(err)
			return l, l.Close
		}},
		{name: "netconn.PacketConn", make: func(k *kit) (any, func() error) {
			a, b := pairOfDatagrams(k)
			k.keep(b)
			c, err := netconn.NewPacketConn(a)
			k.ok(err)
			return c, c.Close
		}},
		{name: "netconn.UnixConn", make: func(k *kit) (any, func() error) {
			c, err := netconn.NewUnixConn(k.pair(constants.AF_UNIX, constants.SOCK_STREAM))
			k.ok(err)
			return c, c.Close
		}},
		{name: "netconn.IPConn", make: func(k *kit) (any, func() error) {
			// for experiments, RFC 3692
			s, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_RAW, 253)
			k.ok(err)
			at, err := sockaddr.Inet("127.0.0.1", 0)
			k.ok(err)
			k.ok(s.Bind(at))
			k.to = at
			c, err := netconn.NewIPConn(s)
			k.ok(err)
			return c, c.Close
		}},
		{name: "RawConn", make: func(k *kit) (any, func() error) {
			s := k.pair(constants.AF_UNIX, constants.SOCK_STREAM)
			raw, err := s.SyscallConn()
			k.ok(err)
			return raw, s.Close
		}},
	}
}

// pairOfDatagrams is two UDP sockets, one connected to the other, which sends and receives.
func pairOfDatagrams(k *kit) (a, b *socket.Socket) {
	k.t.Helper()
	at, err := sockaddr.Inet("127.0.0.1", 0)
	k.ok(err)
	for _, s := range []**socket.Socket{&a, &b} {
		*s, err = socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
		k.ok(err)
		k.ok(errors.Join((*s).Bind(at), (*s).SetParams(socket.Params{})))
	}
	k.ok(errors.Join(a.Connect(ctx, name(k.t, b)), b.Connect(ctx, name(k.t, a))))
	k.to = name(k.t, b)
	return a, b
}

func without(names []string, but ...string) []string {
	return slices.DeleteFunc(slices.Clone(names),
		func(name string) bool { return slices.Contains(but, name) })
}

func methodsOf[T any](but ...string) (names []string) {
	typ := reflect.TypeFor[T]()
	for i := range typ.NumMethod() {
		if name := typ.Method(i).Name; !slices.Contains(but, name) {
			names = append(names, name)
		}
	}
	return names
}

// A random argument of each type. A method with a parameter of another type fails the test: it
// needs a row here.
var generators = map[reflect.Type]func(k *kit, r *rand.Rand) any{
	reflect.TypeFor[context.Context](): nil, // see call
	reflect.TypeFor[[]byte](): func(_ *kit, r *rand.Rand) any {
		return make([]byte, r.IntN(5000))
	},
	reflect.TypeFor[string](): func(_ *kit, r *rand.Rand) any {
		return []string{"\n", "\r\n", "some text"}[r.IntN(3)]
	},
	reflect.TypeFor[bool]():  func(_ *kit, r *rand.Rand) any { return r.IntN(2) == 0 },
	reflect.TypeFor[int]():   func(_ *kit, r *rand.Rand) any { return r.IntN(2000) },
	reflect.TypeFor[int64](): func(_ *kit, r *rand.Rand) any { return r.Int64N(5000) },
	reflect.TypeFor[byte]():  func(_ *kit, r *rand.Rand) any { return byte('\n') },
	reflect.TypeFor[rune]():  func(_ *kit, r *rand.Rand) any { return '\u20ac' },
	reflect.TypeFor[constants.MsgFlag](): func(_ *kit, r *rand.Rand) any {
		return []constants.MsgFlag{0, 0, 0, constants.MSG_DONTWAIT}[r.IntN(4)]
	},
	reflect.TypeFor[constants.ShutdownHow](): func(_ *kit, r *rand.Rand) any {
		return constants.SHUT_RD
	},
	reflect.TypeFor[sockaddr.Addr](): func(k *kit, _ *rand.Rand) any { return k.to },
	reflect.TypeFor[time.Time](): func(k *kit, r *rand.Rand) any {
		return k.deadline(r)
	},
	reflect.TypeFor[time.Duration](): func(_ *kit, r *rand.Rand) any {
		return time.Duration(r.IntN(100)) * time.Second
	},
	reflect.TypeFor[*socket.Message](): func(k *kit, r *rand.Rand) any {
		m := k.message(r)
		return &m
	},
	reflect.TypeFor[[]socket.Message](): func(k *kit, r *rand.Rand) any {
		return []socket.Message{k.message(r), k.message(r)}
	},
	reflect.TypeFor[*os.File](): func(k *kit, _ *rand.Rand) any { return k.file },
	reflect.TypeFor[[]syscall.Conn](): func(k *kit, _ *rand.Rand) any {
		return []syscall.Conn{k.file}
	},
	reflect.TypeFor[io.Reader](): func(k *kit, r *rand.Rand) any {
		return readerOf(bytes.NewReader(make([]byte, r.IntN(10_000))))
	},
	reflect.TypeFor[io.Writer](): func(k *kit, _ *rand.Rand) any {
		return writerOf(io.Discard)
	},
	reflect.TypeFor[socket.Params](): func(*kit, *rand.Rand) any { return socket.Params{} },
	reflect.TypeFor[ports.Params]():  func(*kit, *rand.Rand) any { return ports.Params{} },
	reflect.TypeFor[net.Addr](): func(k *kit, _ *rand.Rand) any {
		return k.to.NetAddr(constants.SOCK_DGRAM)
	},
	reflect.TypeFor[*net.UDPAddr](): func(k *kit, _ *rand.Rand) any {
		return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}
	},
	reflect.TypeFor[*net.IPAddr](): func(*kit, *rand.Rand) any {
		return &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}
	},
	reflect.TypeFor[*net.UnixAddr](): func(*kit, *rand.Rand) any { return (*net.UnixAddr)(nil) },
	reflect.TypeFor[netip.AddrPort](): func(k *kit, _ *rand.Rand) any {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 9)
	},
	reflect.TypeFor[*net.Buffers](): func(*kit, *rand.Rand) any {
		return &net.Buffers{make([]byte, 10), make([]byte, 1000)}
	},
	reflect.TypeFor[net.KeepAliveConfig](): func(*kit, *rand.Rand) any {
		return net.KeepAliveConfig{Enable: true}
	},
	reflect.TypeFor[ports.Buffering](): func(_ *kit, r *rand.Rand) any {
		return ports.Buffering(r.IntN(3))
	},
	reflect.TypeFor[socket.PollEvents](): func(_ *kit, r *rand.Rand) any {
		return []socket.PollEvents{socket.PollIn, socket.PollOut, socket.PollIn | socket.PollEdge,
			socket.PollOut | socket.PollOneShot}[r.IntN(4)]
	},
	reflect.TypeFor[[]socket.PollEvent](): func(*kit, *rand.Rand) any {
		return make([]socket.PollEvent, 3)
	},
	reflect.TypeFor[*socket.Socket](): func(k *kit, r *rand.Rand) any {
		return k.pool[r.IntN(len(k.pool))]
	},
	reflect.TypeFor[any]():       func(*kit, *rand.Rand) any { return "value" },
	reflect.TypeFor[io.Closer](): func(*kit, *rand.Rand) any { return new(closer) },
	reflect.TypeFor[[]io.Closer](): func(*kit, *rand.Rand) any {
		return []io.Closer{new(closer), new(ports.Custodian)}
	},
	reflect.TypeFor[func(uintptr)](): func(*kit, *rand.Rand) any { return func(uintptr) {} },
	reflect.TypeFor[func(uintptr) bool](): func(k *kit, r *rand.Rand) any {
		return func(uintptr) bool { return !k.stuck && r.IntN(2) == 0 }
	},
}

type closer struct{ closed atomic.Int64 }

func (c *closer) Close() error { c.closed.Add(1); return nil }

func (k *kit) deadline(r *rand.Rand) time.Time {
	if k.stuck || r.IntN(3) == 0 {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(r.IntN(1000)-300) * time.Microsecond)
}

func (k *kit) message(r *rand.Rand) socket.Message {
	return socket.Message{Buffers: [][]byte{make([]byte, r.IntN(100)),
		make([]byte, 1+r.IntN(3000))}, Addr: k.to}
}

// call calls a method with random arguments, closes what it returns, and returns its error.
func (k *kit) call(value any, name string, r *rand.Rand) error {
	method := reflect.ValueOf(value).MethodByName(name)
	typ := method.Type()
	var args []reflect.Value
	for i := range typ.NumIn() {
		in := typ.In(i)
		switch generate, known := generators[in]; {
		case in == reflect.TypeFor[context.Context]() && k.stuck, name == "SetContext":
			args = append(args, reflect.ValueOf(ctx))
		case in == reflect.TypeFor[context.Context]():
			limited, cancel := contextWithin(time.Duration(r.IntN(500)) * time.Microsecond)
			defer cancel()
			args = append(args, reflect.ValueOf(limited))
		case name == "SetLinger":
			args = append(args, reflect.ValueOf(0)) // so that Close does not wait
		case name == "SetLineLimit", name == "SetBufferSize":
			args = append(args, reflect.ValueOf(1+r.IntN(5000)))
		case !known:
			k.t.Errorf("%T.%s has a parameter of type %v, which needs a row in generators", value,
				name, in)
			return nil
		default:
			v := reflect.New(in).Elem() // of the interface's type, also for nil
			if x := generate(k, r); x != nil {
				v.Set(reflect.ValueOf(x))
			}
			args = append(args, v)
		}
	}
	var results []reflect.Value
	if typ.IsVariadic() {
		results = method.CallSlice(args)
	} else {
		results = method.Call(args)
	}
	var err error
	for _, v := range results {
		if v.Type() == reflect.TypeFor[error]() {
			err, _ = v.Interface().(error)
		}
	}
	for _, v := range results {
		switch x := v.Interface().(type) {
		case packet.Block:
			x.Release()
		case []*os.File:
			for _, f := range x {
				f.Close()
			}
		case int:
			if name == "Detach" && err == nil {
				unix.Close(x)
			}
		case <-chan struct{}:
			if !k.stuck || err == nil { // Listener.Ready: a wait of its own
				select {
				case <-x:
				case <-time.After(100 * time.Microsecond):
				}
			}
		case io.Closer:
			if nothing := v.Kind() == reflect.Pointer && v.IsNil(); !nothing && name != "Socket" {
				x.Close()
			}
		}
	}
	return err
}

// foreign reports whether an error tells that a descriptor's number was used after the descriptor
// had been closed.
func foreign(err error) bool {
	return errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ENOTSOCK) ||
		errors.Is(err, syscall.EFAULT)
}

func newKit(t testing.TB, file *os.File, stuck bool) *kit {
	return &kit{t: t, file: file, stuck: stuck}
}

func fileOf(t testing.TB) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(name, make([]byte, 1<<16), 0o600))
	f, err := os.Open(name)
	ok(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// TestSoakClose closes a socket, a port and everything else that has methods while each of its
// methods is called, most of which wait: they end, and never with the error of a number that is
// somebody else's by then.
func TestSoakClose(t *testing.T) {
	testenv.Needs(t, testenv.NetRaw, testenv.ZeroCopy)
	random, _ := testenv.Seed(t)
	ns := testenv.NetNS(t)
	file := fileOf(t)
	var closes, waited int64
	all := things(ns)
	rounds(t, func(round int) {
		for _, thing := range all {
			names := methodsOfValue(t, thing, file)
			if !testenv.Soaking() {
				names = []string{names[random.IntN(len(names))], names[random.IntN(len(names))]}
			}
			// so that what it opened is closed
			t.Run(thing.name+"/"+strconv.Itoa(round), func(t *testing.T) {
				for _, name := range names {
					closes++
					if closeDuring(t, thing, file, name, random) {
						waited++
					}
				}
			})
		}
	})
	if waited == 0 {
		t.Error("no call was under way at a Close")
	}
	testenv.Tried(t, "closes while a method is called", closes, 0)
	testenv.Tried(t, "closes of which the call was still waiting", waited, 0)
}

func methodsOfValue(t testing.TB, thing thing, file *os.File) (names []string) {
	k := newKit(t, file, false)
	value, end := thing.make(k)
	defer k.end()
	defer end()
	typ := reflect.TypeOf(value)
	for i := range typ.NumMethod() {
		if m := typ.Method(i); m.Name != "Close" {
			names = append(names, m.Name)
		}
	}
	return names
}

// closeDuring calls a method and closes the thing at some moment. It reports whether the call was
// under way.
func closeDuring(t *testing.T, thing thing, file *os.File, name string,
	random *rand.Rand) (waits bool) {
	k := newKit(t, file, true)
	value, end := thing.make(k)
	defer k.end()
	r := rand.New(rand.NewPCG(random.Uint64(), 0))
	done := start(func() error { return k.call(value, name, r) })
	switch n := random.IntN(20); {
	case n < 2: // at once
	case n < 4:
		time.Sleep(time.Duration(random.IntN(100)) * time.Microsecond)
	default: // sleeping takes a millisecond and more
		for range n {
			runtime.Gosched()
		}
	}
	select {
	case err := <-done:
		done = start(func() error { return err })
	default:
		waits = true
	}
	if err := result(t, start(end)); foreign(err) {
		t.Errorf("%s, Close during %s: %v", thing.name, name, err)
	}
	if err := result(t, done); foreign(err) {
		t.Errorf("%s, %s during Close: %v", thing.name, name, err)
	}
	return waits
}

// TestSoakMethods calls all methods of everything at once, from many goroutines, and then closes
// it: for the race detector, and so that no call hangs. Methods that are new are taken in by
// themselves.
func TestSoakMethods(t *testing.T) {
	testenv.Needs(t, testenv.NetRaw, testenv.ZeroCopy)
	random, _ := testenv.Seed(t)
	ns := testenv.NetNS(t)
	file := fileOf(t)
	var calls atomic.Int64
	all := things(ns)
	rounds(t, func(round int) {
		for _, thing := range all {
			t.Run(thing.name+"/"+strconv.Itoa(round), func(t *testing.T) {
				allAtOnce(t, thing, file, random, &calls)
			})
		}
	})
	testenv.Tried(t, "calls of all methods at once", calls.Load(), 0)
}

func allAtOnce(t *testing.T, thing thing, file *os.File, random *rand.Rand, calls *atomic.Int64) {
	k := newKit(t, file, false)
	value, end := thing.make(k)
	defer k.end()
	typ := reflect.TypeOf(value)
	var free []string // methods for any goroutine
	for i := range typ.NumMethod() {
		name := typ.Method(i).Name
		switch {
		case slices.Contains(slices.Concat(thing.read, thing.write, thing.never), name):
		// in the end
		case name == "Close", name == "Detach", name == "Shutdown", name == "CloseRead",
			name == "CloseWrite":
		default:
			free = append(free, name)
		}
	}
	sets := [][]string{free, free, free, free}
	if thing.read != nil || thing.write != nil {
		sets = [][]string{thing.read, thing.write, free, free}
	}
	var over atomic.Bool
	var group []<-chan error
	for _, names := range sets {
		if len(names) == 0 {
			continue
		}
		r := rand.New(rand.NewPCG(random.Uint64(), 0))
		group = append(group, start(func() error {
			for !over.Load() {
				name := names[r.IntN(len(names))]
				if err := k.call(value, name, r); foreign(err) {
					return fmt.Errorf("%s: %w", name, err)
				}
				calls.Add(1)
			}
			return nil
		}))
	}
	time.Sleep(time.Duration(1+random.IntN(4)) * time.Millisecond)
	if random.IntN(2) == 0 { // the end of one direction, or of the descriptor
		for _, name := range []string{"CloseRead", "CloseWrite", "Shutdown", "Detach"} {
			if random.IntN(3) == 0 && reflect.ValueOf(value).MethodByName(name).IsValid() {
				k.call(value, name, random)
			}
		}
	}
	over.Store(true)
	if err := result(t, start(end)); foreign(err) {
		t.Errorf("%s: Close: %v", thing.name, err)
	}
	for _, done := range group {
		if err := result(t, done); err != nil {
			t.Errorf("%s: %v", thing.name, err)
		}
	}
}
