package fd

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
)

// How long the child process holds the lock at most: a program that it stops goes on then, and
// tells.
const freezing = 10 * time.Second

// TestMain of the child process: it receives from descriptor 3 into a page that never comes, which
// holds the socket's lock.
func TestFreezer(t *testing.T) {
	if os.Getenv("BSDSOCKET_FREEZER") == "" {
		return
	}
	time.AfterFunc(freezing, func() { os.Exit(0) })
	fault, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	ioctl := func(request uintptr, argument unsafe.Pointer) {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fault, request,
			uintptr(argument)); errno != 0 {
			t.Fatal(errno)
		}
	}
	page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	// linux/userfaultfd.h: struct uffdio_api and UFFDIO_API, struct uffdio_register and
	// UFFDIO_REGISTER for missing pages.
	api := [3]uint64{0xaa}
	ioctl(0xc018aa3f, unsafe.Pointer(&api))
	register := struct {
		page   uint64
		length uint64
		mode   uint64
		ioctls uint64
	}{page: uint64(uintptr(unsafe.Pointer(&page[0]))), length: uint64(len(page)), mode: 1}
	ioctl(0xc020aa00, unsafe.Pointer(&register))
	go sys.Recv(3, page, 0)
	var event [32]byte // struct uffd_msg: somebody waits for the page
	if _, err := unix.Read(int(fault), event[:]); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("frozen\n")
	select {}
}

// A process that shares a socket holds its lock and does not let go. Calls on that socket wait; the
// program does not: its garbage collector, which stops every thread that runs Go code, is not kept
// from it.
func TestFrozenSocket(t *testing.T) {
	testenv.Needs(t, testenv.UserFaultFD)
	f, peer := tcpPair(t)
	write(t, peer)
	dup, err := f.dup()
	if err != nil {
		t.Fatal(err)
	}
	shared := os.NewFile(uintptr(dup), "shared")
	defer shared.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self, "-test.run=^TestFreezer$")
	child.Env = append(os.Environ(), "BSDSOCKET_FREEZER=1")
	child.ExtraFiles = []*os.File{shared}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "frozen\n" {
		rest, _ := io.ReadAll(lines)
		child.Wait()
		t.Fatalf("the child process: %s%s, %v", line, rest, err)
	}
	begun := time.Now()
	var calls []<-chan error
	for _, call := range []func(sysfd int) error{
		func(sysfd int) error {
			_, err := sys.Send(sysfd, []byte("x"), sys.MsgDontWait)
			return err
		},
		func(sysfd int) error {
			_, err := sys.Recv(sysfd, make([]byte, 1), sys.MsgDontWait)
			return err
		},
		func(sysfd int) error {
			return sys.SetsockoptInt(sysfd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		},
		func(sysfd int) error { _, err := sys.Getsockname(sysfd, new(sys.RawAddr)); return err },
	} {
		began := make(chan struct{})
		calls = append(calls, begin(func() error { close(began); return f.Control(call) }))
		<-began
	}
	held := 0
	for range 4 {
		runtime.GC()
		time.Sleep(short)
		held = 0
		for _, done := range calls {
			if len(done) == 0 {
				held++
			}
		}
	}
	if took := time.Since(begun); took > freezing/2 {
		t.Errorf("four garbage collections took %v", took)
	}
	if held == 0 {
		t.Error("no call waited for the lock, so that nothing was tested")
	}
	t.Logf("%d of %d calls wait", held, len(calls))
	child.Process.Kill()
	child.Wait()
	for _, done := range calls {
		if err := soon(t, done); err != nil && err != unix.EAGAIN {
			t.Errorf("a call after that: %v", err)
		}
	}
}
