package tcp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// The client and the server of CHICKEN's manual: each sends the other one line.
func Example() {
	ctx := context.Background()
	l, err := tcp.Listen(ctx, 0, nil) // 4242 there
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()

	served := make(chan string)
	go func() { // server.scm
		in, out, err := l.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		out.WriteLine("Hello!")
		line, _ := in.ReadLine()
		in.Close()
		out.Close()
		served <- line
	}()

	// client.scm
	in, out, err := tcp.Dial(ctx, "localhost", l.Port(), nil)
	if err != nil {
		log.Fatal(err)
	}
	out.WriteLine("Good Bye!")
	line, _ := in.ReadLine()
	fmt.Println("the client read", line)
	fmt.Println("the server read", <-served)
	in.Close()
	out.Close()
	// Output:
	// the client read Hello!
	// the server read Good Bye!
}

// A request to a web server, over one I/O port as in MIT Scheme.
func ExampleDial() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "You asked for %s.\n", r.URL.Path)
	}))
	defer server.Close()

	host := strings.TrimPrefix(server.URL, "http://") // "www.example.org:http" elsewhere
	in, out, err := tcp.Dial(context.Background(), host, "", &tcp.Config{
		Ports: &ports.Params{SendBufferSize: 1024, LineEnding: "\r\n"},
	})
	if err != nil {
		log.Fatal(err)
	}
	web := ports.Join(in, out)
	defer web.Close()

	web.WriteLine("GET /index.html HTTP/1.0")
	web.WriteLine("")
	if err := web.Flush(); err != nil {
		log.Fatal(err)
	}
	status, err := web.ReadLine()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status)
	for line := status; line != ""; { // the header ends with an empty line
		if line, err = web.ReadLine(); err != nil {
			log.Fatal(err)
		}
	}
	body, err := io.ReadAll(web)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(body))
	// Output:
	// HTTP/1.0 200 OK
	// You asked for /index.html.
}

// An echo server: a goroutine for each client, and a custodian that ends all of them.
func ExampleListener_Accept() {
	ctx := context.Background()
	var custodian ports.Custodian
	l, err := tcp.Listen(ctx, "0", &tcp.Config{Custodian: &custodian})
	if err != nil {
		log.Fatal(err)
	}
	stopped := make(chan error)
	go func() {
		for {
			in, out, err := l.Accept(ctx)
			if err != nil {
				stopped <- err
				return
			}
			go func() {
				defer in.Close()
				defer out.Close()
				io.Copy(out, in)
			}()
		}
	}()

	for _, word := range []string{"once", "twice"} {
		in, out, err := tcp.Dial(ctx, "localhost", l.Port(), nil)
		if err != nil {
			log.Fatal(err)
		}
		out.WriteString(word)
		out.Close() // and the server, at the end, closes its side
		answer, _ := io.ReadAll(in)
		in.Close()
		fmt.Printf("%s\n", answer)
	}
	custodian.Close()
	fmt.Println(<-stopped != nil)
	// Output:
	// once
	// twice
	// true
}

// A choice among several events, Racket's sync: a client, or the end of patience. A client that is
// not chosen is not accepted.
func ExampleListener_Ready() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l, err := tcp.Listen(ctx, "0", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	select {
	case <-l.Ready(ctx):
		in, out, err := l.TryAccept() // which does not wait if the client has gone
		if err == nil {
			fmt.Println("a client")
			out.Close()
			in.Close()
		}
	case <-time.After(10 * time.Millisecond):
		fmt.Println("nobody came")
	}
	// Output:
	// nobody came
}

// Options are set on a listener before it listens, and the connections inherit them.
func ExampleConfig_prepare() {
	ctx := context.Background()
	l, err := tcp.Listen(ctx, "0", &tcp.Config{
		Host: "127.0.0.1",
		Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
			return sockopt.SOKeepAlive.Set(s, true)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	on, err := sockopt.SOKeepAlive.Get(l.Socket())
	fmt.Println(on, err)
	// Output:
	// true <nil>
}
