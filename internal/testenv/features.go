package testenv

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The features that tests of this module ask for. Names with a capability stand for the thread's
// effective set, not for the user.
var (
	Root           = Feature{Name: "root"}
	NetAdmin       = Feature{Name: "CAP_NET_ADMIN"}
	NetRaw         = Feature{Name: "CAP_NET_RAW"}
	NetBindService = Feature{Name: "CAP_NET_BIND_SERVICE"}
	SysAdmin       = Feature{Name: "CAP_SYS_ADMIN"}
	SysPtrace      = Feature{Name: "CAP_SYS_PTRACE"}

	NetNamespaces = Feature{Name: "network namespaces", Since: "3.0"}
	Veth          = Feature{Name: "veth interfaces"}
	Macvlan       = Feature{Name: "macvlan interfaces"}
	Bridge        = Feature{Name: "bridge interfaces"}
	TUN           = Feature{Name: "TUN interfaces"}

	// Mounts is that a process may mount files over others, in a mount namespace of its own.
	Mounts = Feature{Name: "bind mounts",
		Probe: command("unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts")}

	// IPCommand is ip of iproute2, TCCommand tc of the same, NfTables nft and a kernel that takes
	// its rules, TCPDump tcpdump, GCC a C compiler that links.
	IPCommand = Feature{Name: "ip", CI: true, Probe: command("ip", "-Version")}
	TCCommand = Feature{Name: "tc", CI: true, Probe: command("tc", "-Version")}
	NfTables  = Feature{Name: "nft", CI: true}
	TCPDump   = Feature{Name: "tcpdump", CI: true, Probe: command("tcpdump", "--version")}
	GCC       = Feature{Name: "gcc", CI: true, Probe: probeGCC}

	IPv6Loopback  = Feature{Name: "IPv6 on the loopback interface", Probe: probeIPv6Loopback}
	UnixSockets   = Feature{Name: "AF_UNIX", Since: "2.6"}
	PacketSockets = Feature{Name: "AF_PACKET"}
	UDPLite       = Feature{Name: "IPPROTO_UDPLITE"}
	MPTCP         = Feature{Name: "IPPROTO_MPTCP"}
	SCTP          = Feature{Name: "IPPROTO_SCTP"}
	DCCP          = Feature{Name: "IPPROTO_DCCP"}
	VSock         = Feature{Name: "AF_VSOCK"}
	VSockLoopback = Feature{Name: "a vsock loopback"}
	CAN           = Feature{Name: "AF_CAN"}
	TIPC          = Feature{Name: "AF_TIPC"}
	ALG           = Feature{Name: "AF_ALG"}
	XDP           = Feature{Name: "AF_XDP"}
	Bluetooth     = Feature{Name: "AF_BLUETOOTH"}
	NFC           = Feature{Name: "AF_NFC"}
	PPPoX         = Feature{Name: "AF_PPPOX"}

	// PingSocket is a datagram ICMP socket in the process's own namespace, which the sysctl
	// net.ipv4.ping_group_range allows or not. A new namespace starts with none allowed.
	PingSocket = Feature{Name: "datagram ICMP sockets"}

	UDPSegment  = Feature{Name: "UDP_SEGMENT", Since: "4.18"}
	UDPGRO      = Feature{Name: "UDP_GRO", Since: "5.0"}
	ZeroCopy    = Feature{Name: "SO_ZEROCOPY", Since: "4.14"}
	TXTime      = Feature{Name: "SO_TXTIME", Since: "4.19"}
	PeerPidFD   = Feature{Name: "SO_PEERPIDFD", Since: "6.5"}
	PidFDGetFD  = Feature{Name: "pidfd_getfd", Since: "5.6"}
	TCPMD5      = Feature{Name: "TCP_MD5SIG"}
	TCPRepair   = Feature{Name: "TCP_REPAIR"}
	KernelTLS   = Feature{Name: "kernel TLS"}
	UnixOOB     = Feature{Name: "MSG_OOB on AF_UNIX"}
	ExtendedBPF = Feature{Name: "bpf"}
	Seccomp     = Feature{Name: "seccomp filters"}
	UserFaultFD = Feature{Name: "userfaultfd"} // of the kernel's own faults, too

	// Trapping is what Trap needs of seccomp(2): SECCOMP_USER_NOTIF_FLAG_CONTINUE (Linux 5.5), and
	// registers of 64 bits.
	Trapping = Feature{Name: "trapping of system calls"}
)

// command is a probe for a program that exits with 0 when it is run with these arguments.
func command(name string, args ...string) func() error {
	return func() error {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil && len(out) > 0 {
			return fmt.Errorf("%w: %.200s", err, out)
		}
		return err
	}
}

func probeGCC() error {
	dir, err := os.MkdirTemp("", "testenv")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("gcc", "-x", "c", "-o", filepath.Join(dir, "a.out"), "-")
	cmd.Stdin = strings.NewReader("#include <sys/socket.h>\nint main(void) { return AF_UNSPEC; }\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %.200s", err, out)
	}
	return nil
}

func probeIPv6Loopback() error {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return err
	}
	return l.Close()
}
