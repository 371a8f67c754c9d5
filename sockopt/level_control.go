package sockopt

import "example.com/bsdsocket/constants"

// Options of macOS' kernel control sockets, at level SYSPROTO_CONTROL.

var sysprotoControl = newLevel("SYSPROTO_CONTROL", constants.SYSPROTO_CONTROL, nil)

// UTunInterfaceName is UTUN_OPT_IFNAME: the name of the interface that a socket connected to
// com.apple.net.utun_control made. macOS; net/if_utun.h.
var UTunInterfaceName ReadOnly[string] = readOnly(text(ifNameSize), "UTunInterfaceName",
	sysprotoControl, "UTUN_OPT_IFNAME", constants.UTUN_OPT_IFNAME)
