package sockaddr

import (
	"bytes"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// sun_path follows the family on every platform (unix(7), unix(4)). Its size, sunPathSize, differs.
const sunPathAt = 2

// MaxUnixPath is the length in bytes of the longest path that Unix takes: 108 on Linux, where a
// path need not end in a NUL (unix(7), "BUGS"), 103 on the BSDs and macOS, 107 on Windows.
const MaxUnixPath = maxUnixPath

// Unix returns the AF_UNIX address of the file at path. It is unix-address of the socket egg, which
// truncates where Unix fails.
//
// An empty path, a path with a NUL inside, and one longer than MaxUnixPath bytes are errors. Every
// other path is taken byte for byte: "@x" is the file of that name, not an abstract address.
func Unix(path string) (Addr, error) {
	a, err := unix(path)
	if err != nil {
		return Addr{}, err.of("unix", path)
	}
	return a, nil
}

func unix(path string) (a Addr, err *Error) {
	switch {
	case path == "":
		return Addr{}, reason("the path is empty", nil)
	case strings.IndexByte(path, 0) >= 0:
		return Addr{}, reason("NUL in the path", nil)
	case len(path) > MaxUnixPath:
		return Addr{}, reason("the path has "+strconv.Itoa(len(path))+" bytes, more than "+
			strconv.Itoa(MaxUnixPath), nil)
	}
	copy(a.b[sunPathAt:], path)
	a.setHeader(constants.AF_UNIX, unixPathLen(len(path)))
	return a, nil
}

// unixPathLen is the length of the address of a path of n bytes: it ends in a NUL, unless it fills
// sun_path.
func unixPathLen(n int) int { return sunPathAt + min(n+1, sunPathSize) }

// Abstract returns the AF_UNIX address of name in Linux's abstract namespace (unix(7)), which has
// no file. Name is any bytes, NULs too, at most 107 of them; it does not begin with "@" or NUL
// unless these are part of it. The empty name is a name like any other. On other systems than
// Linux, Abstract fails with errors.ErrUnsupported.
func Abstract(name string) (Addr, error) {
	a, err := abstract(name)
	if err != nil {
		return Addr{}, err.of("abstract", name)
	}
	return a, nil
}

func abstract(name string) (a Addr, err *Error) {
	switch {
	case !hasAbstract:
		return Addr{},
			reason("abstract UNIX addresses are not supported on this platform", sys.ErrUnsupported)
	case len(name) > sunPathSize-1:
		return Addr{}, reason("the name has "+strconv.Itoa(len(name))+" bytes, more than "+
			strconv.Itoa(sunPathSize-1), nil)
	}
	copy(a.b[sunPathAt+1:], name)
	a.setHeader(constants.AF_UNIX, sunPathAt+1+len(name))
	return a, nil
}

// Unnamed returns the AF_UNIX address of a socket that was not bound, for instance of one of a
// pair. On Linux, binding it gives the socket a free abstract name (unix(7), "Autobind feature").
func Unnamed() Addr {
	var a Addr
	a.setHeader(constants.AF_UNIX, sunPathAt)
	return a
}

// Path returns the path of an AF_UNIX address. It is "" if a is unnamed or abstract, and for every
// other family. It is sockaddr-path of the socket egg, where another family is an error.
func (a Addr) Path() string {
	if a.family() != constants.AF_UNIX {
		return ""
	}
	return string(a.unixPath())
}

// unixPath is sun_path up to its first NUL.
func (a *Addr) unixPath() []byte {
	path := a.b[sunPathAt:max(a.n, sunPathAt)]
	if i := bytes.IndexByte(path, 0); i >= 0 {
		path = path[:i]
	}
	return path
}

// AsAbstract returns the name of an abstract AF_UNIX address, and whether a is one.
func (a Addr) AsAbstract() (name string, ok bool) {
	if !a.isAbstract() {
		return "", false
	}
	return string(a.abstractName()), true
}

func (a *Addr) isAbstract() bool {
	return hasAbstract && a.family() == constants.AF_UNIX && a.n > sunPathAt && a.b[sunPathAt] == 0
}

func (a *Addr) abstractName() []byte { return a.b[sunPathAt+1 : a.n] }

// IsUnnamed reports whether a is the unnamed AF_UNIX address.
func (a Addr) IsUnnamed() bool { return a.n == sunPathAt && a.family() == constants.AF_UNIX }

// trimUnix returns the length that the AF_UNIX address a should have, and clears what is behind.
// The kernels stop at a path's first NUL; Linux gives one back with a NUL behind it, so a path that
// fills sun_path has more bytes than it takes, and the BSDs may give the whole structure.
func (a *Addr) trimUnix() int {
	if a.isAbstract() {
		return int(a.n)
	}
	path := len(a.unixPath())
	n := sunPathAt
	if path > MaxUnixPath {
		return int(a.n) // no address of this platform; it stays as it is
	} else if path > 0 {
		n = unixPathLen(path)
	}
	clear(a.b[min(n, int(a.n)):a.n])
	return n
}
