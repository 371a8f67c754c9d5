package sys

import (
	"os"
	"reflect"
	"runtime"
	"sync"
)

// Disown takes its descriptor away from a file that nobody uses: it will not be closed when the
// file is unreachable. Package os has no word for that. It closes by a finalizer of what a File
// points to, which is removed here; a File that looks otherwise, as it may in a Go to come, is kept
// reachable.
func Disown(file *os.File) {
	inner := reflect.ValueOf(file).Elem()
	if disown && inner.NumField() == 1 && inner.Type().Field(0).Name == "file" &&
		inner.Field(0).Kind() == reflect.Pointer {
		inner = inner.Field(0)
		owner := reflect.NewAt(inner.Type().Elem(), inner.UnsafePointer()).Interface()
		runtime.SetFinalizer(owner, nil)
		return
	}
	kept.Store(file, nil)
}

var kept sync.Map
