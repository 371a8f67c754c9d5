//go:build !linux

package testenv

import "testing"

func leaveDescriptor(*testing.T) {}

func leaveThread(*testing.T) {}
