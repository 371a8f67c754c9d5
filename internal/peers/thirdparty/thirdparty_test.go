package thirdparty

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// Row X17: TestLibraries runs each library on package net's sockets and on ours: with one exchange
// after the other, and with a session that ends while it is used.
func TestLibraries(t *testing.T) {
	for _, l := range Libraries {
		for _, transport := range []Transport{Net, Ours} {
			t.Run(strings.ReplaceAll(l.Name, "/", "-")+"/"+transport.Name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				s, err := l.Start(ctx, transport)
				if errors.Is(err, ErrAbsent) && os.Getenv("BSDSOCKET_CI") == "" {
					t.Skip("needs the server of ", l.Name, ": ", err)
				}
				if err != nil {
					t.Fatal(err)
				}
				for range 100 {
					if err := s.Exchange(); err != nil {
						s.Close()
						t.Fatal(err)
					}
				}
				s.Close()
			})
		}
	}
}

// TestMany runs several sessions of each library at once.
func TestMany(t *testing.T) {
	for _, l := range Libraries {
		t.Run(strings.ReplaceAll(l.Name, "/", "-"), func(t *testing.T) {
			if strings.Contains(l.Name, "redis") {
				t.Skip("needs a server a session")
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					s, err := l.Start(ctx, Ours)
					if err != nil {
						t.Error(err)
						return
					}
					defer s.Close()
					for range 20 {
						if err := s.Exchange(); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// TestRace holds that what happens before a message is sent happens before what is done when it is
// received, as the race detector sees it, also when package net is at one end: an HTTP handler
// stores what it was asked, and the test looks at it.
func TestRace(t *testing.T) {
	for _, ends := range [][2]Transport{{Ours, Ours}, {Ours, Net}, {Net, Ours}, {Net, Net}} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(ends[0].Name+"-"+ends[1].Name+"/"+network, func(t *testing.T) {
				mixed := Transport{Listen: ends[0].Listen, Dial: ends[1].Dial}
				s := new(Session)
				defer s.Close()
				l, err := s.listen(t.Context(), mixed, network)
				if err != nil {
					t.Fatal(err)
				}
				var stored string
				go func() {
					c, err := l.Accept()
					if err != nil {
						return
					}
					defer c.Close()
					b := make([]byte, 10)
					n, _ := c.Read(b)
					stored = string(b[:n])
					c.Write(b[:n])
				}()
				c, err := mixed.Dial(t.Context(), l.Addr().Network(), l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				if err := roundTrip(c, []byte("hello")); err != nil {
					t.Fatal(err)
				}
				if stored != "hello" {
					t.Error(stored)
				}
			})
		}
	}
}
