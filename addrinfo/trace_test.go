package addrinfo_test

import (
	"context"
	"net/http/httptrace"
	"testing"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/socket"
)

// The hooks of net/http/httptrace are not called; Prepare sees each attempt begin.
func TestConnectCallsNoHooks(t *testing.T) {
	_, to := listen(t, "127.0.0.1:0", 5)
	hooked := 0
	c := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		ConnectStart: func(network, addr string) { hooked++ },
		ConnectDone:  func(network, addr string, err error) { hooked++ },
	})
	prepared := 0
	connector := &addrinfo.Connector{Prepare: func(context.Context, *socket.Socket,
		addrinfo.Info) error {
		prepared++
		return nil
	}}
	for _, connect := range []func(context.Context,
		[]addrinfo.Info) (*socket.Socket, error){connector.Connect, connector.ConnectRace} {
		s, err := connect(c, []addrinfo.Info{to})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	if hooked != 0 || prepared != 2 {
		t.Errorf("%d hooks were called, Prepare %d times", hooked, prepared)
	}
}
