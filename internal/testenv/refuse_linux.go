package testenv

import (
	"encoding/binary"
	"os"
	"reflect"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// refuse makes the kernel refuse the system calls in all threads. A result is given by a goroutine
// that answers for the kernel (SECCOMP_RET_USER_NOTIF, Linux 5.7 together with
// SECCOMP_FILTER_FLAG_TSYNC_ESRCH).
func refuse(t *testing.T, refusals []Refusal) error {
	filter, results := program(refusals)
	flags := uintptr(unix.SECCOMP_FILTER_FLAG_TSYNC)
	if results != nil {
		flags |= unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH | unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	}
	listener, err := load(filter, flags)
	if err != nil || results == nil {
		return err
	}
	var stop [2]int
	if err := unix.Pipe2(stop[:], unix.O_CLOEXEC); err != nil {
		return os.NewSyscallError("pipe2", err)
	}
	done := make(chan error, 1)
	go func() { done <- answer(listener, stop[0], results) }()
	t.Cleanup(func() {
		unix.Close(stop[1])
		if err := <-done; err != nil {
			t.Errorf("answering for the kernel: %v", err)
		}
		unix.Close(stop[0])
		unix.Close(listener)
	})
	return nil
}

// load installs a filter and returns its listener, if the flags ask for one.
func load(filter []unix.SockFilter, flags uintptr) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Without this only root may install a filter.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, os.NewSyscallError("prctl", err)
	}
	p := &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	r, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, address(p))
	runtime.KeepAlive(p)
	if errno != 0 {
		return -1, os.NewSyscallError("seccomp", errno)
	}
	return int(r), nil
}

// address is where a pointer points to. What it points to is on the heap by that, and so stays
// where it is; it must be kept alive until the kernel has used it.
func address(pointer any) uintptr { return reflect.ValueOf(pointer).Pointer() }

// program makes the filter. It also returns the results of the calls that have one, by their
// numbers.
func program(refusals []Refusal) (filter []unix.SockFilter, results map[int32]int64) {
	// The offsets are of struct seccomp_data, linux/seccomp.h.
	const number, firstArgument = 0, 16
	low := uint32(firstArgument)
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		low += 4 // the most significant half comes first
	}
	loadWord := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	// skip leaves out the next so many instructions unless the word is k.
	skip := func(k uint32, n uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: n}
	}
	verdict := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
	}
	for _, r := range refusals {
		action := uint32(unix.SECCOMP_RET_ERRNO | int(r.Errno)&unix.SECCOMP_RET_DATA)
		if r.Errno == 0 {
			if results == nil {
				results = map[int32]int64{}
			}
			results[int32(r.Call)] = int64(r.Result)
			action = unix.SECCOMP_RET_USER_NOTIF
		}
		filter = append(filter, loadWord(number))
		if r.First != 0 {
			filter = append(filter, skip(uint32(r.Call), 3), loadWord(low),
				skip(uint32(r.First), 1), verdict(action))
		} else {
			filter = append(filter, skip(uint32(r.Call), 1), verdict(action))
		}
	}
	return append(filter, verdict(unix.SECCOMP_RET_ALLOW)), results
}

// answer gives the calls that come to the listener their results, until stop's other end is closed.
func answer(listener, stop int, results map[int32]int64) error {
	for {
		p := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN},
			{Fd: int32(stop), Events: unix.POLLIN}}
		if _, err := unix.Poll(p, -1); err == unix.EINTR {
			continue
		} else if err != nil {
			return os.NewSyscallError("poll", err)
		}
		if p[1].Revents != 0 {
			return nil
		}
		call, err := receive(listener)
		if err == unix.EINTR || err == unix.ENOENT {
			continue // a signal ended it
		} else if err == nil {
			err = respond(listener, &response{id: call.id, value: results[call.number]})
		}
		if err != nil {
			return os.NewSyscallError("ioctl", err)
		}
	}
}

// A notification is a struct seccomp_notif, which ends with a struct seccomp_data.
type notification struct {
	id     uint64
	_, _   uint32 // the process, flags
	number int32
	_      uint32 // the architecture
	_      uint64 // where it was called
	args   [6]uint64
}

// A response is a struct seccomp_notif_resp.
type response struct {
	id           uint64
	value        int64
	error, flags int32
}

func receive(listener int) (*notification, error) {
	call := new(notification)
	err := control(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, call)
	return call, err
}

// respond ends the call; that a signal has ended it before is no error.
func respond(listener int, r *response) error {
	if err := control(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, r); err != unix.ENOENT {
		return err
	}
	return nil
}

func control(fd int, request uintptr, argument any) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, address(argument))
	runtime.KeepAlive(argument)
	if errno != 0 {
		return errno
	}
	return nil
}

// probeSeccomp asks for the action that refuses with an error (Linux 4.14).
func probeSeccomp() error {
	action := new(uint32)
	*action = unix.SECCOMP_RET_ERRNO
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, address(action))
	runtime.KeepAlive(action)
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}
