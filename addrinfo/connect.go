package addrinfo

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// AttemptDelay is how long [ConnectRace] waits for one address before it tries the next as well: the recommended
// Connection Attempt Delay of RFC 8305, section 5.
const AttemptDelay = 250 * time.Millisecond

// Connect makes a socket for the first address of list that accepts a connection, trying them in order: the egg's
// socket-connect/ai. The socket has the parameters p, whose ConnectTimeout limits each attempt, and belongs to the caller.
//
// An attempt that fails with a transient error or a timeout makes it try the next address, as does one for which this
// machine has no means: a kind of socket that the kernel lacks (ErrUnsupported of socket(2)), or a family in which it has no
// address (EADDRNOTAVAIL, as for ::1 where IPv6 is switched off). Any other error is final, and so is the end of the context.
//
// The error is a [*ConnectError]. An empty list is one too, with EINVAL.
func Connect(ctx context.Context, list []Info, p socket.Params) (*socket.Socket, error) {
	return (&Connector{Params: p}).Connect(ctx, list)
}

// ConnectRace makes a socket for the address of list that accepts a connection first, by the rules of RFC 8305 ("Happy
// Eyeballs version 2"): the address families take turns, beginning with the first address's; an attempt begins
// [AttemptDelay] after the one before it, or at once when that one fails; and as soon as one succeeds, the others are
// given up, and their sockets closed. No error of an attempt is final.
//
// It returns when every attempt has ended. The error is that of [Connect].
func ConnectRace(ctx context.Context, list []Info, p socket.Params) (*socket.Socket, error) {
	return (&Connector{Params: p}).Race(ctx, list)
}

// A Connector is what [Connect] and [ConnectRace] do, with more choices. The zero Connector has no timeouts.
type Connector struct {
	// Params are the parameters of the sockets; ConnectTimeout limits each attempt.
	Params socket.Params
	// Prepare, if not nil, is called with each new socket before it is connected, to set options or to bind it. Its
	// error is the attempt's. Race may call it from several goroutines at once.
	Prepare func(*socket.Socket) error
	// Delay is Race's in place of AttemptDelay; 0 means AttemptDelay. RFC 8305 recommends 100 ms to 2 s.
	Delay time.Duration
}

// ConnectError says how every attempt to connect failed.
type ConnectError struct {
	// Attempts are the errors in the order in which the attempts ended; most are [*socket.Error]. There is none if the
	// list was empty.
	Attempts []error
}

// Error returns the text of the last attempt's error, which decided, and after it those of the others.
func (e *ConnectError) Error() string {
	n := len(e.Attempts)
	if n == 0 {
		return "addrinfo: connect: no addresses"
	}
	text := e.Attempts[n-1].Error()
	if n == 1 {
		return text
	}
	text += " (the last of " + strconv.Itoa(n) + " attempts; before it: "
	for i, err := range e.Attempts[:n-1] {
		if i > 0 {
			text += "; "
		}
		text += err.Error()
	}
	return text + ")"
}

// Unwrap returns the attempts' errors, the last one first, so that it is the one that [errors.As] finds. Of an empty list
// it is EINVAL.
func (e *ConnectError) Unwrap() []error {
	if len(e.Attempts) == 0 {
		return []error{syscall.EINVAL}
	}
	errs := slices.Clone(e.Attempts)
	slices.Reverse(errs)
	return errs
}

// Timeout reports whether the last attempt timed out.
func (e *ConnectError) Timeout() bool {
	if len(e.Attempts) == 0 {
		return false
	}
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](e.Attempts[len(e.Attempts)-1])
	return ok && t.Timeout()
}

// Connect is [Connect] with the Connector's choices.
func (c *Connector) Connect(ctx context.Context, list []Info) (*socket.Socket, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	failed := new(ConnectError)
	for _, info := range list {
		s, next, err := c.attempt(ctx, info)
		if err == nil {
			return s, nil
		}
		failed.Attempts = append(failed.Attempts, err)
		if ctx.Err() != nil || !next {
			break
		}
	}
	return nil, failed
}

// attempt connects a socket. With an error, next reports whether another address may do better.
func (c *Connector) attempt(ctx context.Context, info Info) (s *socket.Socket, next bool, err error) {
	if s, err = socket.New(info.Family, info.Type, info.Protocol); err != nil {
		return nil, errors.Is(err, socket.ErrUnsupported), err
	}
	err = s.SetParams(c.Params)
	if err == nil && c.Prepare != nil {
		err = c.Prepare(s)
	}
	if err == nil {
		if err = s.Connect(ctx, info.Addr); err == nil {
			return s, false, nil
		}
	}
	s.Close()
	for _, kind := range [...]error{socket.ErrTransient, socket.ErrTimeout, syscall.EADDRNOTAVAIL} {
		next = next || errors.Is(err, kind)
	}
	return nil, next, err
}

// Race is [ConnectRace] with the Connector's choices.
func (c *Connector) Race(ctx context.Context, list []Info) (*socket.Socket, error) {
	type result struct {
		s   *socket.Socket
		err error
	}
	if ctx == nil {
		ctx = context.Background()
	}
	racing, cancel := context.WithCancel(ctx)
	defer cancel()
	delay := c.Delay
	if delay <= 0 {
		delay = AttemptDelay
	}
	list = interleave(list)
	results := make(chan result)
	timer := time.NewTimer(0) // the first attempt begins at once
	defer timer.Stop()

	var winner *socket.Socket
	failed := new(ConnectError)
	for running := 0; running > 0 || winner == nil && len(list) > 0; {
		var begin <-chan time.Time
		if winner == nil && len(list) > 0 {
			begin = timer.C
		}
		select {
		case <-begin:
			info := list[0]
			list = list[1:]
			running++
			go func() {
				s, _, err := c.attempt(racing, info)
				results <- result{s, err}
			}()
			timer.Reset(delay)
		case r := <-results:
			running--
			switch {
			case r.err == nil && winner == nil:
				winner = r.s
				cancel()
			case r.err == nil:
				r.s.Close()
			case winner == nil:
				failed.Attempts = append(failed.Attempts, r.err)
				if ctx.Err() != nil {
					list = nil
				}
				timer.Reset(0)
			}
		}
	}
	if winner == nil {
		return nil, failed
	}
	return winner, nil
}

// interleave lets the address families take turns, beginning with that of the first address, and keeps the order within each
// (RFC 8305, section 4, with a First Address Family Count of 1).
func interleave(list []Info) []Info {
	var families []constants.Family
	queues := make(map[constants.Family][]Info)
	for _, info := range list {
		if queues[info.Family] == nil {
			families = append(families, info.Family)
		}
		queues[info.Family] = append(queues[info.Family], info)
	}
	mixed := make([]Info, 0, len(list))
	for len(mixed) < len(list) {
		for _, family := range families {
			if q := queues[family]; len(q) > 0 {
				mixed = append(mixed, q[0])
				queues[family] = q[1:]
			}
		}
	}
	return mixed
}
