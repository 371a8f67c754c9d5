package house

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/socket/packet"
	"example.com/bsdsocket/sockopt"
)

// zeros are pointers to a zero value of every exported type that has methods. Of those that a
// constructor makes and everybody has by pointer, a nil pointer is tried too.
var zeros = []any{
	new(addrinfo.Attempt), new(addrinfo.ConnectError), new(addrinfo.Connector), new(addrinfo.Error),
	new(addrinfo.Info), new(addrinfo.Resolver),
	new(constants.AddrInfoFlag), new(constants.Constant), new(constants.EAI), new(constants.Family),
	new(constants.Level), new(constants.MsgFlag),
	new(constants.NameInfoFlag), new(constants.OptionName), new(constants.ParseError),
	new(constants.Protocol), new(constants.ShutdownHow), new(constants.SocketType),
	new(sockaddr.Addr), new(sockaddr.Error), new(sockaddr.GUID),
	new(cmsg.AuxData), new(cmsg.Error), new(cmsg.ExtendedError), new(cmsg.Info),
	new(cmsg.Kind[int]), new(cmsg.Message), new(cmsg.Origin),
	new(socket.Completion), new(socket.Error), new(socket.Message), new(socket.Params),
	new(socket.PollEvents), new(socket.Poller), new(socket.Socket), new(socket.ZeroCopy),
	new(packet.Block), new(packet.Packet), new(packet.Receiver),
	new(sockopt.Access), new(sockopt.AcceptFilter), new(sockopt.CongestionInfo), new(sockopt.Error),
	new(sockopt.ICMPTypes), new(sockopt.ICMPv6Types), new(sockopt.Info),
	new(sockopt.Option[int]), new(sockopt.ReadOnly[int]), new(sockopt.WriteOnly[int]),
	new(sockopt.Query[int]),
	new(sockopt.MPTCPConnectionInfo), new(sockopt.ZeroCopyReceive), new(sockopt.TCPState),
	new(sockopt.FD), new(sockopt.PathMTUDiscovery), new(sockopt.TimestampingFlags),
	new(sockopt.UDPEncapsulationType),
	new(sockopt.PacketFanoutMode), new(sockopt.TCPRepairMode), new(sockopt.TLSCipher),
	new(sockopt.PacketMembershipType), new(sockopt.BufferLock),
	new(sockopt.AddressPreferences), new(sockopt.TCPNegotiated), new(sockopt.TCPQueue),
	new(sockopt.PacketFanoutFlags), new(sockopt.TransmitTimeFlags), new(sockopt.MPTCPFlags),
	new(netconn.Conn), new(netconn.IPConn), new(netconn.Listener), new(netconn.PacketConn),
	new(netconn.UnixConn), new(netconn.Config),
	new(ports.Buffering), new(ports.Custodian), new(ports.Duplex), new(ports.InputPort),
	new(ports.OutputPort), new(ports.Params), new(ports.UnsentError),
	new(tcp.Listener),
}

var nilToo = []string{"ports.Custodian", "ports.InputPort", "ports.OutputPort", "tcp.Listener"}

// typeName is a type as api has it, without type arguments.
func typeName(v any) string {
	name := reflect.TypeOf(v).Elem().String()
	name, _, _ = strings.Cut(name, "[")
	return name
}

// plausible returns arguments for a method, or for what is behind a receiver.
func plausible(t *testing.T, ctx context.Context, m reflect.Type, skip int) (in []reflect.Value) {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	given := map[reflect.Type]any{}
	for _, v := range []any{
		[]byte("x"), &socket.Message{Buffers: [][]byte{[]byte("x")}}, make([]socket.Message, 1),
		sockaddr.MustParse("127.0.0.1:9"),
		"x", 1, time.Now().Add(time.Hour), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9},
		&net.IPAddr{IP: net.IPv4(127, 0, 0, 1)},
		&net.UnixAddr{Name: "x", Net: "unixgram"}, netip.MustParseAddrPort("127.0.0.1:9"),
		&net.Buffers{[]byte("x")}, constants.SHUT_WR,
		file, int64(1), make([]socket.PollEvent, 1), []syscall.Conn{}, []io.Closer{},
	} {
		given[reflect.TypeOf(v)] = v
	}
	for i := skip; i < m.NumIn(); i++ {
		want := m.In(i)
		v, ok := given[want]
		switch {
		case ok:
			in = append(in, reflect.ValueOf(v))
		case want == reflect.TypeFor[context.Context]():
			in = append(in, reflect.ValueOf(ctx))
		case want == reflect.TypeFor[io.Reader]():
			in = append(in, reflect.ValueOf(strings.NewReader("x")))
		case want == reflect.TypeFor[io.Writer]():
			in = append(in, reflect.ValueOf(new(bytes.Buffer)))
		case want == reflect.TypeFor[net.Addr]():
			in = append(in, reflect.ValueOf(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}))
		case want.Kind() == reflect.Func:
			in = append(in, reflect.MakeFunc(want, func([]reflect.Value) (out []reflect.Value) {
				for r := range want.NumOut() {
					out = append(out, reflect.Zero(want.Out(r)))
				}
				return out
			}))
		default:
			in = append(in, reflect.Zero(want))
		}
	}
	return in
}

// try calls a method, goes through the first of what it yields, and returns the last error.
// Whatever hangs or panics is an error.
func try(t *testing.T, name string, m reflect.Value, in []reflect.Value) (failed error) {
	t.Helper()
	type result struct {
		err      error
		panicked any
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			done <- r
		}()
		call := m.Call
		if m.Type().IsVariadic() {
			call = m.CallSlice
		}
		for _, out := range call(in) {
			if err, ok := out.Interface().(error); ok && out.Type() == reflect.TypeFor[error]() {
				r.err = err
			}
			if out.Type().CanSeq2() && out.Kind() == reflect.Func {
				for _, v := range out.Seq2() {
					if err, ok := v.Interface().(error); ok {
						r.err = err
					}
					break
				}
			}
		}
	}()
	select {
	case r := <-done:
		if r.panicked != nil {
			t.Errorf("%s panics: %v", name, r.panicked)
		}
		return r.err
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not return", name)
	}
	return nil
}

// TestZeroValues holds that no method of a zero value, or of a nil pointer where that is natural,
// panics or hangs; that one which fails does so with an error of the module's shape; and that what
// has to be made by a constructor is closed.
func TestZeroValues(t *testing.T) {
	a := exports(t)
	seen := map[string]bool{}
	for _, zero := range zeros {
		name := typeName(zero)
		seen[name] = true
		values := map[string]reflect.Value{"zero ": reflect.New(reflect.TypeOf(zero).Elem())}
		for _, n := range nilToo {
			if n == name {
				values["nil "] = reflect.Zero(reflect.TypeOf(zero))
			}
		}
		for which, v := range values {
			for i := range v.NumMethod() {
				method := v.Type().Method(i).Name
				m := v.Method(i)
				err := try(t, which+name+"."+method, m,
					plausible(t, context.Background(), m.Type(), 0))
				if e, ok := a.calls[name+"."+method]; !ok || !e.fails {
					continue
				}
				switch {
				case err != nil:
					checkError(t, which, name+"."+method, err)
				case made[name] && !harmless[method]:
					t.Errorf("%s%s.%s does not fail", which, name, method)
				}
				if err != nil && made[name] && !errors.Is(err, socket.ErrClosed) {
					t.Errorf("%s%s.%s is not ErrClosed: %v", which, name, method, err)
				}
			}
		}
	}
	for name := range a.types {
		if !seen[name] {
			t.Errorf("%s has methods and stands not in zeros", name)
		}
	}
}

// made are the types that a constructor makes, and whose zero values are closed.
var made = map[string]bool{
	"socket.Socket": true, "socket.Poller": true, "socket.ZeroCopy": true, "packet.Receiver": true,
	"netconn.Conn": true, "netconn.IPConn": true, "netconn.Listener": true,
	"netconn.PacketConn": true, "netconn.UnixConn": true,
	"ports.InputPort": true, "ports.OutputPort": true, "ports.Duplex": true, "tcp.Listener": true,
}

// harmless are methods that need not fail on what is closed.
var harmless = map[string]bool{"Close": true, "SyscallConn": true}

// TestZeroDocumented holds that the comment of each struct that has hidden fields says what its
// zero value is.
func TestZeroDocumented(t *testing.T) {
	said := map[string]bool{}
	zero := regexp.MustCompile(`\b[Zz]ero\b`)
	for _, dir := range read(t).public() {
		for _, f := range read(t).dirs[dir] {
			if f.isTest() {
				continue
			}
			for _, d := range f.ast.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok {
					continue
				}
				for _, spec := range g.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						text := g.Doc.Text() + s.Doc.Text()
						said[f.ast.Name.Name+"."+s.Name.Name] = zero.MatchString(text)
					}
				}
			}
		}
	}
	for _, name := range exports(t).opaque {
		if !said[name] {
			t.Errorf("the comment of %s does not say what its zero value is", name)
		}
	}
}
