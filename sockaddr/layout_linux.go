package sockaddr

// Of which system the structures of the table layouts are. Others have some of the families, with
// other structures.
const (
	hasLinuxLayouts   = true
	hasWindowsLayouts = false
)
