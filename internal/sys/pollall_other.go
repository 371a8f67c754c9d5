//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package sys

// A PollFD is a socket with the events that are wanted of it and those that there are.
type PollFD struct {
	Fd              int32
	Events, Revents int16
}

// PollAll is [Poll] for many descriptors. A negative one is none.
func PollAll(p []PollFD) error {
	for i := range p {
		one := &p[i]
		one.Revents = 0
		if one.Fd < 0 {
			continue
		}
		var err error
		if one.Revents, err = Poll(int(one.Fd), one.Events); err != nil {
			return err
		}
	}
	return nil
}
