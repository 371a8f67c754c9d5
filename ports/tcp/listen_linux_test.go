package tcp_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Row M2: a privileged port without the privilege is an error that says which.
func TestListenPrivileged(t *testing.T) {
	testenv.Needs(t, testenv.NetBindService)
	ns := testenv.NetNS(t) // where no other setting allows it
	ns.Do(func() {
		// The thread's effective set loses the capability for a while; the permitted set keeps it.
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var all [2]unix.CapUserData
		must(t, unix.Capget(&header, &all[0]))
		fewer := all
		fewer[0].Effective &^= 1 << unix.CAP_NET_BIND_SERVICE
		must(t, unix.Capset(&header, &fewer[0]))
		_, err := tcp.Listen(ctx, "80", &tcp.Config{Host: "127.0.0.1"})
		must(t, unix.Capset(&header, &all[0]))
		is(t, err, syscall.EACCES)
		if !strings.Contains(err.Error(), "127.0.0.1:80") {
			t.Errorf("%q does not say which port", err)
		}
	})
}

// Close ends also when clients wait and there are no descriptors to accept them, whatever the
// backlog.
func TestListenerCloseTooManyFiles(t *testing.T) {
	l := listen(t, &tcp.Config{Host: "127.0.0.1", Backlog: 1<<31 - 1})
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", service(l)))
	must(t, err)
	defer c.Close()
	must(t, l.Socket().WaitReceive(ctx))
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	none := limit
	none.Cur = 0
	closed := make(chan error, 1)
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &none))
	go func() { closed <- l.Close() }()
	select {
	case err = <-closed:
		must(t, err)
	case <-time.After(20 * time.Second):
		t.Fatal("Close does not end")
	}
}

// Close leaves the clients of a socket with SO_REUSEPORT to the kernel, which hands them to the
// next listener if it is told to.
func TestListenerCloseMigrates(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.tcp_migrate_req", "1")
	ns.Do(func() {
		reuse := func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
			return sockopt.SOReusePort.Set(s, true)
		}
		old := listen(t, &tcp.Config{Host: "127.0.0.1", Prepare: reuse})
		var clients []net.Conn
		for range 20 {
			c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", old.Service()))
			must(t, err)
			defer c.Close()
			clients = append(clients, c)
		}
		queued(t, old, len(clients))
		next, err := tcp.Listen(ctx, old.Port(), &tcp.Config{Host: "127.0.0.1", Prepare: reuse})
		must(t, err)
		defer next.Close()
		must(t, old.Close())
		queued(t, next, len(clients))
		for range clients {
			d, err := next.AcceptDuplex(ctx)
			must(t, err)
			_, err = d.WriteLine("hello")
			must(t, err)
			must(t, d.Close())
		}
		for i, c := range clients {
			if b, err := io.ReadAll(c); string(b) != "hello\n" || err != nil {
				t.Errorf("client %d: %q, %v", i, b, err)
			}
		}
	})
}

// Close dismisses those who waited when it began: clients that go on coming do not hold it up.
func TestListenerCloseFlood(t *testing.T) {
	l := listen(t, &tcp.Config{Host: "127.0.0.1"})
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if c, err := net.Dial("tcp",
					net.JoinHostPort("127.0.0.1", l.Service())); err == nil {
					c.(*net.TCPConn).SetLinger(0)
					c.Close()
				}
			}
		})
	}
	<-l.Ready(ctx)
	closed := make(chan error, 1)
	go func() { closed <- l.Close() }()
	select {
	case err := <-closed:
		must(t, err)
	case <-time.After(20 * time.Second):
		t.Error("Close does not end while clients come")
	}
	close(stop)
	clients.Wait()
}

// What accepted connections inherit of SO_LINGER does not make Close wait for clients that are gone
// without a word.
func TestListenerCloseLingering(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand)
	ns := testenv.NetNS(t)
	ns.Do(func() {
		l, err := tcp.Listen(ctx, "0", &tcp.Config{Host: "127.0.0.1",
			Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
				return sockopt.SOLinger.Set(s, sockopt.Linger{Enabled: true, Timeout: time.Minute})
			}})
		must(t, err)
		for range 3 {
			in, out, err := tcp.Dial(ctx, "127.0.0.1", l.Service(), nil)
			must(t, err)
			defer in.Close()
			defer out.Close()
		}
		ns.Run("ip", "link", "set", "lo", "down") // no client acknowledges anything from now on
		closed := make(chan error, 1)
		go func() { closed <- l.Close() }()
		select {
		case err := <-closed:
			must(t, err)
		case <-time.After(20 * time.Second):
			t.Error("Close waits for the clients")
			<-closed
		}
	})
}
