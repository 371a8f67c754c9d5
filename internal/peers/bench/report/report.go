// Package report reads the measurements of package bench, compares them with the goals, and shows
// them: as a table in Markdown, as a chart, and as a list of the goals that hold and of those that
// fall short.
package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Ours is the library that the goals are about, and Base the one that the chart compares with.
const (
	Ours = "ours"
	Base = "net"
)

// The units: those that package testing has names for, and those of servers.
const (
	Time    = "ns/op"
	Bytes   = "B/op"
	Allocs  = "allocs/op"
	P50     = "p50-ns" // latencies
	P99     = "p99-ns" //
	P999    = "p99.9-ns"
	Share   = "share"   // of the slowest connection: what it got of an equal part
	Memory  = "B/conn"  // the server's, without the kernel's
	Threads = "threads" // the server's
)

// A Row describes a benchmark.
type Row struct {
	Name  string // as in the results, without "Benchmark": "PingPong/timeout"
	Title string // for people: "TCP ping-pong, a timeout a call"
	Unit  string // what one operation is: "round trip"
	Goals []Goal

	Server      bool // it is a process of its own
	Connections int  // of a server that is measured with more and more of them
}

// A Goal is the most that ours may cost: as a part of what Peer needs or, without a Peer, in Unit.
type Goal struct {
	Max  float64
	Peer string
	Unit string // Time if it is empty
}

func (g Goal) unit() string {
	if g.Unit == "" {
		return Time
	}
	return g.Unit
}

// Key says what was measured.
type Key struct{ Bench, Lib, Unit string }

// Results are all measurements.
type Results struct {
	Config map[string]string // what the raw file's head says of the machine: "cpu", "kernel", ...
	Values map[Key][]float64 // one for each round
}

// Config writes a line of the raw file's head.
func Config(w io.Writer, key, value string) error {
	_, err := fmt.Fprintf(w, "%s: %s\n", key, value)
	return err
}

// Line writes a measurement in the format of package testing's benchmarks, which benchstat reads.
func Line(w io.Writer, bench, lib string, procs, n int, values map[string]float64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Benchmark%s/lib=%s-%d\t%d", bench, lib, procs, n)
	units := []string{Time, Bytes, Allocs}
	for unit := range values {
		if !slices.Contains(units, unit) {
			units = append(units, unit)
		}
	}
	slices.Sort(units[3:])
	for _, unit := range units {
		if v, ok := values[unit]; ok {
			fmt.Fprintf(&b, "\t%s %s", strconv.FormatFloat(v, 'f', -1, 64), unit)
		}
	}
	_, err := fmt.Fprintln(w, b.String())
	return err
}

// Parse reads what Config and Line wrote. Other lines are skipped, as benchstat does.
func Parse(r io.Reader) (*Results, error) {
	results := &Results{Config: map[string]string{}, Values: map[Key][]float64{}}
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		rest, ok := strings.CutPrefix(line, "Benchmark")
		if !ok {
			if key, value, ok := strings.Cut(line, ": "); ok {
				results.Config[key] = value
			}
			continue
		}
		fields := strings.Fields(rest)
		bench, lib, ok := strings.Cut(rest, "/lib=")
		if !ok || len(fields) < 4 || len(fields)%2 != 0 {
			return nil, fmt.Errorf("line %d: no measurement: %q", number, line)
		}
		lib = strings.Fields(lib)[0]
		if i := strings.LastIndexByte(lib, '-'); i >= 0 {
			lib = lib[:i]
		}
		for i := 2; i < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			key := Key{bench, lib, fields[i+1]}
			results.Values[key] = append(results.Values[key], v)
		}
	}
	return results, lines.Err()
}

// Median returns the median of a measurement, and whether there is any.
func (r *Results) Median(bench, lib, unit string) (float64, bool) {
	values := r.Values[Key{bench, lib, unit}]
	if len(values) == 0 {
		return 0, false
	}
	return Quantile(values, 0.5), true
}

// A Ratio compares two libraries: the ratio of their medians, and the quartiles of the ratios
// within each round.
type Ratio struct{ Median, Low, High float64 }

// Ratio returns what lib needs as a part of what peer needs, and whether both have been measured.
func (r *Results) Ratio(bench, lib, peer, unit string) (Ratio, bool) {
	a, b := r.Values[Key{bench, lib, unit}], r.Values[Key{bench, peer, unit}]
	if len(a) == 0 || len(b) == 0 || Quantile(b, 0.5) == 0 {
		return Ratio{}, false
	}
	var each []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			each = append(each, a[i]/b[i])
		}
	}
	return Ratio{Quantile(a, 0.5) / Quantile(b, 0.5), Quantile(each, 0.25), Quantile(each, 0.75)},
		true
}

// Quantile returns the value below which the part q of the values lies, between two of them in
// proportion.
func Quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// A Verdict is how a goal came out.
type Verdict struct {
	Goal
	Row   Row
	Ratio         // of a goal with a Peer
	Value float64 // of a goal without
}

// Holds reports whether the goal is reached.
func (v Verdict) Holds() bool {
	if v.Peer == "" {
		return v.Value <= v.Max
	}
	return v.Median <= v.Max
}

// Near reports whether a goal is missed by less than the spread of the rounds.
func (v Verdict) Near() bool { return !v.Holds() && v.Peer != "" && v.Low <= v.Max }

// Verdict returns how a goal came out, and whether it was measured.
func (r *Results) Verdict(row Row, goal Goal) (v Verdict, ok bool) {
	v = Verdict{Goal: goal, Row: row}
	if goal.Peer == "" {
		v.Value, ok = r.Median(row.Name, Ours, goal.unit())
	} else {
		v.Ratio, ok = r.Ratio(row.Name, Ours, goal.Peer, goal.unit())
	}
	return v, ok
}

// Verdicts returns which goals hold and which fall short, a line each.
func Verdicts(r *Results, rows []Row) string {
	var hold, short []string
	for _, row := range rows {
		for _, goal := range row.Goals {
			v, ok := r.Verdict(row, goal)
			switch {
			case !ok:
			case v.Holds():
				hold = append(hold, v.String())
			default:
				short = append(short, v.String())
			}
		}
	}
	all := len(hold) + len(short)
	return fmt.Sprintf("%d of %d goals hold:\n%s%d of %d fall short:\n%s",
		len(hold), all, strings.Join(hold, ""), len(short), all, strings.Join(short, ""))
}

// String is the verdict's line.
func (v Verdict) String() string {
	what := v.Row.Name
	if v.unit() != Time {
		what += ", " + v.unit()
	}
	if v.Peer == "" {
		return fmt.Sprintf("  %-30s %s, goal %s\n", what, Amount(v.Value, v.unit()),
			Amount(v.Max, v.unit()))
	}
	near := ""
	if v.Near() {
		near = ", within the spread"
	}
	return fmt.Sprintf("  %-30s %s of %s (%s to %s), goal %s%s\n", what, number(v.Median), v.Peer,
		number(v.Low), number(v.High), number(v.Max), near)
}

// Amount formats a measurement with about three digits.
func Amount(v float64, unit string) string {
	steps := []string{""}
	step := 1000.0
	switch unit {
	case Time, P50, P99, P999:
		steps = []string{" ns", " µs", " ms", " s"}
	case Bytes, Memory:
		steps, step = []string{" B", " KiB", " MiB", " GiB"}, 1024
	}
	i := 0
	for ; i < len(steps)-1 && v >= 0.9995*step; i++ {
		v /= step
	}
	return digits(v) + steps[i]
}

func digits(v float64) string {
	switch {
	case v == float64(int64(v)) || v >= 99.95:
		s := strconv.FormatFloat(v, 'f', 0, 64)
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	case v >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// number formats a ratio.
func number(v float64) string {
	if v < 0.0995 {
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
