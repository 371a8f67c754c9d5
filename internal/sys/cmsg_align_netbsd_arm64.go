package sys

const cmsgAlign = 16 // the alignment of the stack; x/sys has the same (sockcmsg_unix_other.go)
