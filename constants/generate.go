package constants

//go:generate go run ../internal/genconst -o .
