package packet_test

import (
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/packet"
)

// Each call of NewReceiver fails with each plausible error. What the caller gets is in
// testdata/faults.txt.
func TestFaults(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	trap := testenv.Trapped(t, testenv.Faulty()...)
	if trap == nil {
		return
	}
	testenv.Faults(t, trap, map[string]error{"ErrUnsupported": socket.ErrUnsupported},
		[]testenv.Operation{{Name: "NewReceiver", Begin: func(t testing.TB) func() error {
			s, err := socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			var r *packet.Receiver
			return func() (err error) {
				if r == nil {
					r, err = packet.NewReceiver(s, small())
				}
				if err != nil {
					r = nil
				} else {
					t.Cleanup(func() { r.Close() })
				}
				return err
			}
		}}})
}
