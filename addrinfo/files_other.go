//go:build !windows

package addrinfo

func servicesFile() string  { return "/etc/services" }
func protocolsFile() string { return "/etc/protocols" }
