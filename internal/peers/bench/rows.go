//go:build linux

package main

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"example.com/bsdsocket/internal/peers/bench/report"
	"example.com/bsdsocket/internal/peers/thirdparty"
)

// libraries are measured in this order, each round beginning with another.
var libraries = []*library{ours, stdlib, mdlayher, x, eventLoop, gopacketLibrary, plainC}

// A row is a benchmark.
type row struct {
	report.Row
	work work
	own  bool // the work itself runs the program of plain C
}

// atMost is a goal for the time, as a part of a peer's.
func atMost(max float64, peer string) report.Goal { return report.Goal{Max: max, Peer: peer} }

// allocations is a goal for what an operation allocates.
func allocations(max float64) report.Goal { return report.Goal{Max: max, Unit: report.Allocs} }

// asFast are goals that many have.
var asFast = []report.Goal{atMost(1, "net"), allocations(0)}

// rows are all benchmarks. An operation of a ping-pong or a datagram is both ends' work, and so are
// its allocations.
var rows = append([]row{
	{work: pingPong("tcp4", plain), Row: report.Row{
		Name: "PingPong", Title: "TCP ping-pong, 64 B", Unit: "round trip", Goals: asFast}},
	{work: pingPong("tcp4", timed), Row: report.Row{
		Name: "PingPong/timeout", Title: "TCP ping-pong, timeout on each call", Unit: "round trip",
		Goals: []report.Goal{atMost(0.9, "net"), allocations(0)}}},
	{work: pingPong("tcp4", background), Row: report.Row{
		Name: "PingPong/background", Title: "TCP ping-pong, background context", Unit: "round trip",
		Goals: []report.Goal{atMost(0.55, "mdlayher"), allocations(0)}}},
	{work: pingPong("tcp4", cancelable), Row: report.Row{
		Name: "PingPong/cancelable", Title: "TCP ping-pong, cancellable context",
		Unit:  "round trip",
		Goals: []report.Goal{allocations(2 * 3)}}}, // 3 for each of two receives that wait
	{work: stream("tcp4", 64), Row: report.Row{
		Name: "Stream/64B", Title: "TCP one way, 64 B", Unit: "write", Goals: asFast}},
	{work: stream("tcp4", 4<<10), Row: report.Row{
		Name: "Stream/4KiB", Title: "TCP one way, 4 KiB", Unit: "write", Goals: asFast}},
	{work: stream("tcp4", 64<<10), Row: report.Row{
		Name: "Stream/64KiB", Title: "TCP one way, 64 KiB", Unit: "write", Goals: asFast}},
	{work: connect, Row: report.Row{
		Name: "Connect", Title: "TCP connect, accept and close", Unit: "connection",
		Goals: []report.Goal{atMost(0.8, "net")}}},
	{work: pingPong("unix", plain), Row: report.Row{
		Name: "Unix/pingpong", Title: "UNIX ping-pong, 64 B", Unit: "round trip",
		Goals: []report.Goal{allocations(0)}}},
	{work: stream("unix", 64<<10), Row: report.Row{
		Name: "Unix/stream", Title: "UNIX one way, 64 KiB", Unit: "write",
		Goals: []report.Goal{allocations(0)}}},

	{work: oneByOne, Row: report.Row{
		Name: "UDP/single", Title: "UDP one by one, 64 B", Unit: "datagram", Goals: asFast}},
	{work: batched(batchKind{network: "udp4", spread: true}), Row: report.Row{
		Name: "UDP/batch", Title: "UDP batches, 64 addresses", Unit: "batch",
		Goals: []report.Goal{atMost(0.75, "net"), atMost(0.9, "x"), allocations(0)}}},
	{work: batched(batchKind{network: "udp6"}), Row: report.Row{
		Name: "UDP/batch6", Title: "UDP batches over IPv6", Unit: "batch",
		Goals: []report.Goal{allocations(0)}}},
	{work: batched(batchKind{network: "udp4", offload: true}), Row: report.Row{
		Name: "UDP/offload", Title: "UDP batches with offload", Unit: "batch",
		Goals: []report.Goal{atMost(1.0/40, "net"), atMost(1/0.9, "c"), allocations(0)}}},
	{work: batched(batchKind{network: "udp4", offload: true, whole: true}), Row: report.Row{
		Name: "UDP/segments", Title: "UDP, a batch as one message", Unit: "batch",
		Goals: []report.Goal{atMost(1.0/40, "net"), atMost(1/0.9, "c"), allocations(0)}}},

	{work: lineByLine, Row: report.Row{
		Name: "Lines", Title: "lines of 64 B through ports", Unit: "line", Goals: asFast}},
	{work: relay, Row: report.Row{
		Name: "Copy", Title: "copy between connections through ports", Unit: "GiB",
		Goals: []report.Goal{atMost(1.05, "net")}}},
	{work: sendFile(func(l *library) sendFileFunc { return l.portFile }), Row: report.Row{
		Name: "SendFile/ports", Title: "file through a port", Unit: "GiB",
		Goals: []report.Goal{atMost(1, "net")}}},
	{work: sendFile(func(l *library) sendFileFunc { return l.sendFile }), Row: report.Row{
		Name: "SendFile/socket", Title: "sendfile", Unit: "GiB",
		Goals: []report.Goal{atMost(1, "net")}}},
	{work: httpRequests, Row: report.Row{
		Name: "HTTP", Title: "HTTP/1.1 on netconn, 16 kept connections", Unit: "request",
		Goals: []report.Goal{atMost(1/0.98, "net")}}},

	{work: option(func(o options) func() error { return o.getBool }),
		Row: optionRow("getBool", "TCP_NODELAY, get")},
	{work: option(func(o options) func() error { return o.setBool }),
		Row: optionRow("setBool", "TCP_NODELAY, set")},
	{work: option(func(o options) func() error { return o.getInt }),
		Row: optionRow("getInt", "SO_RCVBUF, get")},
	{work: option(func(o options) func() error { return o.setInt }),
		Row: optionRow("setInt", "SO_RCVBUF, set")},

	{work: lookup(func(l lookups) func() error { return l.number }), Row: report.Row{
		Name: "Lookup/number", Title: "lookup of a numeric address", Unit: "lookup",
		Goals: []report.Goal{{Max: 1000}, allocations(2)}}},
	{work: lookup(func(l lookups) func() error { return l.hosts }), Row: report.Row{
		Name: "Lookup/hosts", Title: "lookup in the hosts file", Unit: "lookup",
		Goals: []report.Goal{atMost(1, "net")}}},
	{work: lookup(func(l lookups) func() error { return l.dns }), Row: report.Row{
		Name: "Lookup/dns", Title: "lookup with a name server on loopback", Unit: "lookup"}},
	{work: lookup(func(l lookups) func() error { return l.serviceByName }), Row: report.Row{
		Name: "Lookup/service", Title: "service by name", Unit: "lookup",
		Goals: []report.Goal{{Max: 200}, allocations(0)}}},
	{work: lookup(func(l lookups) func() error { return l.serviceByPort }), Row: report.Row{
		Name: "Lookup/port", Title: "service by port", Unit: "lookup",
		Goals: []report.Goal{{Max: 200}, allocations(0)}}},
}, slices.Concat(loadRows(), echoRows(), loopRows(), packetRows(), thirdRows())...)

type sendFileFunc = func(to conn, f *os.File, size int64) error

func optionRow(name, title string) report.Row {
	return report.Row{Name: "Option/" + name, Title: title, Unit: "call",
		Goals: []report.Goal{atMost(1.1, "x"), allocations(0)}}
}

// echoRows are the echo servers, with more and more connections.
func echoRows() (list []row) {
	for _, n := range []int{1, 10, 100, 1000, 10_000} {
		many := report.Amount(float64(n), "") + " connections"
		if n == 1 {
			many = "1 connection"
		}
		r := row{work: echoes(n, plainly), Row: report.Row{
			Name: "Echo/" + strconv.Itoa(n), Title: "echo server, 512 B, " + many, Unit: "message",
			Server: true, Connections: n}}
		if n == 10_000 {
			r.Goals = []report.Goal{{Max: 1, Peer: "net", Unit: report.Memory},
				{Max: 1, Peer: "net", Unit: report.Threads}}
		}
		list = append(list, r)
	}
	for _, kind := range []style{greedyReader, greedyWriter} {
		list = append(list, row{work: echoes(1000, kind), Row: report.Row{
			Name: "Echo1000/" + string(kind),
			Title: "echo server, 512 B, 1,000 connections and a " +
				strings.ReplaceAll(string(kind), "-", " "),
			Unit: "message", Server: true,
			Goals: []report.Goal{{Max: 1, Peer: "net", Unit: report.P99}}}})
	}
	return append(list, row{work: echoes(1000, onPorts), Row: report.Row{
		Name: "EchoPorts/1000", Title: "echo server on ports, 1,000 connections", Unit: "message",
		Server: true, Goals: []report.Goal{atMost(1, "net")}}})
}

// thirdName makes a benchmark's name, which has no spaces, of a library's.
var thirdName = strings.NewReplacer(", ", "-", " ", "-")

// thirdRows are other people's libraries on netconn and on package net.
func thirdRows() (list []row) {
	for _, l := range thirdparty.Libraries {
		list = append(list, row{work: thirdParty(l), Row: report.Row{
			Name: "Third/" + thirdName.Replace(l.Name), Title: l.Name, Unit: "exchange",
			Goals: []report.Goal{atMost(1.05, "net")}}})
	}
	return list
}
