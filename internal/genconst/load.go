package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A platform is one GOOS and GOARCH that the constants are generated for.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

func (p platform) compare(q platform) int { return cmp.Compare(p.String(), q.String()) }

// platforms lists the processors of each system that the go command builds for. It is a list of its
// own, and not the answer of "go tool dist list", so that the generated files do not change with
// the toolchain.
var platforms = map[string][]string{
	"linux": {"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle",
		"ppc64", "ppc64le",
		"riscv64", "s390x"},
	"darwin":    {"amd64", "arm64"},
	"dragonfly": {"amd64"},
	"freebsd":   {"386", "amd64", "arm", "arm64", "riscv64"},
	"netbsd":    {"386", "amd64", "arm", "arm64"},
	"openbsd":   {"386", "amd64", "arm", "arm64", "ppc64", "riscv64"},
	"windows":   {"386", "amd64", "arm64"},
}

// A value is what a name of x/sys stands for on one platform.
type value = constant.Value

// xsysDir returns the folder of the x/sys version that go.mod names. It needs no network once the
// module is in the module cache.
func xsysDir() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	if err != nil {
		if ee, ok := errors.AsType[*exec.ExitError](err); ok {
			return "", fmt.Errorf("go list golang.org/x/sys: %w: %s", err, ee.Stderr)
		}
		return "", fmt.Errorf("go list golang.org/x/sys: %w", err)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		return "", errors.New("golang.org/x/sys is not in the module cache: run go mod download")
	}
	return dir, nil
}

// xsysPackage is the package of x/sys that has a system's numbers.
func xsysPackage(os string) string {
	if os == "windows" {
		return "windows"
	}
	return "unix"
}

// load returns the exported integer constants that x/sys has on a platform. Nothing but the
// package's constants is type-checked.
func load(dir string, p platform) (map[string]value, error) {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = p.os, p.arch, false
	dir = filepath.Join(dir, xsysPackage(p.os))
	pkg, err := ctx.ImportDir(dir, 0)
	if err != nil {
		return nil, fmt.Errorf("find the files of %s for %s/%s: %w", dir, p.os, p.arch, err)
	}
	var files []*ast.File
	for _, name := range pkg.GoFiles {
		f, err := parseFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{
		// A few are of types, or sizes of them; those that are needed are literals.
		Error: func(error) {},
		Sizes: types.SizesFor("gc", p.arch),
	}
	checked, _ := conf.Check(pkg.ImportPath, fset, files, nil)
	values := make(map[string]value)
	scope := checked.Scope()
	for _, name := range scope.Names() {
		c, ok := scope.Lookup(name).(*types.Const)
		if !ok || !c.Exported() || c.Val().Kind() != constant.Int {
			continue
		}
		if basic, ok := c.Type().(*types.Basic); ok && basic.Info()&types.IsUntyped != 0 {
			values[name] = c.Val()
		}
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s has no constants for %s/%s", dir, p.os, p.arch)
	}
	return values, nil
}

var (
	fset   = token.NewFileSet()
	parsed = make(map[string]*ast.File) // by path: platforms share many
)

// parseFile returns a file with its constants alone.
func parseFile(path string) (*ast.File, error) {
	if f := parsed[path]; f != nil {
		return f, nil
	}
	f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f.Decls = slices.DeleteFunc(f.Decls, func(d ast.Decl) bool {
		g, ok := d.(*ast.GenDecl)
		return !ok || g.Tok != token.CONST
	})
	parsed[path] = f
	return f, nil
}
