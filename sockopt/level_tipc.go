package sockopt

import (
	"time"

	"example.com/bsdsocket/constants"
)

// Options of TIPC sockets, at level SOL_TIPC: the TIPC programmer's guide, and linux/tipc.h.

var solTIPC = newLevel("SOL_TIPC", constants.SOL_TIPC, tipcSockets)

// TIPCConnectTimeout is TIPC_CONN_TIMEOUT: how long connect(2) waits, in milliseconds, rounded up;
// 8 s at first. linux/tipc.h.
var TIPCConnectTimeout Option[time.Duration] = readWrite(milliseconds, "TIPCConnectTimeout",
	solTIPC, "TIPC_CONN_TIMEOUT", constants.TIPC_CONN_TIMEOUT, since("Linux 2.6.16"))

// TIPCDestinationDroppable is TIPC_DEST_DROPPABLE: messages that cannot be delivered are dropped,
// not returned. On at first for SOCK_DGRAM and SOCK_RDM. linux/tipc.h.
var TIPCDestinationDroppable Option[bool] = readWrite(boolean, "TIPCDestinationDroppable", solTIPC,
	"TIPC_DEST_DROPPABLE", constants.TIPC_DEST_DROPPABLE, since("Linux 2.6.16"))

// TIPCGroupJoin is TIPC_GROUP_JOIN: makes the socket a member of a communication group. EACCES if
// it is one already or the group's number is below 64, EINVAL for a scope above 3. What is read is
// the number alone, 0 of no member. linux/tipc.h.
var TIPCGroupJoin Option[TIPCGroup] = readWrite(tipcGroup, "TIPCGroupJoin", solTIPC,
	"TIPC_GROUP_JOIN", constants.TIPC_GROUP_JOIN, since("Linux 4.15"))

// TIPCGroupLeave is TIPC_GROUP_LEAVE: leaves the group; EINVAL without one. linux/tipc.h.
var TIPCGroupLeave WriteOnly[None] = writeOnly(bareTrigger, "TIPCGroupLeave", solTIPC,
	"TIPC_GROUP_LEAVE", constants.TIPC_GROUP_LEAVE, since("Linux 4.15"))

// TIPCImportance is TIPC_IMPORTANCE: 0 low, the default, to 3 critical; EINVAL beyond.
// linux/tipc.h.
var TIPCImportance Option[int] = readWrite(integer, "TIPCImportance", solTIPC, "TIPC_IMPORTANCE",
	constants.TIPC_IMPORTANCE, since("Linux 2.6.16"))

// TIPCMulticastBroadcast is TIPC_MCAST_BROADCAST: multicast goes out as broadcast, whatever the
// number of receivers. linux/tipc.h.
var TIPCMulticastBroadcast WriteOnly[None] = writeOnly(bareTrigger, "TIPCMulticastBroadcast",
	solTIPC, "TIPC_MCAST_BROADCAST", constants.TIPC_MCAST_BROADCAST, since("Linux 4.11"))

// TIPCMulticastReplicast is TIPC_MCAST_REPLICAST: multicast goes out once for each receiver.
// linux/tipc.h.
var TIPCMulticastReplicast WriteOnly[None] = writeOnly(bareTrigger, "TIPCMulticastReplicast",
	solTIPC, "TIPC_MCAST_REPLICAST", constants.TIPC_MCAST_REPLICAST, since("Linux 4.11"))

// TIPCNoDelay is TIPC_NODELAY: small messages of a stream socket's connection leave at once; on
// other sockets it is a no-op. It can be set only: the kernel has no getsockopt(2) of it.
// linux/tipc.h.
var TIPCNoDelay WriteOnly[bool] = writeOnly(boolean, "TIPCNoDelay", solTIPC, "TIPC_NODELAY",
	constants.TIPC_NODELAY, since("Linux 5.5"))

// TIPCNodeReceiveQueueDepth is TIPC_NODE_RECVQ_DEPTH: always 0 since Linux 3.16; before, the
// messages waiting in all sockets. linux/tipc.h.
var TIPCNodeReceiveQueueDepth ReadOnly[uint32] = readOnly(unsigned32, "TIPCNodeReceiveQueueDepth",
	solTIPC, "TIPC_NODE_RECVQ_DEPTH", constants.TIPC_NODE_RECVQ_DEPTH, since("Linux 2.6.16"))

// TIPCReceiveQueueDepth is TIPC_SOCK_RECVQ_DEPTH: the messages waiting in the socket. linux/tipc.h.
var TIPCReceiveQueueDepth ReadOnly[uint32] = readOnly(unsigned32, "TIPCReceiveQueueDepth", solTIPC,
	"TIPC_SOCK_RECVQ_DEPTH", constants.TIPC_SOCK_RECVQ_DEPTH, since("Linux 2.6.16"))

// TIPCReceiveQueueUsed is TIPC_SOCK_RECVQ_USED: the bytes that these take. linux/tipc.h.
var TIPCReceiveQueueUsed ReadOnly[uint32] = readOnly(unsigned32, "TIPCReceiveQueueUsed", solTIPC,
	"TIPC_SOCK_RECVQ_USED", constants.TIPC_SOCK_RECVQ_USED, since("Linux 4.17"))

// TIPCSourceDroppable is TIPC_SRC_DROPPABLE: messages may be dropped when a
// link is congested, instead of blocking. Off except for SOCK_DGRAM; setting it is
// ENOPROTOOPT on stream sockets.
// linux/tipc.h.
var TIPCSourceDroppable Option[bool] = readWrite(boolean, "TIPCSourceDroppable", solTIPC,
	"TIPC_SRC_DROPPABLE", constants.TIPC_SRC_DROPPABLE, since("Linux 2.6.16"))

// TIPCGroup is the value of [TIPCGroupJoin]: struct tipc_group_req.
type TIPCGroup struct {
	Type     uint32 // the group's number, 64 or more
	Instance uint32 // this member's
	Scope    uint32 // 2 cluster, 3 node
	Flags    uint32 // 1 receive own messages, 2 receive membership events
}

// tipcGroup is a struct tipc_group_req that is read as one of its fields.
var tipcGroup = codec[TIPCGroup]{
	get: func(c *call) (TIPCGroup, error) {
		number, err := unsigned32.read(c)
		return TIPCGroup{Type: number}, err
	},
	set: structure[TIPCGroup]().set,
}
