package addrinfo

import (
	"os"
	"path/filepath"
)

// Windows keeps the files of BSD in its own place, and calls the second "protocol".
func servicesFile() string  { return database("services") }
func protocolsFile() string { return database("protocol") }

func database(name string) string {
	return filepath.Join(os.Getenv("SystemRoot"), "System32", "drivers", "etc", name)
}
