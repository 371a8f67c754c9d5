package sockopt

import (
	"slices"

	"example.com/bsdsocket/constants"
)

// Options of kernel TLS, at level SOL_TLS.

var solTLS = newLevel("SOL_TLS", constants.SOL_TLS, tcpSockets)

// TLSReceive is TLS_RX: the keys with which the kernel decrypts what is
// received. Like all of its level a TCP connection has it once
// [TCPUpperLayerProtocol] is "tls"; before that it is ENOPROTOOPT. EBUSY if keys
// are set (Linux 6.14 allows new ones with TLS 1.3), EINVAL for a version or
// cipher that the kernel lacks. tls.rst in the kernel's
// documentation.
var TLSReceive WriteOnly[TLSCrypto] = writeOnly(tlsCrypto, "TLSReceive", solTLS, "TLS_RX",
	constants.TLS_RX, since("Linux 4.17"))

// TLSReceiveExpectNoPad is TLS_RX_EXPECT_NO_PAD: with TLS 1.3, records are decrypted in place, on
// the guess that they have no padding. tls.rst in the kernel's documentation.
var TLSReceiveExpectNoPad Option[bool] = readWrite(boolean, "TLSReceiveExpectNoPad", solTLS,
	"TLS_RX_EXPECT_NO_PAD", constants.TLS_RX_EXPECT_NO_PAD, since("Linux 6.0"))

// TLSTransmit is TLS_TX: the keys with which the kernel encrypts what is sent. The errors are those
// of [TLSReceive]. tls.rst in the kernel's documentation.
var TLSTransmit WriteOnly[TLSCrypto] = writeOnly(tlsCrypto, "TLSTransmit", solTLS, "TLS_TX",
	constants.TLS_TX, since("Linux 4.13"))

// TLSTransmitZeroCopyReadOnly is TLS_TX_ZEROCOPY_RO: a device that encrypts sends files without a
// copy, which must then not change meanwhile. tls.rst in the kernel's documentation.
var TLSTransmitZeroCopyReadOnly Option[bool] = readWrite(boolean, "TLSTransmitZeroCopyReadOnly",
	solTLS, "TLS_TX_ZEROCOPY_RO", constants.TLS_TX_ZEROCOPY_RO, since("Linux 5.19"))

// TLSCipher is a cipher of kernel TLS.
type TLSCipher uint16

// The ciphers, TLS_CIPHER_...
const (
	TLSAES128GCM        TLSCipher = 51
	TLSAES256GCM        TLSCipher = 52
	TLSAES128CCM        TLSCipher = 53
	TLSChaCha20Poly1305 TLSCipher = 54
	TLSSM4GCM           TLSCipher = 55
	TLSSM4CCM           TLSCipher = 56
	TLSARIA128GCM       TLSCipher = 57
	TLSARIA256GCM       TLSCipher = 58
)

// String returns the name: "AES_GCM_128".
func (c TLSCipher) String() string {
	names := [...]string{"AES_GCM_128", "AES_GCM_256", "AES_CCM_128", "CHACHA20_POLY1305",
		"SM4_GCM", "SM4_CCM", "ARIA_GCM_128", "ARIA_GCM_256"}
	if i := int(c) - int(TLSAES128GCM); i >= 0 && i < len(names) {
		return names[i]
	}
	return name("TLSCipher", int(c))
}

// TLSCrypto are the keys of one direction: struct tls12_crypto_info_... All slices must have the
// lengths of the cipher: [socket.ErrValue] otherwise.
type TLSCrypto struct {
	Version        uint16 // 0x0303 TLS 1.2, 0x0304 TLS 1.3
	Cipher         TLSCipher
	IV             []byte // 8 bytes; ChaCha20 12
	Key            []byte // 16 bytes; AES-256, ARIA-256 and ChaCha20 32
	Salt           []byte // 4 bytes; ChaCha20 none
	RecordSequence []byte // 8 bytes
}

// tlsCrypto sends the keys and wipes its copy of them.
var tlsCrypto = codec[TLSCrypto]{
	set: func(c *call, v TLSCrypto) error {
		iv, key, salt := 8, 16, 4
		switch v.Cipher {
		case TLSAES128GCM, TLSAES128CCM, TLSSM4GCM, TLSSM4CCM, TLSARIA128GCM:
		case TLSAES256GCM, TLSARIA256GCM:
			key = 32
		case TLSChaCha20Poly1305:
			iv, key, salt = 12, 32, 0
		default:
			return errValue
		}
		if len(v.IV) != iv || len(v.Key) != key || len(v.Salt) != salt ||
			len(v.RecordSequence) != 8 {
			return errValue
		}
		b := native.AppendUint16(nil, v.Version)
		b = native.AppendUint16(b, uint16(v.Cipher))
		b = slices.Concat(b, v.IV, v.Key, v.Salt, v.RecordSequence)
		defer clear(b)
		return c.setBytes(b)
	},
}
