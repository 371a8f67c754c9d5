package sockopt

import "example.com/bsdsocket/constants"

// ebtables' numbers are beside IPv4's, where no other option has them.
const (
	ebtGetEntries     constants.OptionName = 129
	ebtGetInitEntries constants.OptionName = 131
)

// boundless reports whether getsockopt(2) of an option may write elsewhere than into the bytes it
// was given, so that only code that knows the option can read it. The cases name where the kernel
// does it. The few that write four or eight bytes whatever they were given are not among them: all
// room has some to spare.
func boundless(level constants.Level, name constants.OptionName) bool {
	// An option of ATM has its level and size in its number, and Linux looks at the size only if
	// the level is that one (net/atm/common.c, vcc_getsockopt).
	if name > 0xffff && name>>22 != constants.OptionName(level) {
		return true
	}
	for _, o := range [...]struct {
		level constants.Level
		name  constants.OptionName
	}{
		// The length counts instructions of eight bytes: net/core/filter.c, sk_get_filter.
		{constants.SOL_SOCKET, constants.SO_GET_FILTER},
		// The value has the number of addresses to write (net/ipv4/igmp.c, ip_mc_msfget and
		// ip_mc_gsfget; net/ipv6/mcast.c, ip6_mc_msfget), and on BSD their address.
		{constants.IPPROTO_IP, constants.IP_MSFILTER},
		{constants.IPPROTO_IP, constants.MCAST_MSFILTER},
		{constants.IPPROTO_IPV6, constants.MCAST_MSFILTER},
		// The value has the number of keys, each of which takes the length given:
		// net/ipv4/tcp_ao.c, tcp_ao_copy_mkts_to_user.
		{constants.IPPROTO_TCP, constants.TCP_AO_GET_KEYS},
		// The value has addresses to write to: net/ipv4/tcp.c, tcp_zerocopy_receive;
		// net/mptcp/sockopt.c, mptcp_getsockopt_full_info; net/bridge/netfilter/ebtables.c,
		// copy_everything_to_user.
		{constants.IPPROTO_TCP, constants.TCP_ZEROCOPY_RECEIVE},
		{constants.SOL_MPTCP, constants.MPTCP_FULL_INFO},
		{constants.IPPROTO_IP, ebtGetEntries},
		{constants.IPPROTO_IP, ebtGetInitEntries},
	} {
		if o.level == level && o.name == name {
			return true
		}
	}
	return false
}
