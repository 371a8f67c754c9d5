package sockopt

import "example.com/bsdsocket/constants"

// reuseAddress tries SO_EXCLUSIVEADDRUSE first, as the socket egg does: of
// Windows' two options it is the one with the meaning that SO_REUSEADDR has
// elsewhere. Windows' SO_REUSEADDR lets any process take a port that is in use.
// Off means that both are.
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
		c.Name = int(constants.SO_EXCLUSIVEADDRUSE)
		if err := boolean.write(c, v); err == nil && v {
			return nil
		}
		c.Name = int(constants.SO_REUSEADDR)
		return boolean.write(c, v)
	},
}
