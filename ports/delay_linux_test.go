package ports_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockopt"
)

// However a request is written, of whatever size, its last piece does not wait for the peer's
// delayed acknowledgement (40 ms) of those before, into which the port has cut it: also with
// Nagle's algorithm on. What counts is the median of some rounds; on a busy machine more are made.
func TestNoDelayedAcknowledgement(t *testing.T) {
	const buffer = 4096
	dir := t.TempDir()
	sizes := []int{1, buffer - 1, buffer, buffer + 1, 3*buffer - 1, 3*buffer + 100, 5 * buffer,
		16384 - 1, 16384, 16384 + 1, 70000}
	for name, way := range map[string]struct {
		buffer int
		write  func(t *testing.T, out *ports.OutputPort, b []byte) error
	}{
		"Write": {0, func(t *testing.T, out *ports.OutputPort, b []byte) error {
			_, err := out.Write(b)
			return err
		}},
		"Write, Flush": {buffer, func(t *testing.T, out *ports.OutputPort, b []byte) error {
			_, err := out.Write(b)
			return err
		}},
		"WriteString": {buffer, func(t *testing.T, out *ports.OutputPort, b []byte) error {
			return writeAll(out, string(b))
		}},
		"behind others": {buffer, writeIn(100, 1<<20)},
		"in lines":      {buffer, writeIn(67, 67)}, // of no multiple that leaves nothing behind
		"in chunks":     {buffer, writeIn(1000, 1000)},
		"a kept header before a file": {buffer,
			func(t *testing.T, out *ports.OutputPort, b []byte) error {
				name := filepath.Join(dir, "file")
				must(t, os.WriteFile(name, b[min(len(b), 30):], 0o600))
				f, err := os.Open(name)
				must(t, err)
				defer f.Close()
				_, err = out.Write(b[:min(len(b), 30)])
				must(t, err)
				_, err = io.Copy(out, f)
				return err
			}},
		"ReadFrom behind others": {buffer,
			func(t *testing.T, out *ports.OutputPort, b []byte) error {
				_, err := out.Write(b[:min(len(b), 30)])
				must(t, err)
				_, err = out.ReadFrom(bytes.NewBuffer(b[min(len(b), 30):]))
				return err
			}},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s %d", name, size), func(t *testing.T) {
				a, b := tcpSockets(t)
				must(t, sockopt.TCPNoDelay.Set(a, false))
				must(t, sockopt.TCPNoDelay.Set(b, true))
				_, out := makePorts(t, a, ports.Params{SendBufferSize: way.buffer})
				request := text(size)
				answered := make(chan error, 1)
				go func() {
					buf := make([]byte, size)
					for {
						n, err := b.Receive(ctx, buf, constants.MSG_WAITALL)
						if n < size || err != nil {
							answered <- err
							return
						}
						if _, err := b.Send(ctx, []byte{1}, 0); err != nil {
							answered <- err
							return
						}
					}
				}()
				var took []time.Duration
				median := func() time.Duration { return took[len(took)/2] }
				for tries := 0; tries < 20 &&
					(tries < 5 || median() > 20*time.Millisecond); tries++ {
					start := time.Now()
					must(t, way.write(t, out, request))
					must(t, out.Flush())
					_, err := a.Receive(ctx, make([]byte, 1), constants.MSG_WAITALL)
					must(t, err)
					took = append(took, time.Since(start))
					slices.Sort(took)
				}
				must(t, a.Shutdown(constants.SHUT_WR))
				must(t, <-answered)
				if median() > 20*time.Millisecond {
					t.Errorf("request and answer took %v", took)
				}
			})
		}
	}
}

// writeIn writes first so many bytes, and then pieces.
func writeIn(first, piece int) func(t *testing.T, out *ports.OutputPort, b []byte) error {
	return func(t *testing.T, out *ports.OutputPort, b []byte) error {
		for n := first; len(b) > 0; n = piece {
			n = min(n, len(b))
			if _, err := out.Write(b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
		return nil
	}
}
