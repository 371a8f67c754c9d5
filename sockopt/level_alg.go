package sockopt

import "example.com/bsdsocket/constants"

// Options of the kernel's cryptography, at level SOL_ALG: userspace-if.rst in
// the kernel's crypto documentation. They are set on the socket that was bound to an
// algorithm, before accept(2).

var solALG = newLevel("SOL_ALG", constants.SOL_ALG, algSockets)

// ALGSetAEADAuthSize is ALG_SET_AEAD_AUTHSIZE: the length of the authentication
// tag, in bytes; EINVAL for one that the algorithm does not have. The kernel
// takes it as the length of no value.
var ALGSetAEADAuthSize = writeOnly(length, "ALGSetAEADAuthSize", solALG, "ALG_SET_AEAD_AUTHSIZE", constants.ALG_SET_AEAD_AUTHSIZE, since("Linux 3.19"))

// ALGSetDRBGEntropy is ALG_SET_DRBG_ENTROPY: the entropy of a random number
// generator under test. It needs CAP_SYS_ADMIN.
var ALGSetDRBGEntropy = writeOnly(octets(512), "ALGSetDRBGEntropy", solALG, "ALG_SET_DRBG_ENTROPY", constants.ALG_SET_DRBG_ENTROPY, since("Linux 5.10"))

// ALGSetKey is ALG_SET_KEY: the key; EINVAL for a length that the algorithm does
// not have.
var ALGSetKey = writeOnly(octets(4096), "ALGSetKey", solALG, "ALG_SET_KEY", constants.ALG_SET_KEY, since("Linux 2.6.38"))

// length is an option whose value is the length of a value that is not there.
var length = codec[int]{
	set: func(c *call, v int) error {
		if _, ok := asIndex(v); !ok {
			return ErrValue
		}
		c.Value = v
		return c.exec(setLen)
	},
}
