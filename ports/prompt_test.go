package ports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

var none context.Context // which means the background

// prompt is far more than Close may take, and far less than the waits that it ends.
const prompt = 3 * time.Second

func promptly(t *testing.T, what string, call func()) {
	t.Helper()
	over := make(chan struct{})
	go func() {
		defer close(over)
		call()
	}()
	select {
	case <-over:
	case <-time.After(prompt):
		t.Fatalf("%s takes longer than %v", what, prompt)
	}
}

// Close ends what waits also while others set deadlines all the time, and leaves theirs alone.
func TestCloseDespiteDeadlines(t *testing.T) {
	const later = time.Hour
	for name, closing := range map[string]func(d ports.Duplex) error{
		"InputPort":  func(d ports.Duplex) error { return d.InputPort.Close() },
		"OutputPort": func(d ports.Duplex) error { return d.OutputPort.Close() },
		"Duplex":     ports.Duplex.Close,
		"Custodian": func(d ports.Duplex) error {
			var c ports.Custodian
			return errors.Join(c.Add(d), c.Close())
		},
	} {
		for _, typ := range []constants.SocketType{constants.SOCK_STREAM,
			constants.SOCK_SEQPACKET} {
			t.Run(fmt.Sprint(name, " ", typ), func(t *testing.T) {
				for range 20 {
					a, b := unixSockets(t, typ)
					setParams(t, a, func(p *socket.Params) {
						p.ReceiveTimeout, p.SendTimeout = 0, 0
					})
					in, out := makePorts(t, a, ports.Params{SendBufferSize: 10})
					d := ports.Join(in, out)
					d.Abandon()
					fill(t, a)
					ended := make(chan error, 2)
					go func() { _, err := in.ReadByte(); ended <- err }()
					go func() { _, err := out.Write(text(100)); ended <- err }()
					parked(t, "(*InputPort).", "(*OutputPort).")
					over, stop := make(chan struct{}), make(chan struct{})
					// A chat server that allows its clients so much from each message on.
					go func() {
						defer close(over)
						for {
							select {
							case <-stop:
								return
							default:
								a.SetDeadline(time.Now().Add(later))
							}
						}
					}()
					promptly(t, "Close", func() { closing(d) })
					if name == "InputPort" || name == "OutputPort" {
						is(t, <-ended, socket.ErrClosed)
					} else {
						is(t, <-ended, socket.ErrClosed)
						is(t, <-ended, socket.ErrClosed)
					}
					close(stop)
					<-over
					b.Close() // whoever still waits sees the end
					d.Close()
				}
			})
		}
	}
}

// A deadline that the user has set is still there when Close has ended a call.
func TestCloseLeavesDeadlines(t *testing.T) {
	a, _ := unixSockets(t, constants.SOCK_STREAM)
	setParams(t, a, func(p *socket.Params) { p.ReceiveTimeout, p.SendTimeout = 0, 0 })
	in, out := makePorts(t, a, ports.DefaultParams())
	in.Abandon()
	must(t, a.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	done := make(chan error, 1)
	go func() { _, err := in.ReadByte(); done <- err }()
	parked(t, "(*InputPort).")
	must(t, in.Close())
	is(t, <-done, socket.ErrClosed)
	promptly(t, "the receive", func() {
		_, err := a.Receive(ctx, make([]byte, 1), 0)
		is(t, err, socket.ErrTimeout)
	})
	must(t, out.Close())
}

// Close of either port ends a copy between two, whichever side it waits for.
func TestCloseEndsCopies(t *testing.T) {
	for _, full := range []bool{false, true} {
		for _, which := range []string{"in", "out"} {
			for _, size := range []int{0, 100} {
				t.Run(fmt.Sprintf("%s, receiver full %t, buffer %d", which, full, size),
					func(t *testing.T) {
						a, peer := unixSockets(t, constants.SOCK_STREAM)
						b, _ := unixSockets(t, constants.SOCK_STREAM)
						for _, s := range []*socket.Socket{a, b} {
							setParams(t, s, func(p *socket.Params) {
								p.ReceiveTimeout, p.SendTimeout = 0, 0
							})
						}
						in, _ := makePorts(t, a, ports.DefaultParams())
						_, out := makePorts(t, b, ports.Params{SendBufferSize: size})
						in.Abandon()
						out.Abandon()
						if full {
							fill(t, b)
							_, err := peer.Write(text(5000))
							must(t, err)
						}
						done := make(chan error, 1)
						go func() { _, err := io.Copy(out, in); done <- err }()
						parked(t, "(*Op).Run")
						promptly(t, "Close", func() {
							if which == "in" {
								in.Close()
							} else {
								out.Close()
							}
							is(t, <-done, socket.ErrClosed)
						})
					})
			}
		}
	}
}

// A context ends the calls of a port, and the next context lets it go on, where it was.
func TestSetContext(t *testing.T) {
	cause := errors.New("no patience")
	for name, call := range map[string]func(d ports.Duplex) error{
		"ReadLine": func(d ports.Duplex) error { _, err := d.ReadLine(); return err },
		"Read": func(d ports.Duplex) error {
			_, err := d.Read(make([]byte, 1<<16))
			return err
		},
		"WriteTo": func(d ports.Duplex) error {
			_, err := d.WriteTo(new(bytes.Buffer))
			return err
		},
		"Copy":  func(d ports.Duplex) error { _, err := io.Copy(null(t), d); return err },
		"Write": func(d ports.Duplex) error { _, err := d.Write(text(100)); return err },
		"ReadFrom": func(d ports.Duplex) error {
			_, err := d.ReadFrom(bytes.NewReader(text(100)))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := unixSockets(t, constants.SOCK_STREAM)
			setParams(t, a, func(p *socket.Params) { p.ReceiveTimeout, p.SendTimeout = 0, 0 })
			d := ports.Join(makePorts(t, a, ports.Params{SendBufferSize: 10}))
			sent := fill(t, a)
			c, cancel := context.WithCancelCause(ctx)
			must(t, d.SetContext(c))
			done := make(chan error, 1)
			go func() { done <- call(d) }()
			parked(t, "(*Op).Run")
			cancel(cause)
			err := <-done
			is(t, err, context.Canceled)
			is(t, err, cause)
			is(t, call(d), cause) // before it begins, too

			past, end := context.WithTimeout(ctx, 0)
			defer end()
			must(t, d.SetContext(past))
			is(t, call(d), socket.ErrTimeout)

			must(t, d.SetContext(none))
			_, err = b.Write([]byte("a line\n"))
			must(t, err)
			if line, err := d.ReadLine(); line != "a line" || err != nil {
				t.Errorf("%q, %v", line, err)
			}
			if name == "Write" || name == "ReadFrom" {
				is(t, d.ClearError(), cause)
			}
			_, err = io.ReadFull(b, make([]byte, sent))
			must(t, err)
			must(t, writeAll(d.OutputPort, "x"))
			must(t, d.Close())
			is(t, d.SetContext(c), socket.ErrClosed)
		})
	}
	t.Run("Close", func(t *testing.T) {
		a, _ := unixSockets(t, constants.SOCK_STREAM)
		setParams(t, a, func(p *socket.Params) { p.SendTimeout = 0 })
		_, out := makePorts(t, a, ports.Params{SendBufferSize: 10})
		fill(t, a)
		must(t, writeAll(out, "kept"))
		c, cancel := context.WithCancel(ctx)
		must(t, out.SetContext(c))
		done := make(chan error, 1)
		go func() { done <- out.Close() }()
		parked(t, "(*OutputPort).close")
		cancel()
		err := <-done
		is(t, err, context.Canceled)
		if unsent, ok := errors.AsType[*ports.UnsentError](err); !ok || unsent.Unsent != 4 {
			t.Error(err)
		}
	})
	t.Run("is forgotten", func(t *testing.T) {
		a, _ := unixSockets(t, constants.SOCK_STREAM)
		in, _ := makePorts(t, a, ports.DefaultParams())
		first, second := &watched{Context: ctx}, &watched{Context: ctx}
		must(t, in.SetContext(first))
		must(t, in.SetContext(second))
		must(t, in.Close())
		if !first.left || !second.left {
			t.Error("a context still knows the port:", first.left, second.left)
		}
	})
}

// Row R9: members close last added first, all of them, also if one panics or lingers.
func TestCustodianOrder(t *testing.T) {
	var c ports.Custodian
	var order []int
	for i := range 100 {
		must(t, c.Add(&ordered{i, &order}))
	}
	must(t, c.Add(&ports.Custodian{}))
	must(t, c.Close())
	for i, n := range order {
		if n != 99-i {
			t.Fatal("closed in the order", order)
		}
	}
	// So what writes to a port can end what it writes.
	a, b := unixSockets(t, constants.SOCK_STREAM)
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
	var d ports.Custodian
	must(t, d.Add(out, trailer{out}))
	must(t, d.Close())
	wantText(t, b, "trailer")
	wantEnd(t, b)
}

type ordered struct {
	n     int
	order *[]int
}

func (o *ordered) Close() error { *o.order = append(*o.order, o.n); return nil }

type trailer struct{ w io.Writer }

func (o trailer) Close() error { _, err := io.WriteString(o.w, "trailer"); return err }

type panicking struct{ what string }

func (p *panicking) Close() error { panic(p.what) }

// Row R9: a Close that panics leaves nothing open, and the panic goes on.
func TestCustodianPanic(t *testing.T) {
	var c ports.Custodian
	var sockets []*socket.Socket
	for i := range 10 {
		s, _ := unixSockets(t, constants.SOCK_STREAM)
		sockets = append(sockets, s)
		must(t, c.Add(s))
		if i == 5 {
			must(t, c.Add(&panicking{"out of order"}))
		}
	}
	func() {
		defer func() {
			if r := recover(); r != "out of order" {
				t.Error("recovered", r)
			}
		}()
		c.Close()
	}()
	for i, s := range sockets {
		if s.FD() >= 0 {
			t.Error("open is number", i)
		}
	}
	if c.Close() == nil {
		t.Error("the second Close knows nothing of it")
	}
}

// Row R9: nobody's lingering holds Close up.
func TestCustodianLingering(t *testing.T) {
	var c ports.Custodian
	for range 4 {
		for _, as := range []string{"socket", "ports", "out alone"} {
			a, b := tcpSockets(t)
			defer b.Close() // never reads
			must(t, sockopt.SOLinger.Set(a, sockopt.Linger{Enabled: true, Timeout: time.Minute}))
			fill(t, a)
			switch as {
			case "socket":
				must(t, c.Add(a))
			case "ports":
				in, out := makePorts(t, a, ports.DefaultParams())
				must(t, c.Add(in, out))
			case "out alone":
				in, out := makePorts(t, a, ports.DefaultParams())
				must(t, in.Close())
				must(t, c.Add(out))
			}
		}
	}
	promptly(t, "Close", func() { must(t, c.Close()) })
}

// A context that has ended ends Close, too, of either port last.
func TestCloseLingeringWithContext(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, inputLast := range []bool{true, false} {
		a, b := tcpSockets(t)
		defer b.Close() // never reads
		must(t, sockopt.SOLinger.Set(a, sockopt.Linger{Enabled: true, Timeout: time.Minute}))
		fill(t, a)
		in, out := makePorts(t, a, ports.DefaultParams())
		must(t, ports.Join(in, out).SetContext(over))
		promptly(t, "Close", func() {
			if inputLast {
				must(t, out.Close())
				must(t, in.Close())
			} else {
				must(t, in.Close())
				must(t, out.Close())
			}
		})
	}
}

// Row R9: whatever tells of its socket leaves when that was closed.
func TestCustodianSockets(t *testing.T) {
	var c ports.Custodian
	for range 10 {
		s, _ := unixSockets(t, constants.SOCK_STREAM)
		must(t, c.Add(&wrapped{s}))
		must(t, s.Close())
	}
	must(t, c.Add(&wrapped{}))
	if n := c.Len(); n != 0 {
		t.Error("it keeps", n)
	}
}

type wrapped struct{ s *socket.Socket }

func (w *wrapped) Close() error           { return w.s.Close() }
func (w *wrapped) Socket() *socket.Socket { return w.s }

// A wait costs no memory: the port's context ends it by what was made with the port.
func TestWaitsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("needs a build without the race detector, under which pools forget")
	}
	a, b := unixSockets(t, constants.SOCK_STREAM)
	ain, aout := makePorts(t, a, ports.DefaultParams())
	bin, bout := makePorts(t, b, ports.DefaultParams())
	go func() { // an echo
		for {
			c, err := bin.ReadByte()
			if err != nil || bout.WriteByte(c) != nil {
				return
			}
		}
	}()
	if n := testing.AllocsPerRun(1000, func() {
		must(t, aout.WriteByte('x'))
		_, err := ain.ReadByte()
		must(t, err)
	}); n >= 1 {
		t.Errorf("%v allocations", n)
	}
	must(t, ports.Join(ain, aout).Close())
}
