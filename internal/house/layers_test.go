package house

import (
	"encoding/json"
	"errors"
	"go/ast"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers is the order of DESIGN.md, top to bottom. A package imports only what stands in a lower
// row.
var layers = [][]string{
	{"cmd/sockinfo"},
	{"ports/tcp", "socket/netconn", "socket/packet"},
	{"ports"},
	{"sockopt", "addrinfo"},
	{"internal/netlink"},
	{"socket"},
	{"socket/cmsg"},
	{"sockaddr"},
	{"constants"},
	{"internal/fd"},
	{"internal/sys", "internal/leak"},
}

func layer(dir string) int {
	return slices.IndexFunc(layers, func(row []string) bool { return slices.Contains(row, dir) })
}

// testOnly may be imported by tests alone.
const testOnly = "internal/testenv"

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// graph returns the import graph that go list gives for a platform.
func graph(t *testing.T, platform string) (packages []listed) {
	t.Helper()
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports",
		"./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestLayers(t *testing.T) {
	systems := slices.CompactFunc(slices.Clone(platforms), func(a, b string) bool {
		return path.Dir(a) == path.Dir(b) // the first of each system's
	})
	for _, platform := range systems {
		seen := 0
		for _, p := range graph(t, platform) {
			dir := strings.TrimPrefix(p.ImportPath, module+"/")
			if p.ImportPath == module {
				if len(p.Imports) > 0 {
					t.Errorf("the root is a comment, and imports %v", p.Imports)
				}
				continue
			}
			own := layer(dir)
			if own >= 0 {
				seen++
			} else if !strings.HasPrefix(dir, "internal/") {
				t.Errorf("%s: %s stands in no row of the layers", platform, dir)
			}
			for _, imported := range p.Imports {
				target, inside := strings.CutPrefix(imported, module+"/")
				if !inside {
					continue
				}
				switch below := layer(target); {
				case target == testOnly:
					t.Errorf("%s: %s imports %s, which is for tests", platform, dir, target)
				case own >= 0 && below < 0:
					t.Errorf("%s: %s imports %s, which stands in no row of the layers",
						platform, dir, target)
				case own >= 0 && below <= own:
					t.Errorf("%s: %s imports %s, which does not stand below it",
						platform, dir, target)
				}
			}
			// Tests import what they like of this module, since the compiler refuses cycles, but of
			// others only those that go.mod may require.
			for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
				first, _, _ := strings.Cut(imported, "/")
				if strings.Contains(first, ".") &&
					!slices.ContainsFunc([]string{module, xsys, gocmp}, func(m string) bool {
						return imported == m || strings.HasPrefix(imported, m+"/")
					}) {
					t.Errorf("%s: %s imports %s", platform, dir, imported)
				}
			}
		}
		if seen < 2 {
			t.Errorf("%s: go list showed %d of the packages in the layers", platform, seen)
		}
	}
}

const (
	xsys  = "golang.org/x/sys"
	gocmp = "github.com/google/go-cmp"
)

// TestRestrictedImports reads the imports of every file, also of those that no platform builds.
func TestRestrictedImports(t *testing.T) {
	for _, rule := range []struct {
		prefix  string
		allowed []string
	}{
		{"unsafe", []string{"internal/sys"}},
		{xsys, []string{"internal/sys", "constants", testOnly}},
		{gocmp, nil},
		{"C", nil},
	} {
		for dir, files := range read(t).dirs {
			if slices.Contains(rule.allowed, dir) || strings.HasPrefix(dir, "internal/peers") {
				continue
			}
			for _, f := range files {
				for _, spec := range f.ast.Imports {
					imported, err := strconv.Unquote(spec.Path.Value)
					if err != nil {
						t.Fatal(err)
					}
					if !f.isTest() &&
						(imported == rule.prefix || strings.HasPrefix(imported, rule.prefix+"/")) {
						t.Errorf("%s imports %s, which only %v may", f.name, imported, rule.allowed)
					}
				}
			}
		}
	}
}

// TestSystemCalls holds that package syscall serves for errors and connections alone outside of
// internal/sys.
func TestSystemCalls(t *testing.T) {
	harmless := regexp.MustCompile(`^(Conn|RawConn|Errno|E[A-Z0-9]+)$`)
	r := read(t)
	n := 0
	for dir, files := range r.dirs {
		if dir == "internal/sys" || dir == testOnly || strings.HasPrefix(dir, "internal/peers") {
			continue
		}
		for _, f := range files {
			if f.isTest() {
				continue
			}
			ast.Inspect(f.ast, func(node ast.Node) bool {
				s, ok := node.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "syscall" {
					n++
					if !harmless.MatchString(s.Sel.Name) {
						t.Errorf("%s: syscall.%s is for internal/sys",
							r.fset.Position(s.Pos()), s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	if n == 0 {
		t.Error("nothing of package syscall was found")
	}
}

// TestNoRawSystemCalls holds that the scheduler is told of every system call: each of those that a
// library for sockets makes can take a lock whose holder sleeps, and a thread that sleeps unknown
// to the scheduler stops the program.
func TestNoRawSystemCalls(t *testing.T) {
	r := read(t)
	n := 0
	for dir, files := range r.dirs {
		if strings.HasPrefix(dir, "internal/peers") {
			continue
		}
		for _, f := range files {
			if f.isTest() {
				continue
			}
			ast.Inspect(f.ast, func(node ast.Node) bool {
				if s, ok := node.(*ast.SelectorExpr); ok {
					if strings.HasPrefix(s.Sel.Name, "Syscall") {
						n++
					}
					if strings.HasPrefix(s.Sel.Name, "RawSyscall") {
						t.Errorf("%s: %s", r.fset.Position(s.Pos()), s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	if n == 0 {
		t.Error("no system call was found")
	}
}

// interrupted are the functions that name EINTR, with what they do about it: rule 3 is that one of
// them repeats the call.
var interrupted = map[string]string{
	"internal/fd.Repeat":      "repeats the call, for all others",
	"internal/sys.many.each":  "returns what was moved before",
	"internal/sys.Batch.each": "returns what was moved before",
	"internal/sys.pollEnds": "takes a poll(2) that found nothing, and does not wait, for what it " +
		"is",
	"internal/sys.Replace": "repeats dup3(2), which is no call on a socket, as it does for " +
		"EBUSY",
	"socket.connect.Do": "asks what has become of a connect(2), which goes on when it is " +
		"interrupted",
	"socket.batchReceive.Do":   "goes on with what comes after what it has received",
	"socket.zeroQueue.read":    "goes on with what comes after what it has read",
	"socket.Socket.unreceived": "returns it to Repeat, for a receive that must be made once more",
}

// TestInterrupted holds that a call which a signal interrupts is repeated in one place (rule 3).
func TestInterrupted(t *testing.T) {
	r := read(t)
	seen := map[string]bool{}
	for dir, files := range r.dirs {
		if dir == testOnly || strings.HasPrefix(dir, "internal/peers") {
			continue
		}
		for _, f := range files {
			if f.isTest() || ast.IsGenerated(f.ast) {
				continue
			}
			for _, d := range f.ast.Decls {
				name := dir
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil {
					name += "." + base(fn.Recv.List[0].Type) + "." + fn.Name.Name
				} else if ok {
					name += "." + fn.Name.Name
				}
				ast.Inspect(d, func(node ast.Node) bool {
					if s, ok := node.(*ast.SelectorExpr); ok && s.Sel.Name == "EINTR" {
						seen[name] = true
						if interrupted[name] == "" {
							t.Errorf("%s: %s names EINTR: internal/fd repeats what was interrupted",
								r.fset.Position(s.Pos()), name)
						}
					}
					return true
				})
			}
		}
	}
	for name := range interrupted {
		if !seen[name] {
			t.Errorf("%s names no EINTR", name)
		}
	}
}

// TestRequirements holds that go.mod requires the two modules, and changes nothing about them.
func TestRequirements(t *testing.T) {
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Module  struct{ Path string }
		Require []struct{ Path string }

		Exclude, Replace, Retract, Tool, Ignore []any
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	var required []string
	for _, r := range mod.Require {
		required = append(required, r.Path)
	}
	slices.Sort(required)
	if want := []string{gocmp, xsys}; mod.Module.Path != module || !slices.Equal(required, want) {
		t.Errorf("go.mod of %s requires %v, want %v for %s",
			mod.Module.Path, required, want, module)
	}
	if n := len(mod.Exclude) + len(mod.Replace) + len(mod.Tool); n > 0 {
		t.Errorf("go.mod excludes, replaces or has as tools: %s", out)
	}
}
