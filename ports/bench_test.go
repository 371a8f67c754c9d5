package ports_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// Each benchmark has the same work on package net, with bufio, beside it, for ratios within one run. The sockets have the
// options that package net sets, and timeouts only where it has deadlines.

// benchPorts makes ports of a connection.
func benchPorts(b *testing.B, c *net.TCPConn, timeout time.Duration) (*ports.InputPort, *ports.OutputPort) {
	s := adopt(b, c)
	setParams(b, s, func(p *socket.Params) { p.ReceiveTimeout, p.SendTimeout = timeout, timeout })
	return makePorts(b, s, ports.Params{SendBufferSize: 4096})
}

// BenchmarkLines writes lines of 64 bytes through a buffer of 4 KiB and reads them on the other side.
func BenchmarkLines(b *testing.B) {
	line := append(bytes.Repeat([]byte{'x'}, 63), '\n')
	b.Run("ours", func(b *testing.B) {
		client, server := netConns(b)
		_, out := benchPorts(b, client, 0)
		in, _ := benchPorts(b, server, 0)
		lines(b, func() error { _, err := out.Write(line); return err }, out.Flush, in.ReadLineBytes)
	})
	b.Run("net", func(b *testing.B) {
		client, server := netConns(b)
		w, r := bufio.NewWriterSize(client, 4096), bufio.NewReaderSize(server, 4096)
		lines(b, func() error { _, err := w.Write(line); return err }, w.Flush, func() ([]byte, error) {
			line, _, err := r.ReadLine()
			return line, err
		})
	})
}

func lines(b *testing.B, write func() error, flush func() error, read func() ([]byte, error)) {
	b.ReportAllocs()
	b.SetBytes(64)
	b.ResetTimer()
	done := make(chan error)
	n := b.N
	go func() {
		for range n {
			if line, err := read(); err != nil || len(line) != 63 {
				done <- errors.Join(err, errors.New("wrong line"))
				return
			}
		}
		done <- nil
	}()
	for range n {
		if err := write(); err != nil {
			b.Fatal(err)
		}
	}
	must(b, flush())
	must(b, <-done)
}

// BenchmarkCopy copies from one connection to another.
func BenchmarkCopy(b *testing.B) {
	const size = 64 << 20
	run := func(b *testing.B, source io.WriteCloser, relay func() error, sink io.Reader) {
		b.SetBytes(size)
		done := make(chan error, 2)
		go func() {
			buf := make([]byte, 256<<10)
			for range b.N * size / len(buf) {
				if _, err := source.Write(buf); err != nil {
					break
				}
			}
			source.Close()
		}()
		go func() { done <- relay() }()
		buf := make([]byte, 256<<10)
		total := 0
		for {
			n, err := sink.Read(buf)
			total += n
			if err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		must(b, <-done)
		if total != b.N*size {
			b.Fatal(total)
		}
	}
	b.Run("ours", func(b *testing.B) {
		source, from := netConns(b)
		to, sink := netConns(b)
		in, _ := benchPorts(b, from, 0)
		_, out := benchPorts(b, to, 0)
		b.ResetTimer()
		run(b, source, func() error { _, err := io.Copy(out, in); return errors.Join(err, out.Close()) }, sink)
	})
	b.Run("net", func(b *testing.B) {
		source, from := netConns(b)
		to, sink := netConns(b)
		b.ResetTimer()
		run(b, source, func() error { _, err := io.Copy(to, from); return errors.Join(err, to.CloseWrite()) }, sink)
	})
}

// BenchmarkFile sends a file to a connection.
func BenchmarkFile(b *testing.B) {
	const size = 64 << 20
	name := filepath.Join(b.TempDir(), "file")
	must(b, os.WriteFile(name, make([]byte, size), 0o600))
	run := func(b *testing.B, out io.Writer, sink io.Reader) {
		b.SetBytes(size)
		done := make(chan error)
		n := b.N
		go func() {
			_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.LimitReader(sink, int64(n)*size), make([]byte, 256<<10))
			done <- err
		}()
		for range n {
			f, err := os.Open(name)
			must(b, err)
			if n, err := io.Copy(out, f); err != nil || n != size {
				b.Fatal(n, err)
			}
			f.Close()
		}
		must(b, <-done)
	}
	b.Run("ours", func(b *testing.B) {
		client, server := netConns(b)
		_, out := benchPorts(b, client, 0)
		b.ResetTimer()
		run(b, out, server)
	})
	b.Run("net", func(b *testing.B) {
		client, server := netConns(b)
		b.ResetTimer()
		run(b, client, server)
	})
}

// BenchmarkEcho has 1,000 connections, whose clients each send 512 bytes and wait for them to come back. The clients are the
// same for both servers.
func BenchmarkEcho(b *testing.B) {
	const connections, size = 1000, 512
	run := func(b *testing.B, serve func(*net.TCPConn)) {
		clients := make([]*net.TCPConn, connections)
		var servers sync.WaitGroup
		for i := range clients {
			client, server := netConns(b)
			clients[i] = client
			servers.Go(func() { serve(server) })
		}
		b.ReportAllocs()
		b.SetBytes(size)
		b.ResetTimer()
		var wait sync.WaitGroup
		for i, c := range clients {
			n := b.N / connections
			if i < b.N%connections {
				n++
			}
			wait.Go(func() {
				buf := make([]byte, size)
				for range n {
					if _, err := c.Write(buf); err != nil {
						b.Error(err)
						return
					}
					if _, err := io.ReadFull(c, buf); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wait.Wait()
		b.StopTimer()
		for _, c := range clients {
			c.Close()
		}
		servers.Wait()
	}
	for _, timeout := range []time.Duration{0, time.Minute} {
		name := ""
		if timeout > 0 {
			name = "timeout/"
		}
		b.Run(name+"ours", func(b *testing.B) {
			run(b, func(c *net.TCPConn) {
				in, out := benchPorts(b, c, timeout)
				buf := make([]byte, size)
				for {
					if _, err := io.ReadFull(in, buf); err != nil {
						in.Close()
						out.Close()
						return
					}
					out.Write(buf)
					if out.Flush() != nil {
						return
					}
				}
			})
		})
		b.Run(name+"net", func(b *testing.B) {
			run(b, func(c *net.TCPConn) {
				in, out := bufio.NewReaderSize(c, 4096), bufio.NewWriterSize(c, 4096)
				buf := make([]byte, size)
				for {
					if timeout > 0 {
						c.SetDeadline(time.Now().Add(timeout))
					}
					if _, err := io.ReadFull(in, buf); err != nil {
						c.Close()
						return
					}
					out.Write(buf)
					if out.Flush() != nil {
						return
					}
				}
			})
		})
	}
}
