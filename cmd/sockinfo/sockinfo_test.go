package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) {
	// never, but now main is linked: what go test has in its cache is of the same command
	if len(os.Args) == 0 {
		main()
	}
	testenv.Main(m, removeBinary)
}

// binary builds the command once and returns its path. Where there is no go command, as in Wine,
// somebody has built it before.
var binary = sync.OnceValues(func() (string, error) {
	if exe := os.Getenv("BSDSOCKET_SOCKINFO"); exe != "" {
		return exe, nil
	}
	dir, err := os.MkdirTemp("", "sockinfo")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	exe := filepath.Join(dir, "sockinfo.exe") // Windows wants the suffix, others take it
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", exe,
		".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return exe, nil
})

var binaryDir string

func removeBinary() {
	if binaryDir != "" {
		os.RemoveAll(binaryDir)
	}
}

// sockinfo runs the binary and returns what it printed and its exit status.
func sockinfo(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return output(t, exec.Command(exe, args...))
}

func output(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestOutput compares whole outputs: of row X13, looking at sockets from a shell.
func TestOutput(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"127.0.0.1 8080", `
ADDRESS         FAMILY   TYPE         PROTOCOL
127.0.0.1:8080  AF_INET  SOCK_STREAM  IPPROTO_TCP
`},
		{"lookup -type any 127.0.0.1", `
ADDRESS    FAMILY   TYPE         PROTOCOL
127.0.0.1  AF_INET  SOCK_STREAM  IPPROTO_TCP
127.0.0.1  AF_INET  SOCK_DGRAM   IPPROTO_UDP
127.0.0.1  AF_INET  SOCK_RAW     IPPROTO_IP
`},
		{"-family inet6 -type dgram -flags passive,canonname '' 53", `
ADDRESS  FAMILY    TYPE        PROTOCOL
[::]:53  AF_INET6  SOCK_DGRAM  IPPROTO_UDP
`},
		{"-flags canonname,numerichost ::1 -protocol tcp http", `
ADDRESS   FAMILY    TYPE         PROTOCOL     CANONNAME
[::1]:80  AF_INET6  SOCK_STREAM  IPPROTO_TCP  ::1
`},
		{"-flags canonname -flags numerichost ::1 80", `
ADDRESS   FAMILY    TYPE         PROTOCOL     CANONNAME
[::1]:80  AF_INET6  SOCK_STREAM  IPPROTO_TCP  ::1
`},
		{"name -flags numerichost,dgram 127.0.0.1 53", `
HOST       SERVICE  ADDRESS
127.0.0.1  domain   127.0.0.1:53
`},
		{"name [::1]:80 -flags numerichost,numericserv", `
HOST  SERVICE  ADDRESS
::1   80       [::1]:80
`},
		{"-protocol udp 127.0.0.1 53", `
ADDRESS       FAMILY   TYPE        PROTOCOL
127.0.0.1:53  AF_INET  SOCK_DGRAM  IPPROTO_UDP
`},
		{"-flags canonname,passive * 53 -family inet", `
ADDRESS     FAMILY   TYPE         PROTOCOL
0.0.0.0:53  AF_INET  SOCK_STREAM  IPPROTO_TCP
`},
		{"services -protocol tcp ssh 443", `
NAME   PORT  PROTOCOL  ALIASES
ssh    22    tcp
https  443   tcp
`},
		{"services domain", `
NAME    PORT  PROTOCOL  ALIASES
domain  53    tcp
domain  53    udp
`},
		{"-json=false -protocol tcp services ssh", `
NAME  PORT  PROTOCOL  ALIASES
ssh   22    tcp
`},
		{"-flags numericserv ::1 80 -flags passive,numerichost", `
ADDRESS   FAMILY    TYPE         PROTOCOL
[::1]:80  AF_INET6  SOCK_STREAM  IPPROTO_TCP
`},
		{"name ::1 http -flags numerichost", `
HOST  SERVICE  ADDRESS
::1   http     [::1]:80
`},
		{fmt.Sprintf("constants -kind shutdownhow %d", constants.SHUT_RDWR), fmt.Sprintf(`
NAME       KIND         VALUE  HEX
SHUT_RDWR  ShutdownHow  %d      0x2
`, constants.SHUT_RDWR)},
		{"protocols udp 6", `
NAME  NUMBER  ALIASES
udp   17      UDP
tcp   6       TCP
`},
		{"constants -kind shutdownhow shut/", fmt.Sprintf(`
NAME       KIND         VALUE  HEX
SHUT_RD    ShutdownHow  %d      0x0
SHUT_RDWR  ShutdownHow  %d      0x2
SHUT_WR    ShutdownHow  %d      0x1
`, constants.SHUT_RD, constants.SHUT_RDWR, constants.SHUT_WR)},
	} {
		stdout, stderr, status := sockinfo(t, words(test.args)...)
		if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), stdout); diff != "" ||
			stderr != "" || status != 0 {
			t.Errorf("sockinfo %s: status %d, %s\n(-want +got)\n%s", test.args, status, stderr,
				diff)
		}
	}
}

// TestUnprintable holds that what a terminal would obey is escaped, and that a cell stays one.
func TestUnprintable(t *testing.T) {
	for path, want := range map[string]string{
		"a\x1b[31mred": `a\x1b[31mred`,
		"two\nlines":   `two\nlines`,
		"tab\tbed":     `tab\tbed`,
		"é✓":           "é✓",
	} {
		stdout, stderr, status := sockinfo(t, "name", "-flags", "numerichost", "unix:"+path)
		lines := strings.Split(stdout, "\n")
		if status != 0 || len(lines) != 3 || !strings.Contains(lines[1], want) ||
			strings.ContainsAny(lines[1], "\x1b\t") {
			t.Errorf("%q: status %d, %s\n%q", path, status, stderr, stdout)
		}
	}
}

// TestLocalhost takes the name from this machine's hosts file, as the README does.
func TestLocalhost(t *testing.T) {
	stdout, stderr, status := sockinfo(t, "localhost", "http")
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if status != 0 || stderr != "" || len(lines) < 2 || !strings.HasPrefix(lines[0], "ADDRESS ") {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	for _, line := range lines[1:] {
		if !regexp.MustCompile(
			`^(127\.0\.0\.1:80 +AF_INET|\[::1\]:80 +AF_INET6) +SOCK_STREAM +IPPROTO_TCP$`).
			MatchString(line) {
			t.Errorf("%q is no address of localhost's web server", line)
		}
	}
}

// TestAliases holds that the aliases of this machine's services are shown, whatever they are.
func TestAliases(t *testing.T) {
	s, err := addrinfo.ServiceByPort(80, "tcp")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := sockinfo(t, "services", "-protocol", "tcp", "80")
	want := "NAME PORT PROTOCOL ALIASES http 80 tcp " + strings.Join(s.Aliases, " ")
	if got := strings.Join(strings.Fields(stdout), " "); got != strings.TrimSpace(want) ||
		status != 0 {
		t.Errorf("status %d, got %q, want %q\n%s", status, got, want, stderr)
	}
	var records []struct{ Aliases []string }
	stdout, stderr, status = sockinfo(t, "services", "-json", "-protocol", "tcp", "80")
	if err := json.Unmarshal([]byte(stdout), &records); err != nil || status != 0 ||
		len(records) != 1 || !slices.Equal(records[0].Aliases, s.Aliases) {
		t.Errorf("status %d, %v, got %+v, want the aliases %q\n%s", status, err, records, s.Aliases,
			stderr)
	}
}

// TestSome holds that what was found is printed, also if something else was not, and that the
// status tells.
func TestSome(t *testing.T) {
	stdout, stderr, status := sockinfo(t, "services", "-protocol", "tcp", "nosuch", "ssh", "443")
	if status != 1 || !strings.Contains(stdout, "ssh") || !strings.Contains(stdout, "https") ||
		!strings.Contains(stderr, "nosuch") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	var records []struct{ Name string }
	stdout, stderr, status = sockinfo(t, "-json", "protocols", "nosuch", "tcp")
	if err := json.Unmarshal([]byte(stdout), &records); err != nil || status != 1 ||
		len(records) != 1 || records[0].Name != "tcp" {
		t.Errorf("status %d, %v\n%s%s", status, err, stdout, stderr)
	}
}

// TestListings holds that the databases are listed without an argument.
func TestListings(t *testing.T) {
	for _, args := range []string{"services", "services -protocol udp", "protocols"} {
		stdout, stderr, status := sockinfo(t, words(args)...)
		if n := strings.Count(stdout, "\n"); status != 0 || stderr != "" || n < 5 {
			t.Errorf("sockinfo %s: status %d, %d lines\n%s", args, status, n, stderr)
		}
		if udp := strings.Contains(args, "udp"); udp && strings.Contains(stdout, " tcp") {
			t.Errorf("sockinfo %s: has others\n%s", args, stdout)
		}
	}
}

// TestLines holds that -jsonl prints the objects of -json, one a line.
func TestLines(t *testing.T) {
	for _, args := range []string{"version", "services -protocol tcp ssh 443",
		"constants -kind ShutdownHow"} {
		whole, _, _ := sockinfo(t, append(words(args), "-json")...)
		lines, errs, status := sockinfo(t, append(words(args), "-jsonl")...)
		if !strings.HasPrefix(whole, "[") {
			whole = "[" + whole + "]"
		}
		var want, got []any
		if err := json.Unmarshal([]byte(whole), &want); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(lines) {
			var one any
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Errorf("%s: %v\n%s", args, err, line)
			}
			got = append(got, one)
		}
		if diff := cmp.Diff(want, got); diff != "" || status != 0 {
			t.Errorf("%s: status %d, %s\n(-want +got)\n%s", args, status, errs, diff)
		}
	}
}

// TestBytes holds that bytes that are not UTF-8 are told apart in JSON, and that nothing on
// standard error is obeyed by a terminal.
func TestBytes(t *testing.T) {
	a, _, _ := sockinfo(t, "-json", "name", "-flags", "numerichost", "unix:a\xff")
	b, stderr, status := sockinfo(t, "-json", "name", "-flags", "numerichost", "unix:a\xfe")
	if a == b || status != 0 || strings.Contains(a, "\ufffd") || strings.Contains(a, `\ufffd`) {
		t.Errorf("status %d, %s\n%s%s", status, stderr, a, b)
	}
	for _, args := range [][]string{{"constants", "q\x1b[2J"}, {"name", "-\x1b[31mX"},
		{"options", "\x1b"}, {"-\x7f"}, {"lookup", "\x1b[2J", "80"}} {
		_, stderr, status := sockinfo(t, args...)
		if status == 0 || strings.ContainsAny(stderr, "\x1b\x7f") {
			t.Errorf("%q: status %d, %q", args, status, stderr)
		}
	}
}

// TestVersion holds that the command tells which it is.
func TestVersion(t *testing.T) {
	for _, arg := range []string{"version", "--version", "-version"} {
		stdout, stderr, status := sockinfo(t, arg)
		if status != 0 || !strings.Contains(stdout, runtime.Version()) {
			t.Errorf("sockinfo %s: status %d\n%s%s", arg, status, stdout, stderr)
		}
	}
	help, _, status := sockinfo(t, "help", "services")
	if same, _, _ := sockinfo(t, "services", "-h"); status != 0 || help != same {
		t.Errorf("sockinfo help services: status %d\n%s", status, help)
	}
}

// TestJSON decodes what -json prints, wherever the flag stands.
func TestJSON(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-json -flags canonname 127.0.0.1 80",
			`[{"address": "127.0.0.1:80", "host": "127.0.0.1", "port": 80,
			"family": "AF_INET", "type": "SOCK_STREAM", "protocol": "IPPROTO_TCP", "canonname": "127.0.0.1"}]`},
		{"::1 53 -type dgram -json", `[{"address": "[::1]:53", "host": "::1", "port": 53,
			"family": "AF_INET6", "type": "SOCK_DGRAM", "protocol": "IPPROTO_UDP"}]`},
		{"name 127.0.0.1 443 -flags numerichost -json",
			`{"address": "127.0.0.1:443", "host": "127.0.0.1", "service": "https"}`},
		{"services 443 -json -protocol tcp",
			`[{"name": "https", "port": 443, "protocol": "tcp", "aliases": []}]`},
		{"services -json -protocol tcp -- ssh",
			`[{"name": "ssh", "port": 22, "protocol": "tcp", "aliases": []}]`},
		{"protocols -json tcp", `[{"name": "tcp", "number": 6, "aliases": ["TCP"]}]`},
		{"constants -json SOCK_STREAM",
			`[{"name": "SOCK_STREAM", "kind": "SocketType", "defined": true, "value": ` +
				fmt.Sprint(int(constants.SOCK_STREAM)) + `}]`},
	} {
		stdout, stderr, status := sockinfo(t, words(test.args)...)
		if status != 0 || stderr != "" {
			t.Errorf("sockinfo %s: status %d, %s", test.args, status, stderr)
			continue
		}
		var got, want any
		if err := json.Unmarshal([]byte(test.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Errorf("sockinfo %s: %v\n%s", test.args, err, stdout)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sockinfo %s (-want +got)\n%s", test.args, diff)
		}
	}
}

// TestConstantsAll holds that every constant of the package is printed once, those without a value
// too.
func TestConstantsAll(t *testing.T) {
	stdout, _, status := sockinfo(t, "constants", "-all", "-json")
	var got []struct {
		Name    string
		Defined bool
		Value   *int64
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 {
		t.Fatalf("status %d, %v", status, err)
	}
	i := 0
	for c := range constants.All() {
		if i >= len(got) {
			break
		}
		if g := got[i]; g.Name != c.Name || g.Defined != c.Defined() || c.Defined() &&
			(g.Value == nil || *g.Value != c.Value) || !c.Defined() && g.Value != nil {
			t.Errorf("%+v is printed as %+v", c, g)
		}
		i++
	}
	if n := len(slices.Collect(constants.All())); i != n || len(got) != n {
		t.Errorf("%d of %d constants are printed", len(got), n)
	}
	few, _, _ := sockinfo(t, "constants")
	if strings.Contains(few, "undefined") {
		t.Error("without -all, constants are printed that the platform does not have")
	}
}

// TestFailures holds that failures have status 1 or 2, print nothing but one line on standard
// error, and name the EAI code, or where usage is at fault what tells it.
func TestFailures(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		want   string
	}{
		{"-flags numerichost localhost 80", 1, "(EAI_NONAME)"},
		{"127.0.0.1 65536", 1, "(EAI_SERVICE)"},
		{"127.0.0.1 nosuchservice", 1, "(EAI_SERVICE)"},
		{"127.0.0.1 nosuchservice -json", 1, "nosuchservice"},
		{"-flags numericserv 127.0.0.1 http", 1, "(EAI_NONAME)"},
		{"-family inet6 127.0.0.1 80", 1, "(EAI_ADDRFAMILY)"},
		{"-family unix 127.0.0.1 80", 1, "(EAI_FAMILY)"},
		{"-type stream -protocol udp 127.0.0.1 80", 1, "(EAI_SOCKTYPE)"},
		{"'' ''", 1, "nothing to find"},
		{"name @abstract -flags 4096", 1, "(EAI_BADFLAGS)"},
		{"services nosuchservice", 1, "(EAI_SERVICE)"},
		{"services 70000", 1, "(EAI_SERVICE)"},
		{"services nosuch1 nosuch2", 1, "nosuch2"},
		{"services -protocol nosuchprotocol", 1, "nosuchprotocol"},
		{"localhost -1", 1, "(EAI_SERVICE)"},
		{"protocols -1", 1, "(EAI_NONAME)"},
		{"name ::1 nosuchservice", 1, "(EAI_SERVICE)"},
		{"-flags numerichost service", 1, `did you mean "sockinfo services"?`},
		{"-flags numerichost resolve", 1,
			`"resolve" is no command either: "sockinfo -h" lists them`},
		{"constants 0x7ffffff1", 1, "0x7ffffff1"},
		{"services -protocol nosuchprotocol ssh", 1, "(EAI_SERVICE)"},
		{"protocols nosuchprotocol", 1, "(EAI_NONAME)"},
		{"protocols 999", 1, "(EAI_NONAME)"},
		{"constants XYZZY_ so_xyz", 1, "begins with XYZZY_ or so_xyz"},
		{"constants -kind Bogus", 1, `of the kind "Bogus"`},

		{"", 2, "nothing to look at"},
		{"-v", 2, `run "sockinfo -h"`},
		{"localhost -v", 2, `run "sockinfo lookup -h"`},
		{"lookup", 2, "too few arguments"},
		{"a b c d", 2, `too many arguments: ["c" "d"]`},
		{"-nosuchflag", 2, "there is no flag -nosuchflag"},
		{"-\x1b[31mflag", 2, `\x1b[31mflag`},
		{"constants q\x1b[2J", 1, `q\x1b[2J`},
		{"localhost -family", 2, "a value is missing behind the flag -family"},
		{"options -pid many", 2, `-pid takes a whole number, not "many"`},
		{"sockets -pid 99999999999999999999", 2, "-pid takes a whole number"},
		{"sockets -listen=maybe", 2, "-listen takes true or false"},
		{"sockets -json -jsonl", 2, "two ways"},
		{"sockets -pid -3", 2, "-3 is the number of no process"},
		{"sockets -state foo", 2, "time-wait, unconn"},
		{"sockets foo", 2, `"foo" is no HOST:PORT`},
		{"sockets :70000", 2, "70000"},
		{"sockets :nosuchservice", 1, `no service is called "nosuchservice"`},
		{"connect -tos 300 127.0.0.1 1", 2, "0..255"},
		{"connect -mark -1 127.0.0.1 1", 2, "-mark takes a whole number, not a negative one"},
		{"connect -unix ''", 2, "empty"},
		{"connect -device nosuch 127.0.0.1 1", 1, `no interface "nosuch"`},
		{"connect -send /nosuch/file 127.0.0.1 1", 1, "/nosuch/file"},
		{"connect -send . 127.0.0.1 1", 1, "directory"},
		{"options foo", 2, "there are tcp, tcp6, udp"},
		{"help nosuch", 2, "nosuch"},
		{"version x", 2, "too many"},
		{"-family nosuchfamily localhost", 2, "nosuchfamily"},
		{"-type nosuchtype localhost", 2, "nosuchtype"},
		{"-flags passive,nosuchflag localhost", 2, "nosuchflag"},
		{"-timeout -1s localhost", 2, "negative"},
		{"-timeout soon localhost", 2, "soon"},
		{"name", 2, "too few arguments"},
		{"name 1.2.3 80", 2, `"1.2.3" is no IP address`},
		{"name ''", 2, `"" is no address`},
		{"name ::1 65536", 2, "65536"},
		{"name ::1 80 more", 2, "more"},
		{"name -timeout -1s ::1", 2, "negative"},
	} {
		stdout, stderr, status := sockinfo(t, words(test.args)...)
		if status != test.status || stdout != "" {
			t.Errorf("sockinfo %s: status %d, want %d; prints\n%s%s", test.args, status,
				test.status, stdout, stderr)
			continue
		}
		if !strings.HasPrefix(stderr, "sockinfo: ") || !strings.Contains(stderr, test.want) ||
			strings.Index(stderr, "\n") != len(stderr)-1 {
			t.Errorf("sockinfo %s: want %q in one line\n%s", test.args, test.want, stderr)
		}
		for _, inner := range []string{"strconv", "parse error", "flag provided", "\x1b",
			"addrinfo: ", "sockaddr: ", "constants: ", "sockopt: "} {
			if strings.Contains(stderr, inner) {
				t.Errorf("sockinfo %s: %q is a program's word\n%s", test.args, inner, stderr)
			}
		}
		if leads := regexp.MustCompile(`; run "sockinfo ([a-z]+ )?-h" for the usage\n$`).
			MatchString(stderr); leads != (test.status == 2) {
			t.Errorf("sockinfo %s: the line leads to the usage: %t\n%s", test.args, leads, stderr)
		}
	}
}

// TestHelp holds that every command explains itself on standard output, names all its flags, and
// gives examples that work where they need no name server.
func TestHelp(t *testing.T) {
	for i, c := range commands {
		stdout, stderr, status := sockinfo(t, c.name, "-h")
		if status != 0 || stderr != "" || !strings.Contains(stdout,
			"usage: sockinfo "+c.name+" ") || !strings.Contains(stdout, "  -json\n") {
			t.Errorf("sockinfo %s -h: status %d\n%s%s", c.name, status, stdout, stderr)
		}
		if len(c.examples) == 0 {
			t.Errorf("sockinfo %s -h has no example", c.name)
		}
		for _, e := range c.examples {
			if !strings.Contains(stdout, "\n  sockinfo "+e+"\n") {
				t.Errorf("sockinfo %s -h does not show %q", c.name, e)
			}
		}
		// Two name servers of three that are dead take 10 s.
		if strings.Contains(stdout, "how long name servers") &&
			!strings.Contains(stdout, "(default 15s)") {
			t.Errorf("sockinfo %s -h: another limit than 15 s\n%s", c.name, stdout)
		}
		if strings.Contains(stdout, "can be left out") != (i == 0) {
			t.Errorf("sockinfo %s -h: a word that can be left out\n%s", c.name, stdout)
		}
	}
	for _, args := range [][]string{{"-h"}, {"--help"}, {"help"}} {
		stdout, _, status := sockinfo(t, args...)
		for _, c := range commands {
			if !strings.Contains(stdout, "\n  "+c.name+" ") || status != 0 {
				t.Errorf("sockinfo %s does not list %s; status %d", args[0], c.name, status)
			}
		}
		for line := range strings.Lines(stdout) {
			if len(line) > 81 {
				t.Errorf("a line of %d characters: %s", len(line), line)
			}
		}
	}
	for _, c := range commands {
		for _, e := range c.examples {
			if strings.Contains(e, "example.com") || strings.Contains(e, "-pid") {
				continue // of another host, and of a process that there need not be
			}
			t.Run(e, func(t *testing.T) {
				if c.name == name.name && !strings.Contains(e, "numerichost") {
					testenv.Needs(t, reverse)
				}
				stdout, stderr, status := sockinfo(t, words(e)...)
				if status == 1 && absent.MatchString(stderr) {
					return
				}
				if status != 0 || stdout == "" {
					t.Errorf("status %d\n%s", status, stderr)
				}
			})
		}
	}
}

// absent is what a machine without such sockets, such a route, or AF_NETLINK says.
var absent = regexp.MustCompile(
	`^sockinfo: (there are no such sockets|no route to .*|.*not defined on this platform)\n$`)

// reverse is an answer to what the name of a loopback address is, if only that there is none.
var reverse = testenv.Feature{Name: "a hosts file or a name server for loopback addresses",
	Probe: func() error {
		for _, ip := range []string{"::1", "127.0.0.1"} {
			var d *net.DNSError
			if _, err := net.DefaultResolver.LookupAddr(context.Background(), ip); errors.As(err,
				&d) && !d.IsNotFound {
				return err
			}
		}
		return nil
	}}

// words splits a command line at blanks; single quotes make empty words and keep blanks.
func words(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
