// Package examples is a test of whole programs, each in a folder of its own: README.md lists them.
package examples
