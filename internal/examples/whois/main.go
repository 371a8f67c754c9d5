// Command whois tells its clients on a UNIX socket who they are, which the kernel vouches for. The
// file of the socket is never open to other users, not even between bind(2) and chmod(2): on Linux
// it gets the mode that the socket has.
//
//	go run ./internal/examples/whois /run/user/1000/whois
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
	if len(os.Args) < 2 {
		log.Fatal("usage: whois PATH")
	}
	if err := serve(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, path string) error {
	addr, err := sockaddr.Unix(path)
	if err != nil {
		return err
	}
	l, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := private(l); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // a predecessor's
		return err
	}
	if err := errors.Join(l.Bind(addr), l.Listen(100)); err != nil {
		return err
	}
	defer os.Remove(path)
	fmt.Println("listening")
	for {
		s, _, err := l.Accept(ctx)
		if err != nil {
			return err
		}
		if err := answer(ctx, s); err != nil {
			log.Print(err)
		}
	}
}

// private gives the socket the mode that Bind gives its file.
func private(s *socket.Socket) error {
	f, err := s.File() // a duplicate
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func answer(ctx context.Context, s *socket.Socket) error {
	defer s.Close()
	who, err := s.PeerCredentials()
	if err != nil {
		return err
	}
	const format = "you are process %d of user %d and group %d\n"
	text := fmt.Appendf(nil, format, who.PID, who.UID, who.GID)
	_, err = s.SendAll(ctx, text, 0)
	return err
}
