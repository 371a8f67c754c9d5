package sockopt

import (
	"cmp"
	"iter"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"example.com/bsdsocket/constants"
)

// Option is a socket option of type T that can be read and set.
//
// Its Get and Set work on anything that has a SyscallConn method: a *socket.Socket, a *net.TCPConn,
// a *net.UDPConn, a *net.TCPListener, an *os.File, an [FD]. They take a reference to the descriptor
// for the length of the system call, so a Close at the same time never makes them touch another
// file. Every error is an [*Error]. The zero Option is none: its uses are [socket.ErrValue].
type Option[T any] struct{ d *declaration[T] }

// Get reads the option of s with getsockopt(2).
func (o Option[T]) Get(s syscall.Conn) (T, error) { return o.d.get(s) }

// Set sets the option of s with setsockopt(2).
func (o Option[T]) Set(s syscall.Conn, v T) error { return o.d.set(s, v) }

// Info describes the option.
func (o Option[T]) Info() Info { return o.d.describe() }

// ReadOnly is a socket option of type T that can only be read: setting it does not compile. It is
// otherwise like [Option], also as the zero value.
type ReadOnly[T any] struct{ d *declaration[T] }

// Get reads the option of s with getsockopt(2).
func (o ReadOnly[T]) Get(s syscall.Conn) (T, error) { return o.d.get(s) }

// Info describes the option.
func (o ReadOnly[T]) Info() Info { return o.d.describe() }

// WriteOnly is a socket option of type T that can only be set: reading it does not compile. It is
// otherwise like [Option], also as the zero value.
type WriteOnly[T any] struct{ d *declaration[T] }

// Set sets the option of s with setsockopt(2).
func (o WriteOnly[T]) Set(s syscall.Conn, v T) error { return o.d.set(s, v) }

// Info describes the option.
func (o WriteOnly[T]) Info() Info { return o.d.describe() }

// Query is a socket option whose getsockopt(2) takes an argument: fields of the value passed to Get
// say what to look up, and the value returned is the answer. It is otherwise like [Option], also as
// the zero value.
type Query[T any] struct{ d *declaration[T] }

// Get looks the value q up with getsockopt(2).
func (o Query[T]) Get(s syscall.Conn, q T) (T, error) { return o.d.query(s, q) }

// Set sets the option of s with setsockopt(2). For an option that has nothing to set the error is
// [ErrAccess].
func (o Query[T]) Set(s syscall.Conn, v T) error { return o.d.set(s, v) }

// Info describes the option.
func (o Query[T]) Info() Info { return o.d.describe() }

// None is the type of an option that has no value: setting it is the action.
type None struct{}

// Access says whether an option can be read, set, or both.
type Access uint8

// The kinds of access. A queried option is read with an argument: see [Query].
const (
	CanGet Access = 1 << iota
	CanSet
	CanQuery
)

// String returns "rw", "ro", "wo", "query" or "query, set", and "none" for 0.
func (a Access) String() string {
	switch a {
	case CanGet | CanSet:
		return "rw"
	case CanGet:
		return "ro"
	case CanSet:
		return "wo"
	case CanQuery:
		return "query"
	case CanQuery | CanSet:
		return "query, set"
	}
	return "none"
}

// Info describes an option. [All] yields one for each that the package has. The zero Info is of
// none, and has no access.
type Info struct {
	// GoName is the name of the variable: "TCPNoDelay". It is empty for a caller's own option.
	GoName string
	// CName is the C constant: "TCP_NODELAY". It is empty for an option that the package lacks.
	CName string

	Level   constants.Level      // the level of getsockopt(2): constants.IPPROTO_TCP
	Name    constants.OptionName // its number; constants.Undefined where the platform has none
	Type    string               // the Go type of the value: "bool"
	Access  Access
	Sockets string // the sockets that have it: "TCP"; empty for all

	// Needs is the first kernel that has it: "Linux 2.6.39". It is empty if all since Linux 2.4
	// have it.
	Needs string
	// Uses says that reading it has a side effect: it consumes the value or creates a descriptor.
	Uses bool

	on     *kind // the sockets that have it; nil: all
	fickle bool  // they refuse it too, for want of something else

	level *level
	get   func(syscall.Conn) (any, error)
	set   func(syscall.Conn, string) error
}

// Defined reports whether this platform has a number for the option. The kernel that runs may still
// lack it: then Get and Set return an error that is [socket.ErrUnsupported].
func (i Info) Defined() bool {
	return i.Level != constants.Undefined && i.Name != constants.Undefined
}

// LevelName returns the C constant of the level: "IPPROTO_TCP".
func (i Info) LevelName() string {
	if i.level == nil {
		return i.Level.String()
	}
	return i.level.name
}

// GetAny reads the option of s. Its error is that of Get; an option that can only be set, or only
// be read with an argument, is [ErrAccess].
func (i Info) GetAny(s syscall.Conn) (any, error) {
	if i.get == nil {
		return nil, i.fail("get", ErrAccess)
	}
	return i.get(s)
}

// SetText sets the option of s to the value that text spells. Integers are written as in Go,
// booleans as true, false, 1, 0, on or off, durations as time.ParseDuration reads them, bytes in
// hexadecimal, IP and hardware addresses in their usual form, structures as their fields:
// "Enabled=on,Timeout=5s", lists as their elements with a semicolon between: "Op=6,K=1;Op=6". Flags
// and enumerations are numbers, a set such as [ICMPv6Types] the list of the numbers in it. Fields
// that are not named keep what the socket has, if the option can be read, and are zero otherwise.
// Text that does not parse is [socket.ErrValue]; an option that can only be read is [ErrAccess].
func (i Info) SetText(s syscall.Conn, text string) error {
	if i.set == nil {
		return i.fail("set", ErrAccess)
	}
	return i.set(s, text)
}

func (i *Info) fail(op string, err error) *Error {
	return &Error{Op: op, Option: i.label(), Level: i.Level, Name: i.Name, Needs: i.Needs, Err: err}
}

// label is the option as an error names it.
func (i *Info) label() string {
	switch {
	case i.GoName != "":
		return i.GoName + " (" + i.CName + ")"
	case i.CName != "":
		return i.CName
	}
	return numbers(i.Level, i.Name)
}

// All yields every option that the package declares, on every platform the same, level by level and
// sorted by the C name within a level.
func All() iter.Seq[Info] {
	return func(yield func(Info) bool) {
		for _, l := range levels {
			options := slices.Clone(*l.options) // in the order in which Go made the variables
			slices.SortFunc(options, func(a, b *Info) int {
				return cmp.Or(strings.Compare(a.CName, b.CName),
					strings.Compare(a.GoName, b.GoName))
			})
			for _, i := range options {
				if !yield(*i) {
					return
				}
			}
		}
	}
}

// A declaration is an option's one entry: what it is called, and the codec that knows its type.
type declaration[T any] struct {
	info  Info
	codec codec[T]
}

func (d *declaration[T]) describe() Info {
	if d == nil {
		return Info{}
	}
	return d.info
}

func (d *declaration[T]) get(s syscall.Conn) (v T, err error) {
	c, err := d.begin("get", s)
	if err != nil {
		return v, err
	}
	if v, err = d.codec.read(c); err != nil {
		return v, d.fail("get", c, err)
	}
	c.release()
	return v, nil
}

func (d *declaration[T]) query(s syscall.Conn, q T) (v T, err error) {
	c, err := d.begin("get", s)
	if err != nil {
		return v, err
	}
	if v, err = d.codec.query(c, q); err != nil {
		return v, d.fail("get", c, err)
	}
	c.release()
	return v, nil
}

func (d *declaration[T]) set(s syscall.Conn, v T) error {
	c, err := d.begin("set", s)
	if err != nil {
		return err
	}
	if err = d.codec.write(c, v); err != nil {
		return d.fail("set", c, err)
	}
	c.release()
	return nil
}

// begin takes a call for the option on s.
func (d *declaration[T]) begin(op string, s syscall.Conn) (*call, error) {
	switch {
	case d == nil:
		return nil,
			&Error{Op: op, Level: constants.Undefined, Name: constants.Undefined, Err: errZero}
	case !d.info.Defined():
		return nil, d.info.fail(op, errUndefined)
	}
	c := calls.Get().(*call)
	c.Level, c.Name = int(d.info.Level), int(d.info.Name)
	if err := c.open(s); err != nil {
		return nil, d.fail(op, c, err)
	}
	return c, nil
}

// fail gives the call back and dresses its error.
func (d *declaration[T]) fail(op string, c *call, err error) error {
	e := d.info.fail(op, c.closed(err))
	e.wrong = c.wrongSocket(&d.info, err)
	c.release()
	return e
}

// erased fills in what the untyped [Info] can do with the option.
func (d *declaration[T]) erased() *Info {
	d.info.Type = typeName[T]()
	if d.info.Access&CanGet != 0 {
		d.info.get = func(s syscall.Conn) (any, error) {
			v, err := d.get(s)
			if err != nil {
				return nil, err
			}
			return v, nil
		}
	}
	if d.info.Access&CanSet != 0 {
		d.info.set = func(s syscall.Conn, text string) error {
			var v T
			if !d.info.Defined() {
				return d.info.fail("set", errUndefined)
			}
			if d.info.Access&CanGet != 0 && hasFields(reflect.TypeFor[T]()) {
				v, _ = d.get(s) // what cannot be read begins as zero
			}
			if err := parseText(reflect.ValueOf(&v).Elem(), text); err != nil {
				return d.info.fail("set", err)
			}
			return d.set(s, v)
		}
	}
	return &d.info
}

// typeName is T as a programmer writes it.
func typeName[T any]() string {
	if name := reflect.TypeFor[T]().String(); name != "[]uint8" {
		return name
	}
	return "[]byte"
}

// A level is one level of getsockopt(2) and the options declared there. The slice stands behind a
// pointer, so that it is made before the options are.
type level struct {
	name    string // the C constant
	number  constants.Level
	on      *kind // the sockets that have the level
	options *[]*Info
}

func newLevel(name string, number constants.Level, on *kind) *level {
	return &level{name, number, on, new([]*Info)}
}

// A note is something that few options need said.
type note func(i *Info)

// since names the first kernel that has the option.
func since(kernel string) note { return func(i *Info) { i.Needs = kernel } }

// only names the sockets that have the option, where they are not all those of its level.
func only(k *kind) note {
	return func(i *Info) { i.on, i.Sockets = k, k.name }
}

// fickle says that kernels refuse the option on sockets that have it as they refuse it on others:
// for want of a module, a policy, or any use.
func fickle(i *Info) { i.fickle = true }

// uses says that reading the option changes something.
func uses(i *Info) { i.Uses = true }

func declare[T any](a Access, c codec[T], goName string, l *level, cName string,
	name constants.OptionName, notes []note) *declaration[T] {
	d := &declaration[T]{codec: c, info: Info{
		GoName: goName, CName: cName, Level: l.number, Name: name, Access: a, level: l,
	}}
	if l.on != nil {
		d.info.on, d.info.Sockets = l.on, l.on.name
	}
	for _, n := range notes {
		n(&d.info)
	}
	*l.options = append(*l.options, d.erased())
	return d
}

func readWrite[T any](c codec[T], goName string, l *level, cName string, name constants.OptionName,
	notes ...note) Option[T] {
	return Option[T]{declare(CanGet|CanSet, c, goName, l, cName, name, notes)}
}

func readOnly[T any](c codec[T], goName string, l *level, cName string, name constants.OptionName,
	notes ...note) ReadOnly[T] {
	return ReadOnly[T]{declare(CanGet, c, goName, l, cName, name, notes)}
}

func writeOnly[T any](c codec[T], goName string, l *level, cName string, name constants.OptionName,
	notes ...note) WriteOnly[T] {
	return WriteOnly[T]{declare(CanSet, c, goName, l, cName, name, notes)}
}

func queried[T any](c codec[T], goName string, l *level, cName string, name constants.OptionName,
	notes ...note) Query[T] {
	a := CanQuery
	if c.set != nil {
		a |= CanSet
	}
	return Query[T]{declare(a, c, goName, l, cName, name, notes)}
}
