package sys

import (
	"encoding/binary"
	"slices"
	"testing"
)

// TestCredentialLayout: what is written is read, and no structure of another length is.
func TestCredentialLayout(t *testing.T) {
	for _, l := range []CredentialLayout{Ucred, PeerCred, {12, 8, 0, 4}} {
		b := make([]byte, l.Size)
		l.Put(b, -2, 1<<32-3, 4)
		if pid, uid, gid, ok := l.Get(b); pid != -2 || uid != 1<<32-3 || gid != 4 || !ok {
			t.Errorf("%+v: %d, %d, %d, %t", l, pid, uid, gid, ok)
		}
		for _, n := range []int{0, l.Size - 1, l.Size + 1} {
			if _, _, _, ok := l.Get(make([]byte, n)); ok {
				t.Errorf("%+v is read from %d bytes", l, n)
			}
		}
	}
}

// TestUcred has the bytes of struct ucred of unix(7).
func TestUcred(t *testing.T) {
	b := make([]byte, 12)
	for i := range 3 {
		binary.NativeEndian.PutUint32(b[4*i:], uint32(i+1))
	}
	if pid, uid, gid, ok := Ucred.Get(b); pid != 1 || uid != 2 || gid != 3 || !ok {
		t.Errorf("process %d, user %d, group %d, %t", pid, uid, gid, ok)
	}
}

// TestXucred has structures of all systems, with fewer groups than they say and more than there is
// room for.
func TestXucred(t *testing.T) {
	make := func(size int, groups uint16) []byte {
		b := make([]byte, 96)
		n := binary.NativeEndian
		n.PutUint32(b[4:], 1000)
		n.PutUint16(b[8:], groups)
		for i := range 16 {
			n.PutUint32(b[12+4*i:], uint32(100+i))
		}
		n.PutUint32(b[80:], 4711)
		return b[:size]
	}
	for _, row := range []struct {
		size, groups int
		want         Xucred
	}{
		{76, 0, Xucred{UID: 1000}},
		{76, 2, Xucred{UID: 1000, Groups: []uint32{100, 101}}},
		{88, 1, Xucred{UID: 1000, Groups: []uint32{100}, PID: 4711}},
		{20, 16, Xucred{UID: 1000, Groups: []uint32{100, 101}}},
		{12, 5, Xucred{UID: 1000}},
	} {
		got, ok := GetXucred(make(row.size, uint16(row.groups)))
		if !ok || got.UID != row.want.UID || got.PID != row.want.PID ||
			!slices.Equal(got.Groups, row.want.Groups) {
			t.Errorf("%d bytes with %d groups: %+v, %t, want %+v",
				row.size, row.groups, got, ok, row.want)
		}
	}
	if got, _ := GetXucred(make(96, 1<<16-1)); len(got.Groups) != 16 {
		t.Errorf("%d groups", len(got.Groups))
	}
	if _, ok := GetXucred(make(11, 1)); ok {
		t.Error("11 bytes are a structure")
	}
}
