package tcp_test

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports/tcp"
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

// Close ends also when clients wait and there are no descriptors to accept them, whatever the backlog.
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
