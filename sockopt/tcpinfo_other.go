//go:build !linux

package sockopt

// tcpInfoKnown is how much of struct tcp_info is as on Linux, in the systems that took the struct
// over: up to tcpi_rcv_space.
const tcpInfoKnown = 100
