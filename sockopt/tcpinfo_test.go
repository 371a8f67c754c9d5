package sockopt

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"testing"
	"time"
)

// TestTCPInfoLengths reads struct tcp_info of kernels that return less of it than this package
// knows, and more.
func TestTCPInfoLengths(t *testing.T) {
	var raw rawTCPInfo
	size := binary.Size(&raw)
	if size != 276 {
		t.Errorf("the fields take %d bytes, 276 in Linux 6.18", size)
	}
	b := make([]byte, size)
	b[0] = byte(TCPEstablished)
	b[5] = byte(TCPTimestamps | TCPSelectiveAck)
	native.PutUint32(b[8:], 204000)  // tcpi_rto, µs
	native.PutUint32(b[44:], 20)     // tcpi_last_data_sent, ms
	native.PutUint32(b[68:], 1500)   // tcpi_rtt, µs
	native.PutUint64(b[104:], 1<<40) // tcpi_pacing_rate
	native.PutUint64(b[200:], 12)    // tcpi_bytes_sent
	native.PutUint32(b[228:], 65535) // tcpi_snd_wnd

	whole := parseTCPInfo(b, math.MaxInt)
	want := TCPConnectionInfo{
		State: TCPEstablished, Options: TCPTimestamps | TCPSelectiveAck,
		RetransmitTimeout: 204 * time.Millisecond,
		LastDataSent:      20 * time.Millisecond, RTT: 1500 * time.Microsecond, PacingRate: 1 << 40,
		BytesSent:  12,
		SendWindow: 65535, Size: size,
	}
	if !reflect.DeepEqual(whole, want) {
		t.Errorf("read as %+v, want %+v", whole, want)
	}

	// Linux 2.6's has 104 bytes: the rest is zero.
	want.PacingRate, want.BytesSent, want.SendWindow, want.Size = 0, 0, 0, 104
	if got := parseTCPInfo(b[:104], math.MaxInt); !reflect.DeepEqual(got, want) {
		t.Errorf("104 bytes read as %+v, want %+v", got, want)
	}
	// One that ends in the middle of a field is read as far as it goes.
	if got := parseTCPInfo(b[:6], math.MaxInt); got.State != TCPEstablished ||
		got.RetransmitTimeout != 0 || got.Size != 6 {
		t.Errorf("6 bytes read as %+v", got)
	}
	if got := parseTCPInfo(nil, math.MaxInt); !reflect.DeepEqual(got, TCPConnectionInfo{}) {
		t.Errorf("no bytes read as %+v", got)
	}
	// A newer kernel's: what is not known is kept as it is.
	extra := []byte{1, 2, 3, 4}
	if got := parseTCPInfo(append(bytes.Clone(b), extra...), math.MaxInt); !bytes.Equal(got.Extra,
		extra) || got.Size != size+4 || got.SendWindow != 65535 {
		t.Errorf("four bytes more: %+v", got)
	}
	// BSD's is the same up to tcpi_rcv_space.
	if got := parseTCPInfo(b, 100); got.RTT != whole.RTT || got.BytesSent != 0 ||
		!bytes.Equal(got.Extra, b[100:]) {
		t.Errorf("BSD's: %+v", got)
	}
}

// TestStrings holds what flags and enumerations are called.
func TestStrings(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{TimestampingFlags(0).String(), "0"},
		{(TimestampingRxSoftware | TimestampingSoftware).String(), "RX_SOFTWARE|SOFTWARE"},
		{TimestampingFlags(1 << 31).String(), "0x80000000"},
		{(TimestampingTxHardware | 1<<30).String(), "TX_HARDWARE|0x40000000"},
		{PathMTUDo.String(), "DO"},
		{PathMTUDiscovery(77).String(), "PathMTUDiscovery(77)"},
		{PathMTUDiscovery(-1).String(), "PathMTUDiscovery(-1)"},
		{TCPListen.String(), "LISTEN"},
		{TCPState(0).String(), "TCPState(0)"},
		{TCPRepairOffNoProbe.String(), "OFF_NO_WP"},
		{(PreferPublic | PreferHome).String(), "PUBLIC|HOME"},
		{TLSChaCha20Poly1305.String(), "CHACHA20_POLY1305"},
		{TLSCipher(3).String(), "TLSCipher(3)"},
		{PacketFanoutFlagDefragment.String(), "DEFRAG"},
		{(CanGet | CanSet).String(), "rw"},
		{CanQuery.String(), "query"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

// TestDurations holds how times are rounded: away from zero to whole units, so that a short one
// does not become 0, and never beyond 32 bits.
func TestDurations(t *testing.T) {
	for _, tt := range []struct {
		unit, v time.Duration
		want    int
		ok      bool
	}{
		{time.Second, 0, 0, true},
		{time.Second, 1, 1, true},
		{time.Second, time.Second, 1, true},
		{time.Second, 1001 * time.Millisecond, 2, true},
		{time.Second, -time.Second, -1, true},
		{time.Second, -1500 * time.Millisecond, -2, true},
		{time.Second, -1, -1, true},
		{time.Millisecond, math.MaxInt32 * time.Millisecond, math.MaxInt32, true},
		{time.Millisecond, math.MaxInt32*time.Millisecond + 1, 0, false},
		{time.Microsecond, math.MaxInt64, 0, false},
		{time.Microsecond, math.MinInt64, 0, false},
	} {
		got, ok := duration(tt.unit).toInt(tt.v)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%v in units of %v: %d, %v; want %d, %v", tt.v, tt.unit, got, ok, tt.want,
				tt.ok)
		}
	}
}
