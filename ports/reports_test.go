package ports_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// What others met with buffered sockets, as testdata/reports.md tells.

// Close of a full socket without a timeout would wait for ever; whoever ends its context, or closes
// in a rush, ends it.
func TestCloseOfAFullSocket(t *testing.T) {
	for name, end := range map[string]func(out *ports.OutputPort, cancel func()){
		"context": func(_ *ports.OutputPort, cancel func()) { cancel() },
		"custodian": func(out *ports.OutputPort, _ func()) {
			var c ports.Custodian
			// The port is closed already, and so does not become a member; the socket does.
			c.Add(out, out.Socket())
			c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := unixSockets(t, constants.SOCK_STREAM)
			setParams(t, a, func(p *socket.Params) { p.SendTimeout = 0 })
			_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
			c, cancel := context.WithCancel(ctx)
			defer cancel()
			must(t, out.SetContext(c))
			fill(t, a)
			must(t, writeAll(out, "never read"))
			done := make(chan error, 1)
			go func() { done <- out.Close() }()
			parked(t, "(*OutputPort).close")
			promptly(t, "Close", func() {
				end(out, cancel)
				if unsent, ok := errors.AsType[*ports.UnsentError](<-done); !ok ||
					unsent.Unsent != 10 {
					t.Error("what is lost is not told:", unsent)
				}
			})
		})
	}
}

// The end of what is written comes behind what the buffer keeps, and closing the rest finds nothing
// left over.
func TestCloseWriteFlushes(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		d := ports.Join(makePorts(t, a, ports.Params{SendBufferSize: 100}))
		must(t, writeAll(d.OutputPort, "buffered"))
		must(t, d.CloseWrite())
		if all, err := io.ReadAll(b); string(all) != "buffered" || err != nil {
			t.Errorf("%q, %v", all, err)
		}
		must(t, d.Close())
	})
}

// A Flush to a peer that is gone fails, every time, and what was kept is counted.
func TestFlushToDeadPeer(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
	must(t, b.Close())
	must(t, writeAll(out, "lost"))
	for range 3 {
		is(t, out.Flush(), syscall.EPIPE)
	}
	if unsent, ok := errors.AsType[*ports.UnsentError](out.Close()); !ok || unsent.Unsent != 4 {
		t.Error(unsent)
	}
}

// relay copies both ways and passes each end on, until both have come or the context ends.
func relay(ctx context.Context, a, b ports.Duplex) (errs [2]error) {
	var both sync.WaitGroup
	for i, way := range [][2]ports.Duplex{{a, b}, {b, a}} {
		must := errors.Join(way[0].InputPort.SetContext(ctx), way[1].OutputPort.SetContext(ctx))
		both.Go(func() {
			_, err := io.Copy(way[1], way[0])
			errs[i] = errors.Join(must, err, way[1].CloseWrite())
		})
	}
	both.Wait()
	return errs
}

// A client that has sent its end still gets the answer through a relay; and one whose server never
// ends is not kept for ever.
func TestRelayHalfClose(t *testing.T) {
	for _, answers := range []bool{true, false} {
		t.Run(fmt.Sprint("server answers ", answers), func(t *testing.T) {
			client, front := tcpSockets(t)
			back, server := tcpSockets(t)
			for _, s := range []*socket.Socket{front, back} {
				setParams(t, s, func(p *socket.Params) { p.ReceiveTimeout = 0 })
			}
			c, cancel := context.WithCancel(ctx)
			defer cancel()
			done := make(chan [2]error, 1)
			go func() {
				done <- relay(c, ports.Join(makePorts(t, front, ports.DefaultParams())),
					ports.Join(makePorts(t, back, ports.DefaultParams())))
			}()
			_, err := client.Write([]byte("request"))
			must(t, err)
			must(t, client.Shutdown(constants.SHUT_WR))
			request, err := io.ReadAll(server)
			must(t, err)
			if !answers {
				cancel() // after how long is the relay's to say
				errs := <-done
				must(t, errs[0])
				is(t, errs[1], context.Canceled)
				return
			}
			_, err = server.Write(append([]byte("answer to "), request...))
			must(t, err)
			must(t, server.Shutdown(constants.SHUT_WR))
			if answer, err := io.ReadAll(client); string(answer) != "answer to request" ||
				err != nil {
				t.Errorf("%q, %v", answer, err)
			}
			for _, err := range <-done {
				must(t, err)
			}
		})
	}
}

// A server that answers before it has read all, and closes in the order of the package's text, does
// not have its answer cut by a reset.
func TestCloseOrderKeepsAnswers(t *testing.T) {
	answer := text(1 << 20)
	for range 20 {
		client, server := tcpSockets(t)
		served := make(chan error, 1)
		go func() {
			in, out := makePorts(t, server, ports.DefaultParams())
			_, err := in.ReadLine() // the rest is not looked at
			_, writeErr := out.Write(answer)
			err = errors.Join(err, writeErr, out.Close())
			_, readErr := io.Copy(io.Discard, in)
			served <- errors.Join(err, readErr, in.Close())
		}()
		_, err := client.Write(append([]byte("request\n"), text(5000)...))
		must(t, err)
		got := make(chan []byte)
		go func() {
			all, _ := io.ReadAll(client)
			got <- all
		}()
		if all := <-got; !bytes.Equal(all, answer) {
			t.Fatalf("%d bytes of %d arrived", len(all), len(answer))
		}
		must(t, client.Close())
		must(t, <-served)
	}
}

// Words in the clear that somebody has put behind STARTTLS go where they belong: into the TLS
// handshake, which fails of them. Nobody reads them afterwards as if they had come encrypted.
func TestStartTLSInjection(t *testing.T) {
	a, b := tcpSockets(t)
	d := ports.Join(makePorts(t, b, ports.DefaultParams()))
	_, err := a.Write([]byte("STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n"))
	must(t, err)
	if line, err := d.ReadLine(); line != "STARTTLS" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	err = tls.Server(d,
		&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("asked for a certificate")
		}}).Handshake()
	if _, ok := errors.AsType[tls.RecordHeaderError](err); !ok {
		t.Errorf("the handshake says %v", err)
	}
}

// Who looks at the first bytes to know the protocol waits for a client that waits for the server's
// greeting: a context ends it, and what comes then is all there.
func TestPeekForever(t *testing.T) {
	a, b := tcpSockets(t)
	in, out := makePorts(t, b, ports.DefaultParams())
	_, err := a.Write([]byte("G"))
	must(t, err)
	c, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	must(t, in.SetContext(c))
	p, err := in.Peek(3)
	is(t, err, context.DeadlineExceeded)
	if string(p) != "G" {
		t.Errorf("%q", p)
	}
	must(t, in.SetContext(none))
	_, err = out.WriteLine("hello")
	must(t, err)
	_, err = a.Write([]byte("ET /\n"))
	must(t, err)
	if line, err := in.ReadLine(); line != "GET /" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}

// Ready is about bytes: a line of which a part is there is ready, and ReadLine waits for the rest.
func TestReadyForHalfALine(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	setParams(t, b, func(p *socket.Params) { p.ReceiveTimeout = 10 * time.Millisecond })
	in, _ := makePorts(t, b, ports.DefaultParams())
	_, err := a.Write([]byte("half"))
	must(t, err)
	for range 3 {
		if ready, err := in.Ready(); !ready || err != nil {
			t.Error(ready, err)
		}
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		must(t, in.SetContext(bounded))
		_, err = in.ReadLine()
		is(t, err, socket.ErrTimeout)
		if bounded.Err() != nil {
			t.Fatal("the socket's timeout does not count:", err)
		}
		cancel()
	}
}
