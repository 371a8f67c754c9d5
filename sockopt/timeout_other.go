//go:build !windows

package sockopt

import (
	"math"
	"time"
)

// timeout is a struct timeval: seconds and microseconds in timevalField bytes
// each. Setting rounds up to a microsecond.
var timeout = codec[time.Duration]{
	get: func(c *call) (time.Duration, error) {
		b, err := c.getExactly(2 * timevalField)
		if err != nil {
			return 0, err
		}
		return timevalDuration(getField(b[:timevalField]), getField(b[timevalField:])), nil
	},
	set: func(c *call, v time.Duration) error {
		if v < 0 || v > math.MaxInt64-time.Microsecond {
			return ErrValue
		}
		us := (v + time.Microsecond - 1) / time.Microsecond
		if us/1e6 > 1<<(8*timevalField-1)-1 {
			return ErrValue
		}
		b := c.room(2 * timevalField)
		putField(b[:timevalField], uint64(us/1e6))
		putField(b[timevalField:], uint64(us%1e6))
		return c.setBytes(b)
	},
}

func timevalDuration(sec, usec int64) time.Duration {
	// One that was set by other means can be longer than a Duration.
	if sec > int64(math.MaxInt64/time.Second)-1 {
		return math.MaxInt64
	}
	return time.Duration(sec)*time.Second + time.Duration(int32(usec))*time.Microsecond
}
