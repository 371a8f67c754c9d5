//go:build !linux

package sockaddr

import "example.com/bsdsocket/internal/sys"

func vsockLocalCID() (uint32, error) { return 0, sys.ErrUnsupported }
