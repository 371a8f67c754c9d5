// Command ircsay says a line in a channel of IRC, RFC 2812.
//
//	go run ./internal/examples/ircsay irc.example.org 6667 gopher '#go' 'hello, everybody'
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
)

func main() {
	if len(os.Args) < 6 {
		log.Fatal("usage: ircsay HOST SERVICE NICK CHANNEL TEXT")
	}
	if err := say(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		log.Fatal(err)
	}
}

func say(host, service, nick, channel, text string) error {
	config := tcp.Config{Ports: &ports.Params{LineEnding: "\r\n"}}
	c, err := tcp.DialDuplex(context.Background(), host, service, &config)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.WriteLine(fmt.Sprintf("NICK %s\r\nUSER %s 0 * :%[1]s", nick, nick))
	for err == nil {
		var line string
		if line, err = c.ReadLine(); err != nil {
			break
		}
		fmt.Println(line)
		_, rest, _ := strings.Cut(line, " ") // who says it
		switch command, _, _ := strings.Cut(rest, " "); {
		case strings.HasPrefix(line, "PING "):
			_, err = c.WriteLine("PONG " + rest)
		case command == "001": // welcome
			say := "PRIVMSG " + channel + " :" + text
			_, err = c.WriteLine("JOIN " + channel + "\r\n" + say + "\r\nQUIT :bye")
		case strings.HasPrefix(line, "ERROR "): // which ends every session
			return nil
		}
	}
	return err
}
