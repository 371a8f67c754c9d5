package packet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Config is the size of a ring. The zero Config is 16 blocks of 1 MiB, which are handed over after
// 8 ms. Negative values are EINVAL.
type Config struct {
	// BlockSize is the number of bytes of a block, a multiple of the page size; 0 is 1 MiB. A
	// packet that is longer than a block less some 130 bytes is cut.
	BlockSize int

	// Blocks is the number of blocks; 0 is 16.
	Blocks int

	// Timeout is how long a packet may wait for its block to become full, in milliseconds, rounded
	// up, at most 65,535; 0 is 8 ms. The kernel's timer of an idle ring fires as often as that.
	Timeout time.Duration

	// Guard makes the packets of a block inaccessible as soon as it is released: to read them then
	// is a fault that ends the program, or a panic with [debug.SetPanicOnFault], and not another
	// packet. It costs two system calls a block. It is for tests.
	Guard bool
}

// The defaults of Config.
const (
	defaultBlockSize = 1 << 20
	defaultBlocks    = 16
	defaultTimeout   = 8 * time.Millisecond
)

// A Receiver is the receive ring of a packet socket. Its methods may be called by several
// goroutines at once. On the zero Receiver they are [socket.ErrClosed]. It must not be copied.
//
// A Receiver that becomes unreachable closes itself, but some time later; until then packets are
// received for nobody.
type Receiver struct {
	ring    *ring // apart, so that blocks keep their memory and not the Receiver
	cleanup runtime.Cleanup
}

// Statistics are totals since [NewReceiver].
type Statistics struct {
	Packets uint64 // received, without those dropped
	Drops   uint64 // dropped because no block was free
	Freezes uint64 // how often that began
}

type ring struct {
	s     *socket.Socket
	fd    *fd.FD
	size  int  // of a block
	link  bool // packets begin with the header of the link layer
	guard bool

	mu     sync.Mutex // never held while waiting
	mem    *sys.Ring
	closed bool
	gone   bool   // the kernel's memory is given back; what is left is copies
	next   int    // the block that the kernel fills first
	number uint64 // and the number that it will have then
	out    int
	slots  []slot
	totals Statistics
}

// A slot is what is known of a block.
type slot struct {
	generation     atomic.Uint32 // odd while the block is out
	packets, first uint32        // how many, and where the first begins
}

// NewReceiver makes the ring (PACKET_VERSION, PACKET_RX_RING, mmap(2)) and takes the socket over:
// [Receiver.Close] closes it. What the socket had received before is lost, its own receives find
// nothing any more, and its WaitReceive is of no use. After an error the socket is the caller's, as
// it was.
//
// The socket is one of AF_PACKET, SOCK_RAW or SOCK_DGRAM, without a ring; others are
// [socket.ErrUnsupported]. EINVAL: BlockSize is no multiple of the page size, Timeout is too long,
// or the ring is larger than can be. ENOMEM: the kernel has not that much memory. EBUSY: there is a
// ring.
func NewReceiver(s *socket.Socket, c Config) (*Receiver, error) {
	r, err := newRing(s, c)
	if err != nil {
		return nil, failed(s, "new receiver", err)
	}
	receiver := &Receiver{ring: r}
	receiver.cleanup = runtime.AddCleanup(receiver, func(r *ring) { r.close() }, r)
	return receiver, nil
}

func newRing(s *socket.Socket, c Config) (*ring, error) {
	switch {
	case s.FD() < 0:
		return nil, socket.ErrClosed
	case s.Family() != constants.AF_PACKET:
		return nil, fmt.Errorf("%w: not a packet socket", socket.ErrUnsupported)
	}
	size, err := c.size()
	if err != nil {
		return nil, err
	}
	version, err := sockopt.PacketVersion.Get(s)
	if err != nil {
		return nil, err
	}
	if err := sockopt.PacketVersion.Set(s, v3); err != nil {
		return nil, err
	}
	conn, err := s.SyscallConn()
	if err != nil {
		return nil, err
	}
	blocks := int(size.Blocks)
	r := &ring{
		s:      s,
		fd:     fd.Of(conn),
		size:   int(size.BlockSize),
		link:   s.Type() == constants.SOCK_RAW,
		guard:  c.Guard,
		number: 1,
	}
	if err = sockopt.PacketReceiveRing.Set(s, size); err == nil {
		err = r.fd.Control(func(sysfd int) (err error) {
			r.mem, err = sys.MapRing(sysfd, r.size*blocks)
			return err
		})
		if err == nil && r.guard {
			err = r.mem.Allow(0, r.size*blocks, false)
		}
		if err != nil {
			if r.mem != nil {
				r.mem.UnmapWords()
				r.mem.UnmapData()
			}
			sockopt.PacketReceiveRing.Set(s, sockopt.PacketRing{})
		}
	}
	if err != nil {
		sockopt.PacketVersion.Set(s, version)
		return nil, err
	}
	r.slots = make([]slot, blocks) // not before the kernel has agreed to that many
	return r, nil
}

// size is struct tpacket_req3. The size of a frame means nothing to this version, so that one frame
// a block is as good as any.
func (c Config) size() (p sockopt.PacketRing, err error) {
	if c.BlockSize == 0 {
		c.BlockSize = defaultBlockSize
	}
	if c.Blocks == 0 {
		c.Blocks = defaultBlocks
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	switch {
	case c.BlockSize < 0 || c.BlockSize > math.MaxInt32:
		err = fmt.Errorf("a block of %d bytes: %w", c.BlockSize, syscall.EINVAL)
	case c.Blocks < 0 || c.Blocks > math.MaxInt32 || c.Blocks > math.MaxInt/c.BlockSize:
		err = fmt.Errorf("%d blocks of %d bytes: %w", c.Blocks, c.BlockSize, syscall.EINVAL)
	case c.Timeout < 0 || c.Timeout > math.MaxUint16*time.Millisecond:
		// Before Linux 6.18 the kernel keeps 16 bits of it.
		err = fmt.Errorf("a block timeout of %v: %w", c.Timeout, syscall.EINVAL)
	}
	return sockopt.PacketRing{
		BlockSize:    uint32(c.BlockSize),
		Blocks:       uint32(c.Blocks),
		FrameSize:    uint32(c.BlockSize),
		Frames:       uint32(c.Blocks),
		BlockTimeout: uint32((c.Timeout + time.Millisecond - 1) / time.Millisecond),
		Features:     fillHash,
	}, err
}

// failed gives an error the shape of this module's; nil stays nil.
func failed(s *socket.Socket, op string, err error) error {
	if err == nil {
		return nil
	}
	e := &socket.Error{Op: op, Err: err}
	if s != nil && err != syscall.EAGAIN {
		e.Local, _ = s.Name()
	}
	return e
}

// Next waits for the next block, in the order of receiving; one that is complete is returned at
// once. The caller owns it until [Block.Release]. Meanwhile the kernel fills the others, and drops
// packets when it comes to one that is still out. If all are out, Next waits until one is released
// and filled.
//
// The deadline is [socket.Socket.SetReadDeadline]'s and the timeout that of the socket's
// [socket.Params]. ENETDOWN is returned once when the interface goes down or away: Next may be
// called again, and goes on when it is up again. After Close it is [socket.ErrClosed].
func (r *Receiver) Next(ctx context.Context) (Block, error) { return r.receive(ctx, "next", false) }

// TryNext is [Receiver.Next] without waiting: [socket.ErrWouldBlock] says that no block is
// complete.
func (r *Receiver) TryNext() (Block, error) {
	return r.receive(context.Background(), "try next", true)
}

func (r *Receiver) receive(ctx context.Context, op string, try bool) (b Block, err error) {
	if r == nil || r.ring == nil {
		return b, failed(nil, op, socket.ErrClosed)
	}
	g := r.ring
	n := nexts.Get().(*next)
	n.ring, n.OneStep, n.NoWait = g, true, try
	err = n.Run(ctx, g.fd, fd.Read, g.s.Params().ReceiveTimeout)
	b, n.ring, n.block = n.block, nil, Block{}
	if n.Reusable() {
		nexts.Put(n)
	}
	runtime.KeepAlive(r)
	return b, failed(g.s, op, err)
}

// next takes a block.
type next struct {
	fd.Op
	ring  *ring
	block Block
}

var nexts = sync.Pool{New: func() any {
	n := new(next)
	n.Bind(n)
	return n
}}

// Do looks at the memory, and not at what poll(2) says, which is about another block: the one that
// the kernel closed last (packet_poll, prb_previous_block in net/packet/af_packet.c). The kernel
// writes a block's status before it wakes the poller, so that an edge after a look that found
// nothing cannot be missed. And nothing may be missing: a block is released after those before it
// were taken, so the last closed one is not released as long as there is one to take.
func (n *next) Do(sysfd int) (err error) {
	n.block, err = n.ring.take()
	if err == syscall.EAGAIN {
		// The interface is down, or gone: that wakes who waits, and is told in no other way.
		if errno, e := sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET),
			int(constants.SO_ERROR)); e == nil && errno != 0 {
			return syscall.Errno(errno)
		}
	}
	return err
}

// take takes the next block if the kernel has handed it over, or EAGAIN.
func (r *ring) take() (Block, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return Block{}, socket.ErrClosed
	}
	at := r.next * r.size
	if r.mem.Word(at+blockStatus).Load()&statusUser == 0 {
		return Block{}, syscall.EAGAIN
	}
	// A block that is out is the user's as well. But it has the number of a round ago.
	h := r.mem.Header(at, blockHeader)
	if binary.NativeEndian.Uint64(h[blockNumber:]) != r.number {
		return Block{}, syscall.EAGAIN
	}
	if r.guard {
		if err := r.mem.Allow(at, r.size, true); err != nil {
			return Block{}, err
		}
	}
	s := &r.slots[r.next]
	s.packets = binary.NativeEndian.Uint32(h[blockPackets:])
	s.first = binary.NativeEndian.Uint32(h[blockFirst:])
	b := Block{r, int32(r.next), s.generation.Add(1)}
	r.out++
	r.number++
	r.next = (r.next + 1) % len(r.slots)
	return b, nil
}

// release gives a block back to the kernel, or its copy to nobody.
func (r *ring) release(b Block) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !b.isOut() {
		return
	}
	r.slots[b.index].generation.Add(1)
	r.out--
	at := int(b.index) * r.size
	switch {
	case !r.gone:
		if r.guard {
			r.mem.Allow(at, r.size, false) // if there is no memory for that, there is no guard
		}
		r.mem.Word(at + blockStatus).Store(statusKernel)
	case r.out > 0:
		r.mem.Drop(at, r.size)
	default:
		r.mem.UnmapData()
	}
}

// Statistics returns the totals, also after Close, when they are the last ones. The kernel resets
// its counts whenever they are read: counts that [sockopt.PacketStatistics] has read are missing
// here.
func (r *Receiver) Statistics() (Statistics, error) {
	if r == nil || r.ring == nil {
		return Statistics{}, failed(nil, "statistics", socket.ErrClosed)
	}
	g := r.ring
	g.mu.Lock()
	defer g.mu.Unlock()
	var err error
	if !g.closed {
		err = g.count()
	}
	return g.totals, failed(g.s, "statistics", err)
}

// count adds up what the kernel has counted. The ring is locked.
func (r *ring) count() error {
	c, err := sockopt.PacketStatistics.Get(r.s)
	if err != nil {
		return err
	}
	r.totals.Packets += uint64(c.Packets - c.Drops)
	r.totals.Drops += uint64(c.Drops)
	r.totals.Freezes += uint64(c.FreezeQueue)
	return nil
}

// Close wakes every Next with [socket.ErrClosed], closes the socket and removes the ring from the
// kernel. Packets that were received and not taken are lost. Blocks that are out stay as they are,
// as copies, until Release. Closing again is a no-op.
//
// ENOMEM: there was no memory for a copy, and the kernel's socket lives until that block is
// released.
func (r *Receiver) Close() error {
	if r == nil || r.ring == nil {
		return failed(nil, "close", socket.ErrClosed)
	}
	r.cleanup.Stop()
	defer runtime.KeepAlive(r)
	return failed(nil, "close", r.ring.close())
}

func (r *ring) close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.count() // for the last time; who closed the socket himself has no last time
	r.mu.Unlock()

	errs := []error{r.s.Close()} // no Next is under way any more

	// A mapping keeps the kernel's socket, which would go on receiving.
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.slots {
		if r.slots[i].isOut() {
			errs = append(errs, r.mem.Keep(i*r.size, r.size))
		} else if r.out > 0 {
			errs = append(errs, r.mem.Drop(i*r.size, r.size))
		}
	}
	errs = append(errs, r.mem.UnmapWords())
	if r.out == 0 {
		errs = append(errs, r.mem.UnmapData())
	}
	r.gone = true
	return errors.Join(errs...)
}
