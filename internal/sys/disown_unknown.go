//go:build go1.27

package sys

const disown = false
