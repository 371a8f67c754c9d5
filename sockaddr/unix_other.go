//go:build !linux && !windows

package sockaddr

const (
	sunPathSize = 104
	maxUnixPath = sunPathSize - 1 // x/sys wants room for the NUL, though kernels do not
	hasAbstract = false
)
