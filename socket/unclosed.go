package socket

import (
	"strconv"

	"example.com/bsdsocket/internal/leak"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// Unclosed describes the sockets that were made and not closed, those that the garbage collector
// has closed included, each with the calls that made it. It is for tests, and finds nothing unless
// the program was started with BSDSOCKET_LEAKS=1 in its environment:
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		for _, text := range socket.Unclosed() {
//			fmt.Print(text)
//			code = 1
//		}
//		os.Exit(code)
//	}
//
// With that variable a socket that the garbage collector closes is told of on the standard error at
// once, too. Without it the finder costs a comparison for each socket that is made or closed.
func Unclosed() (texts []string) {
	for _, d := range leak.Open() {
		what := "socket fd:" + strconv.Itoa(d.Number)
		if family, typ, protocol, err := identify(d.Number); err == nil {
			what += " " + kind(family, typ, protocol)
			local := nameFrom(d.Number, sys.Getsockname)
			what += between(local, nameFrom(d.Number, sys.Getpeername), false)
		}
		texts = append(texts, what+" was not closed; made by\n"+d.Stack())
	}
	for _, d := range leak.Lost() {
		texts = append(texts, "socket fd:"+strconv.Itoa(d.Number)+
			" was left to the garbage collector; made by\n"+d.Stack())
	}
	return texts
}

// nameFrom is a name of a descriptor, the zero Addr if it has none.
func nameFrom(sysfd int, get func(int, *sys.RawAddr) (int, error)) sockaddr.Addr {
	var sa sys.RawAddr
	n, err := get(sysfd, &sa)
	if err != nil {
		return sockaddr.Addr{}
	}
	a, _ := sockaddr.FromRaw(sa[:n])
	if a.IsUnnamed() {
		return sockaddr.Addr{}
	}
	return a
}
