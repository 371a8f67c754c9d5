package sockopt_test

import (
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os/exec"
	"strings"
	"testing"

	"example.com/bsdsocket/internal/testenv"
)

// TestTypes type-checks snippets: a value of the wrong type, setting an option that can only be
// read, and reading one that can only be set do not compile (E20).
func TestTypes(t *testing.T) {
	testenv.Needs(t, testenv.Feature{Name: "the go command", Probe: func() error {
		_, err := exec.LookPath("go")
		return err
	}})
	// The packages are read from their source, which cgo is no part of. A test that was built with
	// -trimpath does not know where that is.
	defer func(before build.Context) { build.Default = before }(build.Default)
	build.Default.CgoEnabled = false
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	build.Default.GOROOT = strings.TrimSpace(string(root))
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "source", nil)
	for _, tt := range []struct {
		code string
		want string // what the error says; empty: it compiles
	}{
		{`sockopt.TCPNoDelay.Set(c, true)`, ""},
		{`var on bool; on, _ = sockopt.TCPNoDelay.Get(c); _ = on`, ""},
		{`sockopt.SOType.Get(c)`, ""},
		{`sockopt.IPAddMembership.Set(c, sockopt.IPMembership{})`, ""},
		{`sockopt.SetInt(c, 6, 1, 1)`, ""},
		{`sockopt.TCPNoDelay.Set(sockopt.FD(3), true)`, ""},

		{`sockopt.TCPNoDelay.Set(c, 1)`, "cannot use 1"},
		{`sockopt.TCPNoDelay.Set(c, "on")`, "cannot use"},
		{`sockopt.IPTimeToLive.Set(c, true)`, "cannot use true"},
		{`sockopt.SOLinger.Set(c, 5)`, "cannot use 5"},
		{`var n int; n, _ = sockopt.TCPNoDelay.Get(c); _ = n`, "cannot use"},
		{`sockopt.SOReceiveTimeout.Set(c, 1.5)`, "truncated"},
		{`sockopt.TCPNoDelay.Set(3, true)`, "cannot use 3"},
		{`sockopt.SOType.Set(c, 1)`, "no field or method Set"},
		{`sockopt.SOError.Set(c, 0)`, "no field or method Set"},
		{`sockopt.SOAcceptConnections.Set(c, true)`, "no field or method Set"},
		{`sockopt.IPAddMembership.Get(c)`, "no field or method Get"},
		{`sockopt.SODetachFilter.Get(c)`, "no field or method Get"},
		{`sockopt.TCPNoDelay = sockopt.SOType`, "cannot use"},
	} {
		source :=
			"package p\nimport (\"syscall\"; \"example.com/bsdsocket/sockopt\")\nfunc f(c " +
				"syscall.Conn) {\n" + tt.code + "\n}\n"
		f, err := parser.ParseFile(fset, "snippet.go", source, 0)
		if err != nil {
			t.Fatalf("%s: %v", tt.code, err)
		}
		_, err = (&types.Config{Importer: imports}).Check("p", fset, []*ast.File{f}, nil)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s does not compile: %v", tt.code, err)
		case tt.want != "" && err == nil:
			t.Errorf("%s compiles", tt.code)
		case tt.want != "" && !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: %q, want an error that says %q", tt.code, err, tt.want)
		}
	}
}
