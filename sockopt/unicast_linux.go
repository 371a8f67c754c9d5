package sockopt

// unicastInterface6 is in network byte order, as IPv4's is.
var unicastInterface6 = swapped32
