package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

// A printer prints lines as they come, to the standard error if data goes to the standard output.
type printer struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	to             io.Writer     // of the table; nil: there is none, but records
	lines          *json.Encoder // of records as they come; nil: there is none
	header         []string
	widths         []int // of all columns but the last
	begun          bool
	records        []any
}

// line prints a row of the table.
func (p *printer) line(cells ...string) {
	if p.to == nil {
		return
	}
	var text strings.Builder
	row := func(cells []string) string {
		text.Reset()
		for i, width := range p.widths {
			fmt.Fprintf(&text, "%-*s%s", width, printable(cells[i]), gap)
		}
		text.WriteString(printable(cells[len(p.widths)]))
		return text.String()
	}
	s := screenOf(p.to)
	if !p.begun {
		p.begun = true
		fmt.Fprintln(p.to, s.heading(row(p.header)))
	}
	fmt.Fprintln(p.to, s.line(row(cells)))
}

// record keeps what -json prints, or prints what -jsonl does.
func (p *printer) record(r any) error {
	if p.lines != nil {
		return p.lines.Encode(r)
	}
	p.records = append(p.records, r)
	return nil
}

// A counter counts the bytes that are written to it.
type counter struct{ n atomic.Int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return len(b), nil
}

// amount is a number of bytes for people.
func amount(n int64) string {
	v, unit := float64(n), 0
	for v >= 1000 && unit < 4 {
		v, unit = v/1000, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %cB", v, " kMGT"[unit])
}

// progress shows counters on a terminal until stop is called.
func (p *printer) progress(sent, received *counter) (stop func()) {
	if screenOf(p.stderr).width == 0 {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		began, clear := time.Now(), ""
		for t := time.NewTicker(time.Second / 4); ; {
			select {
			case <-t.C:
				clear = "\r\x1b[K"
				s, r := sent.n.Load(), received.n.Load()
				fmt.Fprintf(p.stderr, "%ssent %s, received %s, %s/s", clear, amount(s), amount(r),
					amount(int64(float64(s+r)/time.Since(began).Seconds())))
			case <-done:
				t.Stop()
				fmt.Fprint(p.stderr, clear)
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
