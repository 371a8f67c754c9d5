//go:build !windows

package sockopt

import (
	"math"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// timeout is a struct timeval: seconds and microseconds. Setting rounds up to a microsecond.
var timeout = codec[time.Duration]{
	get: func(c *call) (time.Duration, error) {
		b, err := c.getExactly(sys.TimevalSize)
		if err != nil {
			return 0, err
		}
		return timevalDuration(getField(b[:sys.TimevalSec]),
			getField(b[sys.TimevalSec:][:sys.TimevalMicro])), nil
	},
	set: func(c *call, v time.Duration) error {
		if v < 0 || v > math.MaxInt64-time.Microsecond {
			return errValue
		}
		us := (v + time.Microsecond - 1) / time.Microsecond
		if us/1e6 > 1<<(8*sys.TimevalSec-1)-1 {
			return errValue
		}
		b := c.room(sys.TimevalSize)
		clear(b)
		putField(b[:sys.TimevalSec], uint64(us/1e6))
		putField(b[sys.TimevalSec:][:sys.TimevalMicro], uint64(us%1e6))
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
