package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

var optionsCommand = command{
	name:  "options",
	args:  "[" + strings.Join(kinds(), "|") + "]",
	about: "Show socket options and their values, of another process too",
	examples: []string{
		"options udp",
		"options -level tcp -there",
		"options -json unix",
		"options -pid 4711 -fd 3",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		level := flags.String("level", "", "only those of this `level`, such as tcp or SOL_SOCKET")
		there := flags.Bool("there", false, "only those that the socket has")
		pid := flags.Int("pid", 0, "look at a socket of the process with this `number`")
		fd := flags.Int("fd", -1, "the `number` of that socket's descriptor in the process")
		return func(_ context.Context, args []string) (*result, error) {
			if err := count(args, 0, 1); err != nil {
				return nil, err
			}
			if *pid != 0 || *fd != -1 {
				if *pid <= 0 || *fd < 0 || len(args) > 0 {
					return nil, usagef("-pid and -fd go together, and without a kind of socket")
				}
				s, closeSocket, err := socketOf(*pid, *fd)
				if err != nil {
					return nil, err
				}
				defer closeSocket()
				return options(s, *level, *there, true)
			}
			kind := "tcp"
			if len(args) > 0 {
				kind = args[0]
			}
			s, err := newSocket(kind)
			if err != nil {
				return nil, err
			}
			defer s.Close()
			return options(s, *level, *there, false)
		}
	},
}

type socketKind struct {
	name     string
	family   constants.Family
	typ      constants.SocketType
	protocol constants.Protocol
}

var socketKinds = []socketKind{
	{"tcp", constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_TCP},
	{"tcp6", constants.AF_INET6, constants.SOCK_STREAM, constants.IPPROTO_TCP},
	{"udp", constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDP},
	{"udp6", constants.AF_INET6, constants.SOCK_DGRAM, constants.IPPROTO_UDP},
	{"udplite", constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDPLITE},
	{"mptcp", constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_MPTCP},
	{"sctp", constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_SCTP},
	{"dccp", constants.AF_INET, constants.SOCK_DCCP, constants.IPPROTO_DCCP},
	{"raw", constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_ICMP},
	{"raw6", constants.AF_INET6, constants.SOCK_RAW, constants.IPPROTO_ICMPV6},
	{"unix", constants.AF_UNIX, constants.SOCK_STREAM, 0},
	{"packet", constants.AF_PACKET, constants.SOCK_RAW, 0},
	{"netlink", constants.AF_NETLINK, constants.SOCK_RAW, 0},
	{"vsock", constants.AF_VSOCK, constants.SOCK_STREAM, 0},
	{"xdp", constants.AF_XDP, constants.SOCK_RAW, 0},
	{"can", constants.AF_CAN, constants.SOCK_RAW, constants.CAN_RAW},
	{"tipc", constants.AF_TIPC, constants.SOCK_STREAM, 0},
	{"alg", constants.AF_ALG, constants.SOCK_SEQPACKET, 0},
}

func kinds() (names []string) {
	for _, k := range socketKinds {
		names = append(names, k.name)
	}
	return names
}

func newSocket(kind string) (*socket.Socket, error) {
	i := slices.IndexFunc(socketKinds, func(k socketKind) bool { return k.name == kind })
	if i < 0 {
		return nil, usagef("no kind of socket is called %q; there are %s", kind,
			strings.Join(kinds(), ", "))
	}
	k := socketKinds[i]
	s, err := socket.New(k.family, k.typ, k.protocol)
	if err != nil {
		return nil, fmt.Errorf("a socket of kind %s: %w", kind, err)
	}
	return s, nil
}

// An optionRecord is what is known of an option and of its value on a socket.
type optionRecord struct {
	Name    string `json:"name"`    // in package sockopt
	CName   string `json:"c_name"`  // in C
	Level   string `json:"level"`   // in C
	Number  *int   `json:"number"`  // null if this platform has none
	Type    string `json:"type"`    // in Go
	Access  string `json:"access"`  // rw, ro, wo, query
	Sockets string `json:"sockets"` // those that have it; empty for all
	Needs   string `json:"needs"`   // the first kernel that has it; empty for all
	Status  string `json:"status"`  // "value", or why there is none
	Value   any    `json:"value"`
	Text    string `json:"text"` // the value as the table shows it
	Error   string `json:"error,omitempty"`
}

// The states of an option on a socket.
const (
	hasValue    = "value"
	undefined   = "undefined"         // no number on this platform
	unsupported = "unsupported"       // by this kernel
	wrongSocket = "other sockets"     // an option of other kinds of sockets
	noReading   = "cannot be read"    // write only, or with an argument alone
	notRead     = "reading uses it"   // so another process's is left alone
	failed      = "cannot be had now" // the kernel's error
)

// options lists the options of a level, or of all, and their values on s. What
// reading changes is left alone on a socket that is another's.
func options(s syscall.Conn, level string, there, foreign bool) (*result, error) {
	r := &result{header: []string{"OPTION", "C NAME", "LEVEL", "TYPE", "ACCESS", "VALUE"},
		spare: []string{"TYPE", "LEVEL", "C NAME", "ACCESS"}}
	var records []optionRecord
	for i := range sockopt.All() {
		if level != "" && !isLevel(i.LevelName(), level) {
			continue
		}
		o := look(s, i, foreign)
		if there && (o.Status == undefined || o.Status == unsupported || o.Status == wrongSocket) {
			continue
		}
		shown := o.Text
		if o.Status != hasValue {
			if shown = "(" + o.Status + ")"; o.Status == failed {
				shown = "(" + o.Error + ")"
			}
		}
		records = append(records, o)
		r.rows = append(r.rows, []string{o.Name, o.CName, o.Level, o.Type, o.Access, shown})
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("no option of the socket is at a level %q", level)
	}
	r.records = records
	return r, nil
}

func look(s syscall.Conn, i sockopt.Info, foreign bool) optionRecord {
	o := optionRecord{
		Name: i.GoName, CName: i.CName, Level: i.LevelName(), Type: i.Type,
		Access:  i.Access.String(),
		Sockets: i.Sockets, Needs: i.Needs, Status: noReading,
	}
	if !i.Defined() {
		o.Status = undefined
		return o
	}
	number := int(i.Name)
	o.Number = &number
	switch {
	case i.Access&sockopt.CanGet == 0:
		return o
	case foreign && i.Uses:
		o.Status = notRead
		return o
	}
	v, err := i.GetAny(s)
	if err != nil {
		o.Error = cause(err).Error()
	}
	switch {
	case err == nil:
		o.Status, o.Value, o.Text = hasValue, v, show(v)
		switch v := v.(type) {
		case []byte, sockopt.CongestionInfo:
			o.Value = o.Text // in hexadecimal
		case string:
			o.Value = text(v)
		}
	case errors.Is(err, sockopt.ErrWrongSocket):
		o.Status = wrongSocket
	case errors.Is(err, socket.ErrUnsupported):
		o.Status = unsupported
	default:
		o.Status = failed
	}
	return o
}

// cause is an error without the words for what the table shows beside it.
func cause(err error) error {
	var e *sockopt.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func show(v any) string {
	switch v := v.(type) {
	case []byte:
		return hex.EncodeToString(v)
	case sockopt.CongestionInfo:
		return hex.EncodeToString(v)
	case string:
		return fmt.Sprintf("%q", v)
	case syscall.Errno:
		if v == 0 {
			return "0"
		}
		return v.Error()
	}
	return fmt.Sprintf("%+v", v)
}

// isLevel reports whether a level's C name is what the user wrote: in full, or
// without its prefix, and in any case.
func isLevel(level, written string) bool {
	for part := range strings.SplitSeq(level, " or ") {
		_, short, _ := strings.Cut(part, "_")
		if strings.EqualFold(part, written) || strings.EqualFold(short, written) {
			return true
		}
	}
	return false
}
