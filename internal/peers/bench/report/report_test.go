package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuantile(t *testing.T) {
	for _, test := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{7}, 0.25, 7},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.5, 2.5},
		{[]float64{4, 1, 3, 2}, 0, 1},
		{[]float64{4, 1, 3, 2}, 1, 4},
		{[]float64{10, 20, 30, 40, 50}, 0.25, 20},
		{[]float64{10, 20, 30, 40}, 0.25, 17.5},
	} {
		before := slices.Clone(test.values)
		if got := Quantile(test.values, test.q); got != test.want {
			t.Errorf("quantile %v of %v is %v, want %v", test.q, test.values, got, test.want)
		}
		if !slices.Equal(before, test.values) {
			t.Errorf("%v became %v", before, test.values)
		}
	}
}

// TestRaw writes measurements and reads them, in the text that package testing would write.
func TestRaw(t *testing.T) {
	var b bytes.Buffer
	Config(&b, "cpu", "A: processor")
	Line(&b, "PingPong/timeout", "ours", 2, 100,
		map[string]float64{Time: 1234.5, Allocs: 0, Bytes: 3, P99: 9})
	Line(&b, "PingPong/timeout", "net-like", 2, 50, map[string]float64{Time: 2e9})
	Line(&b, "PingPong/timeout", "ours", 2, 100,
		map[string]float64{Time: 1300, Allocs: 1, Bytes: 3})
	want := "cpu: A: processor\n" +
		"BenchmarkPingPong/timeout/lib=ours-2\t100\t1234.5 ns/op\t3 B/op\t0 allocs/op\t9 p99-ns\n" +
		"BenchmarkPingPong/timeout/lib=net-like-2\t50\t2000000000 ns/op\n" +
		"BenchmarkPingPong/timeout/lib=ours-2\t100\t1300 ns/op\t3 B/op\t1 allocs/op\n"
	if b.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", &b, want)
	}
	got, err := Parse(io.MultiReader(&b, strings.NewReader("PASS\n\nok  \tsomething\n")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Results{
		Config: map[string]string{"cpu": "A: processor"},
		Values: map[Key][]float64{
			{"PingPong/timeout", "ours", Time}:     {1234.5, 1300},
			{"PingPong/timeout", "ours", Bytes}:    {3, 3},
			{"PingPong/timeout", "ours", Allocs}:   {0, 1},
			{"PingPong/timeout", "ours", P99}:      {9},
			{"PingPong/timeout", "net-like", Time}: {2e9},
		},
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{
		"Benchmark",
		"BenchmarkPingPong-2 100 5 ns/op",
		"BenchmarkPingPong/lib=ours-2 100 5",
		"BenchmarkPingPong/lib=ours-2 100 five ns/op",
	} {
		if r, err := Parse(strings.NewReader("cpu: x\n" + text + "\n")); err == nil ||
			!strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q is %v, error %v", text, r, err)
		}
	}
	broken := errors.New("broken")
	if _, err := Parse(io.MultiReader(strings.NewReader("cpu: x\n"),
		errorReader{broken})); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

type errorReader struct{ error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.error }

// sampleRows and sample are four rounds of three benchmarks: one that is twice as fast as net, one
// that misses its goal by less than the spread, and a server that needs too much memory.
var sampleRows = []Row{
	{Name: "Fast", Title: "fast work", Unit: "call",
		Goals: []Goal{{Max: 0.8, Peer: "net"}, {Max: 0, Unit: Allocs}, {Max: 60}}},
	{Name: "Near", Title: "close work", Unit: "call",
		Goals: []Goal{{Max: 1, Peer: "net"}, {Max: 2, Peer: "missing"}}},
	{Name: "Echo/1000", Title: "a <server>", Unit: "message", Server: true, Connections: 1000,
		Goals: []Goal{{Max: 1, Peer: "net", Unit: Memory}}},
	{Name: "Unmeasured", Title: "nothing", Unit: "call", Goals: []Goal{{Max: 1}}},
}

func sample() *Results {
	return &Results{
		Config: map[string]string{"cpu": "A processor", "cpus": "2", "kernel": "Linux 6.1",
			"go": "go1.26", "date": "2026-01-02", "rounds": "4",
			"module-netpoll": "example.com/netpoll v1"},
		Values: map[Key][]float64{
			{"Fast", "ours", Time}:   {50, 52, 48, 50},
			{"Fast", "ours", Allocs}: {0, 0, 1, 0},
			{"Fast", "net", Time}:    {100, 100, 100, 100},
			{"Fast", "c", Time}:      {1, 1, 1, 1},

			{"Near", "ours", Time}:   {101, 109, 90, 103},
			{"Near", "ours", Allocs}: {3, 3, 3, 3},
			{"Near", "net", Time}:    {100, 100, 100, 100},

			{"Echo/1000", "ours", Time}:    {10e3, 10e3, 10e3, 10e3},
			{"Echo/1000", "ours", Allocs}:  {9, 9, 9, 9},
			{"Echo/1000", "ours", P50}:     {2e6, 2e6, 2e6, 2e6},
			{"Echo/1000", "ours", P99}:     {3e6, 3e6, 3e6, 3e6},
			{"Echo/1000", "ours", Memory}:  {4096, 4096, 4096, 4096},
			{"Echo/1000", "ours", Threads}: {6, 6, 6, 6},
			{"Echo/1000", "net", Time}:     {11e3, 11e3, 11e3, 11e3},
			{"Echo/1000", "net", Memory}:   {2048, 2048, 2048, 2048},
			{"Echo/1000", "c", Time}:       {1e3, 1e3, 1e3, 1e3},
		},
	}
}

// TestRatio holds that the medians are divided, and that the quartiles are those of the rounds'
// ratios.
func TestRatio(t *testing.T) {
	r := &Results{Values: map[Key][]float64{
		{"X", "ours", Time}: {10, 40, 30, 20, 50},
		{"X", "net", Time}:  {10, 20, 60, 10, 10},
		{"X", "zero", Time}: {0, 0, 0, 0, 0},
		{"X", "some", Time}: {0, 20},
	}}
	// of 1, 2, 0.5, 2, 5
	if got, ok := r.Ratio("X", "ours", "net", Time); !ok || got != (Ratio{3, 1, 2}) {
		t.Errorf("ratio %v, %t", got, ok)
	}
	if got, ok := r.Ratio("X", "ours", "some", Time); !ok || got != (Ratio{3, 2, 2}) { // of 40/20
		t.Errorf("ratio to two rounds, one of them 0: %v, %t", got, ok)
	}
	for _, peer := range []string{"zero", "missing"} {
		if got, ok := r.Ratio("X", "ours", peer, Time); ok {
			t.Errorf("ratio to %s is %v", peer, got)
		}
	}
}

func TestVerdicts(t *testing.T) {
	want := `3 of 5 goals hold:
  Fast                           0.50 of net (0.49 to 0.51), goal 0.80
  Fast, allocs/op                0, goal 0
  Fast                           50 ns, goal 60 ns
2 of 5 fall short:
  Near                           1.02 of net (0.98 to 1.04), goal 1.00, within the spread
  Echo/1000, B/conn              2.00 of net (2.00 to 2.00), goal 1.00
`
	if diff := cmp.Diff(want, Verdicts(sample(), sampleRows)); diff != "" {
		t.Error(diff)
	}
}

func TestTables(t *testing.T) {
	want :=
		`Measured on 2026-01-02: A processor (2 CPUs), Linux 6.1, go1.26, 4 rounds, each of which runs every benchmark of every library once.
A ratio is the median time of ours by that of the other: below 1, ours is faster. In brackets are the quartiles of the rounds'
ratios, and behind them the goal, where there is one: ✓ reached, ≈ missed by less than that spread, ✗ missed. 3 of 5 goals are reached.
The others are example.com/netpoll v1 (x is both of golang.org/x), and c, plain C. A cell is empty where a library has no counterpart.

| work | ours | allocations | of net | of c |
|---|--:|--:|--:|--:|
| fast work | 50 ns a call ≤ 60 ns ✓ | 0 ≤ 0 ✓ | 0.50 (0.49–0.51) ≤ 0.80 ✓ | 50.00 (49.50–50.50) |
| close work | 102 ns a call | 3 | 1.02 (0.98–1.04) ≤ 1.00 ≈ |  |
| a <server> | 10 µs a message |  | 0.91 (0.91–0.91) | 10.00 (10.00–10.00) |

The echo server as its connections grow:

| | connections | ours | net | c |
|---|--:|--:|--:|--:|
| messages a second | 1,000 | 100,000 | 90,909 | 1,000,000 |
| half within | 1,000 | 2 ms |  |  |
| 99 % within | 1,000 | 3 ms |  |  |
| memory a connection | 1,000 | 4 KiB, 2.00 of net ≤ 1.00 ✗ | 2 KiB |  |
| threads | 1,000 | 6 |  |  |
`
	if diff := cmp.Diff(want,
		Tables(sample(), sampleRows, []string{"ours", "net", "unused", "c"})); diff != "" {
		t.Error(diff)
	}
}

func TestAmount(t *testing.T) {
	for _, test := range []struct {
		value float64
		unit  string
		want  string
	}{
		{0, Time, "0 ns"}, {1.234, Time, "1.23 ns"}, {99.96, Time, "100 ns"},
		{999.4, Time, "999 ns"}, {999.6, Time, "1.00 µs"}, {12345, P50, "12.3 µs"},
		{5e6, P99, "5 ms"}, {2.5e9, Time, "2.50 s"}, {1.5e13, Time, "15,000 s"},
		{100, Memory, "100 B"}, {1536, Bytes, "1.50 KiB"}, {3 << 30, Memory, "3 GiB"},
		{0, Allocs, "0"}, {1234567, "", "1,234,567"}, {7, Threads, "7"},
	} {
		if got := Amount(test.value, test.unit); got != test.want {
			t.Errorf("%v %s is %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

func TestInsert(t *testing.T) {
	for range 2 { // what is there makes no difference
		got, err := Insert([]byte("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n"), "new\n")
		if want := "before\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nafter\n"; err != nil ||
			string(got) != want {
			t.Errorf("got %q, error %v", got, err)
		}
	}
	for _, text := range []string{"", "<!-- bench -->\n", "<!-- /bench -->\n<!-- bench -->\n"} {
		if got, err := Insert([]byte(text), "new"); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestAxis(t *testing.T) {
	for _, test := range []struct{ low, high, first, last float64 }{
		{0.5, 2, 0.5, 2}, {0.49, 2.01, 0.2, 5}, {0.015, 10, 0.01, 10}, {1, 1, 1, 1},
		{0.99, 1, 0.5, 1},
	} {
		ticks := axis(test.low, test.high)
		if ticks[0] != test.first || ticks[len(ticks)-1] != test.last || !slices.IsSorted(ticks) {
			t.Errorf("the axis of %v to %v is %v", test.low, test.high, ticks)
		}
	}
}

// TestChart holds that the chart is well-formed, has both colour schemes, and puts each mark where
// its ratio is.
func TestChart(t *testing.T) {
	svg := string(Chart(sample(), sampleRows, []string{"ours", "net", "unused", "c"}))
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"@media(prefers-color-scheme:dark)", "a &lt;server&gt;",
		">0.50</text>", ">1.02</text>", "ours: 0.50 (0.49 to 0.51) of net"} {
		if !strings.Contains(svg, text) {
			t.Errorf("the chart lacks %q", text)
		}
	}
	if strings.Contains(svg, "unused") || strings.Contains(svg, "nothing") {
		t.Error("the chart shows what was not measured")
	}
	ticks := map[string]float64{}
	for _, m := range regexp.MustCompile(`class="tick" x="([0-9.]+)" y="[0-9]+">([0-9.]+)<`).
		FindAllStringSubmatch(svg, -1) {
		ticks[m[2]], _ = strconv.ParseFloat(m[1], 64)
	}
	marks := regexp.MustCompile(`<g class="l0">.*?<path class="mark" d="M([0-9.]+) `).
		FindAllStringSubmatch(svg, -1)
	if len(marks) != 4 { // one in the legend, and one for each measured row
		t.Fatalf("%d marks of ours", len(marks))
	}
	if x, _ := strconv.ParseFloat(marks[1][1], 64); x != ticks["0.5"] {
		t.Errorf("0.50 is at %v, the tick of 0.5 at %v", x, ticks["0.5"])
	}
	if d := ticks["0.02"] - ticks["0.01"] - (ticks["2"] - ticks["1"]); math.Abs(d) > 0.11 {
		t.Errorf("the axis is not logarithmic: %v", ticks)
	}
}

// TestFarMark holds that what is beyond the axis stands at its end, with its number.
func TestFarMark(t *testing.T) {
	r := sample()
	r.Values[Key{"Fast", "c", Time}] = []float64{61_000}
	svg := string(Chart(r, sampleRows, []string{"ours", "net", "c"}))
	if !strings.Contains(svg, ">610</text>") || strings.Contains(svg, ">20</text>") {
		t.Errorf("no mark at the end:\n%s", svg)
	}
}
