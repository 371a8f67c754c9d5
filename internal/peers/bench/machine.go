//go:build linux

package main

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/peers/bench/report"
)

// describe writes the head of the raw file: what was measured where.
func describe(w io.Writer) error {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err
	}
	head := [][2]string{
		{"goos", runtime.GOOS},
		{"goarch", runtime.GOARCH},
		{"pkg", "example.com/bsdsocket/internal/peers/bench"},
		{"cpu", processor()},
		{"cpus", strconv.Itoa(runtime.NumCPU())},
		{"kernel", "Linux " + unix.ByteSliceToString(u.Release[:])},
		{"go", runtime.Version()},
		{"date", time.Now().UTC().Format(time.DateOnly)},
		{"rounds", strconv.Itoa(*rounds)},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if lib, ok := modules[m.Path]; ok {
				head = append(head, [2]string{lib, m.Path + " " + m.Version})
			}
		}
	}
	for _, line := range head {
		if err := report.Config(w, line[0], line[1]); err != nil {
			return err
		}
	}
	return nil
}

// modules are the peers' modules, with the keys that their versions have in the raw file.
var modules = map[string]string{
	"github.com/mdlayher/socket":   "module-mdlayher",
	"github.com/cloudwego/netpoll": "module-netpoll",
	"golang.org/x/net":             "module-x/net",
	"golang.org/x/sys":             "module-x/sys",
}

func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(info) {
		key, value, _ := strings.Cut(string(line), ":")
		switch strings.TrimSpace(key) {
		case "model name", "cpu model", "Model":
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
