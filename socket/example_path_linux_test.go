package socket_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A path that is longer than an address of AF_UNIX takes ([sockaddr.MaxUnixPath]) is reached by way
// of its open folder.
func ExampleSocket_Connect_longPath() {
	root, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	folder := filepath.Join(root, strings.Repeat("long", 30))
	if err := os.Mkdir(folder, 0o700); err != nil {
		log.Fatal(err)
	}
	_, err = sockaddr.Unix(filepath.Join(folder, "server"))
	fmt.Println(err != nil)

	d, err := os.Open(folder)
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close() // until the address is not needed any more
	at, err := sockaddr.Unix(fmt.Sprintf("/proc/self/fd/%d/server", d.Fd()))
	if err != nil {
		log.Fatal(err)
	}

	l, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	if err := l.Bind(at); err != nil {
		log.Fatal(err)
	}
	if err := l.Listen(1); err != nil {
		log.Fatal(err)
	}
	c, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(c.Connect(context.Background(), at))
	_, err = os.Stat(filepath.Join(folder, "server"))
	fmt.Println(err)
	// Output:
	// true
	// <nil>
	// <nil>
}
