package sockopt_test

import "reflect"

// address is where the bytes of b are, for memory that is not Go's.
func address(b []byte) uint64 { return uint64(reflect.ValueOf(b).Pointer()) }
