package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unhidden are the functions of x/sys that hide from the scheduler and may: they copy a few
// bytes, under no lock that is held for long.
var unhidden = []string{"Gettid", "Uname"}

// A thread that sleeps in a system call which the scheduler does not know of stops the whole
// program at the next garbage collection. So package sys calls nothing of x/sys, on any processor
// that Linux runs on, that makes such a call (RawSyscall) or calls what does.
func TestNothingHidesFromTheScheduler(t *testing.T) {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string][]string{} // by function, what it calls, in any of the files
	for name, file := range parsed(t,
		filepath.Join(strings.TrimSpace(string(folder)), "unix", "*.go")) {
		if other := strings.ContainsAny(name, "_") && !strings.Contains(name, "linux") &&
			!strings.Contains(name, "unix"); other {
			continue
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				ast.Inspect(fn, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok {
						if id, ok := call.Fun.(*ast.Ident); ok {
							calls[fn.Name.Name] = append(calls[fn.Name.Name], id.Name)
						}
					}
					return true
				})
			}
		}
	}
	hides := map[string]bool{"RawSyscall": true, "RawSyscall6": true, "RawSyscallNoError": true,
		"rawsocketcall": true}
	for found := true; found; {
		found = false
		for name, called := range calls {
			if !hides[name] &&
				slices.ContainsFunc(called, func(c string) bool { return hides[c] }) {
				hides[name], found = true, true
			}
		}
	}
	if !hides["Socket"] || hides["Close"] {
		t.Fatal("the sources of x/sys are not what this test takes them for")
	}
	for name, file := range parsed(t, filepath.Join(root, "internal", "sys", "*.go")) {
		for _, tag := range []string{"bsd", "darwin", "libc", "openbsd", "windows"} {
			if strings.Contains(name, tag) {
				file = nil
			}
		}
		if file == nil {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if from, ok := sel.X.(*ast.Ident); ok && from.Name == "unix" &&
					hides[sel.Sel.Name] && !slices.Contains(unhidden, sel.Sel.Name) {
					t.Errorf("%s: unix.%s hides from the scheduler", name, sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// parsed are the files that are no tests, by name.
func parsed(t *testing.T, pattern string) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, err)
	}
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if files[filepath.Base(path)], err = parser.ParseFile(token.NewFileSet(), path, nil,
			parser.SkipObjectResolution); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
