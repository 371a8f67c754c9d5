// Command bench measures this library beside package net, mdlayher/socket, x/net, cloudwego/netpoll
// and plain C, on the same work in one run: every round measures everything once, the libraries in
// turn, so that a disturbance of the machine meets all of them.
//
// The work stands once, in work.go and echo.go, and asks for what it needs of a library; each
// library is a file. What it is in C is in c/peer.c. The goals are in rows.go. "make bench" in the
// folder above says how the program is called.
package main
