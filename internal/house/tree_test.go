package house

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	module = "example.com/bsdsocket"
	root   = "../.."
)

// A tree is every directory with Go files, those of nested modules too, parsed without regard to build
// constraints: the rules hold on every platform.
type tree struct {
	fset *token.FileSet
	dirs map[string][]*file // by path from the root
}

type file struct {
	name   string // from the root, with slashes
	source []byte
	ast    *ast.File
}

func (f *file) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

var repository = sync.OnceValues(func() (*tree, error) {
	t := &tree{token.NewFileSet(), map[string][]*file{}}
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := filepath.Base(name)
		if e.IsDir() && name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(base, ".go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		parsed, err := parser.ParseFile(t.fset, rel, source, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := path.Dir(rel)
		t.dirs[dir] = append(t.dirs[dir], &file{rel, source, parsed})
		return nil
	})
	return t, err
})

func read(t *testing.T) *tree {
	t.Helper()
	r, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hasPackage reports whether a directory has Go files that are no tests.
func (r *tree) hasPackage(dir string) bool {
	return slices.ContainsFunc(r.dirs[dir], func(f *file) bool { return !f.isTest() })
}

// public returns the directories of the packages that others can import, sorted.
func (r *tree) public() (dirs []string) {
	for dir := range r.dirs {
		if !strings.HasPrefix(dir, "internal/") && !strings.HasPrefix(dir, "cmd/") && r.hasPackage(dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}

func TestFormat(t *testing.T) {
	for _, files := range read(t).dirs {
		for _, f := range files {
			formatted, err := format.Source(f.source)
			if err != nil {
				t.Errorf("%s: %v", f.name, err)
			} else if !bytes.Equal(formatted, f.source) {
				t.Errorf("gofmt would change %s", f.name)
			}
		}
	}
}

// TestTopLevel holds the list of DESIGN.md and of the files that every repository has.
func TestTopLevel(t *testing.T) {
	allowed := strings.Fields(`go.mod go.sum socket sockaddr addrinfo sockopt constants ports internal cmd
		testdata Makefile README.md LICENSE CHANGELOG.md CONTRIBUTING.md
		.git .gitignore .github .ci staticcheck.conf`)
	ignored := regexp.MustCompile(`^bin$|\.(test|exe|out|prof)$`) // as .gitignore says
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) && !ignored.MatchString(e.Name()) {
			t.Errorf("%s does not belong in the top folder", e.Name())
		}
	}
}

// TestNoMachine looks for names of machines, users and trackers in every text file.
func TestNoMachine(t *testing.T) {
	forbidden := regexp.MustCompile(`/(home|Users)/[a-z]|(^|[^.\w])/root/|\bissue #?\d{1,2}\b`)
	own, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	literals := []string{own + "/", "/" + filepath.Base(filepath.Dir(own)) + "/" + filepath.Base(own) + "/"}
	if len(host) > 8 { // shorter ones are words
		literals = append(literals, host)
	}
	n := 0
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == filepath.Join(root, ".git") || e.IsDir() && e.Name() == "results" {
			if err == nil && e.IsDir() {
				err = filepath.SkipDir
			}
			return err
		}
		if !e.Type().IsRegular() || e.Name() == "tree_test.go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			return err
		}
		n++
		for i, line := range strings.Split(string(text), "\n") {
			found := forbidden.FindString(line)
			for _, l := range literals {
				if strings.Contains(line, l) {
					found = l
				}
			}
			if found != "" {
				t.Errorf("%s:%d: %q names a machine, a user or a tracker: %s", name, i+1, found, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 20 {
		t.Errorf("only %d files were looked at", n)
	}
}

// platforms are those of "make cross", which TestPlatforms holds.
var platforms = strings.Fields(`linux/amd64 linux/386 linux/arm64 linux/arm linux/riscv64 linux/s390x linux/ppc64le
	linux/mips darwin/amd64 darwin/arm64 freebsd/amd64 netbsd/amd64 openbsd/amd64 dragonfly/amd64 windows/amd64
	windows/arm64`)

func TestPlatforms(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(makefile), "PLATFORMS = ")
	list, _, _ := strings.Cut(strings.ReplaceAll(rest, "\\\n", " "), "\n")
	if got := strings.Fields(list); !slices.Equal(got, platforms) {
		t.Errorf("make cross builds for\n%v\nwant\n%v", got, platforms)
	}
}

// on reports whether a file is built on a platform such as "linux/mips".
func (f *file) on(t *testing.T, platform string) bool {
	t.Helper()
	context := build.Default
	context.GOOS, context.GOARCH, _ = strings.Cut(platform, "/")
	context.CgoEnabled = false
	ok, err := context.MatchFile(filepath.Join(root, path.Dir(f.name)), path.Base(f.name))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}
