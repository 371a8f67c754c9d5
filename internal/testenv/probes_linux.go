package testenv

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

var errNoProbe = errors.New("testenv has no probe for it")

// probes holds what is asked of a Linux kernel, by the features' names.
var probes = map[string]func() error{
	Root.Name: func() error {
		if uid := os.Geteuid(); uid != 0 {
			return fmt.Errorf("the tests run as user %d", uid)
		}
		return nil
	},
	NetAdmin.Name:       capability(unix.CAP_NET_ADMIN),
	NetRaw.Name:         capability(unix.CAP_NET_RAW),
	NetBindService.Name: capability(unix.CAP_NET_BIND_SERVICE),
	SysAdmin.Name:       capability(unix.CAP_SYS_ADMIN),
	SysPtrace.Name:      capability(unix.CAP_SYS_PTRACE),

	NetNamespaces.Name: inNamespace(func() error { return nil }),
	Veth.Name:          link("veth", "peer", "name", "probe1"),
	Macvlan.Name: inNamespace(func() error {
		if err := ip("link", "add", "probe1", "type", "bridge"); err != nil {
			return err
		}
		return ip("link", "add", "probe0", "link", "probe1", "type", "macvlan", "mode", "bridge")
	}),
	Bridge.Name: link("bridge"),
	TUN.Name: inNamespace(func() error {
		return ip("tuntap", "add", "probe0", "mode", "tun")
	}),

	// A drop rule in a chain with a hook uses what the tests use to lose packets.
	NfTables.Name: inNamespace(func() error {
		return command("nft",
			"add table inet probe; "+
				"add chain inet probe c { type filter hook output priority 0; }; "+
				"add rule inet probe c udp dport 9 drop")()
	}),

	UnixSockets.Name:   creates(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0),
	PacketSockets.Name: creates(unix.AF_PACKET, unix.SOCK_DGRAM, 0),
	UDPLite.Name:       creates(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_UDPLITE),
	MPTCP.Name:         creates(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP),
	SCTP.Name:          creates(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP),
	DCCP.Name:          creates(unix.AF_INET, unix.SOCK_DCCP, unix.IPPROTO_DCCP),
	VSock.Name:         creates(unix.AF_VSOCK, unix.SOCK_STREAM, 0),
	VSockLoopback.Name: probeVSockLoopback,
	CAN.Name:           creates(unix.AF_CAN, unix.SOCK_RAW, unix.CAN_RAW),
	TIPC.Name:          creates(unix.AF_TIPC, unix.SOCK_STREAM, 0),
	ALG.Name:           creates(unix.AF_ALG, unix.SOCK_SEQPACKET, 0),
	XDP.Name:           creates(unix.AF_XDP, unix.SOCK_RAW, 0),
	Bluetooth.Name:     creates(unix.AF_BLUETOOTH, unix.SOCK_SEQPACKET, unix.BTPROTO_L2CAP),
	NFC.Name:           creates(unix.AF_NFC, unix.SOCK_SEQPACKET, 0),
	PPPoX.Name:         creates(unix.AF_PPPOX, unix.SOCK_STREAM, 0),
	PingSocket.Name:    creates(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP),

	UDPSegment.Name: gets(unix.SOCK_DGRAM, unix.SOL_UDP, unix.UDP_SEGMENT),
	UDPGRO.Name:     sets(unix.SOCK_DGRAM, unix.SOL_UDP, unix.UDP_GRO, 1),
	ZeroCopy.Name:   sets(unix.SOCK_STREAM, unix.SOL_SOCKET, unix.SO_ZEROCOPY, 1),
	TXTime.Name:     gets(unix.SOCK_DGRAM, unix.SOL_SOCKET, unix.SO_TXTIME),
	PeerPidFD.Name:  probePeerPidFD,
	PidFDGetFD.Name: probePidFDGetFD,
	TCPMD5.Name: with(unix.AF_INET, unix.SOCK_STREAM, 0, func(fd int) error {
		// A key for 192.0.2.1: struct tcp_md5sig of tcp(7).
		sig := unix.TCPMD5Sig{Addr: unix.SockaddrStorage{Family: unix.AF_INET}, Keylen: 1}
		copy(sig.Addr.Data[:], "\x00\x00\xc0\x00\x02\x01")
		return unix.SetsockoptTCPMD5Sig(fd, unix.IPPROTO_TCP, unix.TCP_MD5SIG, &sig)
	}),
	TCPRepair.Name: sets(unix.SOCK_STREAM, unix.SOL_TCP, unix.TCP_REPAIR, unix.TCP_REPAIR_ON),
	KernelTLS.Name: probeKernelTLS,
	UnixOOB.Name:   probeUnixOOB,
	Seccomp.Name:   probeSeccomp,
	Trapping.Name:  probeTrapping,
	UserFaultFD.Name: func() error {
		fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
		if errno != 0 {
			return os.NewSyscallError("userfaultfd", errno)
		}
		return unix.Close(int(fd))
	},
	ExtendedBPF.Name: func() error {
		// BPF_MAP_CREATE with no attributes is EINVAL where bpf(2) is there and allowed.
		_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_MAP_CREATE, 0, 0)
		if errno == unix.ENOSYS || errno == unix.EPERM {
			return os.NewSyscallError("bpf", errno)
		}
		return nil
	},
}

// kernel returns the running kernel's release, such as "6.1.0-13-amd64".
var kernel = sync.OnceValue(func() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "0.0"
	}
	return unix.ByteSliceToString(u.Release[:])
})

// privileged says whether a refusal cannot be for want of a capability that the tests use.
func privileged() bool {
	for _, f := range []Feature{NetAdmin, NetRaw, SysAdmin} {
		if probe(f) != nil {
			return false
		}
	}
	return true
}

// capability is a probe that reads the effective set from /proc/thread-self/status, see proc(5).
func capability(bit int) func() error {
	return func() error {
		status, err := os.ReadFile("/proc/thread-self/status")
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(string(status), "\nCapEff:")
		hex, _, _ := strings.Cut(rest, "\n")
		set, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
		if err != nil {
			return fmt.Errorf("no effective capabilities in /proc/thread-self/status: %w", err)
		}
		if set&(1<<bit) == 0 {
			return fmt.Errorf("it is not in the effective set %#x", set)
		}
		return nil
	}
}

// inNamespace is a probe that runs in a network namespace of its own.
func inNamespace(fn func() error) func() error {
	return func() error {
		ns, err := openNamespace()
		if err != nil {
			return err
		}
		defer ns.file.Close()
		ns.do(func() { err = fn() })
		return err
	}
}

func ip(args ...string) error {
	return command("ip", args...)()
}

// link is a probe that adds an interface of the given kind.
func link(kind string, args ...string) func() error {
	return inNamespace(func() error {
		return ip(append([]string{"link", "add", "probe0", "type", kind}, args...)...)
	})
}

// with is a probe that needs a socket.
func with(family, typ, protocol int, fn func(fd int) error) func() error {
	return func() error {
		fd, err := unix.Socket(family, typ|unix.SOCK_CLOEXEC, protocol)
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		defer unix.Close(fd)
		return fn(fd)
	}
}

func creates(family, typ, protocol int) func() error {
	return with(family, typ, protocol, func(int) error { return nil })
}

func sets(typ, level, name, value int) func() error {
	return with(unix.AF_INET, typ, 0, func(fd int) error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, name, value))
	})
}

func gets(typ, level, name int) func() error {
	return with(unix.AF_INET, typ, 0, func(fd int) error {
		_, err := unix.GetsockoptInt(fd, level, name)
		return os.NewSyscallError("getsockopt", err)
	})
}

// probeVSockLoopback connects to a listener through the CID that vsock(7) calls VMADDR_CID_LOCAL. A
// kernel without the loopback transport may drop the request, so the connection is given a second.
func probeVSockLoopback() error {
	return with(unix.AF_VSOCK, unix.SOCK_STREAM, 0, func(l int) error {
		if err := unix.Bind(l,
			&unix.SockaddrVM{CID: unix.VMADDR_CID_ANY, Port: unix.VMADDR_PORT_ANY}); err != nil {
			return os.NewSyscallError("bind", err)
		}
		if err := unix.Listen(l, 1); err != nil {
			return os.NewSyscallError("listen", err)
		}
		name, err := unix.Getsockname(l)
		if err != nil {
			return os.NewSyscallError("getsockname", err)
		}
		return with(unix.AF_VSOCK, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0, func(c int) error {
			err := unix.Connect(c,
				&unix.SockaddrVM{CID: unix.VMADDR_CID_LOCAL, Port: name.(*unix.SockaddrVM).Port})
			if err == unix.EINPROGRESS {
				err = connected(c, time.Second)
			}
			return os.NewSyscallError("connect", err)
		})()
	})()
}

// connected waits for the end of a connection attempt.
func connected(fd int, timeout time.Duration) error {
	for end := time.Now().Add(timeout); ; {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n, err := unix.Poll(p, int(max(0, time.Until(end).Milliseconds())))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return unix.ETIMEDOUT
		}
		errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && errno != 0 {
			err = unix.Errno(errno)
		}
		return err
	}
}

func probePeerPidFD() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	fd, err := unix.GetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_PEERPIDFD)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	return unix.Close(fd)
}

func probePidFDGetFD() error {
	pid, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(pid)
	fd, err := unix.PidfdGetfd(pid, pid, 0)
	if err != nil {
		return os.NewSyscallError("pidfd_getfd", err)
	}
	return unix.Close(fd)
}

// probeKernelTLS attaches the protocol to a connected socket; TCP_ULP refuses others.
func probeKernelTLS() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		inner = os.NewSyscallError("setsockopt",
			unix.SetsockoptString(int(fd), unix.SOL_TCP, unix.TCP_ULP, "tls"))
	})
	return errors.Join(err, inner)
}

func probeUnixOOB() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	return os.NewSyscallError("send", unix.Send(pair[0], []byte("x"), unix.MSG_OOB))
}
