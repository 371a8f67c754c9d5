//go:build !linux

package testenv

import "os"

// Needs(t, NetNamespaces) has skipped every test before these are called.

func openNamespace() (*NS, error) { return nil, errNoProbe }

func (ns *NS) do(func()) (exit bool, panicked any) { return false, errNoProbe }

func linkReady(string) error { return errNoProbe }

func openTUN(string) (*os.File, error) { return nil, errNoProbe }
