package sockaddr

import "example.com/bsdsocket/internal/sys"

func vsockLocalCID() (uint32, error) { return sys.VSockLocalCID() }
