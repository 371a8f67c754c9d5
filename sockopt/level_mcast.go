package sockopt

import "example.com/bsdsocket/constants"

// Options of multicast groups of either IP version, at level IPPROTO_IP or IPPROTO_IPV6 by the
// family of the group in the value.

var ipprotoMcast = newLevel("IPPROTO_IP or IPPROTO_IPV6", constants.IPPROTO_IP, inetSockets)

// MCASTBlockSource is MCAST_BLOCK_SOURCE: stops one source's datagrams on a group that was joined
// from any, as [IPBlockSource] does. RFC 3678, section 5.
var MCASTBlockSource WriteOnly[GroupSource] = writeOnly(groupSource, "MCASTBlockSource",
	ipprotoMcast, "MCAST_BLOCK_SOURCE", constants.MCAST_BLOCK_SOURCE, since("Linux 2.6"))

// MCASTJoinGroup is MCAST_JOIN_GROUP: joins a group of either IP version, from any source. The
// errors are those of [IPAddMembership]. RFC 3678, section 5.
var MCASTJoinGroup WriteOnly[GroupMembership] = writeOnly(group, "MCASTJoinGroup", ipprotoMcast,
	"MCAST_JOIN_GROUP", constants.MCAST_JOIN_GROUP, since("Linux 2.6"))

// MCASTJoinSourceGroup is MCAST_JOIN_SOURCE_GROUP: joins a group for one source. More sources are
// added one by one. The errors are those of [IPAddSourceMembership]. RFC 3678, section 5. A group
// that was joined from any source is received from this one alone then, which is EINVAL if sources
// of it were ever blocked; joining it from any again is EADDRINUSE.
var MCASTJoinSourceGroup WriteOnly[GroupSource] = writeOnly(groupSource, "MCASTJoinSourceGroup",
	ipprotoMcast, "MCAST_JOIN_SOURCE_GROUP", constants.MCAST_JOIN_SOURCE_GROUP, since("Linux 2.6"))

// MCASTLeaveGroup is MCAST_LEAVE_GROUP: leaves a group, whatever its sources. EADDRNOTAVAIL if it
// is not joined on that interface. RFC 3678, section 5.
var MCASTLeaveGroup WriteOnly[GroupMembership] = writeOnly(group, "MCASTLeaveGroup", ipprotoMcast,
	"MCAST_LEAVE_GROUP", constants.MCAST_LEAVE_GROUP, since("Linux 2.6"))

// MCASTLeaveSourceGroup is MCAST_LEAVE_SOURCE_GROUP: stops one source of [MCASTJoinSourceGroup].
// With the last one the group is left. The errors are those of [IPDropSourceMembership]. RFC 3678,
// section 5.
var MCASTLeaveSourceGroup WriteOnly[GroupSource] = writeOnly(groupSource, "MCASTLeaveSourceGroup",
	ipprotoMcast, "MCAST_LEAVE_SOURCE_GROUP", constants.MCAST_LEAVE_SOURCE_GROUP,
	since("Linux 2.6"))

// MCASTSourceFilter is MCAST_MSFILTER: all sources that are received, or blocked, on a group and
// interface, at once. Get takes the group and the interface and returns the rest. EADDRNOTAVAIL if
// the group is not joined. RFC 3678, section 5.
var MCASTSourceFilter Query[GroupSources] = queried(groupFilter, "MCASTSourceFilter", ipprotoMcast,
	"MCAST_MSFILTER", constants.MCAST_MSFILTER, since("Linux 2.6"))

// MCASTUnblockSource is MCAST_UNBLOCK_SOURCE: takes back [MCASTBlockSource]. EADDRNOTAVAIL if the
// source is not blocked. RFC 3678, section 5.
var MCASTUnblockSource WriteOnly[GroupSource] = writeOnly(groupSource, "MCASTUnblockSource",
	ipprotoMcast, "MCAST_UNBLOCK_SOURCE", constants.MCAST_UNBLOCK_SOURCE, since("Linux 2.6"))
