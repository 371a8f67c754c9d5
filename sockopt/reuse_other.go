//go:build !windows

package sockopt

var reuseAddress = boolean
