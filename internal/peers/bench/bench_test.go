//go:build linux

package main

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/internal/peers/bench/report"
	"example.com/bsdsocket/internal/peers/thirdparty"
	"example.com/bsdsocket/internal/testenv"
)

// TestMain is also the process of an echo server and of a sender of packets, which are started as
// the program itself would be.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "-serve" || os.Args[1] == "-generate") {
		main()
		return
	}
	os.Exit(m.Run())
}

// without lists the libraries that have no counterpart to a benchmark.
var without = map[string][]string{
	"PingPong":            {"x"},
	"PingPong/timeout":    {"x"},
	"PingPong/background": {"net", "x", "netpoll", "c"},
	"PingPong/cancelable": {"net", "x", "netpoll", "c"},
	"Stream/64B":          {"x"},
	"Stream/4KiB":         {"x"},
	"Stream/64KiB":        {"x"},
	"Connect":             {"x"},
	"Unix/pingpong":       {"x"},
	"Unix/stream":         {"x"},
	"UDP/single":          {"netpoll"},
	"UDP/batch":           {"mdlayher", "netpoll"},
	"UDP/batch6":          {"mdlayher", "netpoll"},
	"UDP/offload":         {"mdlayher", "netpoll"},
	"UDP/segments":        {"mdlayher", "netpoll"},
	"Lines":               {"mdlayher", "x", "netpoll"},
	"Copy":                {"mdlayher", "x", "netpoll", "c"},
	"SendFile/ports":      {"mdlayher", "x", "netpoll", "c"},
	"SendFile/socket":     {"mdlayher", "x", "netpoll"},
	"HTTP":                {"mdlayher", "x", "netpoll", "c"},
	"Option/getBool":      {"netpoll"},
	"Option/setBool":      {"netpoll"},
	"Option/getInt":       {"netpoll"},
	"Option/setInt":       {"netpoll"},
	"Lookup/number":       {"mdlayher", "x", "netpoll"},
	"Lookup/hosts":        {"mdlayher", "x", "netpoll"},
	"Lookup/dns":          {"mdlayher", "x", "netpoll"},
	"Lookup/service":      {"mdlayher", "x", "netpoll"},
	"Lookup/port":         {"net", "mdlayher", "x", "netpoll"},
	"Echo/1":              {"x"},
	"Echo/10":             {"x"},
	"Echo/100":            {"x"},
	"Echo/1000":           {"x"},
	"EchoPorts/1000":      {"mdlayher", "x", "netpoll", "c"},
	"Loop/100":            {"x"},
	"Loop/1000":           {"x"},
	"Loop/10000":          {"x"},
	"Poll/two":            {"mdlayher", "x", "netpoll", "c"},

	"Echo1000/" + string(greedyReader): {"x", "netpoll", "c"},
	"Echo1000/" + string(greedyWriter): {"x", "netpoll", "c"},
}

// TestEveryBenchmark runs every benchmark a little, so that none rots. It leaves out the 10,000
// connections, which are no other code than the 1,000 and want many files.
func TestEveryBenchmark(t *testing.T) {
	*fileSize = 1 << 20
	for _, l := range thirdparty.Libraries {
		without["Third/"+thirdName.Replace(l.Name)] = []string{"mdlayher", "x", "netpoll", "c"}
	}
	for _, r := range loadRows() {
		without[r.Name] = []string{"mdlayher", "x", "netpoll", "c"}
	}
	for _, r := range packetRows() {
		without[r.Name] = []string{"net", "mdlayher", "x", "netpoll", "c", "gopacket"}
		switch way := strings.Split(r.Name, "/")[1]; way {
		case "ring":
			without[r.Name] = without[r.Name][:4]
		case "copy":
			without[r.Name] = append(without[r.Name][:4], "c")
		}
	}
	if len(rows) != len(without)+1 {
		t.Errorf("%d benchmarks, but %d here", len(rows), len(without)+1)
	}
	for _, row := range rows {
		if row.Connections == 10_000 {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, lib := range libraries {
				t.Run(lib.name, func(t *testing.T) {
					if lib == plainC {
						compileC(t)
					}
					missing := slices.Contains(without[row.Name], lib.name) ||
						lib == gopacketLibrary && !strings.HasPrefix(row.Name, "Packets/")
					b, err := start(row, lib)
					if missing && errors.Is(err, errNone) {
						return
					}
					if err != nil || missing {
						t.Fatalf("no counterpart expected: %t; error: %v", missing, err)
					}
					defer b.end()
					elapsed, values, err := run(b, max(b.least, 3))
					if err != nil {
						t.Fatal(err)
					}
					if elapsed <= 0 || values[report.Time] <= 0 {
						t.Errorf("took %v, %v", elapsed, values)
					}
					if row.Server && (values[report.P50] <= 0 ||
						values[report.P99] < values[report.P50] || values[report.Threads] < 1) {
						t.Errorf("a server's figures: %v", values)
					}
				})
			}
		})
	}
}

// compileC compiles peer.c once.
func compileC(t *testing.T) {
	t.Helper()
	testenv.Needs(t, testenv.GCC)
	if plainC.program != "" {
		return
	}
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "peer")
	cmd := exec.Command("gcc", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program, "c/peer.c")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	plainC.program = program
	t.Cleanup(func() {
		plainC.program = ""
		os.RemoveAll(dir)
	})
}

// TestGoals holds that each goal compares with a library that does the work, so that no goal is
// passed over.
func TestGoals(t *testing.T) {
	names := map[string]bool{}
	for _, row := range rows {
		if names[row.Name] || row.Title == "" || row.Unit == "" {
			t.Errorf("%s: a second of the name, or without a title or a unit", row.Name)
		}
		names[row.Name] = true
		for _, goal := range row.Goals {
			if goal.Peer != "" && (slices.Contains(without[row.Name], goal.Peer) ||
				!slices.ContainsFunc(libraries, func(l *library) bool {
					return l.name == goal.Peer
				})) {
				t.Errorf("%s has a goal against %s, which has no counterpart", row.Name, goal.Peer)
			}
		}
	}
}

// TestMeasure holds that operations are added until they take as long as wanted, and that an error
// ends it.
func TestMeasure(t *testing.T) {
	var each []int
	b := &bench{lib: ours, least: 2, run: func(n int) error {
		each = append(each, n)
		time.Sleep(time.Duration(n) * 100 * time.Microsecond)
		return nil
	}, metrics: func() map[string]float64 { return map[string]float64{"p50-ns": 5} }}
	s, err := measure(b, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if each[0] != 2 || !slices.IsSorted(each) || s.n != each[len(each)-1] || s.n < 50 || s.n > 300 {
		t.Errorf("did %v operations, reports %d", each, s.n)
	}
	if v := s.values; v[report.Time] < 100e3 || v["p50-ns"] != 5 {
		t.Errorf("values: %v", v)
	}
	broken := errors.New("broken")
	b.run = func(int) error { return broken }
	if _, err := measure(b, time.Millisecond); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

// TestAllocations holds that what an operation allocates is counted.
func TestAllocations(t *testing.T) {
	var keep []*[100]byte
	b := &bench{lib: ours, run: func(n int) error {
		for range n {
			keep = append(keep[:0], new([100]byte), new([100]byte))
		}
		return nil
	}}
	_, values, err := run(b, 1000)
	if err != nil || values[report.Allocs] != 2 || values[report.Bytes] < 200 {
		t.Errorf("error %v, values %v of two allocations of 100 bytes", err, values)
	}
}

// TestRawFile measures two libraries in two rounds, and reads the raw file.
func TestRawFile(t *testing.T) {
	*rounds, *duration = 2, time.Millisecond
	path := filepath.Join(t.TempDir(), "raw.txt")
	some := rows[slices.IndexFunc(rows, func(r row) bool { return r.Name == "UDP/single" }):][:1]
	if err := measureAll(path, some, []*library{ours, stdlib, eventLoop}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := report.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, lib := range []string{"ours", "net"} {
		if v := r.Values[report.Key{Bench: "UDP/single", Lib: lib, Unit: report.Time}]; len(
			v) != 2 {
			t.Errorf("%s has been measured as %v, want two rounds", lib, v)
		}
	}
	if len(r.Values) != 6 {
		t.Errorf("measured %v", r.Values)
	}
	for _, key := range []string{"cpu", "cpus", "kernel", "go", "date"} {
		if r.Config[key] == "" {
			t.Errorf("the head does not tell %q: %v", key, r.Config)
		}
	}
}

func TestShare(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, 100} {
		all := 0
		for i := range 16 {
			all += share(n, i, 16)
		}
		if all != n {
			t.Errorf("the shares of %d are %d", n, all)
		}
	}
}

func TestParseCounts(t *testing.T) {
	got := parseCounts([]byte(strings.ReplaceAll(`    calls syscall
--------- ----------------
     2010 write
       12 epoll_pwait
--------- ----------------
     2022 total
`, "\t", " ")))
	if want := map[string]int{"write": 2010, "epoll_pwait": 12}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
