package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// A printer prints lines as they come, to the standard error if data goes to the standard output.
type printer struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	to             io.Writer // of the table; nil: there is none, but records
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
	if !p.begun {
		p.begun = true
		p.line(p.header...)
	}
	for i, width := range p.widths {
		fmt.Fprintf(p.to, "%-*s  ", width, printable(cells[i]))
	}
	fmt.Fprintln(p.to, printable(cells[len(p.widths)]))
}

// A counter counts the bytes that are written to it.
type counter struct{ n atomic.Int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return len(b), nil
}

// progress shows counters on a terminal until stop is called.
func (p *printer) progress(sent, received *counter) (stop func()) {
	f, ok := p.stderr.(*os.File)
	if !ok {
		return func() {}
	}
	if i, err := f.Stat(); err != nil || i.Mode()&os.ModeCharDevice == 0 {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for t := time.NewTicker(time.Second / 4); ; {
			select {
			case <-t.C:
				fmt.Fprintf(f, "\rsent %d B, received %d B ", sent.n.Load(), received.n.Load())
			case <-done:
				t.Stop()
				fmt.Fprint(f, "\r\x1b[K")
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
