package house

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// An api is what the packages export, as the compiler knows it: methods that embedding promotes,
// too.
type api struct {
	calls  map[string]call // by name: "socket.New", "socket.Socket.Close"
	types  map[string]bool // those that have methods
	opaque []string        // structs with fields that are not exported
}

// A call is an exported function or method.
type call struct {
	fails   bool // it returns an error, or yields one
	context bool // its first argument is a context
	method  bool
}

var theAPI = sync.OnceValues(func() (*api, error) {
	r, err := repository()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}",
		"./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[name] = file
	}
	load := importer.ForCompiler(token.NewFileSet(), "gc",
		func(name string) (io.ReadCloser, error) { return os.Open(files[name]) })
	a := &api{calls: map[string]call{}, types: map[string]bool{}}
	for _, dir := range r.public() {
		if dir == "." {
			continue
		}
		pkg, err := load.Import(module + "/" + dir)
		if err != nil {
			return nil, err
		}
		for _, name := range pkg.Scope().Names() {
			if object := pkg.Scope().Lookup(name); object.Exported() {
				a.add(pkg.Name()+"."+name, object)
			}
		}
	}
	return a, nil
})

func (a *api) add(name string, object types.Object) {
	switch object := object.(type) {
	case *types.Func:
		a.calls[name] = describe(object, false)
	case *types.TypeName:
		if types.IsInterface(object.Type()) || object.IsAlias() {
			return
		}
		if s, ok := object.Type().Underlying().(*types.Struct); ok {
			for f := range s.Fields() {
				if !f.Exported() {
					a.opaque = append(a.opaque, name)
					break
				}
			}
		}
		for m := range types.NewMethodSet(types.NewPointer(object.Type())).Methods() {
			if m.Obj().Exported() {
				a.types[name] = true
				a.calls[name+"."+m.Obj().Name()] = describe(m.Obj().(*types.Func), true)
			}
		}
	}
}

func describe(f *types.Func, method bool) (c call) {
	c.method = method
	s := f.Signature()
	c.context = s.Params().Len() > 0 && s.Params().At(0).Type().String() == "context.Context"
	for r := range s.Results().Variables() {
		text := r.Type().String()
		c.fails = c.fails || text == "error" && f.Name() != "Unwrap" ||
			strings.HasPrefix(text, "iter.Seq2[") && strings.HasSuffix(text, ", error]")
	}
	return c
}

func exports(t *testing.T) *api {
	t.Helper()
	a, err := theAPI()
	if err != nil {
		t.Fatal(err)
	}
	return a
}
