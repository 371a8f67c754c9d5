// Command handover is a server that can be replaced while it runs: a new process asks the old one
// for its listening socket and serves from then on, and no client is refused meanwhile, since the
// socket never closes.
//
//	go run ./internal/examples/handover /run/user/1000/handover 127.0.0.1:4242 one
//	go run ./internal/examples/handover /run/user/1000/handover 127.0.0.1:4242 two
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

func main() {
	if len(os.Args) < 4 {
		log.Fatal("usage: handover PATH ADDRESS:PORT NAME")
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, control, at, name string) error {
	path, err := sockaddr.Unix(control)
	if err != nil {
		return err
	}
	l, err := take(ctx, path)
	if err != nil { // there is no old process
		addr, err := sockaddr.Parse(at)
		if err != nil {
			return err
		}
		if l, err = listen(addr); err != nil {
			return err
		}
	}
	defer l.Close()
	if err := os.Remove(control); err != nil && !errors.Is(err, os.ErrNotExist) { // the old one's
		return err
	}
	c, err := listen(path)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	given := make(chan error, 1)
	go func() {
		given <- give(ctx, c, l)
		cancel()
	}()
	addr, err := l.Name()
	if err != nil {
		return err
	}
	fmt.Println("port", addr.Port())
	for {
		s, _, err := l.Accept(ctx)
		if errors.Is(err, context.Canceled) { // what waits in the queue is the new process's
			return <-given
		}
		if err != nil {
			return err
		}
		_, err = s.SendAll(context.Background(), []byte(name+"\n"), 0)
		if err := errors.Join(err, s.Close()); err != nil {
			log.Print(err)
		}
	}
}

// take gets the listening socket of the process that runs.
func take(ctx context.Context, control sockaddr.Addr) (*socket.Socket, error) {
	s, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.Connect(ctx, control); err != nil {
		return nil, err
	}
	_, files, err := s.ReceiveFiles(ctx, make([]byte, 1), 1)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no socket came")
	}
	defer files[0].Close()
	l, err := socket.FromFile(files[0])
	if err != nil {
		return nil, err
	}
	if _, err := s.SendAll(ctx, []byte("!"), 0); err != nil { // it is here: the old one may end
		l.Close()
		return nil, err
	}
	return l, nil
}

// listen makes a socket that listens, without a timeout.
func listen(addr sockaddr.Addr) (*socket.Socket, error) {
	l, err := socket.New(addr.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.SetParams(socket.Params{}), l.Bind(addr), l.Listen(100)); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// give waits for the next process, which shall be of the same user, and gives it the socket.
func give(ctx context.Context, c, l *socket.Socket) error {
	for {
		s, _, err := c.Accept(ctx)
		if err != nil {
			return err
		}
		who, err := s.PeerCredentials()
		if err != nil || int(who.UID) != os.Getuid() {
			s.Close()
			continue
		}
		if _, err = s.SendFiles(ctx, []byte("!"), l); err == nil {
			_, err = s.Receive(ctx, make([]byte, 1), 0) // it has it
		}
		s.Close()
		return err
	}
}
