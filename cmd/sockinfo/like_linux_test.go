package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

func tool(name string) testenv.Feature {
	return testenv.Feature{Name: name, CI: true, Probe: func() error {
		_, err := exec.LookPath(name)
		return err
	}}
}

// decode runs the command with -json.
func decode[T any](t *testing.T, args ...string) (v T) {
	t.Helper()
	out, errs, status := sockinfo(t, append(args, "-json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil || status != 0 {
		t.Fatalf("%q: status %d, %v\n%s", args, status, err, errs)
	}
	return v
}

// services, protocols and lookup say what getent(1) says (X13).
func TestLikeGetent(t *testing.T) {
	testenv.Needs(t, tool("getent"))
	getent := func(args ...string) (lines [][]string) {
		out, errs, status := output(t, exec.Command("getent", args...))
		if status != 0 {
			t.Skipf("getent %q: status %d, %s", args, status, errs)
		}
		for line := range strings.Lines(out) {
			lines = append(lines, strings.Fields(line))
		}
		return lines
	}
	var ours [][]string
	for _, s := range decode[[]struct {
		Name, Protocol string
		Port           int
		Aliases        []string
	}](t, "services") {
		ours = append(ours,
			append([]string{s.Name, fmt.Sprint(s.Port, "/", s.Protocol)}, s.Aliases...))
	}
	if theirs := getent("services"); !slices.EqualFunc(ours, theirs, slices.Equal) {
		t.Errorf("services: %d, and getent has %d", len(ours), len(theirs))
	}
	ours = nil
	for _, p := range decode[[]struct {
		Name    string
		Number  int
		Aliases []string
	}](t, "protocols") {
		ours = append(ours, append([]string{p.Name, fmt.Sprint(p.Number)}, p.Aliases...))
	}
	if theirs := getent("protocols"); !slices.EqualFunc(ours, theirs, slices.Equal) {
		t.Errorf("protocols: %d, and getent has %d", len(ours), len(theirs))
	}
	short := map[string]string{"SOCK_STREAM": "STREAM", "SOCK_DGRAM": "DGRAM", "SOCK_RAW": "RAW"}
	for _, host := range []string{"127.0.0.1", "::1", "localhost"} {
		ours = nil
		for _, a := range decode[[]struct{ Host, Type string }](t, "-type", "any", host) {
			ours = append(ours, []string{a.Host, short[a.Type]})
		}
		theirs := getent("ahosts", host)
		for i := range theirs {
			theirs[i] = theirs[i][:2]
		}
		slices.SortFunc(ours, slices.Compare)
		slices.SortFunc(theirs, slices.Compare)
		if !slices.EqualFunc(ours, slices.CompactFunc(theirs, slices.Equal), slices.Equal) {
			t.Errorf("%s: %q, and getent says %q", host, ours, theirs)
		}
	}
}

// interfaces says what "ip address" says (X13).
func TestInterfacesLikeIP(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand, testenv.Veth)
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	a.Veth(b, "10.1.0.1/24", "10.1.0.2/24", "fd01::1/64", "fd01::2/64")
	var theirs []struct {
		IfIndex, MTU int
		IfName       string
		Address      string
		AddrInfo     []struct {
			Local     string
			PrefixLen int
		} `json:"addr_info"`
	}
	if err := json.Unmarshal([]byte(a.Run("ip", "-j", "address")), &theirs); err != nil {
		t.Fatal(err)
	}
	out, errs, status := in(t, a, "interfaces", "-json")
	var ours []struct {
		Index, MTU     int
		Name, Hardware string
		Addresses      []string
	}
	if err := json.Unmarshal([]byte(out), &ours); err != nil || len(ours) != len(theirs) ||
		len(ours) < 2 {
		t.Fatalf("status %d, %v, %d interfaces, and ip has %d\n%s", status, err, len(ours),
			len(theirs), errs)
	}
	for i, x := range ours {
		y := theirs[i]
		var addresses []string
		for _, a := range y.AddrInfo {
			addresses = append(addresses, fmt.Sprint(a.Local, "/", a.PrefixLen))
		}
		hardware := x.Hardware
		if x.Name == "lo" {
			hardware = "00:00:00:00:00:00"
		}
		if x.Index != y.IfIndex || x.MTU != y.MTU || x.Name != y.IfName || hardware != y.Address ||
			!slices.Equal(x.Addresses, addresses) {
			t.Errorf("%+v, and ip says %+v", x, y)
		}
	}
}

// connect -send and nc(1) are each other's peers, and either half of a connection ends by itself
// (X13).
func TestConnectLikeNC(t *testing.T) {
	testenv.Needs(t, tool("nc.openbsd"))
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"there": strings.Repeat("there\n", 100_000),
		"back": strings.Repeat("back\n", 50_000)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := exec.Command(exe, "connect", "-listen", "-send", filepath.Join(dir, "back"),
		"127.0.0.1", "0")
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var received strings.Builder
	server.Stdout = &received
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stderr)
	for said.Scan() && !strings.Contains(said.Text(), "listens") {
	}
	fields := strings.Fields(said.Text())
	if len(fields) == 0 {
		t.Fatal("it does not listen")
	}
	_, port, _ := strings.Cut(fields[0], ":")
	there, err := os.Open(filepath.Join(dir, "there"))
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	nc := exec.Command("nc.openbsd", "-N", "127.0.0.1", port)
	nc.Stdin = there
	got, errs, status := output(t, nc)
	for said.Scan() {
	}
	if err := server.Wait(); err != nil || status != 0 || len(got) != 250_000 ||
		received.Len() != 600_000 {
		t.Errorf("%v; nc: status %d, %s; %d bytes there, %d back", err, status, errs,
			received.Len(), len(got))
	}
}

// sockets -names has the names of hosts and services, of the sockets that have any (X13).
func TestSocketNames(t *testing.T) {
	ns := testenv.NetNS(t)
	var l *socket.Socket
	ns.Do(func() {
		var err error
		if l, err = socket.New(constants.AF_INET, constants.SOCK_STREAM, 0); err == nil {
			err = l.Bind(sockaddr.MustParse("127.0.0.1:443"))
		}
		if err == nil {
			err = l.Listen(1)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	defer l.Close()
	out, errs, status := in(t, ns, "sockets", "-tcp", "-names", "-json")
	var got []socketRecord
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got) != 1 {
		t.Fatalf("status %d, %v\n%s%s", status, err, out, errs)
	}
	// The hosts file of the machine has localhost for it, or a name server is asked, which does not
	// answer in here.
	if r := got[0]; r.Local != "127.0.0.1:443" || r.LocalName != "localhost:https" &&
		r.LocalName != "127.0.0.1:https" || r.RemoteName != "" {
		t.Errorf("%+v", r)
	}
	if out, _, _ := in(t, ns, "sockets", "-tcp", "-names",
		"localhost:https"); !strings.Contains(out, ":https ") {
		t.Errorf("no name in\n%s", out)
	}
}
