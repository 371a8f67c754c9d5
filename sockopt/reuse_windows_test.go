package sockopt_test

import (
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockopt"
)

// TestReuseAddressIsExclusive: SOReuseAddress leaves the option that lets anyone take the port off,
// also where it was on (E25).
func TestReuseAddressIsExclusive(t *testing.T) {
	for _, before := range []bool{false, true} {
		s := fresh(t, "tcp4")
		if err := sockopt.SetBool(s, constants.SOL_SOCKET, constants.SO_REUSEADDR,
			before); err != nil {
			t.Fatal(err)
		}
		if err := sockopt.SOReuseAddress.Set(s, true); err != nil {
			t.Fatal(err)
		}
		exclusive, err1 := sockopt.SOExclusiveAddressUse.Get(s)
		reuse, err2 := sockopt.GetBool(s, constants.SOL_SOCKET, constants.SO_REUSEADDR)
		if !exclusive || reuse || err1 != nil || err2 != nil {
			t.Errorf("before %v: exclusive %v, %v; reuse %v, %v", before, exclusive, err1, reuse,
				err2)
		}
		if err := sockopt.SOReuseAddress.Set(s, false); err != nil {
			t.Errorf("switching it off: %v", err)
		}
		if on, err := sockopt.SOReuseAddress.Get(s); on || err != nil {
			t.Errorf("switched off it is %v, %v", on, err)
		}
	}
}
