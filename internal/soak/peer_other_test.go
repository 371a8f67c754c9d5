//go:build !linux

package soak

func asPeer() {}
