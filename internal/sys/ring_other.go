//go:build !linux

package sys

import (
	"sync/atomic"
	"syscall"
)

// A Ring is memory that a packet socket shares with the kernel, on Linux.
type Ring struct{}

// MapRing is not supported here, and nothing has a Ring.
func MapRing(int, int) (*Ring, error) { return nil, syscall.ENOTSUP }

func (r *Ring) Word(int) *atomic.Uint32    { panic("no ring") }
func (r *Ring) Header(int, int) []byte     { panic("no ring") }
func (r *Ring) Data(int, int) []byte       { panic("no ring") }
func (r *Ring) Allow(int, int, bool) error { return syscall.ENOTSUP }
func (r *Ring) Keep(int, int) error        { return syscall.ENOTSUP }
func (r *Ring) Drop(int, int) error        { return syscall.ENOTSUP }
func (r *Ring) UnmapWords() error          { return syscall.ENOTSUP }
func (r *Ring) UnmapData() error           { return syscall.ENOTSUP }
