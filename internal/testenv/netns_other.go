//go:build !linux

package testenv

// Needs(t, NetNamespaces) has skipped every test before these are called.

func openNamespace() (*NS, error) { return nil, errNoProbe }

func (ns *NS) do(func()) (exit bool, panicked any) { return false, errNoProbe }

func linkReady(string) error { return errNoProbe }
