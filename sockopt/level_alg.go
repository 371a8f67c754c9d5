package sockopt

import "example.com/bsdsocket/constants"

// Options of the kernel's cryptography, at level SOL_ALG.

var solALG = newLevel("SOL_ALG", constants.SOL_ALG, algSockets)

// ALGSetAEADAuthSize is ALG_SET_AEAD_AUTHSIZE: the length of the authentication tag, in bytes;
// EINVAL for one that the algorithm does not have. The kernel takes it as the length of no value.
// userspace-if.rst in the kernel's documentation.
var ALGSetAEADAuthSize WriteOnly[int] = writeOnly(length, "ALGSetAEADAuthSize", solALG,
	"ALG_SET_AEAD_AUTHSIZE", constants.ALG_SET_AEAD_AUTHSIZE, since("Linux 3.19"))

// ALGSetDRBGEntropy is ALG_SET_DRBG_ENTROPY: the entropy of a random number generator under test.
// It needs CAP_SYS_ADMIN, and a kernel built for such tests (CONFIG_CRYPTO_USER_API_RNG_CAVP;
// ENOPROTOOPT without). userspace-if.rst in the kernel's documentation.
var ALGSetDRBGEntropy WriteOnly[[]byte] = writeOnly(octets(512), "ALGSetDRBGEntropy", solALG,
	"ALG_SET_DRBG_ENTROPY", constants.ALG_SET_DRBG_ENTROPY, since("Linux 5.10"))

// ALGSetKey is ALG_SET_KEY: the key; EINVAL for a length that the algorithm does not have. Like all
// of its level it is set on the socket that was bound to an algorithm, ENOPROTOOPT without one, and
// before accept(2), EBUSY after. userspace-if.rst in the kernel's documentation.
var ALGSetKey WriteOnly[[]byte] = writeOnly(octets(4096), "ALGSetKey", solALG, "ALG_SET_KEY",
	constants.ALG_SET_KEY, since("Linux 2.6.38"))

// length is an option whose value is the length of a value that is not there.
var length = codec[int]{
	set: func(c *call, v int) error {
		if _, ok := asIndex(v); !ok {
			return errValue
		}
		c.Value = v
		return c.exec(setLen)
	},
}
