package soak

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/badnet"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// A carrier is a way to send n bytes of a pattern on a stream, or to receive all that comes of it.
type carrier struct {
	name    string
	send    func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error
	receive func(ctx context.Context, s *socket.Socket, to *check) error
}

var carriers = []carrier{
	{"Socket", func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error {
		return inPieces(seed, n, 100_000, func(b []byte) error {
			return second(s.SendAll(ctx, b, 0))
		})
	}, func(ctx context.Context, s *socket.Socket, to *check) error {
		for b := make([]byte, 50_000); ; {
			n, err := s.Receive(ctx, b, 0)
			if err != nil || n == 0 {
				return err
			}
			if _, err := to.Write(b[:n]); err != nil {
				return err
			}
		}
	}},
	{"messages", func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error {
		return inPieces(seed, n, 100_000, func(b []byte) error {
			var ms []socket.Message
			for i := 1; len(b) > 0; i++ {
				piece := b[:min(len(b), i*1000)]
				b = b[len(piece):]
				half := len(piece) / 2
				ms = append(ms, socket.Message{Buffers: [][]byte{piece[:half], nil, piece[half:]}})
			}
			return second(s.SendMessages(ctx, ms, 0))
		})
	}, func(ctx context.Context, s *socket.Socket, to *check) error {
		for a, b := make([]byte, 1000), make([]byte, 30_000); ; {
			m := socket.Message{Buffers: [][]byte{a, b}}
			err := s.ReceiveMessage(ctx, &m, 0)
			if err != nil || m.N == 0 {
				return err
			}
			for _, part := range [][]byte{a[:min(m.N, len(a))], b[:max(0, m.N-len(a))]} {
				if _, err := to.Write(part); err != nil {
					return err
				}
			}
		}
	}},
	{"ports", func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error {
		_, out, err := ports.New(s, ports.Params{SendBufferSize: 3000})
		if err != nil {
			return err
		}
		if err := out.SetContext(ctx); err != nil {
			return err
		}
		if err := inPieces(seed, n, 7777,
			func(b []byte) error { return second(out.Write(b)) }); err != nil {
			return err
		}
		return out.Flush()
	}, func(ctx context.Context, s *socket.Socket, to *check) error {
		in, _, err := ports.New(s, ports.Params{ReceiveBufferSize: 5000})
		if err != nil {
			return err
		}
		if err := in.SetContext(ctx); err != nil {
			return err
		}
		for b := make([]byte, 3333); ; {
			n, err := in.Read(b)
			if _, err := to.Write(b[:n]); err != nil {
				return err
			}
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}},
	{"netconn", func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error {
		c, err := netconn.NewConn(s)
		if err != nil {
			return err
		}
		return second(io.Copy(writerOf(c), limited(seed, n)))
	}, func(ctx context.Context, s *socket.Socket, to *check) error {
		c, err := netconn.NewConn(s)
		if err != nil {
			return err
		}
		return second(io.Copy(writerOf(to), readerOf(c)))
	}},
	// By a pair of AF_UNIX sockets: the kernel moves the bytes from one socket to the other.
	{"splice", func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error {
		return through(ctx, func(near *socket.Socket) error {
			return second(io.Copy(writerOf(near), limited(seed, n)))
		}, func(far *socket.Socket) error { return second(s.ReadFrom(far)) })
	}, func(ctx context.Context, s *socket.Socket, to *check) error {
		return through(ctx, func(near *socket.Socket) error { return second(s.WriteTo(near)) },
			func(far *socket.Socket) error { return second(io.Copy(writerOf(to), readerOf(far))) })
	}},
	{"SendFile", func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error {
		dir, err := os.MkdirTemp("", "soak")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		f, err := os.Create(filepath.Join(dir, "file"))
		if err != nil {
			return err
		}
		defer f.Close()
		const skip = 12345
		if _, err := f.Seek(skip, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(f, limited(seed, n)); err != nil {
			return err
		}
		sent, err := s.SendFile(ctx, f, skip, -1)
		if err == nil && sent != n {
			err = fmt.Errorf("sent %d of %d bytes", sent, n)
		}
		return err
	}, nil},
	{"zero copy", func(ctx context.Context, s *socket.Socket, seed uint64, n int64) error {
		z, err := socket.NewZeroCopy(s)
		if err != nil {
			return err
		}
		source := pattern(seed)
		var free [][]byte
		for range 8 {
			free = append(free, make([]byte, 50_000))
		}
		out := map[*byte]int{} // how much of a buffer the kernel still has
		reap := func() error {
			done, err := z.Wait(ctx)
			for _, c := range done {
				b := c.Buffer
				for i := range b {
					b[i] = 0xdb // the peer must not see it
				}
			}
			if err == nil && z.Pending() == 0 {
				for range len(out) {
					free = append(free, make([]byte, 50_000))
				}
				clear(out)
			}
			return err
		}
		for left := n; left > 0; {
			if len(free) == 0 {
				if err := reap(); err != nil {
					return err
				}
				continue
			}
			b := free[0][:min(left, int64(len(free[0])))]
			free = free[1:]
			left -= int64(len(b))
			source.Read(b)
			out[&b[0]] = len(b)
			for len(b) > 0 {
				m, err := z.Send(ctx, b, 0)
				if err != nil {
					return err
				}
				b = b[m:]
			}
		}
		for z.Pending() > 0 {
			if err := reap(); err != nil {
				return err
			}
		}
		return nil
	}, nil},
}

// inPieces calls send with n bytes of a pattern, a piece at a time.
func inPieces(seed uint64, n int64, size int, send func([]byte) error) error {
	source, b := pattern(seed), make([]byte, size)
	for n > 0 {
		piece := b[:min(n, int64(size))]
		source.Read(piece)
		if err := send(piece); err != nil {
			return err
		}
		n -= int64(len(piece))
	}
	return nil
}

// through runs fill and drain at the two ends of a pair, and ends the pair's stream after fill.
func through(ctx context.Context, fill, drain func(*socket.Socket) error) error {
	near, far, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer near.Close()
	defer far.Close()
	stop := context.AfterFunc(ctx, func() { near.Close(); far.Close() })
	defer stop()
	filled := start(func() error {
		err := fill(near)
		return errors.Join(err, near.Shutdown(constants.SHUT_WR))
	})
	err = drain(far)
	if err != nil {
		near.Close()
		far.Close()
	}
	return errors.Join(err, <-filled)
}

// transfer sends n bytes one way by one carrier and receives them by another; then the receiver
// answers with their number.
func transfer(ctx context.Context, by, with carrier, from, to *socket.Socket, seed uint64,
	n int64) error {
	received := start(func() error {
		c := newCheck(seed)
		if err := with.receive(ctx, to, c); err != nil {
			return fmt.Errorf("receiving after %d bytes: %w", c.n, err)
		}
		if c.n != n {
			return fmt.Errorf("received %d of %d bytes", c.n, n)
		}
		return second(to.SendAll(ctx, binary.BigEndian.AppendUint64(nil, uint64(c.n)), 0))
	})
	err := by.send(ctx, from, seed, n)
	if err != nil {
		from.Close() // so that the receiver ends
		return errors.Join(fmt.Errorf("sending: %w", err), <-received)
	}
	if err := from.Shutdown(constants.SHUT_WR); err != nil {
		return errors.Join(err, <-received)
	}
	answer := make([]byte, 8)
	m, err := from.Receive(ctx, answer, constants.MSG_WAITALL)
	if err == nil && (m != 8 || binary.BigEndian.Uint64(answer) != uint64(n)) {
		err = fmt.Errorf("the answer is %x", answer[:m])
	}
	return errors.Join(err, <-received)
}

// TestSoakTransfers: what is sent over TCP arrives whole and in order by every way that the library
// has, whatever a network does to the packets on the way. What it has corrupted is caught by
// checksums.
func TestSoakTransfers(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	random, seed := testenv.Seed(t)
	nets := []*network{bad(t, seed, 1500, badnet.Way{}), bad(t, seed, 9000, badnet.Way{})}
	size := int64(1 << 20)
	if testenv.Soaking() {
		size = 16 << 20
	}
	sent := make([]int64, len(carriers))
	rounds(t, func(round int) {
		n := nets[round%len(nets)]
		// Harsh in the first round, and then anything. With much loss and delay, TCP takes for
		// ever.
		w := badnet.Way{Loss: 0.01, Duplicate: 0.01, Reorder: 0.02, Corrupt: 0.005,
			Delay: 200 * time.Microsecond, Jitter: 300 * time.Microsecond}
		if round > 0 {
			w = badnet.Way{
				Loss: 0.003 * random.Float64(), Duplicate: 0.05 * random.Float64(),
				Reorder: 0.02 * random.Float64(),
				Corrupt: 0.003 * random.Float64(),
				Delay:   time.Duration(random.IntN(500)) * time.Microsecond,
				Jitter:  time.Duration(random.IntN(500)) * time.Microsecond,
				Rate:    []int{0, 0, 50 << 20}[random.IntN(3)],
				MTU:     []int{0, 0, 1280}[random.IntN(3)],
			}
		}
		n.Set(w, w)
		var group []<-chan error
		for i, by := range carriers {
			with := carriers[(i+round)%len(carriers)]
			if with.receive == nil {
				with = carriers[0]
			}
			client, server := n.tcp(t, (i+round)%2 == 1)
			if random.IntN(2) == 0 {
				client, server = server, client
			}
			seed := random.Uint64()
			ctx := soon(t)
			group = append(group, start(func() error {
				defer client.Close()
				defer server.Close()
				// for those without a context
				stop := context.AfterFunc(ctx, func() { client.Close(); server.Close() })
				defer stop()
				if err := transfer(ctx, by, with, client, server, seed, size); err != nil {
					return fmt.Errorf("round %d, from %s to %s over %+v: %w", round, by.name,
						with.name, w, err)
				}
				sent[i] += size
				return nil
			}))
		}
		for _, done := range group {
			if err := result(t, done); err != nil {
				t.Error(err)
			}
		}
	})
	for i, c := range carriers {
		testenv.Tried(t, "bytes over TCP and a bad network by "+c.name, sent[i], 0)
	}
	var packets, corrupted, caught int64
	for _, n := range nets {
		toB, toA := n.Counts()
		t.Logf("to the server: %v; back: %v", toB, toA)
		packets += toB.Came + toA.Came
		corrupted += toB.Corrupted + toA.Corrupted
		for _, ns := range []*testenv.NS{n.a, n.b} {
			caught += counters(t, ns, "Tcp.InCsumErrors", "Ip.InHdrErrors", "Ip.InAddrErrors",
				"Ip.InUnknownProtos", "Ip6InHdrErrors")
		}
	}
	if corrupted > 10 && caught == 0 {
		t.Errorf("%d packets were corrupted, and the kernel has seen none", corrupted)
	}
	testenv.Tried(t, "packets on a bad network", packets, 0)
	testenv.Tried(t, "corrupted packets, none of them taken for a good one", corrupted, 0)
}
