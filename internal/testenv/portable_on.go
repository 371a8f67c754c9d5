//go:build portable

package testenv

const Portable = true
