//go:build !linux

package testenv

import (
	"errors"
	"net"
	"os"
	"path/filepath"
)

var errNoProbe = errors.New("only Linux has it, or only there it is looked for")

var probes = map[string]func() error{
	Root.Name: func() error {
		if os.Geteuid() != 0 { // -1 on Windows
			return errors.New("the tests do not run as root")
		}
		return nil
	},
	UnixSockets.Name: func() error {
		dir, err := os.MkdirTemp("", "s")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		l, err := net.Listen("unix", filepath.Join(dir, "s"))
		if err != nil {
			return err
		}
		return l.Close()
	},
}

// kernel returns nothing: releases of Linux say nothing about this system.
func kernel() string { return "" }

func privileged() bool { return false }
