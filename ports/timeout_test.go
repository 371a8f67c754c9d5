package ports_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Rows C6, E15, E16 and E19: each call of a port ends with the socket's timeout, also one that is
// set after the ports were made, and the next call goes on. A call that does not end fails the test
// at once.
func TestTimeouts(t *testing.T) {
	type waiting struct {
		name  string
		d     ports.Duplex
		start time.Time
		done  chan error
	}
	var all []waiting
	for name, call := range map[string]func(d ports.Duplex) error{
		"Read": func(d ports.Duplex) error { _, err := d.Read(make([]byte, 1)); return err },
		"Read much": func(d ports.Duplex) error {
			_, err := d.Read(make([]byte, 1<<20))
			return err
		},
		"ReadByte":  func(d ports.Duplex) error { _, err := d.ReadByte(); return err },
		"ReadLine":  func(d ports.Duplex) error { _, err := d.ReadLine(); return err },
		"WriteTo":   func(d ports.Duplex) error { _, err := d.WriteTo(io.Discard); return err },
		"splice":    func(d ports.Duplex) error { _, err := io.Copy(null(t), d); return err },
		"Write":     func(d ports.Duplex) error { _, err := d.Write(text(100)); return err },
		"WriteByte": func(d ports.Duplex) error { return d.WriteByte('x') },
		"ReadFrom": func(d ports.Duplex) error {
			_, err := d.ReadFrom(strings.NewReader("x"))
			return err
		},
		"Flush": func(d ports.Duplex) error {
			must(t, d.SetBuffering(ports.BlockBuffered, 100))
			must(t, writeAll(d.OutputPort, "x"))
			return d.Flush()
		},
		"Close": func(d ports.Duplex) error {
			must(t, d.SetBuffering(ports.BlockBuffered, 100))
			must(t, writeAll(d.OutputPort, "x"))
			return d.CloseWrite()
		},
	} {
		a, _ := unixSockets(t, constants.SOCK_STREAM)
		d := ports.Join(makePorts(t, a, ports.DefaultParams()))
		setParams(t, a, func(p *socket.Params) {
			p.ReceiveTimeout, p.SendTimeout = 20*time.Millisecond, 20*time.Millisecond
		})
		fill(t, a)
		w := waiting{name: name, d: d, start: time.Now(), done: make(chan error, 1)}
		go func() {
			w.done <- call(d)
			close(w.done)
		}()
		all = append(all, w)
	}
	late := time.After(3 * time.Second) // for all together
	for _, w := range all {
		select {
		case err := <-w.done:
			is(t, err, socket.ErrTimeout)
			// The caller has read or written, and knows of no context.
			if e, _ := errors.AsType[*socket.Error](err); e == nil ||
				!slices.Contains([]string{"read", "write", "send all"}, e.Op) {
				t.Errorf("%s: %v", w.name, err)
			}
			if took := time.Since(w.start); took < 15*time.Millisecond {
				t.Errorf("%s ended after %v", w.name, took)
			}
			continue
		case <-late:
		}
		// The time of the others has passed too.
		for _, w := range all {
			select {
			case <-w.done:
			default:
				t.Errorf("%s does not end", w.name)
				w.d.Close()
			}
		}
		return
	}
}

// A send does not time out while the peer reads all the time, though TCP tells of room only when a
// third of the buffer is free, and Close loses nothing. On a busy machine the peer may not read all
// the time, so one success is enough.
func TestSlowReader(t *testing.T) {
	for range 5 {
		err := sendToSlowReader(t)
		if err == nil {
			return
		}
		t.Log(err)
	}
	t.Error("each time something was lost")
}

func sendToSlowReader(t *testing.T) error {
	a, b := tcpSockets(t)
	must(t, sockopt.SOSendBuffer.Set(a, 1<<19))
	must(t, sockopt.SOReceiveBuffer.Set(b, 1<<14))
	setParams(t, a, func(p *socket.Params) { p.SendTimeout = 500 * time.Millisecond })
	const size = 2<<20 - 1000
	in, out := makePorts(t, a, ports.Params{SendBufferSize: 1 << 20})
	arrived := make(chan int)
	go func() { // 400 kB/s for a second and a half, and then as fast as it goes
		total, buf := 0, make([]byte, 4000)
		for {
			n, err := b.Receive(ctx, buf, 0)
			if total += n; n == 0 || err != nil {
				arrived <- total
				return
			}
			if total < 600_000 {
				time.Sleep(time.Duration(n) * time.Second / 400_000)
			}
		}
	}()
	_, err := out.Write(text(size)) // the first MiB leaves, and the rest is Close's
	err = errors.Join(err, out.Close(), in.Close())
	if n := <-arrived; err == nil && n != size {
		t.Errorf("%d bytes arrived of %d, and no error", n, size)
	}
	return err
}

// An idle copy has no buffer before something comes, and what is copied past it is whole.
func TestIdleCopies(t *testing.T) {
	const copies = 100
	var before, after runtime.MemStats
	var peers []*socket.Socket
	done := make(chan int64, copies)
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range copies {
		a, b := unixSockets(t, constants.SOCK_STREAM)
		peers = append(peers, a)
		in, _ := makePorts(t, b, ports.DefaultParams())
		go func() {
			n, _ := in.WriteTo(new(bytes.Buffer))
			done <- n
		}()
	}
	wait(t, "all copies wait", func() bool {
		stacks := make([]byte, 4<<20)
		return bytes.Count(stacks[:runtime.Stack(stacks, true)],
			[]byte("(*InputPort).WriteTo")) >= copies
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / copies; held > 16<<10 {
		t.Errorf("an idle copy holds %d bytes", held)
	}
	for _, p := range peers {
		go func() {
			p.Write(text(300_000))
			p.Close()
		}()
	}
	for range copies {
		if n := <-done; n != 300_000 {
			t.Error(n, "were copied")
		}
	}
}

// A limit of io.CopyN is kept to, by whatever way the copy goes, and a short copy makes no large
// buffer.
func TestShortCopies(t *testing.T) {
	for name, source := range map[string]func(in *ports.InputPort) io.Reader{
		"port":   func(in *ports.InputPort) io.Reader { return in },
		"duplex": func(in *ports.InputPort) io.Reader { return ports.Join(in, nil) },
		"reader": func(in *ports.InputPort) io.Reader { return struct{ io.Reader }{in} },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := unixSockets(t, constants.SOCK_STREAM)
			in, _ := makePorts(t, b, ports.DefaultParams())
			x, y := unixSockets(t, constants.SOCK_STREAM)
			_, out := makePorts(t, x, ports.DefaultParams())
			_, err := in.Ready() // everything is made
			must(t, err)
			r := source(in)
			var before, after runtime.MemStats
			got := make([]byte, 100)
			_, err = a.Write(text(100 * 110))
			must(t, err)
			for i := range 110 {
				if i == 10 {
					runtime.ReadMemStats(&before)
				}
				n, err := io.CopyN(out, r, 100)
				if n != 100 || err != nil {
					t.Fatal(n, err)
				}
				_, err = io.ReadFull(y, got)
				must(t, err)
				if !bytes.Equal(got, text(100 * 110)[i*100:i*100+100]) {
					t.Fatal("other bytes arrived")
				}
			}
			runtime.ReadMemStats(&after)
			// The test's own comparison allocates 11,264 bytes a round.
			if each := int64(after.TotalAlloc-before.TotalAlloc)/100 - 11<<10; each > 1<<10 {
				t.Errorf("a copy of 100 bytes allocates %d", each)
			}
		})
	}
}
