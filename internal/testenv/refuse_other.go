//go:build !linux

package testenv

import "testing"

func refuse(*testing.T, []Refusal) error { return errNoProbe }
