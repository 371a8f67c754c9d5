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
	"os/exec"
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

// listing returns the files of the repository, from the root: those that git tracks, or else all.
// So caches and results that somebody keeps in the folder do not count.
var listing = sync.OnceValues(func() (names []string, err error) {
	os.Stat(filepath.Join(root, ".git", "index")) // so that go test's cache knows of changes
	out, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
	if err == nil && len(out) > 0 {
		for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			if info, err := os.Lstat(filepath.Join(root, name)); err == nil &&
				info.Mode().IsRegular() {
				names = append(names, name)
			}
		}
		return names, nil
	}
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && name == ".git" {
			return fs.SkipDir
		}
		if err == nil && e.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	return names, err
})

func list(t *testing.T) []string {
	t.Helper()
	names, err := listing()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A tree is every directory with Go files, those of nested modules too, parsed without regard to
// build constraints: the rules hold on every platform.
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
	names, err := listing()
	for _, name := range names {
		if !strings.HasSuffix(name, ".go") || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		parsed, err := parser.ParseFile(t.fset, name, source, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		dir := path.Dir(name)
		t.dirs[dir] = append(t.dirs[dir], &file{name, source, parsed})
	}
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
		if !strings.HasPrefix(dir, "internal/") && !strings.HasPrefix(dir, "cmd/") &&
			r.hasPackage(dir) {
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

// TestTopLevel holds what may stand in the top folder: what is not listed here has a better place,
// or should be ignored.
func TestTopLevel(t *testing.T) {
	allowed := strings.Fields(`go.mod go.sum doc.go socket sockaddr addrinfo sockopt constants ports internal cmd
		testdata Makefile README.md LICENSE CHANGELOG.md CONTRIBUTING.md SECURITY.md
		.gitignore .gitattributes .github .ci staticcheck.conf`)
	ignored := regexp.MustCompile(`^bin$|\.(test|exe|out|prof)$`) // as .gitignore says
	seen := map[string]bool{}
	for _, name := range list(t) {
		top, _, _ := strings.Cut(name, "/")
		if !seen[top] && !slices.Contains(allowed, top) && !ignored.MatchString(top) {
			t.Errorf("%s does not belong in the top folder", top)
		}
		seen[top] = true
	}
}

// TestNoMachine looks for names of machines and users in every text file, and for numbers of issues
// that do not say whose they are: "go.dev/issue/75804" does.
func TestNoMachine(t *testing.T) {
	forbidden := regexp.MustCompile(`/(home|Users)/[a-z]|(^|[^.\w])/root/|\b[Ii]ssue #?\d+\b`)
	words := []string{"/home/", "/Users/", "/root/", "ssue "}
	n := 0
	for _, name := range list(t) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "internal/house/tree_test.go" || bytes.IndexByte(text, 0) >= 0 {
			continue
		}
		n++
		for i, line := range strings.Split(string(text), "\n") {
			// Searching for the words first is many times as fast.
			if !slices.ContainsFunc(words,
				func(w string) bool { return strings.Contains(line, w) }) {
				continue
			}
			if found := forbidden.FindString(line); found != "" {
				t.Errorf("%s:%d: %q names a machine, a user or nobody's issue: %s",
					name, i+1, found, strings.TrimSpace(line))
			}
		}
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
