package sys

// cmsgCloseOnExec is 0: macOS has no such flag.
const cmsgCloseOnExec = 0

const scmPidfd = -1 // has none
