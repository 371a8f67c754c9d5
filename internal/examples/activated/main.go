// Command activated serves on the sockets that it was started with: systemd's socket activation,
// sd_listen_fds(3). The service manager listens, so no client waits for the program to start, or is
// refused while it is replaced.
//
//	systemd-socket-activate -l 4242 go run ./internal/examples/activated
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"

	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
)

// first is the number of the first descriptor, SD_LISTEN_FDS_START.
const first = 3

func main() {
	if err := serve(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// inherited are the sockets that are meant for this process. The variables say so to its children
// as well: they are unset.
func inherited() (list []*socket.Socket, err error) {
	defer os.Unsetenv("LISTEN_PID")
	defer os.Unsetenv("LISTEN_FDS")
	if pid, err := strconv.Atoi(os.Getenv("LISTEN_PID")); err != nil || pid != os.Getpid() {
		return nil, fmt.Errorf("no sockets for process %d", os.Getpid())
	}
	n, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil {
		return nil, err
	}
	for fd := first; fd < first+n; fd++ {
		s, err := socket.FromFD(fd) // which makes it close-on-exec and non-blocking
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func serve(ctx context.Context) error {
	sockets, err := inherited()
	if err != nil {
		return err
	}
	l, err := tcp.NewListener(nil, sockets...)
	if err != nil {
		return err
	}
	defer l.Close()
	for _, a := range l.Addrs() {
		fmt.Println("port", a.Port())
	}
	for {
		c, err := l.AcceptDuplex(ctx)
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if _, err := io.Copy(c.OutputPort, c.InputPort); err != nil {
				log.Print(err)
			}
		}()
	}
}
