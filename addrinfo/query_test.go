package addrinfo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// drain returns how many questions the name server was asked.
func (s *nameServer) drain() (n int) {
	for {
		select {
		case <-s.asked:
			n++
		default:
			return n
		}
	}
}

// Row E7: the canonical name is the end of the chain, however long, at no further question, and
// none of the other family.
func TestCanonicalName(t *testing.T) {
	zone := map[string]answer{"end.example": {ips: []string{"192.0.2.1", "2001:db8::1"}},
		"six.example": {ips: []string{"2001:db8::1"}}}
	for i := range 7 {
		next := fmt.Sprintf("Link%d.example", i+1)
		if i == 6 {
			next = "End.example"
		}
		zone[fmt.Sprintf("link%d.example", i)] = answer{cname: strings.ToLower(next)}
	}
	s := serve(t, zone)
	for _, row := range []struct {
		node      string
		family    constants.Family
		want      string
		questions int
	}{
		{"end.example.", 0, "end.example", 2},
		{"link0.example.", 0, "end.example", 2},
		{"link0.example.", inet, "end.example", 1},
		{"link0.example.", inet6, "end.example", 1},
		{"six.example.", 0, "six.example", 2},
		{"LINK6.example.", inet, "end.example", 1},
	} {
		infos, err := s.resolver().Lookup(ctx, row.node, "80",
			&addrinfo.Hints{Family: row.family, Type: stream, Flags: constants.AI_CANONNAME})
		if n := s.drain(); err != nil || infos[0].CanonName != row.want || n != row.questions {
			t.Errorf("%s, %v: %v, %v after %d questions; want %s after %d", row.node, row.family,
				infos, err, n, row.want, row.questions)
		}
	}
}

// What a datagram has beyond the room that package net gives it is not lost.
func TestLargeAnswer(t *testing.T) {
	var ips []string
	for i := range 80 {
		ips = append(ips, fmt.Sprintf("10.0.0.%d", i+1))
	}
	s := serve(t, map[string]answer{"large.example": {ips: ips, large: true}})
	infos, err := s.resolver().Lookup(ctx, "large.example.", "80", nil)
	if err != nil || len(infos) != len(ips) {
		t.Errorf("%d addresses, %v; want %d", len(infos), err, len(ips))
	}
}

// Name servers that dislike EDNS are asked again without it.
func TestServersWithoutEDNS(t *testing.T) {
	zone := map[string]answer{}
	for _, how := range []string{"silent", "FORMERR", "SERVFAIL", "NOTIMP", "FORMERR alone",
		"BADVERS", "appended"} {
		zone[strings.ReplaceAll(strings.ToLower(how), " ", "-")+
			".example"] = answer{ips: []string{"192.0.2.1"}, edns: how}
	}
	zone["broken.example"] = answer{code: codeServFail}
	s := serve(t, zone)
	for name := range zone {
		begin := time.Now()
		resolvers := map[string]*addrinfo.Resolver{"datagrams": s.resolver(),
			"a stream": s.streamResolver()}
		if name == "silent.example" {
			delete(resolvers, "a stream") // the name server hangs up
		}
		want := words("192.0.2.1:80/tcp")
		if name == "broken.example" {
			want = words("EAI_AGAIN")
		}
		for how, r := range resolvers {
			infos, err := r.Lookup(ctx, name+".", "80", &addrinfo.Hints{Type: stream, Family: inet})
			got := short(infos)
			if err != nil {
				got = append(got, codeOf(t, err))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s by %s: %v (-want +got)\n%s", name, how, err, d)
			}
		}
		// A silent one has 2.5 s.
		if d := time.Since(begin); name != "silent.example" && d > 2*time.Second {
			t.Errorf("%s took %v", name, d)
		}
	}
}

// A truncated answer whose rest no stream brings is a server in trouble: not the end of the name,
// in no family.
func TestStreamHangsUp(t *testing.T) {
	s := serve(t,
		map[string]answer{"cut.example": {ips: []string{"192.0.2.1", "2001:db8::1"}, viaTCP: true,
			hangsUp: true}})
	for _, family := range []constants.Family{0, inet, inet6} {
		_, err := s.resolver().Lookup(ctx, "cut.example.", "80",
			&addrinfo.Hints{Family: family, Type: stream})
		if codeOf(t, err) != "EAI_AGAIN" || s.tcp.Load() == 0 {
			t.Errorf("%v: %v after %d questions by TCP; want EAI_AGAIN", family, err, s.tcp.Load())
		}
	}
}

// An answer with another number or to another question says nothing about the name.
func TestForgedAnswers(t *testing.T) {
	s := serve(t, map[string]answer{"forged.example": {code: codeNXDomain, forged: true}})
	_, err := s.resolver().Lookup(ctx, "forged.example.", "80", nil)
	if codeOf(t, err) != "EAI_NONAME" {
		t.Errorf("%v; want EAI_NONAME", err)
	}
}

// Names that the DNS must not be asked for, and that no search list is tried with.
func TestReservedNames(t *testing.T) {
	s := serve(t, map[string]answer{
		"sub.localhost":    {ips: []string{"192.0.2.66"}},
		"secret.onion":     {ips: []string{"192.0.2.66"}},
		"notlocalhost":     {ips: []string{"192.0.2.1"}},
		"localhost.tld":    {ips: []string{"192.0.2.1"}},
		"onionsoup":        {ips: []string{"192.0.2.1"}},
		"onion.example":    {ips: []string{"192.0.2.1"}},
		"my-onion.example": {ips: []string{"192.0.2.1"}},
	})
	r := s.resolver()
	for _, row := range []struct {
		node   string
		family constants.Family
		flags  constants.AddrInfoFlag
		want   string
	}{
		{"sub.localhost", 0, constants.AI_CANONNAME,
			"[::1]:80/tcp sub.localhost; 127.0.0.1:80/tcp"},
		{"Sub.LocalHost.", inet, 0, "127.0.0.1:80/tcp"},
		{"a.b.localhost", inet6, 0, "[::1]:80/tcp"},
		{"secret.onion", 0, 0, "EAI_NONAME"},
		{"Secret.Onion.", inet, 0, "EAI_NONAME"},
		{"onion", inet6, 0, "EAI_NONAME"},
		{"secret.onion", inet6, constants.AI_V4MAPPED, "EAI_NONAME"},
	} {
		infos, err := r.Lookup(ctx, row.node, "80",
			&addrinfo.Hints{Family: row.family, Type: stream, Flags: row.flags})
		got := short(infos)
		if err != nil {
			got = append(got, codeOf(t, err))
		}
		if want := words(row.want); row.family == 0 && len(want) == 2 {
			if len(got) != 2 { // the order is as for an empty node
				t.Errorf("%s: %v, %v", row.node, got, err)
			}
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", row.node, err, d)
		}
		if n := s.drain(); n != 0 {
			t.Errorf("%s: the name server was asked %d times", row.node, n)
		}
	}
	for _, node := range []string{"notlocalhost.", "localhost.tld.", "onionsoup.", "onion.example.",
		"my-onion.example."} {
		if infos, err := r.Lookup(ctx, node, "80", nil); err != nil || len(infos) != 1 {
			t.Errorf("%s: %v, %v", node, infos, err)
		}
	}
}

// A Dial that ignores its context does not hold a lookup whose context has ended.
func TestDialOfTheResolverIgnoresContext(t *testing.T) {
	release := make(chan struct{})
	dialled := make(chan struct{}, 10)
	r := &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			dialled <- struct{}{}
			<-release
			return nil, errors.New("too late")
		}}}
	free := sync.OnceFunc(func() { close(release) })
	// Otherwise a call that waits for it would wait for ever.
	defer time.AfterFunc(10*time.Second, free).Stop()
	defer free()
	addr := sockaddr.MustParse("192.0.2.1")
	for what, call := range map[string]func(context.Context) error{
		"Lookup": func(ctx context.Context) error {
			_, err := r.Lookup(ctx, "x.example", "80", nil)
			return err
		},
		"Lookup of IPv4": func(ctx context.Context) error {
			_, err := r.Lookup(ctx, "x.example", "80", &addrinfo.Hints{Family: inet})
			return err
		},
		"NameInfo": func(ctx context.Context) error {
			_, _, err := r.NameInfo(ctx, addr, 0)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(ctx)
		go func() {
			<-dialled
			cancel()
		}()
		begin := time.Now()
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
		if d := time.Since(begin); d > 4*time.Second { // package net waits 5
			t.Errorf("%s took %v", what, d)
		}
		for len(dialled) > 0 {
			<-dialled
		}
	}
}
