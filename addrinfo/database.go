package addrinfo

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
)

// recheck is how long a file's contents are used before the file is looked at again: as long as
// package net uses the hosts file. A stat(2) in every lookup would cost several times what the
// lookup itself does.
const recheck = 5 * time.Second

// started makes a clock of one monotonic reading, half as dear as time.Now.
var started = time.Now()

// file is a text file in parsed form. Its zero value is ready.
type file[T any] struct {
	now    atomic.Pointer[contents[T]]
	reload sync.Mutex
}

// contents never change, but for the time of the last look at the file.
type contents[T any] struct {
	data    *T
	info    fs.FileInfo  // nil: there is no file
	checked atomic.Int64 // since started, in ns
}

// get returns what is in the file at path, or at usual() if path is empty. Where there is no such
// file, it returns what builtin does. It reads the file when it is first called, and when the file
// is another one, or its time of modification or size has changed. If it cannot be read, it returns
// what it read before, and tries again at the next call; if there is nothing, the error has
// EAI_SYSTEM. It always gets the same arguments.
func (f *file[T]) get(path string, usual func() string, parse func(text string) *T,
	builtin func() *T) (*T, *Error) {
	have := f.now.Load()
	if have != nil && time.Since(started)-time.Duration(have.checked.Load()) < recheck {
		return have.data, nil
	}
	if have == nil {
		f.reload.Lock()
	} else if !f.reload.TryLock() {
		return have.data, nil // somebody else is looking
	}
	defer f.reload.Unlock()

	have = f.now.Load()
	if path == "" {
		path = usual()
	}
	now, err := look(have, path, parse, builtin)
	if err != nil && have != nil {
		return have.data, nil
	} else if err != nil {
		return nil, &Error{Code: constants.EAI_SYSTEM, Err: err}
	}
	now.checked.Store(int64(time.Since(started)))
	f.now.Store(now)
	return now.data, nil
}

// look returns have, if that is still what the file has, or new contents.
func look[T any](have *contents[T], path string, parse func(text string) *T,
	builtin func() *T) (*contents[T], error) {
	// The time and size are those from before reading, so that a change under way is seen at the
	// next look.
	info, err := os.Stat(path)
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case absent && have != nil && have.info == nil:
		return have, nil
	case absent:
		return &contents[T]{data: builtin()}, nil
	case err != nil:
		return nil, err
	case have != nil && have.info != nil && os.SameFile(info, have.info) &&
		info.ModTime().Equal(have.info.ModTime()) && info.Size() == have.info.Size():
		return have, nil
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular(): // to read a FIFO could take for ever
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
		return &contents[T]{data: builtin()}, nil
	} else if err != nil {
		return nil, err
	}
	return &contents[T]{data: parse(string(text)), info: info}, nil
}
