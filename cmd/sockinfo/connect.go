package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

var connectCommand = command{
	name:  "connect",
	args:  "HOST SERVICE | -unix PATH",
	about: "Connect and show each attempt, or be a small netcat",
	examples: []string{
		"connect www.example.com https",
		"connect -race -timeout 2s -jsonl www.example.com https",
		"connect -send - www.example.com smtp",
		"connect -listen -send example.com.zone 127.0.0.1 8080",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		var c connection
		flags.BoolVar(&c.race, "race", false,
			"as fast as the fastest address (RFC 8305), and not one after the other")
		flags.BoolVar(&c.udp, "udp", false, "a UDP socket, which only learns its route")
		flags.BoolVar(&c.listen, "listen", false, "wait for one client at the address instead")
		flags.StringVar(&c.unix, "unix", "",
			"the `path` of an AF_UNIX socket, or @ and an abstract name")
		flags.StringVar(&c.source, "source", "", "from this `address`, with a port or without")
		flags.StringVar(&c.device, "device", "", "through this `interface`")
		flags.UintVar(&c.mark, "mark", 0, "with this `mark` for routing and filters")
		flags.IntVar(&c.tos, "tos", -1, "with this type-of-service `byte`")
		flags.BoolVar(&c.fastOpen, "fastopen", false,
			"send the first bytes with the SYN (TCP Fast Open)")
		flags.StringVar(&c.send, "send", "",
			"send this `file`, - for the standard input, and print what comes back")
		timeout := flags.Duration("timeout", 15*time.Second,
			"how long name servers, and each attempt, may take; 0: as long as they take")
		return func(ctx context.Context, args []string) (*result, error) {
			least := 2
			if given(flags, "unix") {
				least = 0
			}
			if err := count(args, least, least); err != nil {
				return nil, err
			}
			switch {
			case c.udp && (c.send != "" || c.listen || c.unix != ""):
				return nil, usagef("-udp goes with none of -send, -listen and -unix")
			case (isSet(flags, "json") || isSet(flags, "jsonl")) && c.send != "":
				return nil, usagef("neither -json nor -jsonl goes with -send")
			case given(flags, "unix") && c.unix == "":
				return nil, usagef("the path behind -unix is empty")
			case given(flags, "tos") && (c.tos < 0 || c.tos > 255):
				return nil, usagef("-tos %d is not one of 0..255", c.tos)
			case c.listen && (c.race || c.fastOpen || c.source != ""):
				return nil, usagef("-listen goes with none of -race, -fastopen and -source")
			case *timeout < 0:
				return nil, usagef("a timeout of %s is negative", *timeout)
			case c.mark > 1<<32-1:
				return nil, usagef("a mark of %d is larger than 32 bits", c.mark)
			}
			c.timeout = *timeout
			if c.device != "" {
				if _, err := sockaddr.InterfaceIndex(c.device); err != nil {
					return nil, fmt.Errorf("there is no interface %q", c.device)
				}
			}
			file, err := c.open()
			if err != nil {
				return nil, err
			}
			if c.source != "" {
				var err error
				if c.from, err = sockaddr.Parse(c.source); err != nil {
					return nil, usagef("%q is no address", c.source)
				}
			}
			infos, err := c.resolve(ctx, args)
			if err != nil {
				return nil, err
			}
			return &result{header: []string{"ADDRESS", "AFTER", "RESULT"},
				live: func(ctx context.Context, p *printer) error {
					if file != nil {
						defer file.Close()
						p.stdin = file
					}
					return c.run(ctx, infos, p)
				}}, nil
		}
	},
}

// A connection is what the flags say.
type connection struct {
	race, udp, listen, fastOpen bool
	unix, source, device, send  string
	mark                        uint
	tos                         int
	timeout                     time.Duration
	from                        sockaddr.Addr
}

// open opens the file that is to be sent, before there is a connection that its absence would end.
// The standard input is nil.
func (c *connection) open() (*os.File, error) {
	if c.send == "" || c.send == "-" {
		return nil, nil
	}
	f, err := os.Open(c.send)
	if err != nil {
		return nil, err
	}
	if i, err := f.Stat(); err == nil && i.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s is a directory", c.send)
	}
	return f, nil
}

func (c *connection) resolve(ctx context.Context, args []string) ([]addrinfo.Info, error) {
	if c.unix != "" {
		to, err := sockaddr.Unix(c.unix)
		if name, abstract := strings.CutPrefix(c.unix, "@"); abstract {
			to, err = sockaddr.Abstract(name)
		}
		if err != nil {
			return nil, usagef("%q is no path of a socket", c.unix)
		}
		return []addrinfo.Info{{Family: constants.AF_UNIX, Type: constants.SOCK_STREAM, Addr: to}},
			nil
	}
	ctx, cancel, err := within(ctx, c.timeout)
	if err != nil {
		return nil, err
	}
	defer cancel()
	hints := addrinfo.Hints{Type: constants.SOCK_STREAM}
	if c.udp {
		hints.Type = constants.SOCK_DGRAM
	}
	if c.listen {
		hints.Flags |= constants.AI_PASSIVE
	}
	return addrinfo.Lookup(ctx, args[0], args[1], &hints)
}

type attemptRecord struct {
	Address string  `json:"address"`
	Seconds float64 `json:"seconds"`
	Local   string  `json:"local,omitempty"`
	Error   string  `json:"error,omitempty"`
	Kind    string  `json:"kind,omitempty"`
	MSS     int     `json:"mss,omitempty"`
	RTT     float64 `json:"rtt_ms,omitempty"`
}

// run connects, or waits for a client, and then moves data if it shall.
func (c *connection) run(ctx context.Context, infos []addrinfo.Info, p *printer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := c.connect(ctx, infos, p)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

func (c *connection) connect(ctx context.Context, infos []addrinfo.Info, p *printer) error {
	width := len(p.header[0])
	for _, i := range infos {
		width = max(width, len(i.Addr.String()))
	}
	p.widths = []int{width, 9}
	var s *socket.Socket
	var err error
	switch {
	case c.listen:
		s, err = c.accept(ctx, infos[0], p)
	case c.race:
		s, err = c.fastest(ctx, infos, p)
	default:
		s, err = c.inOrder(ctx, infos, p)
	}
	if err != nil {
		return err
	}
	defer s.Close()
	if c.send == "" {
		return nil
	}
	return c.talk(ctx, s, p)
}

// prepare sets what the flags say.
func (c *connection) prepare(_ context.Context, s *socket.Socket, info addrinfo.Info) error {
	type setting struct {
		given bool
		flag  string
		set   func() error
	}
	for _, f := range []setting{
		{c.device != "", "-device " + c.device, func() error {
			return sockopt.SOBindToDevice.Set(s, c.device)
		}},
		{c.mark != 0, fmt.Sprint("-mark ", c.mark), func() error {
			return sockopt.SOMark.Set(s, uint32(c.mark))
		}},
		{c.tos >= 0 && info.Family == constants.AF_INET6, fmt.Sprint("-tos ", c.tos), func() error {
			return sockopt.IPv6TrafficClass.Set(s, c.tos)
		}},
		{c.tos >= 0 && info.Family == constants.AF_INET, fmt.Sprint("-tos ", c.tos), func() error {
			return sockopt.IPTypeOfService.Set(s, c.tos)
		}},
		{c.fastOpen, "-fastopen", func() error { return sockopt.TCPFastOpenConnect.Set(s, true) }},
		{c.from.IsValid(), "-source " + c.source, func() error { return s.Bind(c.from) }},
	} {
		if !f.given {
			continue
		}
		if err := f.set(); err != nil {
			return fmt.Errorf("%s: %w", f.flag, cause(err))
		}
	}
	return nil
}

func (c *connection) params() socket.Params { return socket.Params{ConnectTimeout: c.timeout} }

// inOrder tries one address after the other.
func (c *connection) inOrder(ctx context.Context, infos []addrinfo.Info,
	p *printer) (*socket.Socket, error) {
	for _, info := range infos {
		began := time.Now()
		one := addrinfo.Connector{Params: c.params(), Prepare: c.prepare}
		s, err := one.Connect(ctx, []addrinfo.Info{info})
		if ctx.Err() != nil && err != nil {
			return nil, err
		}
		if err := p.attempt(info, time.Since(began), s, err); err != nil {
			return nil, err
		}
		if err == nil {
			return s, nil
		}
	}
	return nil, notConnected
}

var notConnected = errors.New("no address could be connected to")

// fastest tries the addresses as RFC 8305 says. When each attempt began is known, and of those that
// failed, that they did.
func (c *connection) fastest(ctx context.Context, infos []addrinfo.Info,
	p *printer) (*socket.Socket, error) {
	var mu sync.Mutex
	began := map[sockaddr.Addr]time.Time{}
	started := time.Now()
	race := addrinfo.Connector{Params: c.params(),
		Prepare: func(ctx context.Context, s *socket.Socket, info addrinfo.Info) error {
			mu.Lock()
			began[info.Addr] = time.Now()
			p.line(info.Addr.String(), since(started), "begins")
			mu.Unlock()
			return c.prepare(ctx, s, info)
		}}
	s, err := race.ConnectRace(ctx, infos)
	mu.Lock()
	defer mu.Unlock()
	if failed, ok := errors.AsType[*addrinfo.ConnectError](err); ok {
		for _, a := range failed.Attempts {
			if err := p.attempt(a.Info, time.Since(began[a.Info.Addr]), nil, a.Err); err != nil {
				return nil, err
			}
		}
		return nil, notConnected
	}
	if err != nil {
		return nil, err
	}
	peer, err := s.PeerName()
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, p.attempt(addrinfo.Info{Addr: peer}, time.Since(began[peer]), s, nil)
}

// accept waits for one client.
func (c *connection) accept(ctx context.Context, info addrinfo.Info,
	p *printer) (*socket.Socket, error) {
	l, err := socket.New(info.Family, info.Type, info.Protocol)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if err := c.prepare(ctx, l, info); err != nil {
		return nil, err
	}
	if info.Family != constants.AF_UNIX {
		if err := sockopt.SOReuseAddress.Set(l, true); err != nil {
			return nil, err
		}
	}
	if err := l.Bind(info.Addr); err != nil {
		return nil, err
	}
	if path := info.Addr.Path(); path != "" {
		defer os.Remove(path) // which was made by Bind
	}
	if err := l.Listen(1); err != nil {
		return nil, err
	}
	began := time.Now()
	name, err := l.Name()
	if err != nil {
		return nil, err
	}
	p.line(name.String(), since(began), "listens")
	s, peer, err := l.Accept(ctx)
	if err != nil {
		return nil, err
	}
	if !peer.IsValid() {
		peer = name
	}
	return s, p.attempt(addrinfo.Info{Addr: peer}, time.Since(began), s, nil)
}

// attempt prints how an attempt ended. If it is to be no more, s is closed.
func (p *printer) attempt(info addrinfo.Info, took time.Duration, s *socket.Socket,
	err error) error {
	r := attemptRecord{Address: info.Addr.String(), Seconds: took.Seconds()}
	var text string
	if err != nil {
		if failed, ok := errors.AsType[*addrinfo.ConnectError](err); ok &&
			len(failed.Attempts) > 0 {
			err = failed.Attempts[0].Err
		}
		if e, ok := errors.AsType[*socket.Error](err); ok {
			err = e
			r.Error = e.Err.Error()
		} else {
			r.Error = err.Error()
		}
		r.Kind = kindOf(err)
		text = r.Error
		if r.Kind != "" {
			text += " (" + r.Kind + ")"
		}
	} else {
		text = "connected"
		if name, err := s.Name(); err == nil && !name.IsUnnamed() {
			r.Local = name.String()
			text += " from " + r.Local
		}
		if i, err := sockopt.TCPInfo.Get(s); err == nil {
			r.MSS, r.RTT = int(i.SendMSS), float64(i.RTT.Microseconds())/1000
			text += fmt.Sprintf(", mss %d, rtt %.3g ms", r.MSS, r.RTT)
		}
	}
	p.line(r.Address, fmt.Sprintf("%.3fs", took.Seconds()), text)
	if err := p.record(r); err != nil {
		if s != nil {
			s.Close()
		}
		return err
	}
	return nil
}

func since(t time.Time) string { return fmt.Sprintf("%.3fs", time.Since(t).Seconds()) }

// kindOf is the kind of an error, as package socket has them.
func kindOf(err error) string {
	for _, k := range []struct {
		err  error
		name string
	}{{socket.ErrTimeout, "timeout"}, {socket.ErrTransient, "transient"},
		{socket.ErrUnsupported, "unsupported"}, {os.ErrPermission, "not permitted"}} {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return ""
}

// talk sends the file and prints what comes, each until its end. The end of one is told to the
// other, which goes on.
func (c *connection) talk(ctx context.Context, s *socket.Socket, p *printer) error {
	in, out, err := ports.New(s, ports.DefaultParams())
	if err != nil {
		return err
	}
	defer in.Close()
	defer context.AfterFunc(ctx, func() { s.Close() })()
	began := time.Now()
	var sent, received counter
	stop := p.progress(&sent, &received)
	sending := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.MultiWriter(out, &sent), p.stdin)
		sending <- errors.Join(err, out.Close())
	}()
	_, receiveErr := io.Copy(io.MultiWriter(p.stdout, &received), in)
	var sendErr error
	if receiveErr == nil {
		select {
		case sendErr = <-sending:
		case <-ctx.Done():
		}
		// else the connection is over, and the file may be a terminal, at which somebody would have
		// to type something first
	}
	stop()
	took := max(time.Since(began), time.Microsecond)
	rate := func(n int64) string {
		return fmt.Sprintf("%d B, %s/s", n, amount(int64(float64(n)/took.Seconds())))
	}
	fmt.Fprintf(p.stderr, "sent %s; received %s; %.3fs\n", rate(sent.n.Load()),
		rate(received.n.Load()), took.Seconds())
	return errors.Join(sendErr, receiveErr)
}
