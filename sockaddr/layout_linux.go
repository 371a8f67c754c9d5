package sockaddr

// hasLinuxLayouts says that the structures of the table layouts are those of
// the kernel. Other systems have some of the families, with other structures.
const hasLinuxLayouts = true
