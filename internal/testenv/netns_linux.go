package testenv

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
)

const threadNamespace = "/proc/thread-self/ns/net"

// openNamespace makes a network namespace and readies it. The descriptor of the file keeps it
// alive.
func openNamespace() (*NS, error) {
	var ns NS
	_, err := onThread(func() error {
		if err := sys.Unshare(sys.CloneNewNet); err != nil {
			return err
		}
		var err error
		ns.file, err = os.Open(threadNamespace)
		if err != nil {
			return err
		}
		if err := errors.Join(loopbackUp(), noAddressDetection()); err != nil {
			return errors.Join(err, ns.file.Close())
		}
		return nil
	}, func() {})
	return &ns, err
}

// do is Do without the test: it tells whether fn ended its goroutine, or with what it panicked.
func (ns *NS) do(fn func()) (exit bool, panicked any) {
	exit = true
	panicked, err := onThread(func() error {
		return sys.Setns(int(ns.file.Fd()), sys.CloneNewNet)
	}, func() {
		fn()
		exit = false
	})
	if err != nil {
		panicked = fmt.Errorf("testenv: entering the network namespace: %w", err)
	}
	return exit, panicked
}

// onThread runs enter and, unless that fails, fn on a thread of their own and then takes the thread
// back to the namespace that it came from. A thread that cannot go back ends with its goroutine.
func onThread(enter func() error, fn func()) (panicked any, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				panicked = fmt.Sprintf("%v\n\n%s", v, debug.Stack())
			}
		}()
		var home *os.File
		if home, err = os.Open(threadNamespace); err != nil {
			return
		}
		defer home.Close()
		runtime.LockOSThread()
		defer func() {
			if sys.Setns(int(home.Fd()), sys.CloneNewNet) == nil {
				runtime.UnlockOSThread()
			}
		}()
		if err = enter(); err == nil {
			fn()
		}
	}()
	<-done
	return panicked, err
}

// loopbackUp sets IFF_UP on lo, see netdevice(7).
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return os.NewSyscallError("ioctl", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request))
}

// noAddressDetection spares new IPv6 addresses the seconds for which they are tentative (RFC 4862
// section 5.4). The files are missing where the kernel has no IPv6.
func noAddressDetection() error {
	for _, name := range []string{"net.ipv6.conf.all.accept_dad",
		"net.ipv6.conf.default.accept_dad"} {
		if err := sysctl(name, "0"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// linkReady returns nil if the interface runs, and none of its IPv6 addresses is tentative or still
// to come.
func linkReady(name string) error {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	if link.Flags&net.FlagRunning == 0 {
		return errors.New("it does not run")
	}
	// One line an address: the address, and in hexadecimal the interface's index, the length of the
	// prefix, the scope and the flags; then the interface's name.
	table, err := os.ReadFile("/proc/thread-self/net/if_inet6")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a kernel without IPv6
	}
	if err != nil {
		return err
	}
	const linkScope = "20"
	err = errors.New("it has no IPv6 address of the link")
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) != 6 || f[5] != name {
			continue
		}
		flags, parseErr := strconv.ParseUint(f[4], 16, 32)
		if parseErr != nil || flags&unix.IFA_F_TENTATIVE != 0 {
			return fmt.Errorf("address %s has the flags %s", f[0], f[4])
		}
		if f[3] == linkScope {
			err = nil
		}
	}
	return err
}

// openTUN makes a TUN interface. The poller takes the device only once it has one.
func openTUN(name string) (*os.File, error) {
	const path = "/dev/net/tun"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = os.NewSyscallError("ioctl", unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
	}
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), path), nil
}
