package sys

// MsgCmsgCloexec is 0: macOS has no such flag.
const MsgCmsgCloexec = 0

const scmPidfd = -1 // has none
