package cmsg

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// ErrMalformed is control data that is cut off in the middle of a message, or contains an
// impossible length.
var ErrMalformed = errors.New("cmsg: malformed control data")

const (
	errValue = sys.Wrong("value out of range")
	errSend  = sys.Lacking("cannot be sent here")
	errZero  = sys.Wrong("the zero Kind is none")
)

// Error is the error of [Kind.Append].
type Error struct {
	Kind string // "IPTimeToLive"; empty for the zero Kind
	Err  error  // one that is socket.ErrValue, or socket.ErrUnsupported
}

// Error returns text like "cmsg: append UDPSegment: value out of range".
func (e *Error) Error() string {
	if e.Kind == "" {
		return "cmsg: append: " + sys.Text(e.Err)
	}
	return "cmsg: append " + e.Kind + ": " + sys.Text(e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// A Message is one control message: struct cmsghdr and its data. The data is a part of the buffer
// that it was read from.
type Message struct {
	Level constants.Level
	Type  constants.OptionName
	Data  []byte
}

// Messages yields the messages of control data, such as m.Control[:m.NControl] of a received
// socket.Message. Malformed data ends it: the part of the last message that is there comes with
// ErrMalformed. It allocates nothing, and no length is trusted.
//
// It wraps CMSG_FIRSTHDR, CMSG_NXTHDR and CMSG_DATA of cmsg(3).
func Messages(control []byte) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		// control stays as it is: the sequence may be ranged over again.
		for left := control; len(left) > 0; {
			level, typ, data, rest, ok := sys.NextCmsg(left)
			m := Message{constants.Level(level), constants.OptionName(typ), data}
			if !ok {
				yield(m, ErrMalformed)
				return
			}
			if !yield(m, nil) {
				return
			}
			left = rest
		}
	}
}

// Append appends a message of any level, type and data to b, with its padding. It copies m.Data,
// and allocates only if b lacks the capacity. A message that cannot be leaves b as it was: its
// level or type is no C int, or its data are too long for [Len].
func Append(b []byte, m Message) []byte {
	if !(id{m.Level, m.Type}).possible() || Len(len(m.Data)) == 0 {
		return b
	}
	b, data := sys.AppendCmsg(b, int(m.Level), int(m.Type), len(m.Data))
	copy(data, m.Data)
	return b
}

// Space is CMSG_SPACE of cmsg(3): how many bytes of control data a message with n bytes of data
// takes, with its padding. It is what a receive needs room for; several messages need the sum. It
// is 0 for an n that is not possible: see [Len].
func Space(n int) int {
	if Len(n) == 0 {
		return 0
	}
	return sys.CmsgSpace(n)
}

// Len is CMSG_LEN of cmsg(3): the length that a message with n bytes of data has in its header,
// without padding behind it. [Append] writes it. It is 0 for an n that is not possible: a negative
// one, and one with which control data would have more than 2³¹-1 bytes, which no kernel takes.
func Len(n int) int {
	if n < 0 || n > maxInt32-sys.CmsgSpace(0)-maxPadding {
		return 0
	}
	return sys.CmsgLen(n)
}

// maxPadding is at least the padding behind a message, on every system.
const maxPadding = 16

// Value returns what the message says as the type of its [Kind], or nil if no kind of this package
// matches it, or if its data has the wrong size. It may allocate; [Kind.Get] does not, unless its
// kind's comment says so.
func (m Message) Value() any {
	for i := range table {
		if v, ok := table[i].get(m); ok {
			return v
		}
	}
	return nil
}

// String returns text like "IP_TTL 64", or "level 41 type 200: 8 bytes".
func (m Message) String() string {
	for i := range table {
		if v, ok := table[i].get(m); ok {
			return fmt.Sprintf("%s %v", table[i].info.CName, v)
		}
	}
	return fmt.Sprintf("level %d type %d: %d bytes", int(m.Level), int(m.Type), len(m.Data))
}

// Info describes a [Kind].
type Info struct {
	GoName string
	CName  string
	Level  constants.Level      // constants.Undefined where the platform has no such kind
	Type   constants.OptionName // the same
	Send   bool                 // Append makes messages of this kind
}

// Defined reports whether the platform has the kind.
func (i Info) Defined() bool {
	return i.Level != constants.Undefined && i.Type != constants.Undefined
}

// All yields the description of every kind.
func All() iter.Seq[Info] {
	return func(yield func(Info) bool) {
		for i := range table {
			if !yield(table[i].info) {
				return
			}
		}
	}
}

// A Kind is a level and type of control messages whose data is a T. The zero Kind is none: it
// matches no message, and cannot be sent.
type Kind[T any] struct{ d *declaration[T] }

// A declaration is the row of the table that a Kind is.
type declaration[T any] struct {
	codec[T]
	info Info
	ids  []id // all levels and types that carry it; the first is the one that Append makes
}

type id struct {
	level constants.Level
	typ   constants.OptionName
}

func (i id) defined() bool { return i.level.Defined() && i.typ.Defined() }

// possible reports whether the level and the type are C ints.
func (i id) possible() bool {
	return i.level == constants.Level(int32(i.level)) && i.typ == constants.OptionName(int32(i.typ))
}

// row is a Kind without its type.
type row struct {
	info Info
	get  func(Message) (any, bool)
}

var table []row

// receive declares a kind that only receives.
func receive[T any](k codec[T], goName, cName string, ids ...id) Kind[T] {
	k.encode = nil
	return both(k, goName, cName, ids...)
}

// send declares a kind that is only sent: nothing is received by its level and type.
func send[T any](k codec[T], goName, cName string, ids ...id) Kind[T] {
	return both(k, goName, cName, ids...)
}

// both declares a kind that is sent and received.
func both[T any](k codec[T], goName, cName string, ids ...id) Kind[T] {
	ids = slices.DeleteFunc(ids, func(i id) bool { return !i.defined() })
	d := &declaration[T]{
		codec: k,
		ids:   ids,
		info: Info{
			GoName: goName,
			CName:  cName,
			Level:  constants.Undefined,
			Type:   constants.Undefined,
		},
	}
	if len(ids) > 0 {
		d.info.Level, d.info.Type = ids[0].level, ids[0].typ
	}
	d.info.Send = d.info.Defined() && k.encode != nil
	kind := Kind[T]{d}
	table = append(table, row{d.info, func(m Message) (any, bool) {
		v, ok := kind.Get(m)
		return v, ok
	}})
	return kind
}

// Info returns the kind's names and numbers; those of the zero Kind are empty and Undefined.
func (k Kind[T]) Info() Info {
	if k.d == nil {
		return Info{Level: constants.Undefined, Type: constants.Undefined}
	}
	return k.d.info
}

// Space returns how many bytes of control data a message of this kind takes: what a receive needs
// room for. For a kind whose data has no fixed size it is the space of the longest usual data,
// which the kind's comment may give; [Space] computes others. The zero Kind takes 0.
func (k Kind[T]) Space() int {
	if k.d == nil {
		return 0
	}
	return Space(k.d.size)
}

// Is reports whether m is of this kind. Its data may still have the wrong size.
func (k Kind[T]) Is(m Message) bool {
	if k.d == nil {
		return false
	}
	for _, i := range k.d.ids {
		if m.Type == i.typ && m.Level == i.level {
			return true
		}
	}
	return false
}

// Get returns what m says, and whether it is a message of this kind whose data has the right size.
func (k Kind[T]) Get(m Message) (v T, ok bool) {
	if !k.Is(m) {
		return v, false
	}
	return k.d.decode(m.Data)
}

// Find returns what the first message of this kind in control data says, and whether there is one.
// Messages whose data has the wrong size are skipped.
func (k Kind[T]) Find(control []byte) (v T, ok bool) {
	for m, err := range Messages(control) {
		if err != nil {
			break
		}
		if v, ok := k.Get(m); ok {
			return v, true
		}
	}
	return v, false
}

// Append appends a message of this kind to b, with its padding. It allocates only if b lacks the
// capacity, or for an error. A value that the message cannot hold is socket.ErrValue, and so is the
// zero Kind; a kind that cannot be sent, or that the platform lacks, is socket.ErrUnsupported. Then
// b is returned as it was.
func (k Kind[T]) Append(b []byte, v T) ([]byte, error) {
	if k.d == nil {
		return b, &Error{"", errZero}
	} else if !k.d.info.Send {
		return b, &Error{k.d.info.GoName, errSend}
	}
	n := k.d.size
	if k.d.length != nil {
		n = k.d.length(v)
	}
	if Len(n) == 0 {
		return b, &Error{k.d.info.GoName, errValue}
	}
	all, data := sys.AppendCmsg(b, int(k.d.info.Level), int(k.d.info.Type), n)
	if !k.d.encode(data, v) {
		return b, &Error{k.d.info.GoName, errValue}
	}
	return all, nil
}

// String returns the name in C, "" for the zero Kind.
func (k Kind[T]) String() string { return k.Info().CName }

// number is a small help for String methods.
func number[T ~int | ~uint8 | ~uint32](n T) string { return strconv.FormatInt(int64(n), 10) }
