//go:build !linux

package sockaddr

import "errors"

func vsockLocalCID() (uint32, error) { return 0, errors.ErrUnsupported }
