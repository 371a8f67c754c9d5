package socket_test

import (
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

var faultKinds = map[string]error{
	"ErrTimeout": socket.ErrTimeout, "ErrTransient": socket.ErrTransient,
	"ErrUnsupported": socket.ErrUnsupported,
	"ErrWouldBlock":  socket.ErrWouldBlock, "ErrClosed": socket.ErrClosed,
	"ErrControlTruncated": socket.ErrControlTruncated,
}

// Each call of each operation fails with each plausible error, before the kernel has made it and,
// where that can be, after. What the caller gets is in testdata/faults.txt.
func TestFaults(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of testdata/faults.txt")
	trap := testenv.Trapped(t, testenv.Faulty()...)
	if trap == nil {
		return
	}
	b := make([]byte, 2)
	// An error that says "again" ends with the timeout, in which no event comes.
	hasty := func(t testing.TB, sockets ...*socket.Socket) {
		for _, s := range sockets {
			ok(t, s.SetParams(socket.Params{
				ConnectTimeout: short,
				AcceptTimeout:  short,
				ReceiveTimeout: short,
				SendTimeout:    short,
			}))
		}
	}
	closing := func(t testing.TB, s *socket.Socket, err error) error {
		if s != nil {
			t.Cleanup(func() { s.Close() })
		}
		return err
	}
	// connected is an operation on one end of a connection, whose peer has sent something.
	connected := func(fn func(s *socket.Socket) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			a, b := tcp(t)
			hasty(t, a, b)
			send(t, b, "12345678")
			ok(t, a.WaitReceive(within(t, patience)))
			return func() error { return fn(a) }
		}
	}
	// datagrams is an operation on a datagram socket that has some waiting; to is another's
	// address.
	datagrams := func(fn func(s *socket.Socket,
		to sockaddr.Addr) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			a, b := udp(t)
			hasty(t, a, b)
			for range 6 {
				_, err := b.SendTo(ctx, []byte("1234"), name(t, a), 0)
				ok(t, err)
			}
			to := name(t, b)
			return func() error { return fn(a, to) }
		}
	}
	// local is an operation on one end of a pair of AF_UNIX.
	local := func(fn func(t testing.TB, a, b *socket.Socket) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			a, b := pair(t, constants.SOCK_STREAM)
			hasty(t, a, b)
			return func() error { return fn(t, a, b) }
		}
	}
	// listener is an operation on a listening socket in whose queue there are connections.
	listener := func(fn func(t testing.TB, l *socket.Socket) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			l := listening(t, loopback, 4)
			hasty(t, l)
			for range 3 {
				ok(t, open(t, constants.AF_INET, constants.SOCK_STREAM,
					0).Connect(within(t, patience), name(t, l)))
			}
			return func() error { return fn(t, l) }
		}
	}
	connecting := func(address func(t testing.TB) sockaddr.Addr) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			l := listening(t, address(t), 4)
			to := name(t, l)
			s := open(t, l.Family(), constants.SOCK_STREAM, 0)
			hasty(t, s)
			return func() error {
				err := s.Connect(ctx, to)
				if err == nil {
					_, err = s.Send(ctx, b, 0)
				}
				return err
			}
		}
	}
	file := func(t testing.TB) *os.File {
		f, err := os.CreateTemp(t.TempDir(), "")
		ok(t, err)
		t.Cleanup(func() { f.Close() })
		_, err = f.WriteString("a file")
		ok(t, err)
		return f
	}
	polled := func(fn func(p *socket.Poller,
		s *socket.Socket) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			p, err := socket.NewPoller()
			ok(t, err)
			t.Cleanup(func() { p.Close() })
			a, _ := pair(t, constants.SOCK_STREAM)
			return func() error { return fn(p, a) }
		}
	}
	simple := func(fn func(t testing.TB) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error { return func() error { return fn(t) } }
	}
	testenv.Faults(t, trap, faultKinds, []testenv.Operation{
		{Name: "New", Begin: simple(func(t testing.TB) error {
			s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
			return closing(t, s, err)
		})},
		{Name: "NewIn", Begin: simple(func(t testing.TB) error {
			s, err := socket.NewIn("/proc/self/ns/net", constants.AF_INET, constants.SOCK_STREAM, 0)
			return closing(t, s, err)
		}), Needs: []testenv.Feature{testenv.SysAdmin}},
		{Name: "Pair", Begin: simple(func(t testing.TB) error {
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			closing(t, b, err)
			return closing(t, a, err)
		})},
		{Name: "Pair of AF_INET", Begin: simple(func(t testing.TB) error {
			a, b, err := socket.Pair(constants.AF_INET, constants.SOCK_STREAM, 0)
			closing(t, b, err)
			return closing(t, a, err)
		})},
		{Name: "FromFD", Begin: func(t testing.TB) func() error {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|
				unix.SOCK_NONBLOCK, 0)
			ok(t, err)
			var s *socket.Socket
			t.Cleanup(func() {
				if s.Close() != nil {
					unix.Close(fd)
				}
			})
			return func() (err error) {
				if s == nil {
					s, err = socket.FromFD(fd)
				}
				return err
			}
		}},
		{Name: "FromConn", Begin: local(func(t testing.TB, a, _ *socket.Socket) error {
			s, err := socket.FromConn(a)
			return closing(t, s, err)
		})},
		{Name: "Dup", Begin: connected(func(s *socket.Socket) error {
			d, err := s.Dup()
			if d != nil {
				d.Close()
			}
			return err
		})},
		{Name: "File", Begin: connected(func(s *socket.Socket) error {
			f, err := s.File()
			if f != nil {
				f.Close()
			}
			return err
		})},
		{Name: "Detach", Begin: func(t testing.TB) func() error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return func() error {
				fd, err := a.Detach()
				if err == nil {
					unix.Close(fd)
				}
				return err
			}
		}},
		{Name: "Bind", Begin: func(t testing.TB) func() error {
			s := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
			return func() error { return s.Bind(loopback) }
		}},
		{Name: "Listen", Begin: func(t testing.TB) func() error {
			s := bound(t, constants.SOCK_STREAM, loopback)
			return func() error { return s.Listen(1) }
		}},
		{Name: "Accept", Begin: listener(func(t testing.TB, l *socket.Socket) error {
			s, _, err := l.Accept(ctx)
			return closing(t, s, err)
		})},
		{Name: "TryAccept", Begin: listener(func(t testing.TB, l *socket.Socket) error {
			s, _, err := l.TryAccept()
			return closing(t, s, err)
		})},
		{
			Name: "AcceptReady",
			Begin: listener(func(t testing.TB, l *socket.Socket) error {
				_, err := l.AcceptReady()
				return err
			}),
		},
		{Name: "Connect", Begin: connecting(func(testing.TB) sockaddr.Addr { return loopback })},
		{Name: "Connect of AF_UNIX", Begin: connecting(path)},
		{
			Name: "Connect of SOCK_DGRAM",
			Begin: datagrams(func(s *socket.Socket,
				to sockaddr.Addr) error {
				return s.Connect(ctx, to)
			}),
		},
		{
			Name: "Disconnect",
			Begin: datagrams(func(s *socket.Socket,
				to sockaddr.Addr) error {
				return s.Disconnect()
			}),
		},
		{
			Name:  "Name",
			Begin: connected(func(s *socket.Socket) error { _, err := s.Name(); return err }),
		},
		{
			Name:  "PeerName",
			Begin: connected(func(s *socket.Socket) error { _, err := s.PeerName(); return err }),
		},
		{
			Name:  "Pending",
			Begin: connected(func(s *socket.Socket) error { _, err := s.Pending(); return err }),
		},
		{
			Name:  "Unsent",
			Begin: connected(func(s *socket.Socket) error { _, err := s.Unsent(); return err }),
		},
		{
			Name:  "AtMark",
			Begin: connected(func(s *socket.Socket) error { _, err := s.AtMark(); return err }),
		},
		{
			Name:  "AtEnd",
			Begin: connected(func(s *socket.Socket) error { _, err := s.AtEnd(); return err }),
		},
		{
			Name: "ReceiveReady",
			Begin: connected(
				func(s *socket.Socket) error { _, err := s.ReceiveReady(); return err }),
		},
		{
			Name:  "SendReady",
			Begin: connected(func(s *socket.Socket) error { _, err := s.SendReady(); return err }),
		},
		{
			Name:  "WaitReceive",
			Begin: connected(func(s *socket.Socket) error { return s.WaitReceive(ctx) }),
		},
		{Name: "WaitSend",
			Begin: connected(func(s *socket.Socket) error { return s.WaitSend(ctx) })},
		{
			Name: "PeerCredentials",
			Begin: local(func(t testing.TB, a, _ *socket.Socket) error {
				_, err := a.PeerCredentials()
				return err
			}),
		},
		{
			Name:  "Shutdown",
			Begin: connected(func(s *socket.Socket) error { return s.Shutdown(constants.SHUT_WR) }),
		},
		{Name: "Close", Begin: connected(func(s *socket.Socket) error { return s.Close() })},
		{
			Name: "Receive",
			Begin: connected(
				func(s *socket.Socket) error { _, err := s.Receive(ctx, b, 0); return err }),
		},
		{
			Name: "TryReceive",
			Begin: connected(
				func(s *socket.Socket) error { _, err := s.TryReceive(b, 0); return err }),
		},
		{Name: "Receive all", Begin: connected(func(s *socket.Socket) error {
			_, err := s.Receive(ctx, make([]byte, 4), constants.MSG_WAITALL)
			return err
		})},
		{
			Name: "Receive of SOCK_DGRAM",
			Begin: datagrams(func(s *socket.Socket,
				_ sockaddr.Addr) error {
				_, err := s.Receive(ctx, b, 0)
				return err
			}),
		},
		{
			Name: "ReceiveFrom",
			Begin: datagrams(func(s *socket.Socket,
				_ sockaddr.Addr) error {
				_, _, err := s.ReceiveFrom(ctx, b, 0)
				return err
			}),
		},
		{
			Name: "Send",
			Begin: connected(
				func(s *socket.Socket) error { _, err := s.Send(ctx, b, 0); return err }),
		},
		{
			Name: "TrySend",
			Begin: connected(
				func(s *socket.Socket) error { _, err := s.TrySend(b, 0); return err }),
		},
		{
			Name: "SendAll",
			Begin: connected(
				func(s *socket.Socket) error { _, err := s.SendAll(ctx, b, 0); return err }),
		},
		{
			Name:  "Write",
			Begin: connected(func(s *socket.Socket) error { _, err := s.Write(b); return err }),
		},
		{
			Name:  "Read",
			Begin: connected(func(s *socket.Socket) error { _, err := s.Read(b); return err }),
		},
		{
			Name: "SendTo",
			Begin: datagrams(func(s *socket.Socket,
				to sockaddr.Addr) error {
				_, err := s.SendTo(ctx, b, to, 0)
				return err
			}),
		},
		{Name: "SendMessage", Begin: datagrams(func(s *socket.Socket, to sockaddr.Addr) error {
			return s.SendMessage(ctx, &socket.Message{Buffers: [][]byte{b}, Addr: to}, 0)
		})},
		{Name: "SendMessage in segments",
			Begin: datagrams(func(s *socket.Socket, to sockaddr.Addr) error {
				return s.SendMessage(ctx, &socket.Message{
					Buffers:     [][]byte{make([]byte, 100)},
					SegmentSize: 10,
					Addr:        to,
				}, 0)
			})},
		{Name: "ReceiveMessage", Begin: datagrams(func(s *socket.Socket, _ sockaddr.Addr) error {
			return s.ReceiveMessage(ctx, &socket.Message{
				Buffers: [][]byte{b},
				Control: make([]byte, 100),
			}, 0)
		})},
		{Name: "SendMessages", Begin: datagrams(func(s *socket.Socket, to sockaddr.Addr) error {
			_, err := s.SendMessages(ctx, []socket.Message{{Buffers: [][]byte{b}, Addr: to}, {
				Buffers: [][]byte{b},
				Addr:    to,
			}}, 0)
			return err
		})},
		{Name: "SendMessages with offload",
			Begin: datagrams(func(s *socket.Socket, to sockaddr.Addr) error {
				s.SetOffload(true)
				_, err := s.SendMessages(ctx, []socket.Message{{Buffers: [][]byte{b}, Addr: to}, {
					Buffers: [][]byte{b},
					Addr:    to,
				}}, 0)
				return err
			})},
		{Name: "ReceiveMessages", Begin: datagrams(func(s *socket.Socket, _ sockaddr.Addr) error {
			_, err := s.ReceiveMessages(ctx,
				[]socket.Message{{Buffers: [][]byte{b}}, {Buffers: [][]byte{b}}}, 0)
			return err
		})},
		{Name: "SendFiles", Begin: local(func(t testing.TB, a, b *socket.Socket) error {
			_, err := a.SendFiles(ctx, []byte("x"), b)
			return err
		})},
		{Name: "ReceiveFiles", Begin: func(t testing.TB) func() error {
			a, b := pair(t, constants.SOCK_STREAM)
			hasty(t, a, b)
			f := file(t)
			for range 2 {
				_, err := a.SendFiles(ctx, []byte("x"), f)
				ok(t, err)
			}
			return func() error {
				_, files, err := b.ReceiveFiles(ctx, make([]byte, 1), 1)
				for _, f := range files {
					f.Close()
				}
				return err
			}
		}},
		{Name: "SendFile", Begin: func(t testing.TB) func() error {
			a, _ := tcp(t)
			hasty(t, a)
			f := file(t)
			return func() error { _, err := a.SendFile(ctx, f, 0, 6); return err }
		}},
		{Name: "CopyTo a socket", Begin: func(t testing.TB) func() error {
			from, peer := tcp(t)
			to, _ := tcp(t)
			hasty(t, from, to)
			send(t, peer, "something")
			ok(t, peer.CloseWrite())
			return func() error { _, err := from.CopyTo(ctx, to); return err }
		}},
		{Name: "CopyTo a writer", Begin: func(t testing.TB) func() error {
			from, peer := tcp(t)
			hasty(t, from)
			send(t, peer, "something")
			ok(t, peer.CloseWrite())
			return func() error { _, err := from.CopyTo(ctx, io.Discard); return err }
		}},
		{Name: "NewPoller", Begin: simple(func(t testing.TB) error {
			p, err := socket.NewPoller()
			if err == nil {
				t.Cleanup(func() { p.Close() })
			}
			return err
		})},
		{Name: "Poller.Add and Remove",
			Begin: polled(func(p *socket.Poller, s *socket.Socket) error {
				if err := p.Add(s, socket.PollIn, nil); err != nil {
					return err
				}
				return p.Remove(s)
			})},
		{Name: "Poll", Begin: connected(func(s *socket.Socket) error {
			_, err := socket.Poll(ctx, []socket.PollItem{{Socket: s, Events: socket.PollIn}}, short)
			return err
		})},
		{
			Name: "NewZeroCopy",
			Begin: connected(
				func(s *socket.Socket) error { _, err := socket.NewZeroCopy(s); return err }),
		},
		{Name: "ZeroCopy.Send and Wait", Begin: func(t testing.TB) func() error {
			a, _ := tcp(t)
			hasty(t, a)
			z, err := socket.NewZeroCopy(a)
			ok(t, err)
			return func() error {
				if _, err := z.Send(ctx, b, 0); err != nil {
					return err
				}
				_, err := z.Wait(ctx)
				return err
			}
		}},
	})
}
