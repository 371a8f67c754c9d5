//go:build darwin || dragonfly || freebsd || netbsd || openbsd

// This file is empty. That it is here lets sockopt_bsd.go declare functions
// whose bodies are elsewhere.
