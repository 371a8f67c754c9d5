//go:build netbsd || openbsd

package sys

// ARM wants it whatever the size of a register; x/sys has the same (sockcmsg_unix_other.go).
const cmsgAlign = 8
