package ports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// wantText receives exactly text from the peer.
func wantText(t *testing.T, s *socket.Socket, want string) {
	t.Helper()
	soon, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	buf := make([]byte, len(want))
	if n, err := s.Receive(soon, buf, constants.MSG_WAITALL); err != nil ||
		string(buf[:n]) != want {
		t.Fatalf("the peer received %q, %v, want %q", buf[:n], err, want)
	}
}

// wantEnd waits for the end of the stream.
func wantEnd(t *testing.T, s *socket.Socket) {
	t.Helper()
	soon, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if n, err := s.Receive(soon, make([]byte, 1), 0); n != 0 || err != nil {
		t.Fatalf("the peer received %d bytes, %v, want the end", n, err)
	}
}

// Rows E18, R6 and C6: what the peer sees, in every order of closing, with and without abandoning,
// and twice.
func TestCloseOrders(t *testing.T) {
	streamSockets(t, func(t *testing.T, unused, _ *socket.Socket) {
		for n := range 8 {
			abandonIn, abandonOut, inFirst := n&1 != 0, n&2 != 0, n&4 != 0
			t.Run(fmt.Sprintf("abandon in %t out %t, in first %t", abandonIn, abandonOut, inFirst),
				func(t *testing.T) {
					a, peer := tcpSockets(t)
					if unused.Family() == constants.AF_UNIX {
						a, peer = unixSockets(t, constants.SOCK_STREAM)
					}
					in, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
					if abandonIn {
						in.Abandon()
					}
					if abandonOut {
						out.Abandon()
					}
					must(t, writeAll(out, "kept"))
					if inFirst {
						must(t, in.Close())
						must(t, in.Close())
						if a.FD() < 0 {
							t.Fatal("the socket is closed with the first port")
						}
						// The connection stands: the peer gets what is sent, and no end before it.
						must(t, writeAll(out, " and more"))
						must(t, out.Flush())
						wantText(t, peer, "kept and more")
						// An abandoned direction still receives; the other one is at its end.
						if abandonIn {
							_, err := peer.Write([]byte("answer"))
							must(t, err)
							wantText(t, a, "answer")
						} else {
							wantEnd(t, a)
						}
						must(t, out.Close())
						must(t, out.Close())
					} else {
						must(t, out.Close())
						must(t, out.Close())
						wantText(t, peer, "kept") // Close has sent it
						if a.FD() < 0 {
							t.Fatal("the socket is closed with the first port")
						}
						if abandonOut {
							// No end has been sent, since more can come.
							_, err := a.Write([]byte("past the port"))
							must(t, err)
							wantText(t, peer, "past the port")
							if ready, err := peer.ReceiveReady(); ready || err != nil {
								t.Fatal("the peer has more to receive:", err)
							}
						} else {
							wantEnd(t, peer)
							_, err := a.Write([]byte("past the port"))
							is(t, err, syscall.EPIPE)
						}
						_, err := peer.Write([]byte("answer\n"))
						must(t, err)
						if line, err := in.ReadLine(); line != "answer" || err != nil {
							t.Fatalf("%q, %v", line, err)
						}
						must(t, in.Close())
						must(t, in.Close())
					}
					wantEnd(t, peer)
					if a.FD() >= 0 || in.Socket() != a || out.Socket() != a {
						t.Error("the socket is open after both ports, or not theirs")
					}
				})
		}
	})
}

// Rows E18 and R6: Close while another goroutine reads ends the read, and no other.
func TestCloseWhileReading(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		for name, read := range map[string]func(in *ports.InputPort) error{
			"Read": func(in *ports.InputPort) error {
				_, err := in.Read(make([]byte, 10))
				return err
			},
			"directly": func(in *ports.InputPort) error {
				_, err := in.Read(make([]byte, 10000))
				return err
			},
			"ReadLine": func(in *ports.InputPort) error { _, err := in.ReadLine(); return err },
			"WriteTo": func(in *ports.InputPort) error {
				_, err := in.WriteTo(io.Discard)
				return err
			},
			"through another port": func(in *ports.InputPort) error {
				x, _ := unixSockets(t, constants.SOCK_STREAM)
				_, out := makePorts(t, x, ports.DefaultParams())
				_, err := io.Copy(out, in)
				return err
			},
		} {
			for _, abandon := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s abandoned %t", name, abandon), func(t *testing.T) {
					d, err := b.Dup() // closing it leaves the connection
					must(t, err)
					if !abandon {
						// Shutting it down would not.
						d.Close()
						client, server := tcpSockets(t)
						defer client.Close()
						d = server
					}
					setParams(t, d, func(p *socket.Params) { p.ReceiveTimeout = 0 })
					in, out := makePorts(t, d, ports.DefaultParams())
					if abandon {
						in.Abandon()
						out.Abandon()
					}
					done := make(chan error, 1)
					go func() { done <- read(in) }()
					parked(t, "(*InputPort).")
					must(t, in.Close())
					is(t, <-done, socket.ErrClosed)
					if abandon {
						// The socket receives as before: no deadline is left behind.
						_, err = a.Write([]byte("more"))
						must(t, err)
						wantText(t, d, "more")
					}
					must(t, writeAll(out, "x"))
					must(t, out.Close())
				})
			}
		}
	})
}

// Row E18: Close while another goroutine writes ends the write.
func TestCloseWhileWriting(t *testing.T) {
	// Each call waits for the peer at once, with so many bytes in the buffer before it.
	for name, call := range map[string]struct {
		kept  int
		write func(out *ports.OutputPort) error
	}{
		"Write": {0, func(out *ports.OutputPort) error {
			_, err := out.Write(text(1 << 24))
			return err
		}},
		"Write behind others": {10, func(out *ports.OutputPort) error {
			_, err := out.Write(text(1 << 24))
			return err
		}},
		"WriteByte": {4095, func(out *ports.OutputPort) error {
			return out.WriteByte('x')
		}},
		"Flush": {10, func(out *ports.OutputPort) error { return out.Flush() }},
		"SetBuffering": {10, func(out *ports.OutputPort) error {
			return out.SetBuffering(ports.Unbuffered, 0)
		}},
		"ReadFrom": {0, func(out *ports.OutputPort) error {
			_, err := out.ReadFrom(endless{})
			return err
		}},
		"ReadFrom a busy port": {10, func(out *ports.OutputPort) error {
			_, err := out.ReadFrom(endless{})
			return err
		}},
	} {
		for _, abandon := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s abandoned %t", name, abandon), func(t *testing.T) {
				a, b := unixSockets(t, constants.SOCK_STREAM)
				setParams(t, a, func(p *socket.Params) { p.SendTimeout = 0 })
				_, out := makePorts(t, a, ports.Params{SendBufferSize: 4096})
				if abandon {
					out.Abandon()
				}
				sent := fill(t, a)
				_, err := out.Write(text(call.kept))
				must(t, err)
				done := make(chan error, 1)
				go func() { done <- call.write(out) }()
				parked(t, "(*Socket).") // and so it has begun
				err = out.Close()
				is(t, <-done, socket.ErrClosed)
				// What was kept before is lost, and said to be.
				if unsent, ok := errors.AsType[*ports.UnsentError](err); ok != (call.kept > 0) ||
					ok && unsent.Unsent != call.kept {
					t.Errorf("with %d bytes kept: %v", call.kept, err)
				}
				_, err = io.ReadFull(b, make([]byte, sent))
				must(t, err)
				if abandon { // no deadline is left behind
					_, err = a.Write([]byte("more"))
					must(t, err)
				}
			})
		}
	}
}

// When Close of an abandoned port returns, the socket can be used: no deadline is left from a call
// that it ended.
func TestAbandonedWhileWaiting(t *testing.T) {
	for range 30 {
		a, b := tcpSockets(t)
		in, _ := makePorts(t, b, ports.DefaultParams())
		done := make(chan error, 1)
		go func() { _, err := in.ReadByte(); done <- err }()
		parked(t, "(*InputPort).")
		in.Abandon()
		must(t, in.Close())
		_, err := a.Write([]byte("x"))
		must(t, err)
		wantText(t, b, "x")
		is(t, <-done, socket.ErrClosed)
		must(t, a.Close())
		must(t, b.Close())
	}
}

// held is a reader and writer whose calls wait until they are let go.
type held struct{ entered, leave chan struct{} }

func (h held) Read(b []byte) (int, error) { return h.Write(b) }
func (h held) Write(b []byte) (int, error) {
	h.entered <- struct{}{}
	<-h.leave
	return len(b), nil
}

// Nor while the other side of a copy waits.
func TestAbandonedWhileCopying(t *testing.T) {
	for _, size := range []int{0, 100} {
		a, b := tcpSockets(t)
		in, out := makePorts(t, b, ports.Params{SendBufferSize: size})
		h, done := held{make(chan struct{}), make(chan struct{})}, make(chan error)
		go func() { _, err := io.Copy(h, in); done <- err }()
		_, err := a.Write([]byte("copied"))
		must(t, err)
		<-h.entered
		in.Abandon()
		must(t, in.Close())
		_, err = a.Write([]byte("x"))
		must(t, err)
		wantText(t, b, "x")
		close(h.leave)
		is(t, <-done, socket.ErrClosed)

		d, err := b.Dup() // the ports' socket closes with the second
		must(t, err)
		in, out = makePorts(t, d, ports.Params{SendBufferSize: size})
		h = held{make(chan struct{}), make(chan struct{})}
		go func() { _, err := io.Copy(out, h); done <- err }()
		<-h.entered
		out.Abandon()
		must(t, out.Close())
		_, err = d.Write([]byte("x"))
		must(t, err)
		wantText(t, a, "x")
		close(h.leave)
		is(t, <-done, socket.ErrClosed)
		must(t, in.Close())
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// Close at any moment of reads and writes in two other goroutines: under the race detector this
// also shows that one of each, and Close, need no lock of the caller's.
func TestCloseAnytime(t *testing.T) {
	for i := range 50 {
		a, b := unixSockets(t, constants.SOCK_STREAM)
		ain, aout := makePorts(t, a, ports.Params{SendBufferSize: 64})
		bin, bout := makePorts(t, b, ports.Params{SendBufferSize: 64})
		var all sync.WaitGroup
		ended := make(chan error, 4)
		for _, out := range []*ports.OutputPort{aout, bout} {
			all.Go(func() {
				var err error
				for err == nil {
					_, err = out.WriteLine("a line that is written")
				}
				ended <- err
			})
		}
		for _, in := range []*ports.InputPort{ain, bin} {
			all.Go(func() {
				var line string
				var err error
				for err == nil {
					if line, err = in.ReadLine(); err == nil && line != "a line that is written" &&
						!strings.HasPrefix("a line that is written", line) {
						err = fmt.Errorf("read %q", line)
					}
				}
				ended <- err
			})
		}
		for range i * 10 {
			runtime.Gosched()
		}
		for _, p := range []io.Closer{aout, ain, bin, bout} {
			all.Go(func() { p.Close() })
		}
		all.Wait()
		for range 4 {
			err := <-ended
			if !errors.Is(err, socket.ErrClosed) && !errors.Is(err, io.EOF) &&
				!errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
				t.Fatal(err)
			}
		}
	}
}

// Two goroutines that use one port without a lock are reported by the race detector. It runs this
// test again, where the mistake is made.
func TestMisuse(t *testing.T) {
	const variable = "BSDSOCKET_PORTS_MISUSE"
	if !raceEnabled {
		t.Skip("needs a build with the race detector")
	}
	if what := os.Getenv(variable); what != "" {
		a, b := unixSockets(t, constants.SOCK_STREAM)
		in, _ := makePorts(t, b, ports.DefaultParams())
		_, out := makePorts(t, a, ports.Params{SendBufferSize: 1 << 20})
		must(t, writeAll(out, strings.Repeat("x", 1000)))
		must(t, out.Flush())
		_, err := in.Peek(1000)
		must(t, err)
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				for range 100 {
					if what == "read" {
						in.ReadByte()
					} else {
						out.WriteByte('x')
					}
				}
			})
		}
		all.Wait()
		return
	}
	for _, what := range []string{"read", "write"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMisuse$", "-test.timeout=60s")
		cmd.Env = append(os.Environ(), variable+"="+what)
		out, err := cmd.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("DATA RACE")) {
			t.Errorf("two goroutines that %s are not reported: %v\n%s", what, err, out)
		}
	}
}

// Unconnected, listening and closed sockets make no ports, and stay the caller's; so do negative
// sizes.
func TestNewBad(t *testing.T) {
	unconnected := newSocket(t, constants.AF_INET, constants.SOCK_STREAM)
	datagrams := newSocket(t, constants.AF_INET, constants.SOCK_DGRAM)
	listening := newSocket(t, constants.AF_INET, constants.SOCK_STREAM)
	must(t, listening.Bind(sockaddr.MustParse("127.0.0.1")))
	must(t, listening.Listen(1))
	for _, s := range []*socket.Socket{unconnected, datagrams, listening} {
		_, _, err := ports.New(s, ports.DefaultParams())
		is(t, err, syscall.ENOTCONN)
		if s.FD() < 0 {
			t.Error("New closed", s)
		}
	}
	over := newSocket(t, constants.AF_INET, constants.SOCK_STREAM)
	over.Close()
	_, _, err := ports.New(over, ports.DefaultParams())
	is(t, err, socket.ErrClosed)
	a, _ := tcpSockets(t)
	for name, p := range map[string]ports.Params{
		"ReceiveBufferSize": {ReceiveBufferSize: -1},
		"SendBufferSize":    {SendBufferSize: -4096},
	} {
		if _, _, err := ports.New(a, p); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Row E19: the default, which is also what zero means.
	if p := ports.DefaultParams(); p.ReceiveBufferSize != 4096 || p.SendBufferSize != 0 ||
		p.LineEnding != "" || p.LineLimit != 1<<20 {
		t.Errorf("%+v", p)
	}
	c, d := unixSockets(t, constants.SOCK_DGRAM)
	in, _ := makePorts(t, c, ports.Params{})
	_, err = d.Send(ctx, text(5000), 0)
	must(t, err)
	if n, err := in.Read(make([]byte, 5000)); n != 4096 || err != nil {
		t.Error(n, err)
	}
}

// Rows C5 and R8: the addresses of IPv4, IPv6 and UNIX sockets.
func TestAddresses(t *testing.T) {
	client, server := tcpSockets(t)
	name, err := client.Name()
	must(t, err)
	peer, err := client.PeerName()
	must(t, err)
	in, out := makePorts(t, server, ports.DefaultParams())
	for _, p := range []ports.Port{in, out, ports.Duplex{InputPort: in, OutputPort: out}} {
		if local, remote, err := ports.Addresses(p); local != "127.0.0.1" ||
			remote != "127.0.0.1" || err != nil {
			t.Errorf("%q, %q, %v", local, remote, err)
		}
		if local, remote, err := ports.PortNumbers(p); local != peer.Port() ||
			remote != name.Port() || local == remote || err != nil {
			t.Error(local, remote, err)
		}
	}
	// Also when the peer has reset the connection, whose address the kernel has forgotten then.
	_, err = server.Write([]byte("never read"))
	must(t, err)
	must(t, client.WaitReceive(ctx))
	must(t, client.Close())
	if _, err = in.Peek(1); !errors.Is(err, syscall.ECONNRESET) {
		t.Error("the connection is not reset:", err)
	}
	if _, remote, err := ports.PortNumbers(in); remote != name.Port() || err != nil {
		t.Error(remote, err)
	}

	path := filepath.Join(t.TempDir(), "s")
	l := newSocket(t, constants.AF_UNIX, constants.SOCK_STREAM)
	addr, err := sockaddr.Unix(path)
	must(t, err)
	must(t, l.Bind(addr))
	must(t, l.Listen(1))
	c := newSocket(t, constants.AF_UNIX, constants.SOCK_STREAM)
	must(t, c.Connect(ctx, addr))
	in, _ = makePorts(t, c, ports.DefaultParams())
	if local, remote, err := ports.Addresses(in); local != "" || remote != path || err != nil {
		t.Errorf("%q, %q, %v", local, remote, err)
	}
	if local, remote, err := ports.PortNumbers(in); local != 0 || remote != 0 || err != nil {
		t.Error(local, remote, err)
	}
}

// Close shuts down the connection, whoever else has it, such as a child process; Abandon spares it.
func TestSharedConnection(t *testing.T) {
	for _, abandon := range []bool{false, true} {
		for _, how := range []string{"Duplex", "Custodian"} {
			a, b := tcpSockets(t)
			child, err := a.Dup()
			must(t, err)
			defer child.Close()
			d := ports.Join(makePorts(t, a, ports.DefaultParams()))
			if abandon {
				d.Abandon()
			}
			if how == "Duplex" {
				must(t, d.Close())
			} else {
				var c ports.Custodian
				must(t, c.Add(d))
				must(t, c.Close())
			}
			_, err = child.Write([]byte("child"))
			if abandon {
				must(t, err)
				wantText(t, b, "child")
			} else {
				is(t, err, syscall.EPIPE)
				wantEnd(t, b)
			}
		}
	}
}

// Rows C5 and R8: a UNIX address is its path, as it was given to Bind; one that could be taken for
// an abstract name is made clear.
func TestUnixAddresses(t *testing.T) {
	t.Chdir(t.TempDir())
	for path, want := range map[string]string{"x.sock": "x.sock", "@file": "./@file",
		"with space": "with space"} {
		addr, err := sockaddr.Unix(path)
		must(t, err)
		l := newSocket(t, constants.AF_UNIX, constants.SOCK_STREAM)
		must(t, l.Bind(addr))
		must(t, l.Listen(1))
		c := newSocket(t, constants.AF_UNIX, constants.SOCK_STREAM)
		must(t, c.Connect(ctx, addr))
		in, _ := makePorts(t, c, ports.DefaultParams())
		if local, remote, err := ports.Addresses(in); local != "" || remote != want || err != nil {
			t.Errorf("%q, %q, %v, want %q", local, remote, err, want)
		}
		s, _, err := l.Accept(ctx)
		must(t, err)
		in, _, err = ports.New(s, ports.DefaultParams())
		if err != nil { // a client without a name, whose address is zero
			is(t, err, syscall.ENOTCONN)
			t.Errorf("an accepted connection makes no ports: %v", err)
			continue
		}
		if local, remote, err := ports.Addresses(in); local != want || remote != "" || err != nil {
			t.Errorf("%q, %q, %v, want %q", local, remote, err, want)
		}
		s.Close()
	}
}

// A socket that is to reset its connection when it closes (SO_LINGER of 0) sends no end of the
// stream before: who has seen one takes what came before for whole.
func TestCloseResets(t *testing.T) {
	for name, end := range map[string]func(d ports.Duplex) error{
		"Duplex.Close": func(d ports.Duplex) error { return d.Close() },
		"both ports": func(d ports.Duplex) error {
			return errors.Join(d.InputPort.Close(), d.OutputPort.Close())
		},
		"CloseWrite": func(d ports.Duplex) error {
			return errors.Join(d.CloseWrite(), d.CloseRead())
		},
		"Custodian": func(d ports.Duplex) error {
			var c ports.Custodian
			return errors.Join(c.Add(d), c.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Connect(context.Background(),
				sockaddr.FromAddrPort(l.Addr().(*net.TCPAddr).AddrPort())); err != nil {
				t.Fatal(err)
			}
			peer, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			in, out, err := ports.New(s, ports.DefaultParams())
			if err != nil {
				t.Fatal(err)
			}
			if err := sockopt.SOLinger.Set(s, sockopt.Linger{Enabled: true}); err != nil {
				t.Fatal(err)
			}
			if _, err := out.WriteString("half of it"); err != nil {
				t.Fatal(err)
			}
			if err := end(ports.Join(in, out)); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(peer); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the peer has %q and %v", got, err)
			}
		})
	}
}
