package house

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/socket/packet"
	"example.com/bsdsocket/sockopt"
)

// A row makes a call fail.
type row struct {
	kind error // what the error is, also; nil: nothing of ours
	fail func(ctx context.Context) error
}

func last[A any](_ A, err error) error          { return err }
func last3[A, B any](_ A, _ B, err error) error { return err }

// first is the first error that a sequence yields.
func first[A any](seq func(func(A, error) bool)) (found error) {
	seq(func(_ A, err error) bool {
		found = err
		return err == nil
	})
	return found
}

// never are calls that return errors for an interface's sake, or those of others.
var never = map[string]string{
	"sockaddr.Addr.AppendText":   "an Addr always has a text",
	"sockaddr.Addr.MarshalText":  "the same",
	"sockaddr.Interfaces":        "fails where netlink is denied",
	"sockaddr.VSockLocalCID":     "fails without the device",
	"sockopt.FD.SyscallConn":     "there is nothing to ask",
	"sockopt.FD.Control":         "it runs the function",
	"addrinfo.Services":          "the file of the machine can be read",
	"addrinfo.Protocols":         "the same",
	"addrinfo.ServiceByPort":     "see the Resolver's",
	"addrinfo.ProtocolByNumber":  "the same",
	"socket.NewPoller":           "fails for want of descriptors",
	"packet.Receiver.Next":       "tested there: it takes a packet socket",
	"packet.Receiver.TryNext":    "the same",
	"packet.Receiver.Statistics": "the same",
	"packet.Receiver.Close":      "the same",
	"socket.ZeroCopy.Send":       "tested there: it takes Linux",
	"socket.ZeroCopy.SendTo":     "the same",
	"socket.ZeroCopy.Wait":       "the same",
}

func rows(t *testing.T) map[string][]row {
	folder := &addrinfo.Resolver{ServicesFile: t.TempDir(), ProtocolsFile: t.TempDir()}
	file := must[*os.File](t)(os.Open(filepath.Join(root, "go.mod")))
	t.Cleanup(func() { file.Close() })
	closed := must[*socket.Socket](t)(socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0))
	closed.Close()
	free := must[*socket.Socket](t)(socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0))
	t.Cleanup(func() { free.Close() })
	nobody := addrinfo.Info{
		Family: constants.AF_INET,
		Type:   constants.SOCK_STREAM,
		Addr:   sockaddr.MustParse("127.0.0.1:1"),
	}
	long := strings.Repeat("x", 1000)
	value, lacking, transient := socket.ErrValue, socket.ErrUnsupported, socket.ErrTransient
	var none sockopt.Option[int]
	var noneRead sockopt.ReadOnly[int]
	var noneWrite sockopt.WriteOnly[int]
	var noneQuery sockopt.Query[int]
	undefined := sockopt.NewInt(constants.Undefined, constants.Undefined)
	r := map[string][]row{
		"constants.ParseOption": {{value, func(context.Context) error {
			return last3(constants.ParseOption("SO_NOSUCH"))
		}}},
		"sockaddr.Parse": {
			{value, func(context.Context) error { return last(sockaddr.Parse("x")) }}},
		"sockaddr.ParseGUID": {
			{value, func(context.Context) error { return last(sockaddr.ParseGUID("x")) }}},
		"sockaddr.Addr.UnmarshalText": {{value, func(context.Context) error {
			return new(sockaddr.Addr).UnmarshalText([]byte("x"))
		}}},
		"sockaddr.Inet": {{value, func(context.Context) error {
			return last(sockaddr.Inet("x", 1))
		}}, {value, func(context.Context) error { return last(sockaddr.Inet("127.0.0.1", -1)) }}},
		"sockaddr.InetAny": {{value, func(context.Context) error {
			return last(sockaddr.InetAny(constants.AF_UNIX, 1))
		}}, {lacking,
			func(context.Context) error { return last(sockaddr.InetAny(constants.Undefined, 1)) }}},
		"sockaddr.Unix": {{value, func(context.Context) error {
			return last(sockaddr.Unix(long))
		}}, {value, func(context.Context) error { return last(sockaddr.Unix("")) }}},
		"sockaddr.Abstract": {
			{nil, func(context.Context) error { return last(sockaddr.Abstract(long)) }}},
		"sockaddr.FromRaw": {{value, func(context.Context) error {
			return last(sockaddr.FromRaw(make([]byte, 200)))
		}}},
		"sockaddr.FromNetAddr": {
			{value, func(context.Context) error { return last(sockaddr.FromNetAddr(nil)) }}},
		"sockaddr.InterfaceIndex": {
			{nil, func(context.Context) error { return last(sockaddr.InterfaceIndex("nosuch")) }}},
		"sockaddr.InterfaceName": {
			{nil, func(context.Context) error { return last(sockaddr.InterfaceName(-1)) }}},
		"cmsg.Kind.Append": {
			{value, func(context.Context) error { return last(cmsg.Kind[int]{}.Append(nil, 1)) }},
			{nil, func(context.Context) error { return last(cmsg.UDPSegment.Append(nil, -1)) }},
		},
		"cmsg.Messages": {
			{nil, func(context.Context) error { return first(cmsg.Messages([]byte{1})) }}},
		"sockopt.ConnOf": {
			{lacking, func(context.Context) error { return last(sockopt.ConnOf(1)) }}},
		"sockopt.GetBool": {{socket.ErrClosed, func(context.Context) error {
			return last(sockopt.GetBool(closed, constants.SOL_SOCKET, constants.SO_TYPE))
		}}, {lacking, func(context.Context) error {
			return last(sockopt.GetBool(free, constants.Undefined, 1))
		}}},
		"sockopt.GetBytes": {{socket.ErrClosed, func(context.Context) error {
			return last(sockopt.GetBytes(closed, constants.SOL_SOCKET, constants.SO_TYPE,
				make([]byte, 4)))
		}}},
		"sockopt.GetInt": {{socket.ErrClosed, func(context.Context) error {
			return last(sockopt.GetInt(closed, constants.SOL_SOCKET, constants.SO_TYPE))
		}}, {lacking, func(context.Context) error {
			return last(sockopt.GetInt(free, constants.SOL_SOCKET, 9999))
		}}},
		"sockopt.GetString": {{socket.ErrClosed, func(context.Context) error {
			return last(sockopt.GetString(closed, constants.SOL_SOCKET, constants.SO_TYPE))
		}}},
		"sockopt.SetBool": {{socket.ErrClosed, func(context.Context) error {
			return sockopt.SetBool(closed, constants.SOL_SOCKET, constants.SO_REUSEADDR, true)
		}}},
		"sockopt.SetBytes": {{socket.ErrClosed, func(context.Context) error {
			return sockopt.SetBytes(closed, constants.SOL_SOCKET, constants.SO_REUSEADDR, nil)
		}}},
		"sockopt.SetInt": {{socket.ErrClosed, func(context.Context) error {
			return sockopt.SetInt(closed, constants.SOL_SOCKET, constants.SO_REUSEADDR, 1)
		}}, {socket.ErrUnsupported, func(context.Context) error {
			return sockopt.SetInt(free, constants.SOL_SOCKET, constants.Undefined, 1)
		}}},
		"sockopt.SetString": {{socket.ErrClosed, func(context.Context) error {
			return sockopt.SetString(closed, constants.SOL_SOCKET, constants.SO_REUSEADDR, "x")
		}}},
		"sockopt.Info.GetAny": {
			{nil, func(context.Context) error { return last(sockopt.Info{}.GetAny(free)) }}},
		"sockopt.Info.SetText": {
			{value, func(context.Context) error {
				return sockopt.SOReuseAddress.Info().SetText(free, "maybe")
			}},
			{sockopt.ErrAccess,
				func(context.Context) error { return sockopt.SOType.Info().SetText(free, "1") }},
		},
		"sockopt.Option.Get": {
			{socket.ErrClosed,
				func(context.Context) error { return last(sockopt.SOKeepAlive.Get(closed)) }},
			{socket.ErrClosed,
				func(context.Context) error { return last(sockopt.SOKeepAlive.Get(nil)) }},
			{value, func(context.Context) error { return last(none.Get(free)) }},
			{lacking, func(context.Context) error { return last(undefined.Get(free)) }},
			{sockopt.ErrWrongSocket,
				func(context.Context) error { return last(sockopt.TCPNoDelay.Get(free)) }},
		},
		"sockopt.Option.Set": {
			{socket.ErrClosed,
				func(context.Context) error { return sockopt.SOKeepAlive.Set(closed, true) }},
			{value, func(context.Context) error {
				return sockopt.SOLinger.Set(free, sockopt.Linger{Timeout: -1, Enabled: true})
			}},
			{value, func(context.Context) error { return none.Set(free, 1) }},
			{lacking, func(context.Context) error { return undefined.Set(free, 1) }},
		},
		"sockopt.ReadOnly.Get": {{value, func(context.Context) error {
			return last(noneRead.Get(free))
		}}, {socket.ErrClosed,
			func(context.Context) error { return last(sockopt.SOType.Get(closed)) }}},
		"sockopt.WriteOnly.Set": {
			{value, func(context.Context) error { return noneWrite.Set(free, 1) }}},
		"sockopt.Query.Get": {
			{value, func(context.Context) error { return last(noneQuery.Get(free, 1)) }}},
		"sockopt.Query.Set": {
			{value, func(context.Context) error { return noneQuery.Set(free, 1) }}},
		"sockopt.FD.Read": {{lacking, func(context.Context) error {
			return sockopt.FD(0).Read(func(uintptr) bool { return false })
		}}},
		"sockopt.FD.Write": {{lacking, func(context.Context) error {
			return sockopt.FD(0).Write(func(uintptr) bool { return false })
		}}},
		"socket.New": {
			{lacking, func(context.Context) error {
				return last(socket.New(constants.Undefined, constants.SOCK_STREAM, 0))
			}},
			{lacking, func(context.Context) error {
				return last(socket.New(constants.AF_INET, constants.SOCK_DGRAM,
					constants.IPPROTO_TCP))
			}},
		},
		"socket.NewIn": {{nil, func(context.Context) error {
			return last(socket.NewIn("/nosuch", constants.AF_INET, constants.SOCK_DGRAM, 0))
		}}},
		"socket.Pair": {{lacking, func(context.Context) error {
			return last3(socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 77))
		}}},
		"socket.FromFD": {
			{nil, func(context.Context) error { return last(socket.FromFD(-1)) }}},
		"socket.FromConn": {{nil, func(context.Context) error {
			return last(socket.FromConn(nil))
		}}, {socket.ErrClosed,
			func(context.Context) error { return last(socket.FromConn(closed)) }}},
		"socket.FromFile": {{nil, func(context.Context) error {
			return last(socket.FromFile(nil))
		}}, {nil, func(context.Context) error { return last(socket.FromFile(file)) }}},
		"socket.NewZeroCopy": {{nil, func(context.Context) error {
			return last(socket.NewZeroCopy(free))
		}}, {socket.ErrClosed,
			func(context.Context) error { return last(socket.NewZeroCopy(closed)) }}},
		"socket.Poll": {{nil, func(ctx context.Context) error { // by its context alone
			if ctx.Err() == nil {
				return errFine
			}
			return last(socket.Poll(ctx, []socket.PollItem{{Socket: free}}, -1))
		}}},
		"socket.Params.Validate": {
			{value, func(context.Context) error { return socket.Params{SendSize: -1}.Validate() }}},
		"packet.NewReceiver": {{lacking, func(context.Context) error {
			return last(packet.NewReceiver(free, packet.Config{}))
		}}, {socket.ErrClosed, func(context.Context) error {
			return last(packet.NewReceiver(closed, packet.Config{}))
		}}},
		"netconn.Dial": {
			{nil, func(ctx context.Context) error {
				return last(netconn.Dial(ctx, "tcp", "127.0.0.1:1", nil))
			}},
			{nil, func(ctx context.Context) error {
				return last(netconn.Dial(ctx, "nosuch", "127.0.0.1:1", nil))
			}},
		},
		"netconn.Listen": {{nil, func(ctx context.Context) error {
			return last(netconn.Listen(ctx, "tcp", "192.0.2.1:1", nil))
		}}},
		"netconn.ListenPacket": {{nil, func(ctx context.Context) error {
			return last(netconn.ListenPacket(ctx, "udp", "192.0.2.1:1", nil))
		}}},
		"netconn.NewConn": {{socket.ErrClosed, func(context.Context) error {
			return last(netconn.NewConn(closed))
		}}, {socket.ErrClosed, func(context.Context) error { return last(netconn.NewConn(nil)) }}},
		"netconn.NewIPConn": {{socket.ErrClosed,
			func(context.Context) error { return last(netconn.NewIPConn(closed)) }}},
		"netconn.NewListener": {{socket.ErrClosed,
			func(context.Context) error { return last(netconn.NewListener(closed)) }}},
		"netconn.NewPacketConn": {{socket.ErrClosed,
			func(context.Context) error { return last(netconn.NewPacketConn(closed)) }}},
		"netconn.NewUnixConn": {{socket.ErrClosed,
			func(context.Context) error { return last(netconn.NewUnixConn(closed)) }}},
		"ports.New": {
			{socket.ErrClosed,
				func(context.Context) error { return last3(ports.New(nil, ports.Params{})) }},
			{nil, func(context.Context) error { return last3(ports.New(free, ports.Params{})) }},
		},
		"ports.Addresses": {{socket.ErrClosed,
			func(context.Context) error { return last3(ports.Addresses(ports.Duplex{})) }}},
		"ports.PortNumbers": {{socket.ErrClosed,
			func(context.Context) error { return last3(ports.PortNumbers(ports.Duplex{})) }}},
		"ports.Params.Validate": {{value, func(context.Context) error {
			return ports.Params{SendBufferSize: -1}.Validate()
		}}},
		"ports.Custodian.Add": {
			{value, func(context.Context) error { return new(ports.Custodian).Add(nil) }}},
		"tcp.Dial": {
			{transient, func(ctx context.Context) error {
				return last3(tcp.Dial(ctx, "127.0.0.1", 1, nil))
			}},
			{value, func(ctx context.Context) error {
				return last3(tcp.Dial(ctx, "127.0.0.1", "", nil))
			}},
			{value, func(ctx context.Context) error {
				return last3(tcp.Dial(ctx, "", 1, &tcp.Config{Backlog: -1}))
			}},
		},
		"tcp.DialDuplex": {{transient, func(ctx context.Context) error {
			return last(tcp.DialDuplex(ctx, "127.0.0.1", 1, nil))
		}}},
		"tcp.Listen": {{nil, func(ctx context.Context) error {
			return last(tcp.Listen(ctx, 1, &tcp.Config{Host: "192.0.2.1"}))
		}}, {value, func(ctx context.Context) error { return last(tcp.Listen(ctx, "", nil)) }}},
		"tcp.NewListener": {{nil, func(context.Context) error {
			return last(tcp.NewListener(nil))
		}}, {nil, func(context.Context) error { return last(tcp.NewListener(nil, free)) }}},
		"addrinfo.ServiceByName": {{nil,
			func(context.Context) error { return last(addrinfo.ServiceByName("no such", "")) }}},
		"addrinfo.ProtocolByName": {{nil,
			func(context.Context) error { return last(addrinfo.ProtocolByName("no such")) }}},
		"addrinfo.Resolver.ServiceByName": {{nil,
			func(context.Context) error { return last(folder.ServiceByName("http", "")) }}},
		"addrinfo.Resolver.ServiceByPort": {{nil,
			func(context.Context) error { return last(folder.ServiceByPort(80, "")) }}},
		"addrinfo.Resolver.ProtocolByName": {{nil,
			func(context.Context) error { return last(folder.ProtocolByName("tcp")) }}},
		"addrinfo.Resolver.ProtocolByNumber": {{nil,
			func(context.Context) error { return last(folder.ProtocolByNumber(6)) }}},
		"addrinfo.Resolver.Services": {
			{nil, func(context.Context) error { return first(folder.Services()) }}},
		"addrinfo.Resolver.Protocols": {
			{nil, func(context.Context) error { return first(folder.Protocols()) }}},
	}
	for name, lookup := range map[string]*addrinfo.Resolver{"addrinfo.": addrinfo.DefaultResolver,
		"addrinfo.Resolver.": new(addrinfo.Resolver)} {
		r[name+"Lookup"] = []row{
			{value, func(ctx context.Context) error {
				return last(lookup.Lookup(ctx, "127.0.0.1", "1",
					&addrinfo.Hints{Family: constants.AF_UNIX}))
			}},
			{lacking, func(ctx context.Context) error {
				return last(lookup.Lookup(ctx, "127.0.0.1", "1",
					&addrinfo.Hints{Flags: constants.Undefined}))
			}},
			{nil, func(ctx context.Context) error {
				return last(lookup.Lookup(ctx, "", "no such", nil))
			}},
		}
		r[name+"HostNames"] = []row{{value, func(ctx context.Context) error {
			return last(lookup.HostNames(ctx, sockaddr.Addr{}))
		}}}
		r[name+"NameInfo"] = []row{
			{value, func(ctx context.Context) error {
				return last3(lookup.NameInfo(ctx, sockaddr.Addr{}, 0))
			}},
			{lacking, func(ctx context.Context) error {
				return last3(lookup.NameInfo(ctx, nobody.Addr, constants.Undefined))
			}},
		}
	}
	bad := socket.Params{ConnectTimeout: -1}
	var connector addrinfo.Connector
	r["addrinfo.Connect"] = []row{
		{transient, func(ctx context.Context) error {
			return last(addrinfo.Connect(ctx, []addrinfo.Info{nobody}, socket.Params{}))
		}},
		{value, func(ctx context.Context) error {
			return last(addrinfo.Connect(ctx, []addrinfo.Info{nobody}, bad))
		}},
	}
	r["addrinfo.ConnectRace"] = []row{{transient, func(ctx context.Context) error {
		return last(addrinfo.ConnectRace(ctx, []addrinfo.Info{nobody}, socket.Params{}))
	}}}
	r["addrinfo.Dial"] = []row{{transient, func(ctx context.Context) error {
		return last(addrinfo.Dial(ctx, "127.0.0.1", "1", nil, socket.Params{}))
	}}}
	r["addrinfo.Connector.Connect"] = []row{{transient, func(ctx context.Context) error {
		return last(connector.Connect(ctx, []addrinfo.Info{nobody}))
	}}}
	r["addrinfo.Connector.ConnectRace"] = []row{{transient, func(ctx context.Context) error {
		return last(connector.ConnectRace(ctx, []addrinfo.Info{nobody}))
	}}}
	r["addrinfo.Connector.Dial"] = []row{{transient, func(ctx context.Context) error {
		return last(connector.Dial(ctx, "127.0.0.1", "1", nil))
	}}}
	for name, parse := range map[string]func(string) error{
		"AddrInfoFlag": func(s string) error { return last(constants.ParseAddrInfoFlag(s)) },
		"EAI":          func(s string) error { return last(constants.ParseEAI(s)) },
		"Family":       func(s string) error { return last(constants.ParseFamily(s)) },
		"Level":        func(s string) error { return last(constants.ParseLevel(s)) },
		"MsgFlag":      func(s string) error { return last(constants.ParseMsgFlag(s)) },
		"NameInfoFlag": func(s string) error { return last(constants.ParseNameInfoFlag(s)) },
		"OptionName":   func(s string) error { return last(constants.ParseOptionName(s)) },
		"Protocol":     func(s string) error { return last(constants.ParseProtocol(s)) },
		"ShutdownHow":  func(s string) error { return last(constants.ParseShutdownHow(s)) },
		"SocketType":   func(s string) error { return last(constants.ParseSocketType(s)) },
	} {
		r["constants.Parse"+name] = []row{{value, func(context.Context) error {
			return parse("no such")
		}}, {value, func(context.Context) error { return parse("") }}}
	}
	r["constants.ParseFamily"] = append(r["constants.ParseFamily"],
		row{value, func(context.Context) error {
			return last(constants.ParseFamily(strings.Repeat("9", 30)))
		}})
	for c := range constants.All() {
		if c.Kind == "Family" && !c.Defined() {
			r["constants.ParseFamily"] = append(r["constants.ParseFamily"], row{lacking,
				func(context.Context) error { return last(constants.ParseFamily(c.Name)) }})
			break
		}
	}
	// What this platform lacks is unsupported, and otherwise these values are wrong.
	nul := "a\x00b"
	for name, err := range map[string]func() error{
		"ALG": func() error { return last(sockaddr.ALG(sockaddr.ALGAddr{Type: long})) },
		"HCI": func() error { return lackingOr(sockaddr.HCI(sockaddr.HCIAddr{})) },
		"HyperV": func() error {
			return lackingOr(sockaddr.HyperV(sockaddr.HyperVAddr{}))
		}, "CAN": func() error {
			return last(sockaddr.CAN(sockaddr.CANAddr{Interface: -1}))
		}, "ISOTP": func() error { return last(sockaddr.ISOTP(sockaddr.ISOTPAddr{Interface: -1})) },
		"J1939": func() error { return last(sockaddr.J1939(sockaddr.J1939Addr{Interface: -1})) },
		"L2CAP": func() error { return lackingOr(sockaddr.L2CAP(sockaddr.L2CAPAddr{})) },
		"NFC": func() error {
			return lackingOr(sockaddr.NFC(sockaddr.NFCAddr{}))
		}, "NFCLLCP": func() error {
			return last(sockaddr.NFCLLCP(sockaddr.NFCLLCPAddr{Service: long}))
		},
		"Netlink": func() error { return lackingOr(sockaddr.Netlink(sockaddr.NetlinkAddr{})) },
		"PPPoE":   func() error { return last(sockaddr.PPPoE(sockaddr.PPPoEAddr{Device: nul})) },
		"Packet": func() error {
			return last(sockaddr.Packet(sockaddr.PacketAddr{Hardware: make(net.HardwareAddr, 33)}))
		}, "RFCOMM": func() error { return lackingOr(sockaddr.RFCOMM(sockaddr.RFCOMMAddr{})) },
		"SCO": func() error {
			return lackingOr(sockaddr.SCO(sockaddr.SCOAddr{}))
		}, "TIPCRange": func() error {
			return lackingOr(sockaddr.TIPCRange(sockaddr.TIPCRangeAddr{}))
		},
		"TIPCService": func() error {
			return lackingOr(sockaddr.TIPCService(sockaddr.TIPCServiceAddr{}))
		}, "TIPCSocket": func() error {
			return lackingOr(sockaddr.TIPCSocket(sockaddr.TIPCSocketAddr{}))
		},
		"VSock": func() error { return lackingOr(sockaddr.VSock(sockaddr.VSockAddr{})) },
		"XDP":   func() error { return last(sockaddr.XDP(sockaddr.XDPAddr{Interface: -1})) },
	} {
		r["sockaddr."+name] = []row{{nil, func(context.Context) error { return err() }}}
	}
	return r
}

// errFine is what the constructors of families return that take every value, where the platform has
// the family.
var errFine = errors.New("fine")

func lackingOr(_ sockaddr.Addr, err error) error {
	if err == nil {
		return errFine
	}
	return err
}

// TestErrorsOfCalls makes every function fail that can, and every method of a type without a
// constructor, and holds that each error has the shape and the kind; those that take a context,
// with ended ones too.
func TestErrorsOfCalls(t *testing.T) {
	a := exports(t)
	table := rows(t)
	for _, name := range slices.Sorted(maps.Keys(a.calls)) {
		c := a.calls[name]
		owner, _, method := strings.Cut(strings.TrimPrefix(name, strings.SplitAfter(name, ".")[0]),
			".")
		if !c.fails || method && live[strings.SplitAfter(name, ".")[0]+owner] != nil ||
			never[name] != "" || strings.HasPrefix(name, "netconn.IPConn.") {
			continue
		}
		if len(table[name]) == 0 {
			t.Errorf("%s can fail and stands not in rows", name)
		}
		for i, row := range table[name] {
			err := row.fail(context.Background())
			switch {
			case err == errFine:
			case err == nil:
				t.Errorf("row %d of %s does not fail", i, name)
			default:
				checkError(t, "", name, err)
				if row.kind != nil && !errors.Is(err, row.kind) {
					t.Errorf("row %d of %s: %q is not %q", i, name, err, row.kind)
				}
			}
		}
		if !c.context || len(table[name]) == 0 {
			continue
		}
		for _, end := range []struct {
			way   string
			ctx   context.Context
			kinds []error
		}{
			{"cancelled ", cancelled(), []error{context.Canceled}},
			{"expired ", expired(), []error{context.DeadlineExceeded, socket.ErrTimeout}},
		} {
			err := table[name][0].fail(end.ctx)
			if err == nil {
				t.Errorf("%s%s does not fail", end.way, name)
				continue
			}
			checkError(t, end.way, name, err)
			for _, kind := range end.kinds {
				if !errors.Is(err, kind) {
					t.Errorf("%s%s: %q is not %q", end.way, name, err, kind)
				}
			}
		}
	}
}
