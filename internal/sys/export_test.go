package sys

import "testing"

// NeedsVSock skips a test where there is no AF_VSOCK. TestMain sets it.
var NeedsVSock func(t testing.TB)
