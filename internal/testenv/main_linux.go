package testenv

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/leak"
)

// descriptors adds what proc(5) shows of this process's open files. The runtime's poller opens an
// epoll instance and an eventfd on first use and keeps them, and Trap keeps its listener.
func descriptors(s map[string]string) {
	const dir = "/proc/self/fd/"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // no procfs
	}
	for _, e := range entries {
		target, err := os.Readlink(dir + e.Name())
		switch {
		case err != nil: // closed meanwhile, as ReadDir's own is
			continue
		case target == "anon_inode:[eventpoll]", target == "anon_inode:[eventfd]",
			target == "anon_inode:seccomp notify":
			continue
		}
		s[e.Name()+" "+target] = fmt.Sprintf("descriptor %s: %s%s\n", e.Name(), target,
			described(e.Name())) + maker(e.Name())
	}
}

// maker says by which calls the library made a descriptor, if BSDSOCKET_LEAKS=1 is set.
func maker(name string) string {
	fd, err := strconv.Atoi(name)
	if err != nil {
		return ""
	}
	if d := leak.Find(fd); d != nil {
		return d.Stack()
	}
	return ""
}

// described says what kind of socket a descriptor is and what it is bound and connected to, so that
// whose it is can be seen, or "" if it is no socket.
func described(name string) string {
	fd, err := strconv.Atoi(name)
	if err != nil {
		return ""
	}
	var numbers [3]int
	for i, option := range []int{unix.SO_DOMAIN, unix.SO_TYPE, unix.SO_PROTOCOL} {
		if numbers[i], err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, option); err != nil {
			return ""
		}
	}
	return fmt.Sprintf(
		", a socket of family %d, type %d, protocol %d, bound to %s, connected to %s",
		numbers[0], numbers[1], numbers[2], named(unix.Getsockname(fd)),
		named(unix.Getpeername(fd)))
}

func named(sa unix.Sockaddr, err error) string {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)).String()
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)).String()
	case *unix.SockaddrUnix:
		return strconv.Quote(sa.Name)
	}
	if err != nil {
		return "nothing (" + err.Error() + ")"
	}
	return fmt.Sprintf("%T", sa)
}

// threads adds the network namespaces that threads are in.
func threads(s map[string]string) {
	const dir = "/proc/self/task/"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if ns, err := os.Readlink(dir + e.Name() + "/ns/net"); err == nil {
			s[ns] = fmt.Sprintf("thread %s: in the network namespace %s\n", e.Name(), ns)
		}
	}
}
