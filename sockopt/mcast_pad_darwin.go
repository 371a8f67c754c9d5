package sockopt

// groupPad: macOS packs struct group_req to four bytes.
const groupPad = 0
