package main

import (
	"go/constant"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// The files of package constants are what the generator writes today: nobody edited them, and
// nobody forgot to run it.
func TestUpToDate(t *testing.T) {
	const folder = "../../constants"
	out := t.TempDir()
	stale := filepath.Join(out, "zconstants_plan9.go")
	if err := os.WriteFile(stale, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := collected(t).write(out); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Errorf("%s was left, though it is not generated", stale)
	}
	want, got := read(t, out), read(t, folder)
	if len(want) < 8 {
		t.Errorf("%d files, want one a system and the tables", len(want))
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s is not what the generator writes: run go generate ./constants", name)
		}
	}
	for name := range got {
		if want[name] == "" {
			t.Errorf("%s is not generated any more: run go generate ./constants", name)
		}
	}
}

// collected returns what is known of the constants. To find that out takes seconds.
func collected(t *testing.T) *constants {
	t.Helper()
	c, err := collectOnce()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var collectOnce = sync.OnceValues(func() (*constants, error) {
	dir, err := xsysDir()
	if err != nil {
		return nil, err
	}
	return collect(dir)
})

func read(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "z*.go"))
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(path)] = string(text)
	}
	return texts
}

// A folder that cannot be written is an error.
func TestNoFolder(t *testing.T) {
	if err := collected(t).write(filepath.Join(t.TempDir(), "nosuch")); err == nil {
		t.Error("no error")
	}
}

func TestKindOf(t *testing.T) {
	for name, want := range map[string]*kind{
		"AF_INET":              kindFamily,
		"SOCK_STREAM":          kindType,
		"SOCK_DESTROY":         kindValue,
		"IPPROTO_TCP":          kindProtocol,
		"NETLINK_ROUTE":        kindProtocol,
		"NETLINK_CAP_ACK":      kindOption,
		"SOL_TCP":              kindLevel,
		"SO_REUSEADDR":         kindOption,
		"SO_EE_ORIGIN_ICMP":    kindValue,
		"SO_TS_CLOCK":          kindOption,
		"SO_TS_DEFAULT":        kindValue,
		"IP_MTU_DISCOVER":      kindOption,
		"IP_PMTUDISC_DO":       kindValue,
		"SCM_RIGHTS":           kindOption,
		"MSG_PEEK":             kindMsg,
		"IP_FW_ADD":            nil,
		"EPOLLIN":              nil,
		"NOT_AF_INET":          nil,
		"CAN_ERR_PROT_TX":      nil,
		"TCP_BBR_PACE_PER_SEC": nil,
	} {
		if got := kindOf(name); got != want {
			t.Errorf("%s is of kind %v, want %v", name, got, want)
		}
	}
}

// What would make the package wrong is refused, on the platform where it would.
func TestCheck(t *testing.T) {
	amd64, mips := platform{"linux", "amd64"}, platform{"linux", "mips"}
	for _, tt := range []struct {
		what string
		add  map[string]string // to a set without faults, on linux/mips
		want string            // in the error; "" is none
	}{
		{"no fault", nil, ""},
		{"a name without a level", map[string]string{"SCM_RIGHTS": "1"}, ""},
		{"a number over 31 bits", map[string]string{"SO_NEW": "0x80000000"},
			"linux/mips: SO_NEW is 2147483648, which does not fit OptionName"},
		{"a large untyped number", map[string]string{"XDP_NEW": "0x180000000"}, ""},
		{"a number over 63 bits", map[string]string{"XDP_NEW": "0x8000000000000000"},
			"XDP_NEW is 9223372036854775808"},
		{"-1", map[string]string{"SO_NEW": "-1"}, "SO_NEW is -1, which means Undefined"},
		{"-1 that is meant", map[string]string{"TCP_REPAIR_OFF_NO_WP": "-1"}, ""},
		{"two names", map[string]string{"SO_NEW": "4"}, "SO_NEW and SO_REUSEADDR are both 4"},
		{"two names, one an alias", map[string]string{"AF_LOCAL": "1"}, ""},
		{"the same number at another level", map[string]string{"TCP_NEW": "4"}, ""},
		{"two bits", map[string]string{"MSG_NEW": "6"}, "MSG_NEW is 6, which is not one bit"},
		{"no bit", map[string]string{"MSG_NEW": "0"}, "MSG_NEW is 0, which is not one bit"},
		{"a level with a protocol's number", map[string]string{"SOL_NEW": "6"},
			"SOL_NEW is the number of IPPROTO_TCP"},
	} {
		c := &constants{xsys: map[platform]map[string]value{amd64: {}, mips: {}}}
		for _, p := range []platform{amd64, mips} {
			for name, number := range map[string]string{"AF_UNIX": "1", "SO_REUSEADDR": "4",
				"IPPROTO_TCP": "6", "SOL_SOCKET": "65535"} {
				c.xsys[p][name] = parse(number)
			}
		}
		for name, number := range tt.add {
			c.xsys[mips][name] = parse(number)
		}
		c.names = slices.Sorted(maps.Keys(c.xsys[mips])) // as collect has them
		var text strings.Builder
		for _, err := range c.checkPlatform(mips) {
			text.WriteString(err.Error())
		}
		got := text.String()
		if got != "" {
			got = mips.String() + ": " + got
		}
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
		if errs := c.checkPlatform(amd64); errs != nil {
			t.Errorf("%s on the other platform: %v", tt.what, errs)
		}
	}
}

func parse(number string) value {
	if digits, ok := strings.CutPrefix(number, "-"); ok {
		return constant.UnaryOp(token.SUB, parse(digits), 0)
	}
	return constant.MakeFromLiteral(number, token.INT, 0)
}

// A row of local.go that x/sys has come to have is refused.
func TestCheckLocal(t *testing.T) {
	c := collected(t)
	c.locals["linux"]["AF_INET"] = localConst{"2", constant.MakeInt64(2), "a test"}
	defer delete(c.locals["linux"], "AF_INET")
	if err := c.check(); err == nil ||
		!strings.Contains(err.Error(), "linux/386: x/sys has come to have AF_INET") {
		t.Errorf("%v, want an error about AF_INET", err)
	}
}

// A processor that x/sys knows less of gets Undefined for what it lacks, and the others keep the
// number.
func TestPartial(t *testing.T) {
	c := &constants{names: []string{"SO_REUSEADDR", "SO_STYLE"},
		xsys: make(map[platform]map[string]value)}
	for _, arch := range platforms["linux"] {
		p := platform{"linux", arch}
		c.xsys[p] = map[string]value{"SO_REUSEADDR": constant.MakeInt64(2)}
		if strings.HasPrefix(arch, "mips") {
			c.xsys[p]["SO_STYLE"] = constant.MakeInt64(4104)
		}
	}
	files := c.system("linux")
	for name, want := range map[string]string{
		"zconstants_linux.go": "SO_REUSEADDR OptionName = unix.SO_REUSEADDR",
		"zconstants_linux_some1.go": "//go:build linux && (mips || mips64 || mips64le || " +
			"mipsle)",
		"zconstants_linux_some1_not.go": "SO_STYLE OptionName = Undefined",
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %q:\n%s", name, want, files[name])
		}
	}
	if strings.Contains(files["zconstants_linux.go"], "SO_STYLE") || len(files) != 3 {
		t.Errorf("%d files:\n%v", len(files), files)
	}
}

// Numbers differ between the processors of Linux, and are taken from each: MIPS has SO_ and SOCK_
// numbers of its own, and PowerPC some of SOL_SOCKET's.
func TestProcessorsDiffer(t *testing.T) {
	c := collected(t)
	for _, row := range []struct {
		arch, name string
		want       int64
	}{
		{"amd64", "SOL_SOCKET", 1}, {"mips", "SOL_SOCKET", 0xffff},
		{"mips64le", "SOL_SOCKET", 0xffff},
		{"amd64", "SOCK_STREAM", 1}, {"mips", "SOCK_STREAM", 2}, {"mipsle", "SOCK_DGRAM", 1},
		{"arm64", "SO_RCVBUF", 8}, {"mips", "SO_RCVBUF", 0x1002}, {"mips64", "SO_SNDBUF", 0x1001},
		{"mips", "SO_REUSEADDR", 4},
		{"amd64", "SO_PASSCRED", 16}, {"ppc64le", "SO_PASSCRED", 20}, {"ppc64", "SO_PEERCRED", 21},
		{"ppc64le", "SO_RCVLOWAT", 16},
		{"s390x", "SO_PASSCRED", 16}, {"riscv64", "SO_PASSCRED", 16},
	} {
		v, ok := c.lookup(platform{"linux", row.arch}, row.name)
		if got, exact := constant.Int64Val(v); !ok || !exact || got != row.want {
			t.Errorf("%s on %s is %v, %t, want %#x", row.name, row.arch, v, ok, row.want)
		}
	}
}
