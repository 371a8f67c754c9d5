package tcp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every Go name in the table for those who come from a Scheme exists, and every row has one.
func TestSchemes(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	must(t, err)
	_, table, _ := strings.Cut(f.Doc.Text(), "# Coming from ")
	goName := regexp.MustCompile(`\b(tcp|ports|socket|sockopt|addrinfo|sockaddr|constants)((?:\.[A-Z]\w*)+)`)
	packages := map[string]map[string]bool{}
	rows, system := map[string]int{}, ""
	for line := range strings.Lines(table) {
		title, isTitle := strings.CutSuffix(strings.TrimSpace(line), ":")
		if isTitle && !strings.HasPrefix(line, "\t") {
			system = title
		}
		row, ok := strings.CutPrefix(line, "\t")
		if !ok {
			continue
		}
		rows[system]++
		_, here, ok := strings.Cut(strings.TrimSpace(row), "  ")
		names := goName.FindAllStringSubmatch(here, -1)
		if !ok || len(names) == 0 {
			t.Errorf("no Go name: %s", row)
		}
		for _, name := range names {
			if packages[name[1]] == nil {
				packages[name[1]] = exported(t, name[1])
			}
			if !packages[name[1]][name[2][1:]] {
				t.Errorf("there is no %s: %s", name[0], row)
			}
		}
	}
	for _, system := range []string{"CHICKEN's tcp", "CHICKEN's socket egg", "Racket", "Guile", "MIT Scheme"} {
		if rows[system] < 5 {
			t.Errorf("%s has %d rows in %v", system, rows[system], rows)
		}
	}
}

// exported returns the exported names of a package, methods and fields as Type.Name.
func exported(t *testing.T, name string) map[string]bool {
	t.Helper()
	dir := filepath.Join("..", "..", name)
	switch name {
	case "tcp":
		dir = "."
	case "ports":
		dir = ".."
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	must(t, err)
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		must(t, err)
		f, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
		must(t, err)
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				receiver := ""
				if d.Recv != nil {
					typ := d.Recv.List[0].Type
					if star, ok := typ.(*ast.StarExpr); ok {
						typ = star.X
					}
					if id, ok := typ.(*ast.Ident); ok {
						receiver = id.Name + "."
					}
				}
				names[receiver+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						for _, id := range spec.Names {
							names[id.Name] = true
						}
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
						if s, ok := spec.Type.(*ast.StructType); ok {
							for _, field := range s.Fields.List {
								for _, id := range field.Names {
									names[spec.Name.Name+"."+id.Name] = true
								}
							}
						}
					}
				}
			}
		}
	}
	return names
}
