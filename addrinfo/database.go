package addrinfo

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// recheck is how long a file's contents are used before the file is looked at
// again: as long as package net uses the hosts file. A stat(2) in every lookup
// would cost several times what the lookup itself does.
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
	path    string
	modTime time.Time
	size    int64
	checked atomic.Int64 // since started, in ns
}

// get returns what is in the file at path, or at usual() if path is empty. Where
// there is no such file, it returns what builtin does. It reads the file when
// it is first called, and when the file's time of modification or size has
// changed. It always gets the same arguments.
func (f *file[T]) get(path string, usual func() string, parse func(text string) *T, builtin func() *T) *T {
	have := f.now.Load()
	if have != nil && time.Since(started)-time.Duration(have.checked.Load()) < recheck {
		return have.data
	}
	if have == nil {
		f.reload.Lock()
	} else if !f.reload.TryLock() {
		return have.data // somebody else is looking
	}
	defer f.reload.Unlock()

	if have = f.now.Load(); have == nil || !have.current() {
		if path == "" {
			path = usual()
		}
		have = &contents[T]{path: path}
		if text, err := have.read(); err == nil {
			have.data = parse(text)
		} else {
			have.data = builtin()
		}
	}
	have.checked.Store(int64(time.Since(started)))
	f.now.Store(have)
	return have.data
}

// current reports whether the file is the one that was read.
func (c *contents[T]) current() bool {
	var (
		modTime time.Time
		size    int64 = -1
	)
	if st, err := os.Stat(c.path); err == nil {
		modTime, size = st.ModTime(), st.Size()
	}
	return modTime.Equal(c.modTime) && size == c.size
}

// read reads the file. The time and size are those from before reading, so
// that a change under way is seen at the next look.
func (c *contents[T]) read() (text string, err error) {
	c.size = -1
	st, err := os.Stat(c.path)
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() {
		return "", errors.New("not a regular file")
	}
	b, err := os.ReadFile(c.path)
	if err != nil {
		return "", err
	}
	c.modTime, c.size = st.ModTime(), st.Size()
	return string(b), nil
}
