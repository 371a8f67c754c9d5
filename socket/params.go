package socket

import (
	"time"

	"example.com/bsdsocket/internal/sys"
)

// Params are a socket's timeouts and its chunk size: the egg's parameters of the same names. The
// zero Params never time out and set no limit to a message. [New] begins with [DefaultParams].
type Params struct {
	ConnectTimeout time.Duration // of Connect; 0: none
	AcceptTimeout  time.Duration // of Accept; 0: none
	ReceiveTimeout time.Duration // of each wait to receive; 0: none
	SendTimeout    time.Duration // of each wait to send; 0: none
	SendSize       int           // the most bytes of a message that SendAll makes; 0: no limit
}

// DefaultParams returns the egg's defaults: no timeout to connect and to accept, one minute to
// receive and to send, and chunks of 16384 bytes.
func DefaultParams() Params {
	return Params{ReceiveTimeout: time.Minute, SendTimeout: time.Minute, SendSize: 16384}
}

var defaults = DefaultParams()

// Validate returns an error, of the kind ErrValue, if a field is negative; it names the field.
func (p Params) Validate() error {
	if err := p.check(); err != nil {
		return &Error{Op: "validate", Err: err}
	}
	return nil
}

func (p *Params) check() error {
	for _, f := range [...]struct {
		name  string
		value int64
	}{
		{"ConnectTimeout", int64(p.ConnectTimeout)},
		{"AcceptTimeout", int64(p.AcceptTimeout)},
		{"ReceiveTimeout", int64(p.ReceiveTimeout)},
		{"SendTimeout", int64(p.SendTimeout)},
		{"SendSize", int64(p.SendSize)},
	} {
		if f.value < 0 {
			return sys.Wrong("negative " + f.name)
		}
	}
	return nil
}

// Params returns the socket's parameters.
func (s *Socket) Params() Params { return *s.parameters() }

// SetParams sets the parameters of the calls that begin from now on. Sockets that s accepts inherit
// them. A negative field is an error, and changes nothing; a closed socket is ErrClosed.
func (s *Socket) SetParams(p Params) error {
	err := p.check()
	if err == nil && s.FD() < 0 {
		err = ErrClosed
	}
	if err != nil {
		return &Error{Op: "set params", Err: err}
	}
	s.params.Store(&p)
	return nil
}

func (s *Socket) parameters() *Params {
	if p := s.params.Load(); p != nil {
		return p
	}
	return &defaults
}
