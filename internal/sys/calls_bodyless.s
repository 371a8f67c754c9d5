//go:build darwin || dragonfly || freebsd || netbsd || openbsd || (linux && portable)

// This file is empty. That it is here lets Go files declare functions whose bodies are elsewhere.
