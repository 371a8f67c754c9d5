package ports_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// Copies between ports, files and memory, from and into buffers that are empty or not: nothing is
// lost or moved.
func TestCopy(t *testing.T) {
	data := text(300000)
	name := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(name, data, 0o600))
	for _, head := range []int{0, 1, 99, 1000} { // what stands in the buffers before
		for _, size := range []int{0, 100, 4096} {
			for _, source := range []string{"file", "memory", "one byte", "tcp", "unix",
				"seqpacket", "duplex"} {
				t.Run(fmt.Sprintf("%s, %d before, buffer %d", source, head, size),
					func(t *testing.T) {
						a, b := tcpSockets(t)
						_, out := makePorts(t, a, ports.Params{SendBufferSize: size})
						want := append(text(head), data...)
						_, err := out.Write(text(head))
						must(t, err)
						var r io.Reader
						switch source {
						case "file":
							f, err := os.Open(name)
							must(t, err)
							defer f.Close()
							r = f
						case "memory":
							r = bytes.NewReader(data)
						case "one byte":
							r = iotest.OneByteReader(bytes.NewReader(data[:3000]))
							want = want[:head+3000]
						default:
							var from, to *socket.Socket
							switch source {
							case "tcp":
								from, to = tcpSockets(t)
							case "seqpacket":
								from, to = unixSockets(t, constants.SOCK_SEQPACKET)
							default:
								from, to = unixSockets(t, constants.SOCK_STREAM)
							}
							// The buffer is as large as the messages.
							in, o := makePorts(t, to, ports.Params{ReceiveBufferSize: 16384})
							if r = in; source == "duplex" {
								r = ports.Duplex{InputPort: in, OutputPort: o}
							}
							go func() {
								_, feed := makePorts(t, from, ports.Params{SendBufferSize: 1000})
								feed.Write(data)
								feed.Close()
								from.Close()
							}()
							_, err := in.Peek(head) // so that something stands in it
							must(t, err)
						}
						got := make(chan []byte)
						go func() {
							in, _ := makePorts(t, b, ports.DefaultParams())
							all, _ := io.ReadAll(in)
							got <- all
						}()
						if n, err := io.Copy(out, r); n != int64(len(want)-head) || err != nil {
							t.Errorf("%d were copied of %d: %v", n, len(want)-head, err)
						}
						if source == "duplex" { // the other way in
							if n, err := out.ReadFrom(r); n != 0 || err != nil {
								t.Error(n, err)
							}
						}
						must(t, out.Close())
						if all := <-got; !bytes.Equal(all, want) {
							t.Errorf("%d bytes arrived, %d were sent, or they differ", len(all),
								len(want))
						}
					})
			}
		}
	}
}

// A copy with a limit takes no more out of the port, whose last byte cannot be unread then.
func TestCopyLimited(t *testing.T) {
	a, b := tcpSockets(t)
	in, out := makePorts(t, a, ports.DefaultParams()) // an echo
	_, err := b.Write([]byte("!0123456789"))
	must(t, err)
	_, err = in.Peek(11)
	must(t, err)
	_, err = in.ReadByte()
	must(t, err)
	for _, n := range []int64{0, 3, 4} {
		if m, err := io.CopyN(out, in, n); m != n || err != nil {
			t.Error(m, err)
		}
	}
	is(t, in.UnreadByte(), bufio.ErrInvalidUnreadByte)
	wantText(t, b, "0123456")
	if rest, err := in.Peek(3); string(rest) != "789" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

// Copying from a reader to a message socket cuts as Write does; from one, each message is one
// Write.
func TestCopyMessages(t *testing.T) {
	messageSockets(t, func(t *testing.T, a, b *socket.Socket) {
		setParams(t, a, func(p *socket.Params) { p.SendSize = 300 })
		_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
		must(t, writeAll(out, "x"))
		n, err := io.Copy(out, bytes.NewReader(text(1050)))
		must(t, err)
		if got := lengths(messages(t, b, 4)); n != 1050 ||
			!slices.Equal(got, []int{300, 300, 300, 100}) || out.Buffered() != 51 {
			t.Errorf("%d copied, %v left, %d kept", n, got, out.Buffered())
		}
	})
	a, b := unixSockets(t, constants.SOCK_SEQPACKET)
	in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 10})
	for _, n := range []int{5, 0, 10, 12, 1} {
		_, err := a.Send(ctx, text(n), 0)
		must(t, err)
	}
	must(t, a.Close())
	var writes lengthsOf
	if n, err := io.Copy(&writes, in); n != 26 || err != nil ||
		!slices.Equal(writes, []int{5, 10, 10, 1}) {
		t.Errorf("%d copied in %v: %v", n, writes, err)
	}
}

type lengthsOf []int

func (l *lengthsOf) Write(b []byte) (int, error) {
	*l = append(*l, len(b))
	return len(b), nil
}

// What goes wrong on the other side of a copy is its error, and what was not copied stays.
func TestCopyErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, size := range []int{0, 100} {
		a, b := tcpSockets(t)
		_, out := makePorts(t, a, ports.Params{SendBufferSize: size})
		_, err := out.ReadFrom(
			io.MultiReader(strings.NewReader("before"), iotest.ErrReader(broken)))
		is(t, err, broken)
		must(t, out.Close())
		if got, err := io.ReadAll(b); string(got) != "before" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	a, b := tcpSockets(t)
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
	must(t, writeAll(out, "kept"))
	_, err := out.ReadFrom(stuck{})
	is(t, err, io.ErrNoProgress)
	if out.Buffered() != 4 {
		t.Error(out.Buffered())
	}
	_, err = out.ReadFrom(liar{})
	if err == nil {
		t.Error("a Read of more than there is room for is accepted")
	}
	in, _ := makePorts(t, b, ports.DefaultParams())
	must(t, out.Flush())
	_, err = in.Peek(4)
	must(t, err)
	n, err := in.WriteTo(short{})
	is(t, err, io.ErrShortWrite)
	if n != 3 || in.Buffered() != 1 {
		t.Error(n, in.Buffered())
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

type liar struct{}

func (liar) Read(b []byte) (int, error) { return len(b) + 1, nil }

type short struct{}

func (short) Write(b []byte) (int, error) { return len(b) - 1, nil }

// A datagram of any length is copied whole, also behind what the port keeps.
func TestCopyLongDatagrams(t *testing.T) {
	data := text(50000)
	from, source := unixSockets(t, constants.SOCK_DGRAM)
	setParams(t, source, func(p *socket.Params) { p.ReceiveTimeout = 10 * time.Millisecond })
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer udp.Close()
	for name, c := range map[string]struct {
		r    io.Reader
		send func() error
	}{
		"socket": {source, func() error { _, err := from.Write(data); return err }},
		"net": {onceOnly{udp}, func() error {
			_, err := udp.WriteTo(data, udp.LocalAddr())
			return errors.Join(err, udp.SetReadDeadline(time.Time{}))
		}},
	} {
		for _, kept := range []string{"", "kept"} {
			t.Run(fmt.Sprintf("%s to a stream that keeps %q", name, kept), func(t *testing.T) {
				a, b := unixSockets(t, constants.SOCK_STREAM)
				in, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
				got := make(chan []byte)
				go func() {
					all, _ := io.ReadAll(b)
					got <- all
				}()
				must(t, writeAll(out, kept))
				must(t, c.send())
				n, err := out.ReadFrom(c.r)
				is(t, err, os.ErrDeadlineExceeded)
				must(t, out.Close())
				must(t, in.Close())
				if all := <-got; n != int64(len(data)) ||
					!bytes.Equal(all, append([]byte(kept), data...)) {
					t.Errorf("%d bytes were copied and %d arrived, or others", n, len(all))
				}
			})
		}
		t.Run(name+" to datagrams", func(t *testing.T) {
			a, b := unixSockets(t, constants.SOCK_DGRAM)
			setParams(t, a, func(p *socket.Params) { p.SendSize = 0 })
			_, out := makePorts(t, a, ports.DefaultParams())
			must(t, c.send())
			_, err := out.ReadFrom(c.r)
			is(t, err, os.ErrDeadlineExceeded)
			if got := messages(t, b, 1); len(got) != 1 || !bytes.Equal(got[0], data) {
				t.Errorf("messages of %v bytes arrived", lengths(got))
			}
		})
	}
}

// onceOnly times out after a Read.
type onceOnly struct{ *net.UDPConn }

func (o onceOnly) Read(b []byte) (int, error) {
	n, err := o.UDPConn.Read(b)
	o.SetReadDeadline(time.Unix(1, 0))
	return n, err
}

// What a port with line buffering keeps stays before what is copied, and a closed port takes
// nothing of the reader.
func TestCopyOrder(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 10})
	must(t, out.SetBuffering(ports.LineBuffered, 0))
	must(t, writeAll(out, "x"))
	const rest = "ab\ncd\nefghijklmnopqrstuvwxyz\n0123"
	if n, err := out.ReadFrom(strings.NewReader(rest)); n != int64(len(rest)) || err != nil ||
		out.Buffered() != 0 {
		t.Errorf("%d copied, %d kept, %v", n, out.Buffered(), err)
	}
	wantText(t, b, "x"+rest)

	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM} {
		a, _ := unixSockets(t, typ)
		_, out := makePorts(t, a, ports.Params{SendBufferSize: 10})
		must(t, writeAll(out, "kept"))
		must(t, out.Close())
		r := strings.NewReader(rest)
		_, err := out.ReadFrom(r)
		is(t, err, socket.ErrClosed)
		if r.Len() != len(rest) {
			t.Error("a closed port has read", len(rest)-r.Len())
		}
	}
}

// Row M1: both ports as one io.ReadWriteCloser, both ways.
func TestDuplex(t *testing.T) {
	a, b := tcpSockets(t)
	ends := make([]ports.Duplex, 2)
	for i, s := range []*socket.Socket{a, b} {
		in, out := makePorts(t, s, ports.Params{SendBufferSize: 100})
		ends[i] = ports.Duplex{InputPort: in, OutputPort: out}
	}
	var client, server io.ReadWriteCloser = ends[0], ends[1]
	if _, err := fmt.Fprintf(client, "over and back\n"); err != nil {
		t.Fatal(err)
	}
	must(t, ends[0].Flush())
	must(t, ends[0].OutputPort.Close())
	echoed := make(chan error, 1)
	go func() {
		_, err := io.Copy(server, server)
		echoed <- errors.Join(err, server.Close())
	}()
	if got, err := io.ReadAll(client); string(got) != "over and back\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	must(t, <-echoed)
	must(t, client.Close())
	if a.FD() >= 0 || b.FD() >= 0 || ends[0].Socket() != a {
		t.Error("a socket is open, or not its own")
	}
}
