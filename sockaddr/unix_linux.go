package sockaddr

const (
	sunPathSize = 108
	maxUnixPath = sunPathSize
	hasAbstract = true
)
