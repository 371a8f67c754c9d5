// Package house has the tests that hold the rules of the repository: what imports what, what stands
// where, that names are documented, and that the README and the lists in testdata are true.
package house
