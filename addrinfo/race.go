package addrinfo

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/socket"
)

// AttemptDelay is how long [ConnectRace] waits for one address before it tries the next as well:
// the recommended Connection Attempt Delay of RFC 8305, section 5.
const AttemptDelay = 250 * time.Millisecond

// minDelay is the least delay that RFC 8305 allows, section 8.
const minDelay = 10 * time.Millisecond

// maxRunning is how many attempts a race has under way at most. A name can have thousands of
// addresses.
const maxRunning = 32

// ConnectRace makes a socket for the address of list that accepts a connection first, by the rules
// of RFC 8305 ("Happy Eyeballs version 2"), sections 4 and 5: the address families take turns,
// beginning with the first address's; an attempt begins [AttemptDelay] after the one before it, or
// at once when that one fails; and as soon as one succeeds, the others are given up, and their
// sockets closed. At most 32 attempts are under way at once. No error of an attempt is final.
//
// Like [Connect], it uses only the entries of the first one's type, each address once, and does not
// accept a connection of a socket with itself. Every attempt has all the time of ctx.
//
// It returns when every attempt has ended. The error is that of [Connect].
func ConnectRace(ctx context.Context, list []Info, p socket.Params) (*socket.Socket, error) {
	return (&Connector{Params: p}).ConnectRace(ctx, list)
}

// ConnectRace is the function [ConnectRace] with the Connector's options.
func (c *Connector) ConnectRace(ctx context.Context, list []Info) (*socket.Socket, error) {
	if err := c.valid(); err != nil {
		return nil, err
	}
	found := make(chan []Info, 1)
	found <- list
	close(found)
	s, failed := c.race(fd.Given(ctx), found)
	if s == nil {
		return nil, failed
	}
	return s, nil
}

// outcome is how an attempt ended. If ended is not nil, Prepare did not return.
type outcome struct {
	info  Info
	over  int // attempts that had failed for good when this one began
	s     *socket.Socket
	err   error
	ended func() // panics as Prepare did, or ends the goroutine
}

// made makes a socket, and returns what is to be done with it: it panics as New did, returns its
// error, or makes the attempt.
func (c *Connector) made(info Info) (attempt func(context.Context) (*socket.Socket, error)) {
	defer func() {
		if p := recover(); p != nil {
			attempt = func(context.Context) (*socket.Socket, error) { panic(p) }
		}
	}()
	s, err := c.create(info)
	return func(ctx context.Context) (*socket.Socket, error) {
		if err != nil {
			return nil, err
		}
		return c.attempt(ctx, info, s)
	}
}

// run makes an attempt and sends its outcome o, whatever Prepare does.
func (c *Connector) run(ctx context.Context, o outcome,
	attempt func(context.Context) (*socket.Socket, error), outcomes chan<- outcome) {
	o.ended = runtime.Goexit
	defer func() {
		if p := recover(); p != nil {
			o.ended = func() { panic(p) }
		}
		outcomes <- o
	}()
	o.s, o.err = attempt(ctx)
	o.ended = nil
}

// race connects to the first of the addresses that come from found, which is closed after the last.
// What comes later may have addresses again that came before.
func (c *Connector) race(ctx context.Context,
	found <-chan []Info) (winner *socket.Socket, _ *ConnectError) {
	racing, cancel := context.WithCancel(ctx)
	defer cancel()
	delay := AttemptDelay
	if c.Delay > 0 {
		delay = max(c.Delay, minDelay)
	}
	timer := time.NewTimer(0) // the first attempt begins at once
	defer timer.Stop()

	var (
		known   seen
		list    []Info // to be tried
		inUse   []Info // to be tried again: their local port was in use
		last    constants.Family
		running = 0
		// It has room for all, so that no attempt waits for this goroutine, should New end it.
		outcomes = make(chan outcome, maxRunning)
		failed   = new(ConnectError)
		ended    func()
	)
	for over := false; running > 0 || !over && (len(list) > 0 || found != nil); {
		var begin <-chan time.Time
		if !over && len(list) > 0 && running < maxRunning {
			begin = timer.C
		}
		more := found
		if over {
			more = nil
		}
		select {
		case <-begin:
			info := list[0]
			list = list[1:]
			last = info.Family
			running++
			// The socket is made here, since a thread can be in a network namespace of its own.
			go c.run(racing, outcome{info: info, over: len(failed.Attempts)}, c.made(info),
				outcomes)
			timer.Reset(delay)
		case infos, ok := <-more:
			if !ok {
				found = nil
				break
			}
			list = interleave(append(list, known.fresh(infos)...), last)
		case o := <-outcomes:
			running--
			switch {
			case o.ended != nil:
				over, ended = true, o.ended // one of them, if there are several
				cancel()
			case o.err == nil && winner == nil && ended == nil:
				over, winner = true, o.s
				cancel()
			case o.err == nil:
				o.s.Close()
			case winner != nil || ended != nil: // given up
			case ctx.Err() != nil:
				failed.add(o.info, o.err)
				over = true
			case errors.Is(o.err, syscall.EADDRINUSE) && o.over < len(failed.Attempts):
				// Its port may be free by now.
				list = slices.Concat([]Info{o.info}, list)
				timer.Reset(0)
			case errors.Is(o.err, syscall.EADDRINUSE) && running > 0:
				inUse = append(inUse, o.info)
				timer.Reset(0)
			default:
				failed.add(o.info, o.err)
				list = slices.Concat(inUse, list)
				inUse = nil
				timer.Reset(0)
			}
		}
	}
	if ended != nil {
		if winner != nil {
			winner.Close()
		}
		ended()
	}
	return winner, failed
}

// interleave lets the address families take turns, beginning with that of the first address, or the
// next one's if that has had its turn last, and keeps the order within each (RFC 8305, section 4,
// with a First Address Family Count of 1).
func interleave(list []Info, last constants.Family) []Info {
	var families []constants.Family
	queues := make(map[constants.Family][]Info)
	for _, info := range list {
		if queues[info.Family] == nil {
			families = append(families, info.Family)
		}
		queues[info.Family] = append(queues[info.Family], info)
	}
	if len(families) > 1 && families[0] == last {
		families = append(families[1:], last)
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
