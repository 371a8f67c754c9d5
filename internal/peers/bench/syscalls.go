//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// systemCalls counts the system calls of an operation: those of many less those of few, so that
// what begins and ends does not count. Strace slows the program down, so that there are fewer calls
// that find something to do at once than there are otherwise.
func systemCalls(w io.Writer, rows []row, libraries []*library) error {
	const few, many = 100, 1100
	for _, row := range rows {
		for _, lib := range libraries {
			if row.Server {
				continue // half of the calls would be the client's
			}
			a, err := trace(row, lib, few)
			if err == nil {
				var b map[string]int
				b, err = trace(row, lib, many)
				for name := range b {
					b[name] -= a[name]
				}
				a = b
			}
			if errors.Is(err, errNone) {
				continue
			} else if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s of %s:", row.Name, lib.name)
			names := make([]string, 0, len(a))
			for name := range a {
				names = append(names, name)
			}
			slices.SortFunc(names, func(x, y string) int { return a[y] - a[x] })
			for _, name := range names {
				if each := float64(a[name]) / (many - few); each >= 0.01 {
					fmt.Fprintf(w, " %s %.2f", name, each)
				}
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

// trace returns how often a process makes each system call to do n operations.
func trace(r row, lib *library, n int) (map[string]int, error) {
	b, err := start(r, lib) // is there one?
	if err != nil {
		return nil, err
	}
	defer b.end()
	path := b.path()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("strace", "-f", "-c", "-U", "calls,name", "-o", path, self,
		"-run", "^"+r.Name+"$", "-lib", "^"+lib.name+"$", "-c", plainC.program, "-n",
		strconv.Itoa(n), "-size", "65536")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseCounts(text), nil
}

// parseCounts reads what strace -c -U calls,name writes.
func parseCounts(text []byte) map[string]int {
	counts := map[string]int{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[1] == "total" {
			continue
		}
		if n, err := strconv.Atoi(fields[0]); err == nil {
			counts[fields[1]] = n
		}
	}
	return counts
}
