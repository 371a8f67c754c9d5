package ports_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// reset sends text and breaks the connection.
func reset(t testing.TB, s *socket.Socket, text string) {
	t.Helper()
	_, err := s.Write([]byte(text))
	must(t, err)
	must(t, sockopt.SOLinger.Set(s, sockopt.Linger{Enabled: true}))
	must(t, s.Close())
}

// What stands before a reset is no whole line, however often and by whatever call it is asked for,
// and the end is no end of the stream: also when a writer got the error, which the kernel tells
// once.
func TestBrokenConnection(t *testing.T) {
	const half = "pay 1000€"
	for name, read := range map[string]func(in *ports.InputPort) error{
		"ReadLine": func(in *ports.InputPort) error { _, err := in.ReadLine(); return err },
		"ReadLineBytes": func(in *ports.InputPort) error {
			_, err := in.ReadLineBytes()
			return err
		},
		"ReadUntil": func(in *ports.InputPort) error {
			_, err := in.ReadUntil("!", 0)
			return err
		},
		"ReadString": func(in *ports.InputPort) error { _, err := in.ReadString('\n'); return err },
		"ReadFull": func(in *ports.InputPort) error {
			_, err := in.ReadFull(make([]byte, 100))
			return err
		},
		"ReadRune": func(in *ports.InputPort) error {
			for {
				if r, _, err := in.ReadRune(); err != nil {
					return err
				} else if r == '\uFFFD' {
					return errors.New("half a character")
				}
			}
		},
		"Peek":    func(in *ports.InputPort) error { _, err := in.Peek(100); return err },
		"Discard": func(in *ports.InputPort) error { _, err := in.Discard(100); return err },
		"Read":    func(in *ports.InputPort) error { _, err := io.ReadAll(in); return err },
		"WriteTo": func(in *ports.InputPort) error {
			_, err := in.WriteTo(new(bytes.Buffer))
			return err
		},
		"WriteTo os": func(in *ports.InputPort) error { _, err := in.WriteTo(null(t)); return err },
		"WriteTo a port": func(in *ports.InputPort) error {
			s, peer := unixSockets(t, constants.SOCK_STREAM)
			go io.Copy(io.Discard, peer)
			_, out := makePorts(t, s, ports.DefaultParams())
			_, err := in.WriteTo(out)
			return err
		},
	} {
		for _, writer := range []bool{false, true} {
			what := name
			if writer {
				what += " after a write"
			}
			t.Run(what, func(t *testing.T) {
				for range 5 {
					a, b := tcpSockets(t)
					in, out := makePorts(t, b, ports.Params{ReceiveBufferSize: 3})
					reset(t, a, half[:len(half)-1])
					if writer {
						wait(t, "the error of the write", func() bool {
							return out.WriteByte('x') != nil
						})
					}
					for range 3 {
						is(t, read(in), syscall.ECONNRESET)
					}
				}
			})
		}
	}
	t.Run("twice is no timeout", func(t *testing.T) {
		// ETIMEDOUT, as keep-alive gives it, says that it is a timeout, and loops go on after
		// timeouts.
		a, b := tcpSockets(t)
		in, _ := makePorts(t, b, ports.DefaultParams())
		reset(t, a, half)
		for range 2 {
			_, err := in.ReadLine()
			is(t, err, syscall.ECONNRESET)
		}
		_, err := in.ReadLine()
		if e, ok := errors.AsType[net.Error](err); !ok || e.Timeout() {
			t.Errorf("%T: %v", err, err)
		}
	})
	t.Run("the peer's end is one", func(t *testing.T) {
		// The peer has sent its end and is gone: what it has sent is whole, though writes are EPIPE
		// or ECONNRESET now.
		a, b := tcpSockets(t)
		in, out := makePorts(t, b, ports.DefaultParams())
		_, err := a.Write([]byte("all"))
		must(t, err)
		must(t, a.Close())
		wait(t, "the error of the write", func() bool { return out.WriteByte('x') != nil })
		if line, err := in.ReadLine(); line != "all" || err != nil {
			t.Errorf("%q, %v", line, err)
		}
		_, err = in.ReadLine()
		is(t, err, io.EOF)
	})
}

// A writer beside the reader gets the error now and then; the reader gets it nevertheless.
func TestBrokenBesideAWriter(t *testing.T) {
	for range 200 {
		a, b := tcpSockets(t)
		in, out := makePorts(t, b, ports.DefaultParams())
		written := make(chan struct{})
		go func() {
			defer close(written)
			for out.WriteByte('x') == nil {
			}
		}()
		go reset(t, a, "pay 1000")
		for line, err := in.ReadLine(); ; line, err = in.ReadLine() {
			if err == nil || err == io.EOF {
				t.Fatalf("%q, %v", line, err)
			}
			if errors.Is(err, syscall.ECONNRESET) {
				break
			}
		}
		<-written
	}
}

// A copy that has all that its limit allows is whole, though the connection has broken behind that.
func TestBrokenBehindALimit(t *testing.T) {
	a, b := tcpSockets(t)
	in, out := makePorts(t, b, ports.DefaultParams())
	x, y := unixSockets(t, constants.SOCK_STREAM)
	_, to := makePorts(t, x, ports.DefaultParams())
	reset(t, a, string(text(100)))
	wait(t, "the error of the write", func() bool { return out.WriteByte('x') != nil })
	for range 2 {
		if n, err := io.CopyN(to, in, 50); n != 50 || err != nil {
			t.Fatal(n, err)
		}
	}
	n, err := io.CopyN(to, in, 50)
	is(t, err, syscall.ECONNRESET)
	wantText(t, y, string(text(100)))
	if n != 0 {
		t.Error(n)
	}
}

// On SOCK_SEQPACKET, ECONNRESET comes before messages that are still queued: they are not lost, and
// the end is the error.
func TestBrokenSeqpacket(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_SEQPACKET)
	in, _ := makePorts(t, b, ports.DefaultParams())
	_, err := b.Write([]byte("never read"))
	must(t, err)
	_, err = a.Write([]byte("queued"))
	must(t, err)
	must(t, a.Close())
	var lines []string
	resets := 0
	for resets < 3 {
		line, err := in.ReadLine()
		if err == nil {
			lines = append(lines, line)
			continue
		}
		is(t, err, syscall.ECONNRESET)
		resets++
	}
	if strings.Join(lines, "|") != "queued" {
		t.Errorf("%q", lines)
	}
}

func null(t *testing.T) io.Writer {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// A write that fails in the middle makes a gap. Flush and Close tell of it, once, if nobody has
// asked.
func TestLostWrites(t *testing.T) {
	for name, write := range map[string]func(out *ports.OutputPort) error{
		"Write": func(out *ports.OutputPort) error {
			_, err := out.Write(text(5000))
			return err
		},
		"WriteByte": func(out *ports.OutputPort) error { return out.WriteByte('x') },
		"WriteRune": func(out *ports.OutputPort) error { _, err := out.WriteRune('€'); return err },
		"WriteLine": func(out *ports.OutputPort) error {
			_, err := out.WriteLine("a record")
			return err
		},
		"ReadFrom": func(out *ports.OutputPort) error {
			_, err := out.ReadFrom(bytes.NewReader(text(5000)))
			return err
		},
		"ReadFrom a port": func(out *ports.OutputPort) error {
			s, peer := unixSockets(t, constants.SOCK_STREAM)
			in, _ := makePorts(t, s, ports.DefaultParams())
			_, err := peer.Write(text(1 << 16))
			must(t, err)
			_, err = out.ReadFrom(in)
			return err
		},
	} {
		for _, size := range []int{0, 100} {
			for _, asked := range []string{"Flush", "Close", "ClearError"} {
				t.Run(name+" "+asked, func(t *testing.T) {
					a, b := unixSockets(t, constants.SOCK_STREAM)
					setParams(t, a, func(p *socket.Params) {
						p.SendTimeout = 10 * time.Millisecond
					})
					_, out := makePorts(t, a, ports.Params{SendBufferSize: size})
					fill(t, a)
					for range 200 { // until the buffer is full too
						if err := write(out); err != nil {
							is(t, err, socket.ErrTimeout)
							break
						}
					}
					go io.Copy(io.Discard, b) // there is room again
					must(t, a.WaitSend(ctx))
					_, err := out.WriteLine("the next record")
					must(t, err)
					switch asked {
					case "Flush":
						is(t, out.Flush(), socket.ErrTimeout)
						must(t, out.Flush())
					case "ClearError":
						is(t, out.ClearError(), socket.ErrTimeout)
						must(t, out.ClearError())
						must(t, out.Flush())
					case "Close":
						is(t, out.Close(), socket.ErrTimeout)
					}
					must(t, out.Close())
				})
			}
		}
	}
}
