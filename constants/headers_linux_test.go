package constants_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
)

// The C library's headers, and the kernel's: they cannot all be included in one program.
var headers = map[string][]string{
	"libc": {
		"sys/socket.h", "sys/un.h", "netdb.h", "netinet/in.h", "netinet/ip.h", "netinet/tcp.h",
		"netinet/udp.h",
		"netinet/icmp6.h", "netpacket/packet.h", "net/ethernet.h", "linux/mptcp.h",
	},
	"kernel": {
		"linux/socket.h", "asm/socket.h", "linux/net.h", "linux/in.h", "linux/in6.h", "linux/tcp.h",
		"linux/udp.h",
		"linux/icmp.h", "linux/icmpv6.h", "linux/if_packet.h", "linux/if_ether.h",
		"linux/netlink.h", "linux/can.h",
		"linux/can/raw.h", "linux/can/isotp.h", "linux/can/j1939.h", "linux/tipc.h",
		"linux/if_alg.h", "linux/if_xdp.h",
		"linux/vm_sockets.h", "linux/dccp.h", "linux/tls.h", "linux/sctp.h", "linux/net_tstamp.h",
		"linux/errqueue.h", "linux/kcm.h", "linux/nfc.h", "linux/sock_diag.h",
		"linux/netfilter_ipv4.h",
		"linux/netfilter_ipv6/ip6_tables.h",
	},
}

// Limits and masks that grow with the kernel: the headers of this machine need not be as new as
// x/sys.
var growing = []string{
	"AF_MAX", "IPPROTO_MAX", "SOF_TIMESTAMPING_LAST", "SOF_TIMESTAMPING_MASK",
}

// machines are the names that a C compiler gives to the processors whose numbers are those of a
// GOARCH.
var machines = map[string]string{
	"386": "i386 i486 i586 i686 x86_64", "amd64": "x86_64", "arm": "arm", "arm64": "aarch64",
	"loong64": "loongarch64",
	"mips":    "mips", "mips64": "mips64", "mips64le": "mips64el", "mipsle": "mipsel",
	"ppc64":   "powerpc64",
	"ppc64le": "powerpc64le", "riscv64": "riscv64", "s390x": "s390x",
}

// compiler is a C compiler for the processor that the test runs on, which may be an emulated one.
var compiler = testenv.Feature{Name: "gcc for " + runtime.GOARCH, Probe: func() error {
	out, err := exec.Command("gcc", "-dumpmachine").Output()
	if err != nil {
		return err
	}
	machine, _, _ := strings.Cut(string(out), "-")
	if !slices.Contains(strings.Fields(machines[runtime.GOARCH]), machine) {
		return fmt.Errorf("gcc is for %s", machine)
	}
	return nil
}}

var word = regexp.MustCompile(`\w+`)

// The numbers are those of the C headers: what a C program prints for each name.
func TestAgreesWithCHeaders(t *testing.T) {
	testenv.Needs(t, testenv.GCC, compiler)
	compared := make(map[string]bool)
	for set, files := range headers {
		for name, c := range cNumbers(t, set, files) {
			want := all()[name]
			switch {
			case slices.Contains(growing, name):
			case !want.Defined():
				t.Errorf("%s is undefined, but %d in the headers of %s", name, c, set)
			// C may say -1 for 1<<32-1.
			case want.Value != c && (c >= 0 || uint32(want.Value) != uint32(c)):
				t.Errorf("%s is %d, but %d in the headers of %s", name, want.Value, c, set)
			default:
				compared[name] = true
			}
		}
	}
	// A machine with headers as old as those of Linux 4.19 still has these many.
	if len(compared) < 700 {
		t.Errorf("the headers had %d constants, want 700 and more", len(compared))
	}
	for _, name := range []string{
		"AF_VSOCK", "SO_REUSEADDR", "EAI_NONAME", "AI_V4MAPPED", "NI_NAMEREQD", "SCM_RIGHTS",
		"TCP_INFO", "MSG_ZEROCOPY",
	} {
		if !compared[name] {
			t.Errorf("%s was not compared", name)
		}
	}
	t.Logf("%d constants agree", len(compared))
}

// cNumbers returns the numbers that a C program finds for the names of this package in some header
// files.
func cNumbers(t *testing.T, set string, files []string) map[string]int64 {
	t.Helper()
	// The preprocessor tells which names are there, as macros (-dD) or as enumerators.
	text, err := compile(t, set, files, nil, "-E", "-dD", "-P")
	if err != nil {
		t.Fatalf("preprocess the headers of %s: %v\n%.2000s", set, err, text)
	}
	names := all()
	present := make(map[string]bool)
	for _, word := range word.FindAllString(text, -1) {
		present[word] = true
	}
	maps.DeleteFunc(names, func(name string, _ constants.Constant) bool { return !present[name] })
	program := filepath.Join(t.TempDir(), "numbers")
	if messages, err := compile(t, set, files, names, "-o", program); err != nil {
		t.Fatalf("compile the names of %s: %v\n%.2000s", set, err, messages)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatalf("run the program of %s: %v", set, err)
	}
	numbers := make(map[string]int64)
	for line := range strings.Lines(string(out)) {
		var name string
		var number int64
		if _, err := fmt.Sscan(line, &name, &number); err != nil {
			t.Fatalf("the program of %s printed %q: %v", set, line, err)
		}
		numbers[name] = number
	}
	// The same program knows htons and htonl.
	for name, want := range map[string]int64{
		"HTONS_1234":     int64(constants.Htons(0x1234)),
		"HTONL_12345678": int64(constants.Htonl(0x12345678)),
	} {
		if got, ok := numbers[name]; !ok || got != want {
			t.Errorf("%s in C is %#x, want %#x", name, got, want)
		}
		delete(numbers, name)
	}
	return numbers
}

func compile(t *testing.T, set string, files []string, names map[string]constants.Constant,
	args ...string) (string, error) {
	t.Helper()
	var c bytes.Buffer
	c.WriteString("#define _GNU_SOURCE\n#include <stdio.h>\n#include <stdint.h>\n")
	for _, file := range files {
		fmt.Fprintf(&c, "#if __has_include(<%s>)\n#include <%s>\n#endif\n", file, file)
	}
	if set == "libc" {
		c.WriteString("#define HTONS htons\n#define HTONL htonl\n")
	} else {
		c.WriteString("#include <asm/byteorder.h>\n#define HTONS __cpu_to_be16\n#define HTONL " +
			"__cpu_to_be32\n")
	}
	c.WriteString("int main(void) {\n")
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&c, "printf(\"%s %%lld\\n\", (long long)(%s));\n", name, name)
	}
	c.WriteString("printf(\"HTONS_1234 %lld\\n\", (long long)HTONS(0x1234));\n")
	c.WriteString("printf(\"HTONL_12345678 %lld\\n\", (long long)HTONL(0x12345678));\nreturn " +
		"0;\n}\n")
	source := filepath.Join(t.TempDir(), "numbers.c")
	if err := os.WriteFile(source, c.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gcc", append(args, source)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
