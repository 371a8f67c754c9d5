package ports_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// Each benchmark does the same work on ports and on package net, with bufio where lines or small
// messages are read. The sockets of both have the options that package net sets. Where it says
// "timeout", each wait of both has one; elsewhere neither has.

// versus lets both work in turns, so that they meet the same machine, and reports the ratio of
// their times, ours to net's: the median of all turns, and its quartiles.
func versus(b *testing.B, bytes int64, turns int, ours, net func() error) {
	must(b, errors.Join(ours(), net())) // both are warm
	b.ResetTimer()
	var ratios []float64
	var sums [2]time.Duration
	for b.Loop() {
		for range turns {
			var took [2]time.Duration
			for i := range took {
				k := (len(ratios) + i) % 2
				start := time.Now()
				must(b, [...]func() error{ours, net}[k]())
				took[k] = time.Since(start)
				sums[k] += took[k]
			}
			ratios = append(ratios, float64(took[0])/float64(took[1]))
		}
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(ratios[len(ratios)/4], "ratio-q1")
	b.ReportMetric(ratios[len(ratios)*3/4], "ratio-q3")
	for i, name := range []string{"ours-MB/s", "net-MB/s"} {
		b.ReportMetric(float64(bytes)*float64(len(ratios))/1e6/sums[i].Seconds(), name)
	}
}

// benchPorts makes ports of a connection, with a send buffer of 4 KiB.
func benchPorts(b *testing.B, c *net.TCPConn,
	timeout time.Duration) (*ports.InputPort, *ports.OutputPort) {
	s := adopt(b, c)
	setParams(b, s, func(p *socket.Params) { p.ReceiveTimeout, p.SendTimeout = timeout, timeout })
	return makePorts(b, s, ports.Params{SendBufferSize: 4096})
}

// timeouts is a connection of package net with a deadline for each call.
type timeouts struct {
	net.Conn
	each time.Duration
}

func (t timeouts) Read(b []byte) (int, error) {
	t.SetReadDeadline(time.Now().Add(t.each))
	return t.Conn.Read(b)
}

func (t timeouts) Write(b []byte) (int, error) {
	t.SetWriteDeadline(time.Now().Add(t.each))
	return t.Conn.Write(b)
}

// benchBufio makes what package net and bufio have in place of ports.
func benchBufio(c net.Conn, timeout time.Duration) (*bufio.Reader, *bufio.Writer) {
	if timeout > 0 {
		c = timeouts{c, timeout}
	}
	return bufio.NewReaderSize(c, 4096), bufio.NewWriterSize(c, 4096)
}

// withAndWithout runs a benchmark without and with the default timeout.
func withAndWithout(b *testing.B, run func(b *testing.B, timeout time.Duration)) {
	b.Run("plain", func(b *testing.B) { run(b, 0) })
	b.Run("timeout", func(b *testing.B) { run(b, socket.DefaultParams().ReceiveTimeout) })
}

// BenchmarkLines writes lines of 64 bytes through a buffer of 4 KiB and reads them on the other
// side.
func BenchmarkLines(b *testing.B) {
	const lines = 100_000
	line := append(bytes.Repeat([]byte{'x'}, 63), '\n')
	run := func(w io.Writer, flush func() error, read func() ([]byte, error)) func() error {
		return func() error {
			done := make(chan error, 1)
			go func() {
				for range lines {
					if line, err := read(); err != nil || len(line) != 63 {
						done <- errors.Join(err, errors.New("wrong line"))
						return
					}
				}
				done <- nil
			}()
			for range lines {
				if _, err := w.Write(line); err != nil {
					return err
				}
			}
			return errors.Join(flush(), <-done)
		}
	}
	withAndWithout(b, func(b *testing.B, timeout time.Duration) {
		client, server := netConns(b)
		_, out := benchPorts(b, client, timeout)
		in, _ := benchPorts(b, server, timeout)
		client, server = netConns(b)
		_, w := benchBufio(client, timeout)
		r, _ := benchBufio(server, timeout)
		versus(b, lines*64, 1, run(out, out.Flush, in.ReadLineBytes),
			run(w, w.Flush, func() ([]byte, error) {
				line, _, err := r.ReadLine()
				return line, err
			}))
	})
}

// BenchmarkCopy copies 1 GiB from one connection to another, by both in turns of 64 MiB.
func BenchmarkCopy(b *testing.B) {
	const turns, size = 16, 64 << 20
	run := func(relay func(to, from *net.TCPConn) error) func() error {
		return func() error {
			source, from := netConns(b)
			to, sink := netConns(b)
			done := make(chan error, 2)
			go func() { done <- relay(to, from) }()
			go func() {
				_, err := source.Write(make([]byte, size))
				done <- errors.Join(err, source.CloseWrite())
			}()
			err := drain(sink, size)
			for range 2 {
				err = errors.Join(err, <-done)
			}
			return errors.Join(err, source.Close(), sink.Close())
		}
	}
	versus(b, size, turns, run(func(to, from *net.TCPConn) error {
		in, _ := benchPorts(b, from, 0)
		_, out := benchPorts(b, to, 0)
		_, err := io.Copy(out, in)
		return errors.Join(err, out.Close())
	}), run(func(to, from *net.TCPConn) error {
		_, err := io.Copy(to, from)
		return errors.Join(err, to.Close(), from.Close())
	}))
}

// drain reads size bytes.
func drain(r io.Reader, size int64) error {
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard},
		struct{ io.Reader }{io.LimitReader(r, size)}, make([]byte, 256<<10))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// BenchmarkFile sends a file of 64 MiB to a connection.
func BenchmarkFile(b *testing.B) {
	const size = 64 << 20
	name := filepath.Join(b.TempDir(), "file")
	must(b, os.WriteFile(name, make([]byte, size), 0o600))
	run := func(w io.Writer, sink io.Reader) func() error {
		return func() error {
			f, err := os.Open(name)
			if err != nil {
				return err
			}
			defer f.Close()
			done := make(chan error, 1)
			go func() { done <- drain(sink, size) }()
			_, err = io.Copy(w, f)
			return errors.Join(err, <-done)
		}
	}
	client, server := netConns(b)
	_, out := benchPorts(b, client, 0)
	theirs, sink := netConns(b)
	versus(b, size, 1, run(out, server), run(theirs, sink))
}

// BenchmarkEcho has two servers of 1,000 connections, whose clients send 512 bytes and wait for
// them to come back, 5 times a turn. The clients are the same for both servers.
func BenchmarkEcho(b *testing.B) {
	const connections, size, times = 1000, 512, 5
	run := func(b *testing.B, serve func(*net.TCPConn)) func() error {
		clients := make([]*net.TCPConn, connections)
		var servers sync.WaitGroup
		for i := range clients {
			client, server := netConns(b)
			clients[i] = client
			servers.Go(func() { serve(server) })
		}
		b.Cleanup(func() {
			for _, c := range clients {
				c.Close()
			}
			servers.Wait()
		})
		return func() error {
			errs := make(chan error, connections)
			for _, c := range clients {
				go func() {
					buf := make([]byte, size)
					var err error
					for range times {
						if _, err = c.Write(buf); err != nil {
							break
						}
						if _, err = io.ReadFull(c, buf); err != nil {
							break
						}
					}
					errs <- err
				}()
			}
			var err error
			for range clients {
				err = errors.Join(err, <-errs)
			}
			return err
		}
	}
	withAndWithout(b, func(b *testing.B, timeout time.Duration) {
		echo := func(in io.Reader, out io.Writer, flush func() error) {
			buf := make([]byte, size)
			for {
				if _, err := io.ReadFull(in, buf); err != nil {
					return
				}
				out.Write(buf)
				if flush() != nil {
					return
				}
			}
		}
		ours := run(b, func(c *net.TCPConn) {
			in, out := benchPorts(b, c, timeout)
			defer in.Close()
			defer out.Close()
			echo(in, out, out.Flush)
		})
		theirs := run(b, func(c *net.TCPConn) {
			defer c.Close()
			in, out := benchBufio(c, timeout)
			echo(in, out, out.Flush)
		})
		versus(b, connections*times*size, 1, ours, theirs)
	})
}
