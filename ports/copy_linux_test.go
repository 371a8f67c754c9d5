package ports_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
)

// What io.Copy and io.CopyN move from a file or a port to a port passes the program by: none of it
// allocates a buffer to copy through.
func TestZeroCopy(t *testing.T) {
	testenv.NeedsLinuxPath(t, "splice(2)")
	const size = 128 << 10
	name := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(name, text(size), 0o600))
	for source, open := range map[string]func(t *testing.T) io.Reader{
		"file": func(t *testing.T) io.Reader {
			f, err := os.Open(name)
			must(t, err)
			t.Cleanup(func() { f.Close() })
			return f
		},
		"port": func(t *testing.T) io.Reader {
			a, b := tcpSockets(t)
			in, _ := makePorts(t, b, ports.DefaultParams())
			data := text(size)
			done := make(chan struct{})
			t.Cleanup(func() { a.Close(); <-done })
			go func() {
				defer close(done)
				a.Write(data)
				a.Close()
			}()
			return in
		},
	} {
		for _, limit := range []int64{-1, size / 2} {
			how := "io.Copy"
			if limit >= 0 {
				how = "io.CopyN"
			}
			t.Run(how+" of a "+source, func(t *testing.T) {
				a, b := tcpSockets(t)
				_, out := makePorts(t, a, ports.Params{SendBufferSize: 4096})
				arrived, done, data := make([]byte, size+1), make(chan int), text(size)
				go func() {
					// Until the end of the stream.
					n, _ := b.Receive(ctx, arrived, constants.MSG_WAITALL)
					done <- n
				}()
				r := open(t)
				var before, after runtime.MemStats
				for range 2 { // which empties pools of buffers
					runtime.GC()
				}
				runtime.ReadMemStats(&before)
				want, copied, err := int64(size), int64(0), error(nil)
				if limit < 0 {
					copied, err = io.Copy(out, r)
				} else {
					want = limit
					limited := &io.LimitedReader{R: r, N: limit} // as io.CopyN does
					copied, err = io.Copy(out, limited)
					if limited.N != 0 {
						t.Errorf("the limit is %d after the copy", limited.N)
					}
				}
				runtime.ReadMemStats(&after)
				must(t, err)
				must(t, out.Close())
				if n := <-done; copied != want || !bytes.Equal(arrived[:n], data[:want]) {
					t.Errorf("%d were copied and %d arrived, want %d, or they differ", copied, n,
						want)
				}
				if rest := make([]byte, size); limit >= 0 {
					if n, err := io.ReadFull(r, rest[limit:]); err != nil ||
						!bytes.Equal(rest[limit:], data[limit:]) {
						t.Errorf("then %d were read: %v", n, err)
					}
				}
				// The buffer would have 32 KiB.
				if n := after.TotalAlloc - before.TotalAlloc; n >= 24<<10 {
					t.Errorf("%d bytes were allocated: the copy passed through a buffer", n)
				}
			})
		}
	}
}
