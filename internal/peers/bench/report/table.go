package report

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The lines between which Insert puts its text.
const (
	beginMark = "<!-- bench -->\n"
	endMark   = "<!-- /bench -->\n"
)

// Insert replaces what is between the marks of a document.
func Insert(document []byte, text string) ([]byte, error) {
	head, rest, ok := bytes.Cut(document, []byte(beginMark))
	_, tail, ok2 := bytes.Cut(rest, []byte(endMark))
	if !ok || !ok2 {
		return nil, errors.New("the lines <!-- bench --> and <!-- /bench --> are missing")
	}
	return slices.Concat(head, []byte(beginMark), []byte("\n"+text+"\n"), []byte(endMark), tail),
		nil
}

// Tables returns what internal/peers/README.md shows, in Markdown: a head, the ratios, and the
// servers.
func Tables(r *Results, rows []Row, libs []string) string {
	var b strings.Builder
	b.WriteString(head(r, rows))
	ratios(&b, r, rows, libs)
	servers(&b, r, rows, libs)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// head says what was measured where, and how the goals came out.
func head(r *Results, rows []Row) string {
	c := r.Config
	var versions []string
	for _, lib := range []string{"mdlayher", "netpoll", "x/net", "x/sys", "gopacket"} {
		if v := c["module-"+lib]; v != "" {
			versions = append(versions, v)
		}
	}
	hold, all := 0, 0
	for _, row := range rows {
		for _, goal := range row.Goals {
			if v, ok := r.Verdict(row, goal); ok {
				all++
				if v.Holds() {
					hold++
				}
			}
		}
	}
	return fmt.Sprintf(
		`Measured on %s: %s (%s CPUs), %s, %s, %s rounds, each of which runs every benchmark of every library once.
A ratio is the median time of ours by that of the other: below 1, ours is faster. In brackets are the quartiles of the rounds'
ratios, and behind them the goal, where there is one: ✓ reached, ≈ missed by less than that spread, ✗ missed. %d of %d goals are reached.
The others are %s (x is both of golang.org/x), and c, plain C. A cell is empty where a library has no counterpart.

`, c["date"], c["cpu"], c["cpus"], c["kernel"], c["go"], c["rounds"], hold, all, strings.Join(versions, ", "))
}

// ratios writes what ours needs as a part of what each other library needs.
func ratios(b *strings.Builder, r *Results, rows []Row, libs []string) {
	peers := slices.DeleteFunc(slices.Clone(libs), func(lib string) bool {
		return lib == Ours || !measured(r, lib)
	})
	fmt.Fprintf(b, "| work | ours | allocations | of %s |\n", strings.Join(peers, " | of "))
	fmt.Fprintf(b, "|---|--:|--:|%s\n", strings.Repeat("--:|", len(peers)))
	for _, row := range rows {
		ours, ok := r.Median(row.Name, Ours, Time)
		if !ok {
			continue
		}
		fmt.Fprintf(b, "| %s | %s a %s%s | %s |", row.Title, Amount(ours, Time), row.Unit,
			absolute(r, row, Time), allocations(r, row))
		for _, peer := range peers {
			fmt.Fprintf(b, " %s |", ratio(r, row, peer))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func measured(r *Results, lib string) bool {
	for key := range r.Values {
		if key.Lib == lib {
			return true
		}
	}
	return false
}

// ratio is a cell of the table: "0.86 (0.84–0.88) ≤ 1.00 ✓".
func ratio(r *Results, row Row, peer string) string {
	ratio, ok := r.Ratio(row.Name, Ours, peer, Time)
	if !ok {
		return ""
	}
	cell := fmt.Sprintf("%s (%s–%s)", number(ratio.Median), number(ratio.Low), number(ratio.High))
	for _, goal := range row.Goals {
		if goal.Peer == peer && goal.unit() == Time {
			v, _ := r.Verdict(row, goal)
			cell += " " + v.mark(number(goal.Max))
		} else if v, ok := r.Verdict(row, goal); ok && goal.Peer == peer && row.Connections == 0 {
			cell += fmt.Sprintf("; %s %s %s", titleOf(goal.unit()), number(v.Median),
				v.mark(number(goal.Max)))
		}
	}
	return cell
}

// allocations is what ours allocates; what the process of a server does is not known.
func allocations(r *Results, row Row) string {
	v, ok := r.Median(row.Name, Ours, Allocs)
	if !ok || row.Server {
		return ""
	}
	return digits(v) + absolute(r, row, Allocs)
}

// absolute are the goals in a unit that have no peer, with a space before each.
func absolute(r *Results, row Row, unit string) (goals string) {
	for _, goal := range row.Goals {
		if v, ok := r.Verdict(row, goal); ok && goal.Peer == "" && goal.unit() == unit {
			goals += " " + v.mark(Amount(goal.Max, unit))
		}
	}
	return goals
}

// mark says what the goal is and whether it holds.
func (v Verdict) mark(max string) string {
	sign := "✗"
	if v.Holds() {
		sign = "✓"
	} else if v.Near() {
		sign = "≈"
	}
	return fmt.Sprintf("≤ %s %s", max, sign)
}

// figures are what the second table shows of a server.
var figures = []struct {
	title, unit string
	show        func(v float64) string
}{
	{"messages a second", Time, func(v float64) string { return digits(1e9 / v) }},
	{"half within", P50, func(v float64) string { return Amount(v, P50) }},
	{"99 % within", P99, func(v float64) string { return Amount(v, P99) }},
	{"99.9 % within", P999, func(v float64) string { return Amount(v, P999) }},
	{"the slowest connection, of an equal share", Share, number},
	{"memory a connection", Memory, func(v float64) string { return Amount(v, Memory) }},
	{"threads", Threads, digits},
}

// titleOf is what the second table calls a unit.
func titleOf(unit string) string {
	for _, f := range figures {
		if f.unit == unit {
			return f.title
		}
	}
	return unit
}

// servers writes how the servers do with more and more connections.
func servers(b *strings.Builder, r *Results, rows []Row, libs []string) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(row Row) bool {
		return row.Connections == 0 || r.Values[Key{row.Name, Ours, Time}] == nil
	})
	if len(rows) == 0 {
		return
	}
	libs = slices.DeleteFunc(slices.Clone(libs), func(lib string) bool {
		_, ok := r.Median(rows[0].Name, lib, Time)
		return !ok
	})
	fmt.Fprintf(b,
		"The echo server as its connections grow:\n\n| | connections | %s |\n|---|--:|%s\n",
		strings.Join(libs, " | "), strings.Repeat("--:|", len(libs)))
	for _, f := range figures {
		for _, row := range rows {
			var cells []string
			for _, lib := range libs {
				cell := ""
				if v, ok := r.Median(row.Name, lib, f.unit); ok {
					cell = f.show(v)
				}
				for _, goal := range row.Goals {
					if v, ok := r.Verdict(row, goal); ok && lib == Ours && goal.unit() == f.unit {
						cell += fmt.Sprintf(", %s of %s %s", number(v.Median), goal.Peer,
							v.mark(number(goal.Max)))
					}
				}
				cells = append(cells, cell)
			}
			if strings.Join(cells, "") != "" {
				fmt.Fprintf(b, "| %s | %s | %s |\n", f.title, digits(float64(row.Connections)),
					strings.Join(cells, " | "))
			}
		}
	}
}
