package netconn_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"

	"example.com/bsdsocket/socket/netconn"
)

// A server of AF_UNIX that takes the place of another, as in an update, without a client that is
// refused: it listens beside the path, and then renames its socket's file over the other's. The old
// one serves those who came to it before.
func ExampleListener_SetUnlinkOnClose() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "server")

	listen := func() *netconn.Listener {
		l, err := netconn.Listen(context.Background(), "unix", path+".new", nil)
		if err != nil {
			log.Fatal(err)
		}
		l.SetUnlinkOnClose(false) // it would remove the name, whose file may be another's by then
		if err := os.Rename(path+".new", path); err != nil {
			log.Fatal(err)
		}
		return l
	}
	ask := func() net.Conn {
		c, err := net.Dial("unix", path)
		if err != nil {
			log.Fatal(err)
		}
		return c
	}
	serve := func(l *netconn.Listener, answer string) {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprint(c, answer)
		c.Close()
	}

	one := listen()
	a := ask()
	two := listen()
	b := ask()
	serve(one, "the first") // a came before
	one.Close()
	serve(two, "the second")
	two.Close()
	for _, c := range []net.Conn{a, b} {
		answer, err := io.ReadAll(c)
		fmt.Println(string(answer), err)
		c.Close()
	}
	// Output:
	// the first <nil>
	// the second <nil>
}
