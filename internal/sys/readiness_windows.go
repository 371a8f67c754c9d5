package sys

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Windows has no call that waits for many sockets at once and scales. What its own select(2) is
// made of has: the driver that all sockets belong to, \Device\Afd, takes a request to tell when
// events of a socket are true (IOCTL_AFD_POLL), and answers it through an I/O completion port as
// any other request. It is not documented by Microsoft, but what libuv, Rust's mio and others have
// waited with for years. It tells what is true, and not what has changed. Where the driver cannot
// be opened, as in a sandbox, WSAPoll does the same at the cost of a thread for each wait.

// What a Readiness waits for.
const (
	afdReceive     = 0x001
	afdSend        = 0x004
	afdDisconnect  = 0x008 // the peer has ended its stream
	afdAbort       = 0x010 // the connection was reset
	afdLocalClose  = 0x020
	afdAccept      = 0x080
	afdConnectFail = 0x100

	AwaitRead  = afdReceive | afdDisconnect | afdAbort | afdLocalClose | afdAccept | afdConnectFail
	AwaitWrite = afdSend | afdAbort | afdLocalClose | afdConnectFail
)

const (
	ioctlAfdPoll  = 0x00012024
	sioBaseHandle = 0x48000022 // mswsock.h

	statusTimeout = windows.NTStatus(0x102)
	statusPending = windows.NTStatus(0x103)
)

var (
	ntdll                  = windows.NewLazySystemDLL("ntdll.dll")
	procDeviceIoControl    = ntdll.NewProc("NtDeviceIoControlFile")
	procCancelIo           = ntdll.NewProc("NtCancelIoFileEx")
	procQueuedCompletionEx = kernel32.NewProc("GetQueuedCompletionStatusEx")
)

// afdPollInfo is AFD_POLL_INFO with one AFD_POLL_HANDLE_INFO.
type afdPollInfo struct {
	timeout   int64 // in units of 100 ns, relative if negative
	handles   uint32
	exclusive uint32
	handle    uintptr
	events    uint32
	status    windows.NTStatus
}

// A Readiness is a wait for a socket, which can be used again when it is over. From Begin until End
// returns it is the kernel's: it must stay where it is, and reachable, as the receiver of End is.
type Readiness struct {
	base   uintptr
	events uint32
	status windows.IO_STATUS_BLOCK
	info   afdPollInfo // both the question and the answer
	over   sync.Mutex  // locked, but for the moment between the completion and End

	blind     bool // there is no driver: End polls
	timeout   time.Duration
	cancelled atomic.Bool // if blind
}

// Init prepares a Readiness for a socket. Beneath layers that other software has put on it there is
// the socket that the driver knows.
func (r *Readiness) Init(fd int, events uint32) {
	r.base, r.events = uintptr(fd), events
	var base windows.Handle
	var n uint32
	if windows.WSAIoctl(windows.Handle(fd), sioBaseHandle, nil, 0, (*byte)(unsafe.Pointer(&base)),
		uint32(unsafe.Sizeof(base)), &n, nil, 0) == nil {
		r.base = uintptr(base)
	}
	r.over.TryLock()
}

// Begin asks for the socket's events, for so long; a negative timeout is none. now is whether an
// event was true already. After an error there is nothing to end.
func (r *Readiness) Begin(timeout time.Duration) (now bool, err error) {
	afd := theDriver()
	if r.blind = afd == 0; r.blind {
		r.cancelled.Store(false)
		r.timeout = timeout
		return false, nil
	}
	r.info = afdPollInfo{timeout: 1<<63 - 1, handles: 1, handle: r.base, events: r.events}
	if timeout >= 0 {
		r.info.timeout = -int64((timeout + 99) / 100)
	}
	r.status = windows.IO_STATUS_BLOCK{}
	s, _, _ := syscall.SyscallN(procDeviceIoControl.Addr(), uintptr(afd), 0, 0,
		uintptr(unsafe.Pointer(r)),
		uintptr(unsafe.Pointer(&r.status)), ioctlAfdPoll,
		uintptr(unsafe.Pointer(&r.info)), unsafe.Sizeof(r.info), uintptr(unsafe.Pointer(&r.info)),
		unsafe.Sizeof(r.info))
	switch status := windows.NTStatus(s); status {
	case 0: // this is told through the port, too
		return true, nil
	case statusPending:
		return false, nil
	default:
		return false, portable(status.Errno())
	}
}

// End waits until it is over: an event is true, the time has passed, or it was cancelled. ready is
// whether there is an event.
func (r *Readiness) End() (ready bool, err error) {
	if r.blind {
		return r.poll()
	}
	r.over.Lock()
	switch status := r.status.Status; {
	case status == 0:
		return r.info.handles > 0, nil
	case status == statusTimeout, status == windows.STATUS_CANCELLED:
		return false, nil
	default:
		return false, portable(status.Errno())
	}
}

// Cancel makes End return soon. It may be called from Begin until End has returned.
func (r *Readiness) Cancel() {
	if r.blind {
		r.cancelled.Store(true)
		return
	}
	// If it fails the completion is on its way.
	var status windows.IO_STATUS_BLOCK
	syscall.SyscallN(procCancelIo.Addr(), uintptr(theDriver()), uintptr(unsafe.Pointer(&r.status)),
		uintptr(unsafe.Pointer(&status)))
}

// poll is End without the driver. It looks at what others did meanwhile at each turn, and before
// Windows 10 2004 WSAPoll does not tell of a connect that failed, which a look by the caller does.
func (r *Readiness) poll() (ready bool, err error) {
	const turn = 10 * time.Millisecond
	events, write := int16(PollIn), r.events&afdSend != 0
	if write {
		events = PollOut
	}
	for end, turns := time.Now().Add(r.timeout), 1; ; turns++ {
		ms := turn
		if r.timeout >= 0 {
			ms = max(0, min(turn, time.Until(end)))
		}
		got, err := poll(int(r.base), events, int32((ms+time.Millisecond-1)/time.Millisecond))
		switch {
		case err != nil:
			return false, err
		case got != 0 || write && turns%10 == 0:
			return true, nil
		case r.cancelled.Load() || r.timeout >= 0 && !time.Now().Before(end):
			return false, nil
		}
	}
}

// driver is a handle of \Device\Afd, whose requests complete through port. It is opened by the
// first wait, and never closed.
var driver struct {
	once sync.Once
	afd  windows.Handle // 0: there is none
	port windows.Handle
}

func theDriver() windows.Handle {
	driver.once.Do(openDriver)
	return driver.afd
}

func openDriver() {
	// The last part of the name is free, but without one there is no device.
	name, err := windows.NewNTUnicodeString(`\Device\Afd\bsdsocket`)
	if err != nil {
		return
	}
	attributes := windows.OBJECT_ATTRIBUTES{ObjectName: name}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var status windows.IO_STATUS_BLOCK
	var afd windows.Handle
	err = windows.NtCreateFile(&afd, windows.SYNCHRONIZE, &attributes, &status, nil, 0,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, windows.FILE_OPEN, 0, 0, 0)
	if err != nil {
		return
	}
	port, err := windows.CreateIoCompletionPort(afd, 0, 0, 1)
	if err != nil {
		windows.CloseHandle(afd)
		return
	}
	driver.afd, driver.port = afd, port
	completes.Unlock()
}

// completes is locked until there is a port. The goroutine that reads it begins with the program,
// so that it is in no bubble of testing/synctest, and holds no thread before it is needed.
var completes sync.Mutex

func init() {
	completes.Lock()
	go complete()
}

// complete tells those who wait of what comes through the port.
func complete() {
	completes.Lock()
	// OVERLAPPED_ENTRY. The kernel writes what it was given with the request, and the collector
	// sees a pointer.
	var entries [64]struct {
		key       uintptr
		readiness *Readiness
		internal  uintptr
		bytes     uint32
	}
	for {
		var n uint32
		r, _, e := syscall.SyscallN(procQueuedCompletionEx.Addr(), uintptr(driver.port),
			uintptr(unsafe.Pointer(&entries)),
			uintptr(len(entries)), uintptr(unsafe.Pointer(&n)), windows.INFINITE, 0)
		if r == 0 {
			// Somebody has closed a handle that is not theirs.
			panic("sys: the completion port is gone: " + e.Error())
		}
		for i := range entries[:n] {
			done := entries[i].readiness
			entries[i].readiness = nil
			done.over.Unlock() // from here on it is the waiter's
		}
	}
}
