package sys

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Ring is the memory that a packet socket shares with the kernel (packet(7),
// Documentation/networking/packet_mmap.rst). It is mapped twice. One mapping is for the words by
// which blocks change hands; who writes a wrong one makes the kernel write into a block that is
// being read. The other is for the packets, and cannot be written to: that one is handed out, piece
// by piece.
type Ring struct{ words, data []byte }

// MapRing maps the whole ring of the socket, which must have size bytes.
func MapRing(fd, size int) (*Ring, error) {
	words, err := mapRing(fd, size, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return nil, err
	}
	data, err := mapRing(fd, size, unix.PROT_READ)
	if err != nil {
		unmap(words)
		return nil, err
	}
	return &Ring{words, data}, nil
}

func mapRing(fd, size, prot int) ([]byte, error) {
	p, err := unix.MmapPtr(fd, 0, nil, uintptr(size), prot, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(p), size), nil
}

func unmap(b []byte) error {
	return unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)))
}

// Word is the 32-bit word at an offset, a multiple of 4.
func (r *Ring) Word(off int) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer((*[4]byte)(r.words[off : off+4])))
}

// Header returns bytes of the mapping that is always readable.
func (r *Ring) Header(off, n int) []byte { return r.words[off : off+n : off+n] }

// Data returns bytes of the mapping that cannot be written to.
func (r *Ring) Data(off, n int) []byte { return r.data[off : off+n : off+n] }

// Allow makes a part of the data readable, or inaccessible.
func (r *Ring) Allow(off, n int, read bool) error {
	prot := unix.PROT_NONE
	if read {
		prot = unix.PROT_READ
	}
	return unix.Mprotect(r.Data(off, n), prot)
}

// Keep puts a copy in the place of a part of the data, which is the kernel's memory no more. Who
// reads it meanwhile sees no difference: mremap(2) exchanges the pages in one step.
func (r *Ring) Keep(off, n int) error {
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(n), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return err
	}
	c := unsafe.Slice((*byte)(p), n)
	copy(c, r.Header(off, n))
	if err = unix.Mprotect(c, unix.PROT_READ); err == nil {
		_, err = unix.MremapPtr(p, uintptr(n), unsafe.Pointer(unsafe.SliceData(r.Data(off, n))),
			uintptr(n), unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED)
	}
	if err != nil {
		unmap(c)
	}
	return err
}

// Drop gives up the memory of a part of the data. Its addresses stay taken, so that no use of them
// can find anything else.
func (r *Ring) Drop(off, n int) error {
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(unsafe.SliceData(r.Data(off, n))), uintptr(n),
		unix.PROT_NONE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED|unix.MAP_NORESERVE)
	return err
}

// UnmapWords ends the use of Word and Header. As long as any mapping of the kernel's memory is
// left, so is the kernel's socket.
func (r *Ring) UnmapWords() error {
	b := r.words
	r.words = nil
	return unmap(b)
}

// UnmapData ends the use of all the rest.
func (r *Ring) UnmapData() error {
	b := r.data
	r.data = nil
	return unmap(b)
}
