package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) {
	// never, but now main is linked: what go test has in its cache is of the same command
	if len(os.Args) == 0 {
		main()
	}
	testenv.Main(m)
}

// TestRunsThem lets the command's functions run the tests of a small module.
func TestRunsThem(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module small\n\ngo 1.26\n",
		"small_test.go": `package small

import (
	"os"
	"testing"
)

var soak = os.Getenv("BSDSOCKET_SOAK")

FUNC TestSoakGood(t *testing.T) { t.Attr("tried", "700 0 bytes of a kind"); t.Log(soak) }
FUNC TestSoakAlso(t *testing.T) { t.Attr("tried", "800 0 bytes of a kind"); t.Attr("other", "1 1 x y") }
FUNC TestSoakNot(t *testing.T)  { t.Skip("without a reason") }
FUNC TestSoakBad(t *testing.T)  { t.Attr("tried", "9 2 others"); t.Fatal("it says why, after", soak) }
FUNC TestOther(t *testing.T)    { t.Fatal("it is none of them") }
`} {
		// Written otherwise, so that this package is not taken for one with such tests.
		text = strings.ReplaceAll(text, "FUNC", "func")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	jobs, err := prepare(all[:1], t.TempDir(), "", []string{"./..."})
	if err != nil {
		t.Fatal(err)
	}
	run := func(jobs []job) (ok bool, said string) {
		var out bytes.Buffer
		s := &soak{out: &out, began: time.Now(), jobs: len(jobs), tried: map[string]*count{}}
		ok = s.run(jobs, time.Second, 2)
		return ok, out.String()
	}
	for _, test := range []struct {
		not       string // without this test
		ok        bool
		want, nor []string
	}{
		{
			"TestSoakBad", true,
			[]string{"  1,500     0     2  bytes of a kind\n",
				"skipped: small.TestSoakNot (plain)\n",
				"0 failed, 1 skipped; 1,500 tried, 0 lost\n"},
			[]string{"FAILED", "none of them", "x y"},
		},
		{
			"", false,
			[]string{"FAILED small.TestSoakBad (plain): exit status 1\n", "it says why, after 1s\n",
				"FAILED: small.TestSoakBad (plain)\n", " 1,509 tried, 2 lost\n"},
			nil,
		},
	} {
		ok, said := run(slices.DeleteFunc(slices.Clone(jobs),
			func(j job) bool { return j.test == test.not }))
		if ok != test.ok {
			t.Errorf("without %q: %v", test.not, ok)
		}
		for _, want := range test.want {
			if !strings.Contains(said, want) {
				t.Errorf("it does not say %q:\n%s", want, said)
			}
		}
		for _, not := range test.nor {
			if strings.Contains(said, not) {
				t.Errorf("it says %q:\n%s", not, said)
			}
		}
	}
	if _, err := prepare(nil, t.TempDir(), "", []string{"./..."}); err == nil {
		t.Error("no test is no error")
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567",
		-12345: "-12,345"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) is %s, want %s", n, got, want)
		}
	}
}
