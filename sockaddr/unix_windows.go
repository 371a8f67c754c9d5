package sockaddr

const (
	sunPathSize = 108             // UNIX_PATH_MAX of afunix.h
	maxUnixPath = sunPathSize - 1 // the NUL has to fit
	hasAbstract = false
)
