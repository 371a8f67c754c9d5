//go:build netbsd || openbsd

package sys

const cmsgAlign = 8 // ARM wants it whatever the size of a register; x/sys has the same (sockcmsg_unix_other.go)
