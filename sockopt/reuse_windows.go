package sockopt

import (
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// reuseAddress tries SO_EXCLUSIVEADDRUSE first, as the socket egg does: of Windows' two options it
// is the one with the meaning that SO_REUSEADDR has elsewhere. Windows' SO_REUSEADDR lets any
// process take a port that is in use, and the two exclude each other: where it is on it is switched
// off, so that Set never succeeds with it alone, unless the system has no other. Off means that
// both are.
var reuseAddress = codec[bool]{
	get: func(c *call) (bool, error) {
		c.Name = int(constants.SO_EXCLUSIVEADDRUSE)
		if v, err := boolean.read(c); err == nil && v {
			return true, nil
		}
		c.Name = int(constants.SO_REUSEADDR)
		return boolean.read(c)
	},
	set: func(c *call, v bool) error {
		write := func(name constants.OptionName, v bool) error {
			c.Name = int(name)
			return boolean.write(c, v)
		}
		if !v {
			err := write(constants.SO_EXCLUSIVEADDRUSE, false)
			if e := write(constants.SO_REUSEADDR, false); e != nil {
				err = e
			}
			return err
		}
		if write(constants.SO_EXCLUSIVEADDRUSE, true) == nil {
			return nil
		}
		write(constants.SO_REUSEADDR, false) // if that fails, so does what follows
		err := write(constants.SO_EXCLUSIVEADDRUSE, true)
		if errno, ok := err.(syscall.Errno); ok && sys.Unsupported(errno) {
			return write(constants.SO_REUSEADDR, true)
		}
		return err
	},
}
