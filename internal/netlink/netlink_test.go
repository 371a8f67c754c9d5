package netlink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"syscall"
	"testing"
)

// message makes an answer to question 7 of port 9.
func message(typ, flags int, data []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerSize+len(data)))
	b = binary.NativeEndian.AppendUint16(b, uint16(typ))
	b = binary.NativeEndian.AppendUint16(b, uint16(flags))
	b = binary.NativeEndian.AppendUint32(b, 7)
	b = binary.NativeEndian.AppendUint32(b, 9)
	b = append(b, data...)
	return append(b, make([]byte, aligned(len(b))-len(b))...)
}

func TestAnswer(t *testing.T) {
	stop := errors.New("enough")
	foreign := message(40, 0, nil)
	foreign[8] = 6 // of another question
	long := message(40, isMulti, []byte("x"))
	binary.NativeEndian.PutUint32(long, 1000)
	short := message(40, isMulti, nil)
	binary.NativeEndian.PutUint32(short, 8)
	for _, row := range []struct {
		name  string
		in    []byte
		types []int
		done  bool
		err   error
	}{
		{"one", message(40, 0, []byte("abc")), []int{40}, true, nil},
		{"the parts of a dump", slices.Concat(message(40, isMulti, nil), message(41, isMulti, nil)),
			[]int{40, 41}, false, nil},
		{"its end", slices.Concat(message(40, isMulti, nil), message(done, isMulti, number(0)),
			message(41, 0, nil)), []int{40}, true, nil},
		{"an errno", message(failure, 0, number(^uint32(1))), nil, true, syscall.ENOENT},
		{"an acknowledgement", message(failure, 0, number(0)), nil, true, nil},
		{"another's", slices.Concat(foreign, message(40, 0, nil)), []int{40}, true, nil},
		{"nothing", message(noop, 0, nil), nil, false, nil},
		{"more than there is", long, nil, false, ErrMalformed},
		{"less than a header", short, nil, false, ErrMalformed},
		{"half a header", make([]byte, 10), nil, false, ErrMalformed},
		{"an errno of two bytes", message(failure, 0, []byte{1, 2}), nil, true, ErrMalformed},
		{"an overrun", message(overrun, 0, nil), nil, true, ErrMalformed},
		{"the caller's error", message(99, 0, nil), []int{99}, true, stop},
	} {
		a := answer{port: 9, sequence: 7}
		var types []int
		err := a.read(row.in, func(m Message) error {
			types = append(types, m.Type)
			if m.Type == 99 {
				return stop
			}
			return nil
		})
		if !errors.Is(err, row.err) || a.done != row.done || !slices.Equal(types, row.types) {
			t.Errorf("%s: %v, %v, done %v", row.name, types, err, a.done)
		}
	}
	a := answer{port: 9, sequence: 7}
	if err := a.read(message(40, isMulti|interrupted, nil),
		func(Message) error { return nil }); err != nil || !a.changed {
		t.Errorf("an interrupted dump: %v, %v", a.changed, err)
	}
}

func TestAttributes(t *testing.T) {
	b := AppendAttribute(nil, 1, []byte("abc"))
	b = AppendAttribute(b, 0x8002, number(5))
	var got []int
	for typ, v := range Attributes(b) {
		got = append(got, typ, len(v))
	}
	if !slices.Equal(got, []int{1, 3, 2, 4}) {
		t.Errorf("%d", got)
	}
	for _, bad := range [][]byte{{1, 0, 1, 0}, {9, 0, 1, 0}, {8, 0}} {
		for typ := range Attributes(bad) {
			t.Errorf("% x has attribute %d", bad, typ)
		}
	}
	if _, err := Number([]byte{1, 2, 3}); !errors.Is(err, ErrMalformed) {
		t.Errorf("a number of 3 bytes: %v", err)
	}
}

// Whatever a datagram has, nothing beyond it is read, and no parser panics.
func FuzzAnswer(f *testing.F) {
	f.Add(message(byFamily, isMulti, make([]byte, inetSize)))
	f.Add(slices.Concat(message(newRoute, 0, AppendAttribute(make([]byte, routeSize), routeOut,
		number(1))), message(done, isMulti, number(0))))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := answer{port: 9, sequence: 7}
		a.read(bytes.Clone(b), func(m Message) error {
			for _, k := range Kinds {
				var s Socket
				if k.parse(&s, m.Data) {
					s.TCP()
					_ = s.State.String() + s.Timer.String() + s.Local.String()
				}
			}
			for _, v := range Attributes(m.Data) {
				Number(v)
			}
			return nil
		})
	})
}
