// Command smtpsend gives a mail server a message, RFC 5321.
//
//	echo 'Subject: hello' | go run ./internal/examples/smtpsend mail.example.org smtp me@example.org you@example.org
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
)

func main() {
	if len(os.Args) < 5 {
		log.Fatal("usage: smtpsend HOST SERVICE FROM TO")
	}
	if err := send(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		log.Fatal(err)
	}
}

func send(host, service, from, to string) error {
	config := tcp.Config{Ports: &ports.Params{LineEnding: "\r\n"}}
	c, err := tcp.DialDuplex(context.Background(), host, service, &config)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, step := range []struct{ say, hear string }{
		{"", "220"},
		{"HELO localhost", "250"},
		{"MAIL FROM:<" + from + ">", "250"},
		{"RCPT TO:<" + to + ">", "250"},
		{"DATA", "354"},
		{message(), "250"},
		{"QUIT", "221"},
	} {
		if step.say != "" {
			if _, err := c.WriteLine(step.say); err != nil {
				return err
			}
		}
		line, err := c.ReadLine()
		for err == nil && len(line) > 3 && line[3] == '-' { // of several, the last one counts
			line, err = c.ReadLine()
		}
		if err != nil {
			return err
		}
		if fmt.Println(line); !strings.HasPrefix(line, step.hear) {
			return fmt.Errorf("%q is not what was hoped for", line)
		}
	}
	return nil
}

// message is the standard input, with a dot more where a line begins with one, and a dot at the
// end.
func message() string {
	var b strings.Builder
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), ".") {
			b.WriteByte('.')
		}
		b.WriteString(lines.Text() + "\r\n")
	}
	return b.String() + "."
}
