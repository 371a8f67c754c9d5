package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A kind is one sort of constant.
type kind struct {
	name   string // of the type in package constants, as All gives it
	typ    string // the type that the constants are declared with; "" leaves them untyped
	table  string // the variable of package constants that lists them
	prefix string // of C's names; plain spellings leave it out
	flags  bool   // the numbers are bits
	doc    string // above the constants, if they are in one block
}

var (
	kindFamily = &kind{name: "Family", typ: "Family", table: "familyEntries", prefix: "AF_",
		doc: "Address families: the domain argument of socket(2), address_families(7)."}
	kindType = &kind{name: "SocketType", typ: "SocketType", table: "socketTypeEntries",
		prefix: "SOCK_",
		doc:    "Socket types, and the flags that socket(2) and accept4(2) take with them."}
	kindProtocol = &kind{name: "Protocol", table: "protocolEntries", prefix: "IPPROTO_"}
	kindLevel    = &kind{name: "Level", typ: "Level", table: "levelEntries", prefix: "SOL_",
		doc: "Levels of options and control messages, beside the protocols: getsockopt(2), " +
			"cmsg(3)."}
	kindOption = &kind{name: "OptionName", typ: "OptionName", table: "optionEntries"}
	kindMsg    = &kind{name: "MsgFlag", typ: "MsgFlag", table: "msgFlagEntries", prefix: "MSG_",
		flags: true,
		doc:   "Flags of send(2) and recv(2)."}
	kindShut = &kind{name: "ShutdownHow", typ: "ShutdownHow", table: "shutdownHowEntries",
		prefix: "SHUT_",
		doc:    "The directions of shutdown(2)."}
	kindAI = &kind{name: "AddrInfoFlag", typ: "AddrInfoFlag", table: "addrInfoFlagEntries",
		prefix: "AI_", flags: true,
		doc: "Flags of getaddrinfo(3)."}
	kindNI = &kind{name: "NameInfoFlag", typ: "NameInfoFlag", table: "nameInfoFlagEntries",
		prefix: "NI_", flags: true,
		doc: "Flags of getnameinfo(3)."}
	kindEAI = &kind{name: "EAI", typ: "EAI", table: "eaiEntries", prefix: "EAI_",
		doc: "Errors of getaddrinfo(3) and getnameinfo(3)."}
	kindValue = &kind{name: "Value", table: "valueEntries"}
)

// A section is a block of constants in the generated files, with its comment.
type section struct {
	kind    *kind
	pattern string // of the names; the first section of the kind that matches has a name
	doc     string
}

// sections are the blocks of the kinds that have more than one. Options have one for each of
// groups.
var sections = []section{
	{kindProtocol, `IPPROTO_\w+`,
		"Protocols of the Internet families, protocols(5). They are untyped, since they are " +
			"levels as well."},
	{kindProtocol, `NETLINK_\w+`, "Protocols of AF_NETLINK, netlink(7)."},
	{kindProtocol, `CAN_\w+`, "Protocols of AF_CAN, linux/can.h."},
	{kindProtocol, `BTPROTO_\w+`, "Protocols of AF_BLUETOOTH."},
	{kindProtocol, `NFC_\w+`, "Protocols of AF_NFC, linux/nfc.h."},
	{kindProtocol, `SYSPROTO_\w+`, "Protocols of AF_SYSTEM of macOS, sys/sys_domain.h."},
	{kindProtocol, `HV_\w+`, "Protocols of AF_HYPERV of Windows, hvsocket.h."},

	{kindValue, `ALG_\w+`, "Values of ALG_SET_OP, linux/if_alg.h."},
	{kindValue, `BDADDR_\w+`,
		"Types of the addresses of L2CAP, bluetooth.h of BlueZ. BDADDR_ANY and BDADDR_LOCAL are " +
			"in package sockaddr."},
	{kindValue, `CAN_BCM_\w+`, "Operations and flags of the messages of CAN_BCM, linux/can/bcm.h."},
	{kindValue, `CAN_RAW_\w+`, "Limits and flags of the options of CAN_RAW, linux/can/raw.h."},
	{kindValue, `CAN_\w+`,
		"Flags and masks of the identifiers of CAN frames, linux/can.h. Some do not fit 32 bits " +
			"with a sign."},
	{kindValue, `ETH_P_\w+`,
		"Protocols of AF_PACKET, packet(7), linux/if_ether.h. socket(2) and addresses want them " +
			"through Htons."},
	{kindValue, `ICMPV6_\w+`, "Operations of the filter of ICMPV6_FILTER, linux/icmpv6.h."},
	{kindValue, `HVSOCKET_\w+`, "Options and address flags of AF_HYPERV of Windows, hvsocket.h."},
	{kindValue, `INET_DIAG_\w+`,
		"Attributes of the answers and questions of NETLINK_SOCK_DIAG, sock_diag(7), " +
			"linux/inet_diag.h."},
	{kindValue, `J1939_\w+`,
		"Addresses, parameter groups and error reports of CAN_J1939, linux/can/j1939.h."},
	{kindValue, `IP_PMTUDISC_\w+`, "Values of IP_MTU_DISCOVER, ip(7)."},
	{kindValue, `IPV6_PMTUDISC_\w+`, "Values of IPV6_MTU_DISCOVER, ipv6(7)."},
	{kindValue, `IPV6_PREFER_SRC_\w+`, "Values of IPV6_ADDR_PREFERENCES, RFC 5014."},
	{kindValue, `IP(V6)?_PORTRANGE_\w+`,
		"Values of IP_PORTRANGE and IPV6_PORTRANGE of the BSDs, ip(4)."},
	{kindValue, `IP(V6)?_\w+`,
		"Limits, defaults, and masks of header fields of IP and IPv6, netinet/in.h and " +
			"netinet/ip.h."},
	{kindValue, `MCAST_\w+`, "Modes of a source filter, RFC 3678."},
	{kindValue, `NLA_\w+`, "Flags and sizes of netlink attributes, netlink(7), linux/netlink.h."},
	{kindValue, `NLM_F_\w+`, "Flags of netlink messages, netlink(7)."},
	{kindValue, `NLMSG_\w+`, "Types and sizes of netlink messages, netlink(7)."},
	{kindValue, `NI_\w+`, "Sizes of getnameinfo(3)'s buffers."},
	{kindValue, `PACKET_MR_\w+`, "Types of PACKET_ADD_MEMBERSHIP, packet(7)."},
	{kindValue, `PACKET_FANOUT_\w+`, "Modes and flags of PACKET_FANOUT, packet(7)."},
	{kindValue, `PACKET_\w+`, "Types of packets in addresses of AF_PACKET, packet(7)."},
	{kindValue, `RTM_\w+`,
		"Messages of NETLINK_ROUTE, rtnetlink(7), and of AF_ROUTE, route(4) of the BSDs."},
	{kindValue, `RTNLGRP_\w+`, "Groups of NETLINK_ROUTE, rtnetlink(7)."},
	{kindValue, `SKNLGRP_\w+`, "Groups of NETLINK_SOCK_DIAG, linux/sock_diag.h."},
	{kindValue, `(TCP|DCCP)DIAG_GETSOCK`,
		"Old messages of NETLINK_SOCK_DIAG, linux/inet_diag.h; SOCK_DIAG_BY_FAMILY is " +
			"the new one."},
	{kindValue, `TP_STATUS_\w+`,
		"Bits of the status in PACKET_AUXDATA and in the frames of rings, packet(7)."},
	{kindValue, `TPACKET_\w+`, "Values of PACKET_VERSION, packet(7)."},
	{kindValue, `SCM_TSTAMP_\w+`, "What a timestamp from the error queue is of, linux/errqueue.h."},
	{kindValue, `SIO_\w+`, "Control codes of WSAIoctl."},
	{kindValue, `SK_MEMINFO_\w+`, "Indexes in the array of SO_MEMINFO, linux/sock_diag.h."},
	{kindValue, `SOCK_\w+`,
		"Values of SO_TXREHASH and SO_BUF_LOCK, and other numbers that C spells like a " +
			"socket type."},
	{kindValue, `SOF_\w+`, "Flags of SO_TIMESTAMPING, linux/net_tstamp.h."},
	{kindValue, `SO_EE_\w+`,
		"Origins and codes of struct sock_extended_err, linux/errqueue.h, ip(7)."},
	{kindValue, `SO_TS_\w+`, "Values of SO_TS_CLOCK of FreeBSD, getsockopt(2) there."},
	{kindValue, `SO_TRACKER_\w+`, "Values of macOS, sys/socket.h."},
	{kindValue, `TCP_\w+`,
		"Values, limits and flags of the options of TCP, linux/tcp.h and netinet/tcp.h."},
	{kindValue, `TIPC_\w+`,
		"Addresses, scopes, importance levels and events of AF_TIPC, linux/tipc.h."},
	{kindValue, `TLS_\w+`, "Versions and ciphers of TLS_TX and TLS_RX, linux/tls.h."},
	{kindValue, `UDP_\w+`, "Values of UDP_ENCAP, linux/udp.h."},
	{kindValue, `VM_SOCKETS_\w+`, "The version of AF_VSOCK that is none, linux/vm_sockets.h."},
	{kindValue, `VMADDR_\w+`, "Parts of addresses of AF_VSOCK, vsock(7)."},
	{kindValue, `XDP_\w+`,
		"Flags, offsets and limits of AF_XDP, linux/if_xdp.h. Some do not fit 32 bits."},
}

// kinds is the order of the generated blocks and of constants.All.
var kinds = []*kind{kindFamily, kindType, kindProtocol, kindLevel, kindOption, kindMsg, kindShut,
	kindAI, kindNI, kindEAI, kindValue}

// A rule says what the names are that its pattern matches as a whole. The first rule that matches
// decides; a name that none matches is not a constant of sockets, and nil leaves one out on
// purpose.
type rule struct {
	kind    *kind
	pattern string
}

var rules = []rule{
	// Numbers that nobody passes to a socket call: vendors' private ranges, the interfaces of old
	// firewalls, the tuning of FreeBSD's TCP stacks, and flags that the kernels keep to themselves.
	{nil, `AF_VENDOR\d+|AF_RESERVED_36|AF_CNT`},
	{nil,
		`(IP|IPV6)_(OLD_)?FW\w*|IP_DUMMYNET\w*|IP_NAT__XXX|(SO|TCP|LOCAL)_VENDOR|` +
			`IPV6_SOCKOPT_RESERVED1`},
	{nil, `TCP_(BBR|RACK)_\w+|TCP_REUSPORT_LB_NUMA_\w+`},
	{nil,
		`MSG_(COMPAT|FMASK|FBLOCKING|FNONBLOCKING|UNUSED09|USERFLAGS|NAMEMBUF|CONTROLMBUF|` +
			`IOVUSRSPACE|LENUSRSPACE)`},
	{nil, `IPPROTO_(SPACER|UNKNOWN)`},
	{nil, `TIPC_(AEAD\w+|REKEYING_NOW|MAX_\w+|\w+_(BITS|MASK|OFFSET|SIZE))`},

	{kindFamily, `AF_\w+`},

	{kindValue,
		`SOCK_(BUF_LOCK_MASK|DESTROY|DIAG_BY_FAMILY|FLAGS_MASK|IOC_TYPE|MAXADDRLEN|` +
			`RCVBUF_LOCK|SNDBUF_LOCK|TXREHASH_\w+)`},
	{kindType, `SOCK_\w+`},

	{kindProtocol,
		`IPPROTO_\w+|BTPROTO_\w+|HV_PROTOCOL_RAW|CAN_(RAW|BCM|TP16|TP20|MCNET|ISOTP|J1939)|` +
			`NFC_SOCKPROTO_(RAW|LLCP)|SYSPROTO_CONTROL`},

	{kindLevel, `SOL_\w+`},

	{kindOption, `SO_TS_CLOCK`},
	{kindValue, `SO_(EE|TS)_\w+|SO_TRACKER_\w+`},
	{kindOption, `SO_\w+`},

	{kindValue,
		`IP_(DEFAULT_MULTICAST_(LOOP|TTL)|DF|EF|MF|RF|MAXPACKET|MINFRAGSIZE|MSS|OFFMASK|` +
			`USER_FLOW|PMTUDISC_\w+|PORTRANGE_\w+)`},
	{kindValue, `IP_M(AX|IN)_\w+`},
	{kindOption, `IP_\w+|IP6T_SO_ORIGINAL_DST`},

	{kindValue,
		`IPV6_(DEFAULT_\w+|ADDR_MC_\w+|DEFHLIM|FLOW|FLOW_ECN_MASK|FLOWINFO_MASK|` +
			`FLOWLABEL_(LEN|MASK)|FRAGTTL|HLIMDEC|M(AX|IN)HLIM)`},
	{kindValue,
		`IPV6_(MAXOPTHDR|MAXPACKET|MAX_\w+|MIN_MEMBERSHIPS|MMTU|PMTUDISC_\w+|PORTRANGE_\w+|` +
			`PREFER_SRC_\w+|USER_FLOW)`},
	{kindValue, `IPV6_(RTHDR_(LOOSE|STRICT|TYPE_0)|VERSION|VERSION_MASK)`},
	{kindOption, `IPV6_\w+`},

	{kindValue,
		`TCP_(ACCECN_\w+|AO_KEYF_\w+|AO_MAXKEYLEN|CA_NAME_MAX|COOKIE_(IN_ALWAYS|MAX|MIN|` +
			`OUT_NEVER|PAIR_SIZE)|ENCAP_ESPINTCP)`},
	{kindValue,
		`TCP_(FASTOPEN_(MAX|MIN)_COOKIE_LEN|FASTOPEN_PSK_LEN|FUNCTION_NAME_LEN_MAX|LOG_ID_LEN|` +
			`MAXBURST|MAXHLEN|MAXOLEN|MAXWIN)`},
	{kindValue,
		`TCP_(MAX_SACK|M(AX|IN)_WINSHIFT|MD5SIG_(FLAG_\w+|MAXKEYLEN)|MINMSS|MSS|MSS_DEFAULT|` +
			`MSS_DESIRED|NO_QUEUE|RECV_QUEUE|SEND_QUEUE)`},
	{kindValue,
		`TCP_(REPAIR_(OFF|OFF_NO_WP|ON)|TLS_MODE_\w+|S_DATA_(IN|OUT)|SACKHOLE_LIMIT|V[46]_FLOW)`},
	{kindOption, `TCP_\w+`},

	{kindValue, `UDP_(ENCAP_\w+|V[46]_FLOW)`},
	{kindOption, `UDP_\w+|UDPLITE_\w+`},

	{kindValue, `MCAST_(EXCLUDE|INCLUDE|UNDEFINED)`},
	{kindOption, `MCAST_\w+`},

	{kindOption, `ICMP_FILTER|ICMPV6_FILTER|ICMP6_FILTER`},
	{kindValue, `ICMPV6_FILTER_\w+`},

	{kindOption,
		`PACKET_(ADD_MEMBERSHIP|AUXDATA|COPY_THRESH|DROP_MEMBERSHIP|FANOUT|FANOUT_DATA|HDRLEN|` +
			`IGNORE_OUTGOING|LOSS|ORIGDEV)`},
	{kindOption,
		`PACKET_(QDISC_BYPASS|RECV_OUTPUT|RESERVE|ROLLOVER_STATS|RX_RING|STATISTICS|TIMESTAMP|` +
			`TX_HAS_OFF|TX_RING|TX_TIMESTAMP)`},
	{kindOption, `PACKET_(VERSION|VNET_HDR|VNET_HDR_SZ)`},
	{kindValue, `PACKET_\w+|TPACKET_V\d|TP_STATUS_\w+`},
	{kindValue, `ETH_P_\w+`},

	{kindOption,
		`NETLINK_(ADD_MEMBERSHIP|BROADCAST_ERROR|CAP_ACK|DROP_MEMBERSHIP|EXT_ACK|` +
			`GET_STRICT_CHK|LISTEN_ALL_NSID|LIST_MEMBERSHIPS)`},
	{kindOption, `NETLINK_(NO_ENOBUFS|PKTINFO|RX_RING|TX_RING)`},
	{kindProtocol, `NETLINK_\w+`},
	{nil, `RTM_(RTTUNIT|FMASK|MAX|ALIGNTO|DELETE_MASK)`},
	{kindValue, `(RTM|RTNLGRP|SKNLGRP|NLM_F|NLMSG|NLA|INET_DIAG)_\w+|(TCP|DCCP)DIAG_GETSOCK`},

	{kindValue, `CAN_BCM_\w+|J1939_\w+|BDADDR_\w+|HVSOCKET_\w+`},
	{kindValue, `CAN_RAW_(FILTER_MAX|XL_VCID_(RX_FILTER|TX_PASS|TX_SET))`},
	{kindOption, `CAN_RAW_\w+|CAN_ISOTP_\w+`},
	{kindValue, `CAN_(EFF|ERR|RTR)_FLAG|CAN_(EFF|ERR|SFF)_MASK|CAN_INV_FILTER|CAN_MTU`},

	{kindOption,
		`TIPC_(CONN_TIMEOUT|DEST_DROPPABLE|GROUP_JOIN|GROUP_LEAVE|IMPORTANCE|MCAST_BROADCAST|` +
			`MCAST_REPLICAST|NODELAY)`},
	{kindOption,
		`TIPC_(NODE_RECVQ_DEPTH|SOCK_RECVQ_DEPTH|SOCK_RECVQ_USED|SRC_DROPPABLE|ERRINFO|` +
			`RETDATA|DESTNAME)`},
	{kindValue, `TIPC_\w+`},

	{kindOption, `ALG_SET_\w+`},
	{kindValue, `ALG_OP_\w+`},

	{kindOption,
		`XDP_(MAX_TX_SKB_BUDGET|MMAP_OFFSETS|OPTIONS|RX_RING|STATISTICS|TX_RING|` +
			`UMEM_COMPLETION_RING|UMEM_FILL_RING|UMEM_REG)`},
	{kindValue, `XDP_\w+`},

	{kindOption,
		`DCCP_SOCKOPT_\w+|KCM_RECV_DISABLE|LOCAL_\w+|MPTCP_\w+|UTUN_OPT_\w+|FIL_(ATTACH|DETACH)`},
	{kindOption, `NFC_LLCP_(RW|MIUX|REMOTE_MIU|REMOTE_LTO|REMOTE_RW)`},

	{kindValue, `TLS_(\d_\d_VERSION|CIPHER_\w+)`},
	{kindOption, `TLS_\w+`},

	{kindOption, `SCTP_\w+`},

	{kindValue, `SCM_TSTAMP_\w+`},
	{kindOption, `SCM_\w+|VSOCK_RECVERR`},

	{kindMsg, `MSG_\w+`},
	{kindShut, `SHUT_\w+`},

	{kindAI, `AI_\w+`},
	{kindValue, `NI_MAX(HOST|SERV)`},
	{kindNI, `NI_\w+`},
	{kindEAI, `EAI_\w+`},

	{kindValue,
		`SOF_TIMESTAMPING_\w+|VMADDR_\w+|SK_MEMINFO_\w+|SIO_TCP_SET_ACK_FREQUENCY|` +
			`VM_SOCKETS_INVALID_VERSION`},
}

// kindOf returns the kind of a name, or nil if the name is none of ours.
func kindOf(name string) *kind {
	k, known := kindsOf[name]
	if !known {
		if i := slices.IndexFunc(rules, func(r rule) bool {
			return matches(r.pattern, name)
		}); i >= 0 {
			k = rules[i].kind
		}
		kindsOf[name] = k
	}
	return k
}

// kindsOf are the results of kindOf, which is asked for each name on each platform.
var kindsOf = make(map[string]*kind)

// A group is the option names of one level, or the types of its control messages. Numbers are
// unique within a group but for aliases.
type group struct {
	pattern string   // of the names
	levels  []string // names of constants; the first is the one that a name alone stands for
	control bool     // types of control messages, which are not options as well
	source  string   // where they are described
}

// groups lists the levels of the options; the first pattern that matches a name decides. Where two
// groups share a level the earlier one gives a number its name.
var groups = []group{
	{`SCM_J1939_\w+`, []string{"SOL_CAN_J1939"}, true, "linux/can/j1939.h"},
	{`VSOCK_RECVERR`, []string{"SOL_VSOCK"}, true, "linux/vm_sockets.h"},
	{`SCM_\w+`, []string{"SOL_SOCKET"}, true, "cmsg(3), unix(7), socket(7)"},
	{`TLS_(SET|GET)_RECORD_TYPE`, []string{"SOL_TLS"}, true, "linux/tls.h"},
	{`TIPC_(ERRINFO|RETDATA|DESTNAME)`, []string{"SOL_TIPC"}, true, "linux/tipc.h"},
	{`SCTP_(INIT|SNDRCV|SNDINFO|RCVINFO|NXTINFO|PRINFO|AUTHINFO|DSTADDRV\d)`,
		[]string{"IPPROTO_SCTP"}, true, "RFC 6458, section 5.3"},
	{`TCP_CM_INQ`, []string{"IPPROTO_TCP"}, true, "linux/tcp.h"},
	{`UDP_COALESCED_INFO`, []string{"IPPROTO_UDP"}, true, "ws2ipdef.h of Windows"},
	{`SO_VM_SOCKETS_\w+`, []string{"AF_VSOCK"}, false, "vsock(7), whose level is the family"},
	{`SO_J1939_\w+`, []string{"SOL_CAN_J1939"}, false, "linux/can/j1939.h"},
	{`SO_ORIGINAL_DST`, []string{"IPPROTO_IP"}, false, "linux/netfilter_ipv4.h"},
	{`SO_\w+`, []string{"SOL_SOCKET"}, false, "socket(7)"},
	{`IP_\w+`, []string{"IPPROTO_IP"}, false, "ip(7)"},
	{`IP6T_SO_ORIGINAL_DST|IPV6_\w+`, []string{"IPPROTO_IPV6"}, false, "ipv6(7)"},
	{`MCAST_\w+`, []string{"IPPROTO_IP", "IPPROTO_IPV6"}, false, "RFC 3678, section 5.1"},
	{`TCP_\w+`, []string{"IPPROTO_TCP"}, false, "tcp(7)"},
	{`UDP_\w+`, []string{"IPPROTO_UDP", "IPPROTO_UDPLITE"}, false, "udp(7)"},
	{`UDPLITE_\w+`, []string{"IPPROTO_UDPLITE"}, false, "udplite(7)"},
	{`ICMP_FILTER`, []string{"IPPROTO_RAW"}, false, "raw(7)"},
	{`ICMP(V6|6)_FILTER`, []string{"IPPROTO_ICMPV6"}, false, "RFC 3542, section 3.2"},
	{`SCTP_\w+`, []string{"IPPROTO_SCTP"}, false, "sctp(7), RFC 6458"},
	{`DCCP_\w+`, []string{"SOL_DCCP"}, false, "linux/dccp.h"},
	{`MPTCP_\w+`, []string{"SOL_MPTCP"}, false, "linux/mptcp.h"},
	{`TLS_\w+`, []string{"SOL_TLS"}, false, "linux/tls.h"},
	{`PACKET_\w+`, []string{"SOL_PACKET"}, false, "packet(7)"},
	{`NETLINK_\w+`, []string{"SOL_NETLINK"}, false, "netlink(7)"},
	{`CAN_RAW_\w+`, []string{"SOL_CAN_RAW"}, false, "linux/can/raw.h"},
	{`CAN_ISOTP_\w+`, []string{"SOL_CAN_ISOTP"}, false, "linux/can/isotp.h"},
	{`TIPC_\w+`, []string{"SOL_TIPC"}, false, "linux/tipc.h"},
	{`ALG_\w+`, []string{"SOL_ALG"}, false, "linux/if_alg.h"},
	{`XDP_\w+`, []string{"SOL_XDP"}, false, "linux/if_xdp.h"},
	{`KCM_\w+`, []string{"SOL_KCM"}, false, "linux/kcm.h"},
	{`NFC_LLCP_\w+`, []string{"SOL_NFC"}, false, "linux/nfc.h"},
	{`LOCAL_\w+`, []string{"SOL_LOCAL"}, false, "unix(4) of the BSDs"},
	{`UTUN_\w+`, []string{"SYSPROTO_CONTROL"}, false, "net/if_utun.h of macOS"},
	{`FIL_\w+`, []string{"SOL_FILTER"}, false, "sys/socket.h of illumos"},
}

// doc is the comment above the constants of a group.
func (g group) doc() string {
	what := "Options"
	if g.control {
		what = "Control messages"
	}
	return fmt.Sprintf("%s of %s: %s.", what, strings.Join(g.levels, " and "), g.source)
}

// groupOf returns the index in groups of an option's name, or -1.
func groupOf(name string) int {
	return slices.IndexFunc(groups, func(g group) bool { return matches(g.pattern, name) })
}

// sectionOf returns the index in sections of a name of that kind, or -1.
func sectionOf(k *kind, name string) int {
	return slices.IndexFunc(sections, func(s section) bool {
		return s.kind == k && matches(s.pattern, name)
	})
}

var patterns = make(map[string]*regexp.Regexp)

// matches reports whether a pattern matches the whole name.
func matches(pattern, name string) bool {
	re := patterns[pattern]
	if re == nil {
		re = regexp.MustCompile(`^(?:` + pattern + `)$`)
		patterns[pattern] = re
	}
	return re.MatchString(name)
}

// Ranks order the names that share a number: String prints the one of the lowest rank.
const (
	rankFirst = iota
	rankAlias // another name for a number, or an old one
	rankNever // not a member of the kind, though C spells it like one: a limit, say
)

// aliases are the names that String does not print as long as the number has another one.
var aliases = set(`
	AF_FILE AF_LOCAL AF_ROUTE AF_OSI AF_NETBEUI AF_SYS_CONTROL AF_UTUN AF_ARP AF_NS AF_E164
	IPPROTO_HOPOPTS IPPROTO_IPV4 IPPROTO_ENCAP IPPROTO_IPV6_ICMP IPPROTO_SEP IPPROTO_SCCSP
	IPPROTO_ND
	IPPROTO_OLD_DIVERT IPPROTO_DIVERT IPPROTO_PGM IPPROTO_MOBILE IPPROTO_COMP IPPROTO_CARP
	SOCK_CONN_DGRAM
	SOL_IP SOL_IPV6 SOL_ICMPV6 SOL_TCP SOL_UDP SOL_UDPLITE SOL_SCTP SOL_RAW SOL_LOCAL
	SO_ATTACH_BPF SO_GET_FILTER SO_DETACH_BPF SO_PROTOTYPE SO_STYLE
	SO_RCVTIMEO_OLD SO_SNDTIMEO_OLD SO_TIMESTAMP_OLD SO_TIMESTAMPNS_OLD SO_TIMESTAMPING_OLD
	SO_RCVTIMEO_NEW SO_SNDTIMEO_NEW SO_TIMESTAMP_NEW SO_TIMESTAMPNS_NEW SO_TIMESTAMPING_NEW
	SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW
	IP_PMTUDISC IP_RETOPTS IP_RECVORIGDSTADDR IP_SENDSRCADDR IP_RECVRTABLE IP_IPSEC_POLICY
	IP_RECVPKTINFO IP_HOPLIMIT IP_RECVTCLASS
	IPV6_ADD_MEMBERSHIP IPV6_DROP_MEMBERSHIP IPV6_ORIGDSTADDR IPV6_RXHOPOPTS IPV6_RXDSTOPTS
	IPV6_BINDV6ONLY
	IPV6_3542DSTOPTS IPV6_3542HOPLIMIT IPV6_3542HOPOPTS IPV6_3542NEXTHOP IPV6_3542PKTINFO
	IPV6_3542RTHDR IPV6_PORT_RANGE
	ICMP6_FILTER TCP_KEEPALIVE SCTP_DELAYED_ACK SCTP_DELAYED_SACK
	MSG_TRYHARD MSG_EOF MSG_NOTIFICATION
	NETLINK_INET_DIAG
`)

// never are the names that String does not print at all: limits, and the levels of Bluetooth, whose
// numbers are those of IPPROTO_IP, IPPROTO_TCP and others.
var never = set(`
	AF_MAX IPPROTO_MAX IPPROTO_MAXID IPPROTO_DONE
	SOL_HCI SOL_L2CAP SOL_SCO
`)

// overProtocols are the levels that String prints though a protocol has the same number, as that
// protocol has no options of its own: IPPROTO_ICMP on Linux (ICMP_FILTER is of IPPROTO_RAW) and
// IPPROTO_MPTCP (its options are of SOL_MPTCP).
var overProtocols = set(`SOL_SOCKET SOL_X25`)

// minusOne are the constants whose number is -1 on some system, with a Go expression that is true
// where they are defined.
var minusOne = map[string]string{
	"EAI_BADFLAGS":         "EAI_BADFLAGS > lackingEAI",
	"TCP_REPAIR_OFF_NO_WP": "TCP_REPAIR != Undefined",
}

func set(names string) map[string]bool {
	m := make(map[string]bool)
	for _, n := range strings.Fields(names) {
		m[n] = true
	}
	return m
}

var rankNames = [...]string{"rankFirst", "rankAlias", "rankNever"}

func rankOf(k *kind, name string) int {
	switch {
	case never[name], k == kindProtocol && !strings.HasPrefix(name, k.prefix):
		return rankNever
	case aliases[name]:
		return rankAlias
	}
	return rankFirst
}
