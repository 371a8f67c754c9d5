//go:build !linux && !windows

package sockaddr

const (
	sunPathSize = 104
	maxUnixPath = sunPathSize
	hasAbstract = false
)
