package sockopt

import "math"

// tcpInfoKnown is how much of struct tcp_info is as this package knows it: all that Linux returns.
const tcpInfoKnown = math.MaxInt
