package netconn_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// TestAcceptOfABadConnection holds that what fails of one connection alone is no error of Accept.
// On some systems TCP_NODELAY fails on a connection that was reset already; here it does since the
// listener is one of AF_UNIX, put into the place of one of TCP.
func TestAcceptOfABadConnection(t *testing.T) {
	l := listen(t, "tcp4")
	s := must(socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0))(t)
	defer s.Close()
	at := must(sockaddr.Unix(filepath.Join(t.TempDir(), "s")))(t)
	if err := s.Bind(at); err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(1); err != nil {
		t.Fatal(err)
	}
	from, to := must(s.SyscallConn())(t), must(l.SyscallConn())(t)
	err := from.Control(func(unix uintptr) {
		err := to.Control(func(tcp uintptr) {
			if err := syscall.Dup3(int(unix), int(tcp), syscall.O_CLOEXEC); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	if err != nil || t.Failed() {
		t.Fatal(err)
	}
	client := must(dial(at.NetAddr(constants.SOCK_STREAM)))(t)
	defer client.Close()
	server := must(l.Accept())(t).(*netconn.Conn)
	defer server.Close()
	if err := server.SetNoDelay(true); err == nil {
		t.Error("TCP_NODELAY does not fail: this tests nothing")
	}
	if server.LocalAddr() == nil || server.RemoteAddr() == nil {
		t.Error("addresses", server.LocalAddr(), server.RemoteAddr())
	}
	if _, err := client.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if n, err := server.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Error(n, err)
	}
}
