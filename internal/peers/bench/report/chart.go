package report

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// farthest is the end of the axis: what is farther stands there with its number.
const farthest = 10

// The chart's measures, in pixels.
const (
	labels   = 330 // the width of the rows' names
	plot     = 520 // of the axis
	values   = 70  // of the numbers at the right
	lineStep = 22
	top      = 64
	bottom   = 34
	width    = labels + plot + values
)

// Chart returns an SVG of what each library needs as a part of what Base needs, on a logarithmic
// axis. It has its own background, so that it is legible whatever is around it, in the colours that
// the reader's system prefers.
func Chart(r *Results, rows []Row, libs []string) []byte {
	type dot struct {
		lib int
		Ratio
	}
	type line struct {
		row  Row
		dots []dot
	}
	var lines []line
	low, high := 0.5, 2.0
	for _, row := range rows {
		l := line{row: row}
		for i, lib := range libs {
			ratio, ok := r.Ratio(row.Name, lib, Base, Time)
			if !ok || lib == Base {
				continue
			}
			l.dots = append(l.dots, dot{i, ratio})
			low, high = min(low, ratio.Median, ratio.Low), max(high, ratio.Median, ratio.High)
		}
		slices.Reverse(l.dots) // ours comes first, and shall be drawn over the others
		if len(l.dots) > 0 {
			lines = append(lines, l)
		}
	}
	ticks := axis(low, min(high, farthest))
	low, high = ticks[0], ticks[len(ticks)-1]
	x := func(v float64) float64 {
		v = min(v, high)
		return labels + plot*(math.Log(v)-math.Log(low))/(math.Log(high)-math.Log(low))
	}
	height := top + lineStep*len(lines) + bottom
	end := height - bottom

	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n",
		width, height, width, height,
		"The time that each library needs, as a part of package net's")
	b.WriteString(style(libs))
	fmt.Fprintf(&b, `<rect class="back" width="%d" height="%d"/>`+"\n", width, height)
	fmt.Fprintf(&b,
		`<text x="12" y="20" class="title">time, as a part of package net's (logarithmic; left is faster)</text>`+"\n")
	legend(&b, libs, func(lib string) bool {
		return slices.ContainsFunc(lines, func(l line) bool {
			return slices.ContainsFunc(l.dots, func(d dot) bool { return libs[d.lib] == lib })
		})
	})
	for _, t := range ticks {
		class := "grid"
		if t == 1 {
			class = "one"
		}
		fmt.Fprintf(&b, `<line class="%s" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, class, x(t), x(t),
			top-8, end)
		fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d">%s</text>`+"\n", x(t), end+18,
			tickName(t))
	}
	for i, l := range lines {
		y := top + lineStep*i + lineStep/2
		fmt.Fprintf(&b, `<text class="row" x="%d" y="%d">%s</text>`, labels-12, y+4,
			html.EscapeString(l.row.Title))
		for _, goal := range l.row.Goals {
			if goal.Peer == Base && goal.unit() == Time {
				fmt.Fprintf(&b, `<path class="goal" d="M%.1f %d v%d"/>`, x(goal.Max), y-8, 16)
			}
		}
		for _, d := range l.dots {
			fmt.Fprintf(&b,
				`<g class="l%d"><path class="spread" d="M%.1f %d H%.1f"/>%s<title>%s: %s (%s to %s) of %s</title></g>`,
				d.lib, x(d.Low), y, x(d.High), shape(d.lib, x(d.Median), float64(y)),
				html.EscapeString(libs[d.lib]), number(d.Median), number(d.Low), number(d.High),
				Base)
			if d.Median > high {
				fmt.Fprintf(&b, `<text class="far" x="%.1f" y="%d">%s</text>`, x(high)-10, y+4,
					digits(d.Median))
			}
			if libs[d.lib] == Ours {
				fmt.Fprintf(&b, `<text class="value" x="%d" y="%d">%s</text>`, width-12, y+4,
					number(d.Median))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// axis returns the powers of ten, and twice and five times these, that include a range.
func axis(low, high float64) (ticks []float64) {
	for exponent := math.Floor(math.Log10(low)); ; exponent++ {
		for _, factor := range []float64{1, 2, 5} {
			t := math.Round(factor*math.Pow(10, exponent)*1e9) / 1e9
			if len(ticks) > 0 && ticks[0] <= low && t > low && ticks[len(ticks)-1] <= low {
				ticks = ticks[len(ticks)-1:]
			}
			ticks = append(ticks, t)
			if t >= high {
				return ticks
			}
		}
	}
}

func tickName(t float64) string { return strings.TrimSuffix(fmt.Sprintf("%g", t), ".0") }

// colors are the libraries', on light and on dark.
var colors = [][2]string{
	{"#0b57d0", "#8ab4f8"}, {"#5f6368", "#9aa0a6"}, {"#b3261e", "#f2b8b5"}, {"#8430ce", "#d7aefb"},
	{"#146c2e", "#6dd58c"}, {"#b06000", "#fcc934"},
}

func style(libs []string) string {
	rule := func(shade int) string {
		var b strings.Builder
		back, text, grid := "#ffffff", "#202124", "#dadce0"
		if shade == 1 {
			back, text, grid = "#0d1117", "#e6edf3", "#30363d"
		}
		fmt.Fprintf(&b, `.back{fill:%s}text{fill:%s}.grid{stroke:%s}.one,.goal{stroke:%s}`, back,
			text, grid, text)
		for i := range libs {
			c := colors[i%len(colors)][shade]
			fmt.Fprintf(&b, `.l%d .mark{fill:%s;stroke:%s}.l%d .spread{stroke:%s}`, i, c, back, i,
				c)
		}
		return b.String()
	}
	return `<style>text{font:12px system-ui,sans-serif}.title{font-weight:600}.row{text-anchor:end}.tick{text-anchor:middle}` +
		`.far{text-anchor:end;font-size:10px}.value{text-anchor:end;font-weight:600}.one{stroke-width:1.5}.goal{stroke-width:2;stroke-dasharray:2 2}.spread{stroke-width:2;opacity:.6}` +
		rule(0) + `@media(prefers-color-scheme:dark){` + rule(1) + "}</style>\n"
}

// legend writes what the marks mean.
func legend(b *strings.Builder, libs []string, used func(string) bool) {
	at := 18.0
	for i, lib := range libs {
		if used(lib) {
			fmt.Fprintf(b, `<g class="l%d">%s</g><text x="%.0f" y="44">%s</text>`, i,
				shape(i, at, 40), at+10, html.EscapeString(lib))
			at += 34 + 7*float64(len(lib))
		}
	}
	fmt.Fprintf(b,
		`<path class="goal" d="M%.0f 32 v16"/><text x="%.0f" y="44">goal against %s</text>`+"\n",
		at, at+10, Base)
}

// shapes are the libraries' marks, so that colour is not all that tells them apart: a disc, a
// cross, a rhomb, two triangles and a square.
var shapes = []string{
	"m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0z",
	"m-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
	"m0-5.5l5 5.5l-5 5.5l-5-5.5z",
	"m0-5l5 9h-10z",
	"m0 5l5-9h-10z",
	"m-4-4h8v8h-8z",
}

func shape(lib int, x, y float64) string {
	return fmt.Sprintf(`<path class="mark" d="M%.1f %.1f%s"/>`, x, y, shapes[lib%len(shapes)])
}
