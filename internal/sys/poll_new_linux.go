//go:build !386 && !amd64 && !arm && !mips && !mipsle && !mips64 && !mips64le && !ppc && !ppc64 && !ppc64le && !s390x && !sparc64

package sys

// These have only ppoll(2).
const (
	sysPoll       = 0
	sysPollTime64 = 0
)
