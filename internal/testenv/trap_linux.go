package testenv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"

	"golang.org/x/sys/unix"
)

type machine struct{ listener int }

// pass marks the calls that Make makes, in the half of the first argument that the kernel does not
// look at: it is an int of every call that is worth trapping.
const pass = 0x5eed

func (tr *Trap) set(calls []uintptr) (err error) {
	high := uint32(20) // half of the first argument in struct seccomp_data
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		high -= 4
	}
	word := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	skip := func(k uint32, n uint8) unix.SockFilter { // leaves out n unless the word is k
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: n}
	}
	verdict := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
	}
	filter := []unix.SockFilter{
		word(high), skip(pass, 1), verdict(unix.SECCOMP_RET_ALLOW),
		word(0),
	}
	for _, call := range calls {
		filter = append(filter, skip(uint32(call), 1), verdict(unix.SECCOMP_RET_USER_NOTIF))
	}
	filter = append(filter, verdict(unix.SECCOMP_RET_ALLOW))
	tr.listener, err = load(filter, unix.SECCOMP_FILTER_FLAG_TSYNC|
		unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH|unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	if err == nil {
		tr.listener |= tr.mark() // its own ioctl(2) is not for it to answer
		go tr.serve()
	}
	return err
}

// serve answers until the process ends, as the calls would fail without it.
func (tr *Trap) serve() {
	for {
		n, err := receive(tr.listener)
		if err == unix.EINTR || err == unix.ENOENT {
			continue
		} else if err != nil {
			panic(fmt.Sprintf("testenv: a trapped call: %v", err))
		}
		c := &Held{Number: uintptr(n.number), trap: tr}
		for i, arg := range n.args {
			c.Args[i] = uintptr(arg)
		}
		v := tr.ask(c)
		r := &response{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		switch {
		case v.Errno != 0:
			r.flags, r.error = 0, -int32(v.Errno)
		case v.Answered:
			r.flags, r.value = 0, int64(v.Result)
		}
		if err := respond(tr.listener, r); err != nil {
			panic(fmt.Sprintf("testenv: the answer to a trapped call: %v", err))
		}
	}
}

// Make makes the call, and returns what the kernel answers.
func (c *Held) Make() Verdict {
	first := c.Args[0]&(1<<32-1) | uintptr(c.trap.mark())
	r, _, errno := unix.Syscall6(c.Number, first, c.Args[1], c.Args[2], c.Args[3], c.Args[4],
		c.Args[5])
	return Verdict{Answered: true, Result: int(r), Errno: errno}
}

func (*machine) mark() int {
	mark := uint64(pass) << 32
	return int(mark)
}

// Write overwrites memory of the process, such as a length that a call returns through a pointer.
func (c *Held) Write(at uintptr, b []byte) error {
	_, err := unix.ProcessVMWritev(os.Getpid(), local(b), remote(at, b), 0)
	return err
}

// Read copies memory of the process.
func (c *Held) Read(at uintptr, b []byte) error {
	_, err := unix.ProcessVMReadv(os.Getpid(), local(b), remote(at, b), 0)
	return err
}

func local(b []byte) []unix.Iovec {
	v := unix.Iovec{Base: &b[0]}
	v.SetLen(len(b))
	return []unix.Iovec{v}
}

func remote(at uintptr, b []byte) []unix.RemoteIovec {
	return []unix.RemoteIovec{{Base: at, Len: len(b)}}
}

func probeTrapping() error {
	if bits.UintSize != 64 {
		return errors.New("an argument has no half that the kernel does not look at")
	}
	if older(kernel(), "5.7") {
		return errors.New("it came with Linux 5.7")
	}
	return probeSeccomp()
}
