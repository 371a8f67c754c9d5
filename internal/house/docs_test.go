package house

import (
	"go/ast"
	"go/doc"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// An exported is an exported name of a package, a method or field as "Type.Name".
type exported struct {
	name       string
	file       *file
	pos        token.Pos
	documented bool
}

// names returns what a file exports.
func (f *file) names() (names []exported) {
	add := func(id *ast.Ident, within string, documented bool) {
		if id.IsExported() {
			names = append(names, exported{within + id.Name, f, id.Pos(), documented})
		}
	}
	for _, d := range f.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			within := ""
			if d.Recv != nil {
				receiver := base(d.Recv.List[0].Type)
				if !ast.IsExported(receiver) {
					continue
				}
				within = receiver + "."
			}
			add(d.Name, within, d.Doc != nil)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						add(id, "", d.Doc != nil || spec.Doc != nil || spec.Comment != nil)
					}
				case *ast.TypeSpec:
					add(spec.Name, "", d.Doc != nil || spec.Doc != nil)
					if spec.Name.IsExported() {
						for _, id := range members(spec.Type) {
							add(id, spec.Name.Name+".", d.Doc != nil || spec.Doc != nil)
						}
					}
				}
			}
		}
	}
	return names
}

// members returns the names of a struct's fields and of an interface's methods.
func members(t ast.Expr) (names []*ast.Ident) {
	fields := &ast.FieldList{}
	switch t := t.(type) {
	case *ast.StructType:
		fields = t.Fields
	case *ast.InterfaceType:
		fields = t.Methods
	}
	for _, field := range fields.List {
		names = append(names, field.Names...)
	}
	return names
}

// base returns the name of a receiver's type.
func base(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return base(e.X)
	case *ast.IndexExpr:
		return base(e.X)
	case *ast.IndexListExpr:
		return base(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// TestDocumented holds that every exported name has a comment. The platforms' twins of one function
// share one, and a type's comment speaks of its fields. Packages for this module alone may leave
// out those of methods such as Error.
func TestDocumented(t *testing.T) {
	r := read(t)
	for dir, files := range r.dirs {
		comment, n := false, 0
		documented := map[string]bool{}
		for _, f := range files {
			if f.isTest() {
				continue
			}
			n++
			comment = comment || f.ast.Doc != nil
			for _, e := range f.names() {
				documented[e.name] = documented[e.name] || e.documented
			}
		}
		for _, f := range files {
			if f.isTest() {
				continue
			}
			for _, e := range f.names() {
				_, member, _ := strings.Cut(e.name, ".")
				lenient := strings.HasPrefix(dir, "internal/") &&
					slices.Contains([]string{"Error", "Unwrap", "String"}, member)
				if !documented[e.name] && !lenient {
					t.Errorf("%s: %s.%s has no comment",
						r.fset.Position(e.pos), path.Base(dir), e.name)
				}
			}
		}
		if !comment && n > 0 {
			t.Errorf("the package in %s has no comment", dir)
		}
	}
}

// TestSameEverywhere holds that a package exports the same names on every platform, so that a
// portable program compiles on all of them.
func TestSameEverywhere(t *testing.T) {
	r := read(t)
	for _, dir := range r.public() {
		var first []string
		for i, platform := range platforms {
			var names []string
			for _, f := range r.dirs[dir] {
				if !f.isTest() && f.on(t, platform) {
					for _, e := range f.names() {
						names = append(names, e.name)
					}
				}
			}
			slices.Sort(names)
			if i == 0 {
				first = names
				continue
			}
			if more, fewer := without(names, first), without(first,
				names); len(more)+len(fewer) > 0 {
				t.Errorf("%s: on %s it has %v and lacks %v, compared with %s",
					dir, platform, more, fewer, platforms[0])
			}
		}
	}
}

func without(a, b []string) (rest []string) {
	for _, s := range a {
		if _, found := slices.BinarySearch(b, s); !found {
			rest = append(rest, s)
		}
	}
	return rest
}

// TestExportedOnce holds that exported functions, methods and types, and so their comments, stand
// in portable files. Numbers may differ: constants is generated for each platform.
func TestExportedOnce(t *testing.T) {
	r := read(t)
	for _, dir := range r.public() {
		for _, f := range r.dirs[dir] {
			portable := true
			for _, platform := range platforms {
				portable = portable && f.on(t, platform)
			}
			if f.isTest() || portable || ast.IsGenerated(f.ast) {
				continue
			}
			for _, e := range f.names() {
				t.Errorf("%s is not built everywhere and exports %s.%s",
					f.name, path.Base(dir), e.name)
			}
		}
	}
}

// TestConstraints holds that a //go:build line does not repeat what a file's name says.
func TestConstraints(t *testing.T) {
	r := read(t)
	for _, files := range r.dirs {
		for _, f := range files {
			words := strings.Split(strings.TrimSuffix(strings.TrimSuffix(path.Base(f.name), ".go"),
				"_test"), "_")
			for line := range strings.Lines(string(f.source)) {
				if strings.HasPrefix(line, "package ") {
					break
				}
				expr, found := strings.CutPrefix(strings.TrimSpace(line), "//go:build ")
				if strings.HasPrefix(line, "// +build") || found && len(words) > 1 && f.named() &&
					words[len(words)-1] == expr {
					t.Errorf("%s needs no %s", f.name, line)
				}
			}
		}
	}
}

// named reports whether the file's name ends in a system or a processor that go/build knows.
func (f *file) named() bool {
	for _, platform := range platforms {
		goos, goarch, _ := strings.Cut(platform, "/")
		stem := strings.TrimSuffix(strings.TrimSuffix(f.name, ".go"), "_test")
		if strings.HasSuffix(stem, "_"+goos) || strings.HasSuffix(stem, "_"+goarch) {
			return true
		}
	}
	return false
}

// TestNoPlatformSwitch holds that what differs by platform stands in files of its own.
func TestNoPlatformSwitch(t *testing.T) {
	r := read(t)
	for _, files := range r.dirs {
		for _, f := range files {
			if f.isTest() {
				continue
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				var decides []ast.Expr
				switch n := n.(type) {
				case *ast.BinaryExpr:
					if n.Op == token.EQL || n.Op == token.NEQ {
						decides = []ast.Expr{n.X, n.Y}
					}
				case *ast.SwitchStmt:
					decides = []ast.Expr{n.Tag}
				}
				for _, e := range decides {
					if s, ok := e.(*ast.SelectorExpr); ok &&
						(s.Sel.Name == "GOOS" || s.Sel.Name == "GOARCH") {
						t.Errorf("%s decides by %s: write a file for each platform",
							r.fset.Position(e.Pos()), s.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

// TestAllocationsAreCounted holds that tests which count allocations have Alloc in their names, by
// which internal/house/runtests runs them without the race detector too.
func TestAllocationsAreCounted(t *testing.T) {
	n := 0
	for _, files := range read(t).dirs {
		for _, f := range files {
			for _, d := range f.ast.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || !strings.HasPrefix(fn.Name.Name, "Test") {
					continue
				}
				ast.Inspect(fn, func(node ast.Node) bool {
					if s, ok := node.(*ast.SelectorExpr); ok && s.Sel.Name == "AllocsPerRun" {
						n++
						if !strings.Contains(fn.Name.Name, "Alloc") {
							t.Errorf("%s: %s counts allocations, but its name does not say Alloc",
								f.name, fn.Name.Name)
						}
					}
					return true
				})
			}
		}
	}
	if n == 0 {
		t.Error("no test counts allocations")
	}
}

// TestLeaksAreLookedFor holds that every package with tests, but for those that open nothing, has a
// TestMain that fails if something is left open.
func TestLeaksAreLookedFor(t *testing.T) {
	for dir, files := range read(t).dirs {
		if dir == "internal/genreadme" || strings.HasPrefix(dir, "internal/peers/") {
			continue
		}
		tests, found := false, false
		for _, f := range files {
			tests = tests || f.isTest()
			for _, d := range f.ast.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "TestMain" {
					ast.Inspect(fn, func(node ast.Node) bool {
						id, ok := node.(*ast.Ident)
						found = found || ok && id.Name == "Main"
						return true
					})
				}
			}
		}
		if tests && !found {
			t.Errorf("no TestMain in %s calls testenv.Main", dir)
		}
	}
}

// TestExamplesRun holds that examples have an output, without which go test only compiles them.
func TestExamplesRun(t *testing.T) {
	r := read(t)
	for dir, files := range r.dirs {
		var parsed []*ast.File
		for _, f := range files {
			if f.isTest() {
				parsed = append(parsed, f.ast)
			}
		}
		for _, e := range doc.Examples(parsed...) {
			if name := path.Base(dir) + ".Example" + e.Name; e.Output == "" && !e.EmptyOutput &&
				!unpredictable[name] {
				t.Errorf("%s has no output, so it is not run", name)
			}
		}
	}
}

// unpredictable are the examples whose output is not known.
var unpredictable = map[string]bool{
	"socket.Example_ping":    true, // how long it took
	"packet.Example_sniffer": true, // what comes
}
