package sockopt

import "example.com/bsdsocket/constants"

// Options of netlink sockets, at level SOL_NETLINK: netlink(7).

var solNetlink = newLevel("SOL_NETLINK", constants.SOL_NETLINK, netlinkSockets)

// NetlinkAddMembership is NETLINK_ADD_MEMBERSHIP: joins a multicast group, by its number from 1.
// EINVAL for one that the protocol does not have, EPERM for one that needs privilege. netlink(7).
// Join after bind(2): it sets the groups 1 to 32 anew, and forgets those that were joined before.
var NetlinkAddMembership WriteOnly[int] = writeOnly(integer, "NetlinkAddMembership", solNetlink,
	"NETLINK_ADD_MEMBERSHIP", constants.NETLINK_ADD_MEMBERSHIP, since("Linux 2.6.14"))

// NetlinkBroadcastError is NETLINK_BROADCAST_ERROR: a message to a group that could not be
// delivered to all members is an error for its sender. netlink(7).
var NetlinkBroadcastError Option[bool] = readWrite(boolean, "NetlinkBroadcastError", solNetlink,
	"NETLINK_BROADCAST_ERROR", constants.NETLINK_BROADCAST_ERROR, since("Linux 2.6.30"))

// NetlinkCapAck is NETLINK_CAP_ACK: acknowledgements leave out the payload of the request.
// netlink(7).
var NetlinkCapAck Option[bool] = readWrite(boolean, "NetlinkCapAck", solNetlink, "NETLINK_CAP_ACK",
	constants.NETLINK_CAP_ACK, since("Linux 4.3"))

// NetlinkDropMembership is NETLINK_DROP_MEMBERSHIP: leaves a multicast group. One that was not
// joined is no error. netlink(7).
var NetlinkDropMembership WriteOnly[int] = writeOnly(integer, "NetlinkDropMembership", solNetlink,
	"NETLINK_DROP_MEMBERSHIP", constants.NETLINK_DROP_MEMBERSHIP, since("Linux 2.6.14"))

// NetlinkExtendedAck is NETLINK_EXT_ACK: acknowledgements carry attributes that tell what was
// wrong. netlink(7).
var NetlinkExtendedAck Option[bool] = readWrite(boolean, "NetlinkExtendedAck", solNetlink,
	"NETLINK_EXT_ACK", constants.NETLINK_EXT_ACK, since("Linux 4.12"))

// NetlinkGetStrictCheck is NETLINK_GET_STRICT_CHK: requests for data are checked strictly and
// filter what they ask for. linux/netlink.h.
var NetlinkGetStrictCheck Option[bool] = readWrite(boolean, "NetlinkGetStrictCheck", solNetlink,
	"NETLINK_GET_STRICT_CHK", constants.NETLINK_GET_STRICT_CHK, since("Linux 4.20"))

// NetlinkListenAllNSID is NETLINK_LISTEN_ALL_NSID: messages to groups come from all network
// namespaces that this one has a number for, which a control message NETLINK_LISTEN_ALL_NSID tells.
// It needs CAP_NET_BROADCAST (EPERM). netlink(7).
var NetlinkListenAllNSID Option[bool] = readWrite(boolean, "NetlinkListenAllNSID", solNetlink,
	"NETLINK_LISTEN_ALL_NSID", constants.NETLINK_LISTEN_ALL_NSID, since("Linux 4.2"))

// NetlinkListMemberships is NETLINK_LIST_MEMBERSHIPS: the groups that are joined, group n as bit
// n-1: bit (n-1)%32 of the element (n-1)/32. netlink(7).
var NetlinkListMemberships ReadOnly[[]uint32] = readOnly(list(0), "NetlinkListMemberships",
	solNetlink, "NETLINK_LIST_MEMBERSHIPS", constants.NETLINK_LIST_MEMBERSHIPS, since("Linux 4.2"))

// NetlinkNoENOBUFS is NETLINK_NO_ENOBUFS: messages that were lost for want of room are not reported
// by ENOBUFS. netlink(7).
var NetlinkNoENOBUFS Option[bool] = readWrite(boolean, "NetlinkNoENOBUFS", solNetlink,
	"NETLINK_NO_ENOBUFS", constants.NETLINK_NO_ENOBUFS, since("Linux 2.6.30"))

// NetlinkPacketInfo is NETLINK_PKTINFO: each message received brings a control message
// NETLINK_PKTINFO with the group that it was sent to. netlink(7).
var NetlinkPacketInfo Option[bool] = readWrite(boolean, "NetlinkPacketInfo", solNetlink,
	"NETLINK_PKTINFO", constants.NETLINK_PKTINFO, since("Linux 2.6.14"))
