package main

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// jsonOptions runs "sockinfo options -json" and returns its records by C name.
func jsonOptions(t *testing.T, args ...string) map[string]optionRecord {
	t.Helper()
	stdout, stderr, status := sockinfo(t, append([]string{"options", "-json"}, args...)...)
	if status != 0 {
		t.Fatalf("%v: status %d: %s", args, status, stderr)
	}
	var records []optionRecord
	if err := json.Unmarshal([]byte(stdout), &records); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	by := map[string]optionRecord{}
	for _, r := range records {
		by[r.CName] = r
	}
	return by
}

// TestOptions looks at the options of new sockets (X13): each with its type,
// access and value, or why it has none.
func TestOptions(t *testing.T) {
	tcp, udp := jsonOptions(t, "tcp"), jsonOptions(t, "udp")
	for i := range sockopt.All() {
		r, ok := tcp[i.CName]
		if !ok || r.Type == "" || r.Access == "" || r.Level == "" || r.Status == "" {
			t.Errorf("%s: %+v", i.CName, r)
		}
		if (r.Number != nil) != i.Defined() || (r.Status == undefined) == i.Defined() {
			t.Errorf("%s is defined: %v, but %+v", i.CName, i.Defined(), r)
		}
	}
	if r := tcp["TCP_NODELAY"]; r.Status != hasValue || r.Value != false || r.Text != "false" ||
		r.Type != "bool" || r.Access != "rw" {
		t.Errorf("TCP_NODELAY of TCP: %+v", r)
	}
	if r := udp["TCP_NODELAY"]; r.Status == hasValue || r.Value != nil {
		t.Errorf("TCP_NODELAY of UDP: %+v", r)
	}
	if r := udp["SO_TYPE"]; r.Text != "SOCK_DGRAM" || r.Access != "ro" {
		t.Errorf("SO_TYPE of UDP: %+v", r)
	}
	if r := udp["IP_ADD_MEMBERSHIP"]; r.Status != noReading || r.Access != "wo" {
		t.Errorf("IP_ADD_MEMBERSHIP of UDP: %+v", r)
	}

	level := jsonOptions(t, "-level", "tcp")
	for name, r := range level {
		if r.Level != "IPPROTO_TCP" {
			t.Errorf("-level tcp lists %s of %s", name, r.Level)
		}
	}
	if len(level) < 20 || len(level) != len(jsonOptions(t, "-level", "IPPROTO_TCP", "tcp")) {
		t.Errorf("-level tcp lists %d options", len(level))
	}
	for name, r := range jsonOptions(t, "-there", "udp") {
		if r.Status == undefined || r.Status == unsupported || r.Status == wrongSocket {
			t.Errorf("-there lists %s, which is %s", name, r.Status)
		}
	}
	if stdout, _, _ := sockinfo(t, "options", "-level", "socket"); !strings.HasPrefix(stdout,
		"OPTION") || !strings.Contains(stdout, "SO_KEEPALIVE") {
		t.Errorf("the table is\n%.300s", stdout)
	}
}

// TestOptionsOfKinds looks at a new socket of each kind that can be made here, and
// says why of the others (X13).
func TestOptionsOfKinds(t *testing.T) {
	for _, k := range socketKinds {
		s, err := socket.New(k.family, k.typ, k.protocol)
		if err != nil {
			stdout, stderr, status := sockinfo(t, "options", k.name)
			if status != 1 || stdout != "" || !strings.Contains(stderr, k.name) {
				t.Errorf("%s, which is %v: status %d, %q, %q", k.name, err, status, stdout, stderr)
			}
			continue
		}
		s.Close()
		records := jsonOptions(t, k.name, "-level", "socket")
		if r := records["SO_TYPE"]; r.Status != hasValue || r.Text != k.typ.String() {
			t.Errorf("%s: SO_TYPE is %+v, want %v", k.name, r, k.typ)
		}
		// Where the platform tells.
		if r := records["SO_DOMAIN"]; r.Status != undefined && r.Text != k.family.String() {
			t.Errorf("%s: SO_DOMAIN is %+v, want %v", k.name, r, k.family)
		}
	}
}

// TestOptionsErrors: bad usage is status 2, what is not there status 1.
func TestOptionsErrors(t *testing.T) {
	for _, tt := range []struct {
		args   string
		status int
		says   string
	}{
		{"nonesuch", 2, `"nonesuch"`},
		{"tcp udp", 2, "too many"},
		{"-level nonesuch", 1, `"nonesuch"`},
		{"-pid 1", 2, "-fd"},
		{"-fd 1", 2, "-pid"},
		{"-pid 1 -fd 0 tcp", 2, "kind"},
		{"-pid one -fd 0", 2, "one"},
	} {
		stdout, stderr, status := sockinfo(t,
			append([]string{"options"}, strings.Fields(tt.args)...)...)
		if status != tt.status || !strings.Contains(stderr, tt.says) || stdout != "" {
			t.Errorf("options %s: status %d, %q, %q", tt.args, status, stdout, stderr)
		}
	}
}
