package tcp_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Whoever chooses a name, a service or a path writes no line of his own into a log, and sends a
// terminal no escapes: not by an error, and not by the text of an address or of a lookup's result.
func TestHostileNames(t *testing.T) {
	r := resolver(t, nil)
	for _, evil := range []string{
		"evil\nall is well", "\x1b[31m", "a\u2028b", "a\u202eb", "\x80", "fe80::1%a\nb",
		"1.2.3.4\r",
		"[::1\n]:80", strings.Repeat("x", 64) + "\n",
	} {
		path, err := sockaddr.Unix("/nowhere/" + evil)
		must(t, err)
		info := addrinfo.Info{Family: constants.AF_UNIX, Type: constants.SOCK_STREAM, Addr: path,
			CanonName: evil}
		texts := map[string]any{"the path": path, "the info": info}
		failed := func(name string, err error) {
			t.Helper()
			if err == nil {
				t.Errorf("%s: no error for %q", name, evil)
			} else {
				texts[name] = err
			}
		}
		for _, c := range []tcp.Config{{}, {LocalHost: evil}, {LocalPort: evil}} {
			c.Resolver = r
			host, service := "127.0.0.1", "1"
			if c.LocalHost+c.LocalPort == "" {
				host, service = evil, "80"
				_, _, err := tcp.Dial(ctx, "127.0.0.1", evil, &c)
				failed("tcp.Dial, service", err)
				_, _, err = tcp.Dial(ctx, evil+":80", "", &c)
				failed("tcp.Dial, together", err)
				_, err = tcp.Listen(ctx, evil, &c)
				failed("tcp.Listen, service", err)
			}
			_, _, err := tcp.Dial(ctx, host, service, &c)
			failed("tcp.Dial "+c.LocalHost+c.LocalPort, err)
		}
		_, err = tcp.Listen(ctx, 0, &tcp.Config{Host: evil, Resolver: r})
		failed("tcp.Listen, host", err)

		_, err = r.Lookup(ctx, evil, evil, nil)
		failed("addrinfo.Lookup", err)
		_, err = r.ServiceByName(evil, evil)
		failed("addrinfo.ServiceByName", err)
		_, err = r.ProtocolByName(evil)
		failed("addrinfo.ProtocolByName", err)
		_, err = addrinfo.Connect(ctx, []addrinfo.Info{info, info}, socket.Params{})
		failed("addrinfo.Connect", err)

		for _, form := range []string{"%s", "[%s]:80", "1.2.3.4:%s", "packet:0x800:%s",
			"AF_UNIX:%s"} {
			_, err = sockaddr.Parse(fmt.Sprintf(form, evil))
			failed("sockaddr.Parse "+form, err)
		}
		_, err = sockaddr.Inet("::1", evil)
		failed("sockaddr.Inet", err)
		_, err = sockaddr.Unix(evil + strings.Repeat("x", 200))
		failed("sockaddr.Unix", err)
		_, err = sockaddr.InterfaceIndex(evil)
		failed("sockaddr.InterfaceIndex", err)
		_, err = sockaddr.FromNetAddr(&net.UnixAddr{Name: evil + strings.Repeat("x", 200)})
		failed("sockaddr.FromNetAddr", err)
		_, err = constants.ParseFamily(evil)
		failed("constants.ParseFamily", err)

		s, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		must(t, err)
		failed("Socket.Connect", s.Connect(ctx, path))
		for option := range sockopt.All() {
			if err := option.SetText(s, evil); err != nil {
				texts["SetText of "+option.GoName] = err
			}
		}
		must(t, s.Close())

		for name, v := range texts {
			text := fmt.Sprint(v)
			raw := func(r rune) bool { return !unicode.IsPrint(r) }
			if strings.ContainsFunc(text, raw) || !utf8.ValidString(text) {
				t.Errorf("%q: %q", name, text)
			}
		}
	}
}
