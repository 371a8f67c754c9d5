package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/netlink"
	"example.com/bsdsocket/sockaddr"
)

var socketsCommand = command{
	name:  "sockets",
	args:  "[HOST:PORT]",
	about: "Show the sockets of the machine: states, queues, owners, timers",
	examples: []string{
		"sockets -tcp -listen",
		"sockets -v -state estab :443",
		"sockets -names -udp",
		"sockets -json -unix -pid 4711",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		wanted := map[string]*bool{}
		for _, k := range netlink.Kinds {
			wanted[k.Name] = flags.Bool(k.Name, false,
				"only sockets of this kind, and of others that are asked for")
		}
		var f filter
		flags.BoolVar(&f.listening, "listen", false, "only those that listen")
		flags.StringVar(&f.state, "state", "",
			"only those in this `state`: estab, listen, time-wait, ...")
		flags.IntVar(&f.pid, "pid", 0, "only those of the process with this `number`")
		verbose := flags.Bool("v", false, "show what TCP knows of each connection")
		names := flags.Bool("names", false,
			"show names of hosts and services in place of addresses and ports")
		timeout := timeoutFlag(flags)
		return func(ctx context.Context, args []string) (*result, error) {
			if err := count(args, 0, 1); err != nil {
				return nil, err
			}
			asking, cancel, err := within(ctx, *timeout)
			if err != nil {
				return nil, err
			}
			defer cancel()
			if len(args) > 0 {
				if err := f.parse(asking, args[0]); err != nil {
					return nil, err
				}
			}
			if err := f.check(given(flags, "pid")); err != nil {
				return nil, err
			}
			kinds := slices.DeleteFunc(slices.Clone(netlink.Kinds), func(k netlink.Kind) bool {
				return !*wanted[k.Name]
			})
			asked := len(kinds) > 0
			if !asked {
				kinds = netlink.Kinds
			}
			records, err := sockets(ctx, kinds, asked, f, *verbose)
			if err != nil {
				return nil, err
			}
			if *names {
				nameAll(asking, records)
			}
			return socketTable(records, *verbose), nil
		}
	},
}

// A filter says which sockets are shown.
type filter struct {
	listening bool
	state     string
	pid       int
	hosts     []netip.Addr // none: any
	port      int          // 0: any
}

// parse takes HOST:PORT, of which each part can be empty or *, and the port a service.
func (f *filter) parse(ctx context.Context, text string) error {
	host, service, err := net.SplitHostPort(text)
	if err != nil {
		return usagef("%q is no HOST:PORT", text)
	}
	if host != "" && host != "*" {
		infos, err := addrinfo.Lookup(ctx, host, "", nil)
		if err != nil {
			return err
		}
		for _, i := range infos {
			f.hosts = append(f.hosts, i.Addr.IP().WithZone(""))
		}
	}
	if service != "" && service != "*" {
		if f.port, err = strconv.Atoi(service); err != nil {
			s, err := addrinfo.ServiceByName(service, "")
			if err != nil {
				return fmt.Errorf("no service is called %q", service)
			}
			f.port = s.Port
		}
		if f.port < 0 || f.port > 65535 {
			return usagef("the port %d is not one of 0..65535", f.port)
		}
	}
	return nil
}

// check says why a filter shows nothing that there could be.
func (f *filter) check(process bool) error {
	if f.state != "" && !slices.ContainsFunc(netlink.States(), f.wants) {
		return usagef("no state is called %q; there are %s", f.state, stateList())
	}
	if !process {
		return nil
	}
	if f.pid <= 0 {
		return usagef("%d is the number of no process", f.pid)
	}
	_, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", f.pid))
	if _, self := os.Stat("/proc/self"); self != nil {
		return errors.New("nothing tells whose a socket is: /proc is not there")
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("no right to see the descriptors of process %d", f.pid)
	case err != nil:
		return fmt.Errorf("there is no process %d", f.pid)
	}
	return nil
}

func stateList() string {
	var names []string
	for _, s := range netlink.States() {
		names = append(names, strings.ToLower(s.String()))
	}
	return strings.Join(names, ", ")
}

// wants reports whether a state is the one that is asked for: "established" is ESTAB, too.
func (f *filter) wants(s netlink.State) bool {
	return strings.HasPrefix(strings.ToLower(f.state), strings.ToLower(s.String()))
}

func (f *filter) shows(s *netlink.Socket, owners []owner) bool {
	side := func(a sockaddr.Addr) bool {
		return a.IsValid() && (len(f.hosts) == 0 ||
			slices.Contains(f.hosts, a.IP().WithZone(""))) && (f.port == 0 || a.Port() == f.port)
	}
	return (!f.listening || s.State == netlink.Listening) &&
		(f.state == "" || f.wants(s.State)) &&
		(f.pid == 0 || slices.ContainsFunc(owners, func(o owner) bool { return o.PID == f.pid })) &&
		(len(f.hosts) == 0 && f.port == 0 || side(s.Local) || side(s.Remote))
}

type socketRecord struct {
	Kind         string     `json:"kind"`
	Type         string     `json:"type,omitempty"`
	State        string     `json:"state"`
	ReceiveQueue uint32     `json:"receive_queue"`
	SendQueue    uint32     `json:"send_queue"`
	Local        string     `json:"local,omitempty"`
	Remote       string     `json:"remote,omitempty"`
	LocalName    string     `json:"local_name,omitempty"` // with -names
	RemoteName   string     `json:"remote_name,omitempty"`
	Inode        uint32     `json:"inode,omitempty"`
	Peer         uint32     `json:"peer_inode,omitempty"`
	UID          uint32     `json:"uid"`
	User         string     `json:"user,omitempty"`
	Processes    []owner    `json:"processes,omitempty"`
	Timer        string     `json:"timer,omitempty"`
	Expires      float64    `json:"timer_seconds,omitempty"`
	Retransmits  int        `json:"retransmits,omitempty"`
	TCP          *tcpRecord `json:"tcp,omitempty"`

	local, remote sockaddr.Addr
}

type tcpRecord struct {
	RTT           float64 `json:"rtt_ms"`
	RTTVariation  float64 `json:"rtt_variation_ms"`
	MSS           int     `json:"mss"`
	Window        int     `json:"congestion_window"`
	Congestion    string  `json:"congestion_control,omitempty"`
	Retransmitted int     `json:"retransmitted"`
	Acknowledged  uint64  `json:"bytes_acknowledged"`
	Received      uint64  `json:"bytes_received"`
}

// sockets asks for all sockets of some kinds. A kernel that cannot tell of one is an error if that
// was asked for.
func sockets(ctx context.Context, kinds []netlink.Kind, asked bool, f filter,
	verbose bool) ([]socketRecord, error) {
	c, err := netlink.Open(constants.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	owned := owners()
	names := users{}
	var records []socketRecord
	for _, k := range kinds {
		var found []socketRecord
		for tries := 0; ; tries++ {
			found = nil
			err = c.Sockets(ctx, k, func(s netlink.Socket) error {
				if of := owned[s.Inode]; f.shows(&s, of) {
					found = append(found, record(&s, of, names, verbose))
				}
				return nil
			})
			// then sockets came and went, which they always do
			if !errors.Is(err, netlink.ErrChanged) || tries == 3 {
				break
			}
		}
		switch {
		case errors.Is(err, errors.ErrUnsupported) && !asked, errors.Is(err, netlink.ErrChanged):
		case errors.Is(err, errors.ErrUnsupported):
			return nil, fmt.Errorf("the kernel does not tell of %s sockets", k.Name)
		case err != nil:
			return nil, err
		}
		slices.SortStableFunc(found, func(a, b socketRecord) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Local, b.Local),
				strings.Compare(a.Remote, b.Remote))
		})
		records = append(records, found...)
	}
	if len(records) == 0 {
		return nil, errors.New("there are no such sockets")
	}
	return records, nil
}

// nameAll looks up the names of all addresses, many at once, until the context ends. What has no
// name by then keeps its numbers.
func nameAll(ctx context.Context, records []socketRecord) {
	type question struct {
		addr  sockaddr.Addr
		flags constants.NameInfoFlag
	}
	answers := map[question][]*string{}
	for i := range records {
		r := &records[i]
		for _, side := range []struct {
			addr sockaddr.Addr
			text string
			name *string
		}{{r.local, r.Local, &r.LocalName}, {r.remote, r.Remote, &r.RemoteName}} {
			if f := side.addr.Family(); side.text == "" || f != constants.AF_INET &&
				f != constants.AF_INET6 {
				continue
			}
			q := question{addr: side.addr}
			if r.Kind == "udp" || r.Kind == "udplite" {
				q.flags |= constants.NI_DGRAM
			}
			if q.addr.IP().IsUnspecified() {
				q.flags |= constants.NI_NUMERICHOST
			}
			answers[q] = append(answers[q], side.name)
		}
	}
	var wait sync.WaitGroup
	turns := make(chan struct{}, 16)
	for q, names := range answers {
		turns <- struct{}{}
		wait.Go(func() {
			defer func() { <-turns }()
			node, service, err := addrinfo.NameInfo(ctx, q.addr, q.flags)
			if err != nil {
				return
			}
			if q.addr.Port() == 0 {
				service = "*"
			}
			for _, name := range names {
				*name = text(net.JoinHostPort(node, service))
			}
		})
	}
	wait.Wait()
}

// rank puts listeners first.
func rank(r socketRecord) int {
	if r.State == netlink.Listening.String() {
		return 0
	}
	return 1
}

func record(s *netlink.Socket, of []owner, names users, verbose bool) socketRecord {
	r := socketRecord{
		Kind: s.Kind.Name, State: s.State.String(), ReceiveQueue: s.ReceiveQueue,
		SendQueue: s.SendQueue,
		Inode:     s.Inode, Peer: s.Peer, UID: s.User, User: names.name(s.User), Processes: of,
		Timer: s.Timer.String(), Expires: s.Expires.Seconds(), Retransmits: s.Retransmits,
	}
	if s.Type != 0 {
		r.Type = s.Type.String()
	}
	if s.Local.IsValid() {
		r.local, r.Local = s.Local, s.Local.String()
	}
	if s.Remote.IsValid() && (s.Remote.Port() != 0 || s.State == netlink.Established) {
		r.remote, r.Remote = s.Remote, s.Remote.String()
	}
	if t, ok := s.TCP(); ok && verbose && s.State != netlink.Listening {
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		r.TCP = &tcpRecord{ms(t.RTT), ms(t.RTTVariation), t.MSS, t.Window, s.Congestion,
			t.Retransmitted, t.Acknowledged, t.Received}
	}
	return r
}

func socketTable(records []socketRecord, verbose bool) *result {
	r := &result{
		header: []string{"KIND", "STATE", "RECV-Q", "SEND-Q", "LOCAL", "REMOTE", "USER", "PROCESS",
			"TIMER"}, records: records,
		spare: []string{"TIMER", "USER", "SEND-Q", "RECV-Q"},
	}
	if verbose {
		r.header = append(r.header, "TCP")
	}
	for _, s := range records {
		kind := s.Kind
		if t := strings.TrimPrefix(s.Type, "SOCK_"); s.Kind == "unix" {
			kind += " " + strings.ToLower(t)
		}
		local, remote := cmp.Or(s.LocalName, s.Local), cmp.Or(s.RemoteName, s.Remote)
		if s.Peer != 0 {
			remote = "inode " + strconv.FormatUint(uint64(s.Peer), 10)
		}
		var processes []string
		for _, o := range s.Processes {
			processes = append(processes, fmt.Sprintf("%s[%d] fd %d", o.Name, o.PID, o.FD))
		}
		timer := s.Timer
		if timer != "" {
			timer = fmt.Sprintf("%s %.3gs", timer, s.Expires)
			if s.Retransmits > 0 {
				timer += fmt.Sprintf(", %d tries", s.Retransmits)
			}
		}
		row := []string{kind, s.State, fmt.Sprint(s.ReceiveQueue), fmt.Sprint(s.SendQueue), local,
			remote, s.User, strings.Join(processes, ", "), timer}
		if t := s.TCP; t != nil {
			row = append(row,
				fmt.Sprintf("rtt %.3g±%.3g ms, mss %d, cwnd %d, %s, %d retransmitted, %d B "+
					"acknowledged, %d B received",
					t.RTT, t.RTTVariation, t.MSS, t.Window, t.Congestion, t.Retransmitted,
					t.Acknowledged, t.Received))
		}
		r.rows = append(r.rows, row)
	}
	return r
}

// An owner is a process with a descriptor of a socket.
type owner struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
	FD   int    `json:"fd"`
}

// owners returns the processes of each socket's inode, as far as /proc shows them to this user.
func owners() map[uint32][]owner {
	of := map[uint32][]owner{}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is right
	name := map[string]string{}
	for _, link := range links {
		target, err := os.Readlink(link)
		inode, is := strings.CutPrefix(target, "socket:[")
		if err != nil || !is {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSuffix(inode, "]"), 10, 32)
		parts := strings.Split(link, "/")
		pid, err2 := strconv.Atoi(parts[2])
		fd, err3 := strconv.Atoi(parts[4])
		if err != nil || err2 != nil || err3 != nil {
			continue
		}
		if _, ok := name[parts[2]]; !ok {
			comm, _ := os.ReadFile("/proc/" + parts[2] + "/comm")
			name[parts[2]] = strings.TrimSuffix(string(comm), "\n")
		}
		of[uint32(n)] = append(of[uint32(n)], owner{pid, name[parts[2]], fd})
	}
	return of
}

// users are the names of users that were looked up.
type users map[uint32]string

func (u users) name(id uint32) string {
	name, ok := u[id]
	if !ok {
		name = strconv.FormatUint(uint64(id), 10)
		if found, err := user.LookupId(name); err == nil {
			name = found.Username
		}
		u[id] = name
	}
	return name
}
