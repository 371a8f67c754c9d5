package sockopt

import (
	"time"

	"example.com/bsdsocket/constants"
)

// Options of vsock sockets, at level AF_VSOCK: vsock(7).

var afVSock = newLevel("AF_VSOCK", constants.Level(constants.AF_VSOCK), vsockSockets)

// VSockBufferMaxSize is SO_VM_SOCKETS_BUFFER_MAX_SIZE: the most bytes that [VSockBufferSize] takes;
// a larger one is cut down to it. vsock(7).
var VSockBufferMaxSize Option[uint64] = readWrite(unsigned64, "VSockBufferMaxSize", afVSock,
	"SO_VM_SOCKETS_BUFFER_MAX_SIZE", constants.SO_VM_SOCKETS_BUFFER_MAX_SIZE, since("Linux 3.9"))

// VSockBufferMinSize is SO_VM_SOCKETS_BUFFER_MIN_SIZE: the fewest bytes that [VSockBufferSize]
// takes; a smaller one is raised to it. vsock(7).
var VSockBufferMinSize Option[uint64] = readWrite(unsigned64, "VSockBufferMinSize", afVSock,
	"SO_VM_SOCKETS_BUFFER_MIN_SIZE", constants.SO_VM_SOCKETS_BUFFER_MIN_SIZE, since("Linux 3.9"))

// VSockBufferSize is SO_VM_SOCKETS_BUFFER_SIZE: the bytes of a stream socket's receive buffer;
// 262,144 at first. vsock(7).
var VSockBufferSize Option[uint64] = readWrite(unsigned64, "VSockBufferSize", afVSock,
	"SO_VM_SOCKETS_BUFFER_SIZE", constants.SO_VM_SOCKETS_BUFFER_SIZE, since("Linux 3.9"))

// VSockConnectTimeout is SO_VM_SOCKETS_CONNECT_TIMEOUT: how long a blocking connect(2) waits,
// rounded up to clock ticks. 0 is the default, 2 s; a negative time is [socket.ErrValue].
// linux/vm_sockets.h.
var VSockConnectTimeout Option[time.Duration] = readWrite(timeout, "VSockConnectTimeout", afVSock,
	"SO_VM_SOCKETS_CONNECT_TIMEOUT", constants.SO_VM_SOCKETS_CONNECT_TIMEOUT, since("Linux 3.9"))

// VSockNonBlockingTransfer is SO_VM_SOCKETS_NONBLOCK_TXRX: for VMware's own kernel modules; no
// Linux has it. linux/vm_sockets.h.
var VSockNonBlockingTransfer Option[bool] = readWrite(boolean, "VSockNonBlockingTransfer", afVSock,
	"SO_VM_SOCKETS_NONBLOCK_TXRX", constants.SO_VM_SOCKETS_NONBLOCK_TXRX)

// VSockPeerHostVMID is SO_VM_SOCKETS_PEER_HOST_VM_ID: the peer's number among the virtual machines
// of its host. No Linux implements it. linux/vm_sockets.h.
var VSockPeerHostVMID ReadOnly[uint32] = readOnly(unsigned32, "VSockPeerHostVMID", afVSock,
	"SO_VM_SOCKETS_PEER_HOST_VM_ID", constants.SO_VM_SOCKETS_PEER_HOST_VM_ID)

// VSockTrusted is SO_VM_SOCKETS_TRUSTED: whether the socket was made by a privileged process. No
// Linux implements it. linux/vm_sockets.h.
var VSockTrusted ReadOnly[bool] = readOnly(boolean, "VSockTrusted", afVSock,
	"SO_VM_SOCKETS_TRUSTED", constants.SO_VM_SOCKETS_TRUSTED)
