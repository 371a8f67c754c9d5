package sockopt_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/sockopt"
)

// leftOut are options that another library has and this one has not, and why.
var leftOut = map[string]string{
	"SO_EXCLBIND":               "Solaris and illumos only, which this module is not built for",
	"IP_RECVINTERFACE":          "AIX only",
	"TCP_KEEPALIVE_THRESHOLD":   "Solaris only",
	"FIL_ATTACH":                "illumos only",
	"FIL_DETACH":                "illumos only",
	"SIO_TCP_SET_ACK_FREQUENCY": "an ioctl of Windows, not a socket option",
	"IPV6_HOPLIMIT": "a control message's type: kernels refuse it as an option; " +
		"IPv6UnicastHops sets the limit",
	"IPV6_AUTHHDR":    "obsolete: no kernel implements it (linux/in6.h says so)",
	"NETLINK_RX_RING": "removed from Linux in 4.6",
	"NETLINK_TX_RING": "removed from Linux in 4.6",
}

// otherNames are options that are declared under the name that other systems than the list's have
// for them.
var otherNames = map[string]string{
	"IPV6_PORT_RANGE": "IPV6_PORTRANGE", // the egg's spelling; no system has it
}

// TestEveryWantedOption compares the declarations with the list of every option that the libraries
// this one is measured against have, and of those of Linux that none has (X8, E21).
func TestEveryWantedOption(t *testing.T) {
	have := map[string]sockopt.Info{}
	for i := range sockopt.All() {
		have[i.CName] = i
	}
	f, err := os.Open("testdata/wanted.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wanted := 0
	unused := map[string]bool{}
	for name := range leftOut {
		unused[name] = true
	}
	for in := bufio.NewScanner(f); in.Scan(); {
		line := in.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			t.Fatalf("not three fields: %q", line)
		}
		level, name, access := fields[0], fields[1], fields[2]
		wanted++
		if other, ok := otherNames[name]; ok {
			name = other
		}
		i, declared := have[name]
		if reason, ok := leftOut[name]; ok {
			delete(unused, name)
			if declared || reason == "" {
				t.Errorf("%s is declared, or left out without a reason", name)
			}
			continue
		}
		if !declared {
			t.Errorf("%s at level %s is neither declared nor left out with a reason", name, level)
			continue
		}
		if i.LevelName() != level || i.GoName == "" || i.Type == "" {
			t.Errorf("%s at level %s is declared as %+v of %s", name, level, i, i.LevelName())
		}
		switch access {
		case "rw":
			if i.Access != sockopt.CanGet|sockopt.CanSet {
				t.Errorf("%s is %v, and rw elsewhere", name, i.Access)
			}
		case "ro":
			if i.Access&(sockopt.CanGet|sockopt.CanQuery) == 0 {
				t.Errorf("%s is %v, and readable elsewhere", name, i.Access)
			}
		case "wo":
			if i.Access&sockopt.CanSet == 0 {
				t.Errorf("%s is %v, and settable elsewhere", name, i.Access)
			}
		}
	}
	if wanted < 250 {
		t.Errorf("the list has %d options: too few to be all of it", wanted)
	}
	for name := range unused {
		t.Errorf("%s is left out, but nobody wants it", name)
	}
}

// TestDeclarations holds the shape of the declarations in the source: one file a level, sorted by
// the C name, each with its type for go doc, each option's Go name that of its variable, its C name
// that of its constant, and its doc beginning with both and naming its source.
func TestDeclarations(t *testing.T) {
	files, err := filepath.Glob("level_*.go")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files of declarations, %v", len(files), err)
	}
	// Constants that differ by platform stand behind a name of this package.
	behind := map[string]string{
		"lingerName": "SO_LINGER", "msfilterName": "IP_MSFILTER",
		"icmp6FilterName": "ICMPV6_FILTER",
		"ipDontFragment":  "IP_DONTFRAG", "ipv6PacketInfo": "IPV6_PKTINFO",
		"ipv6ReceivePacketInfo": "IPV6_RECVPKTINFO",
	}
	var declared []string
	levelFile := map[string]string{}
	fset := token.NewFileSet()
	for _, file := range files {
		f, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		last := ""
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				if len(v.Values) != 1 {
					continue
				}
				call, ok := v.Values[0].(*ast.CallExpr)
				if !ok ||
					!slices.Contains([]string{"readWrite", "readOnly", "writeOnly", "queried"},
						function(call)) {
					continue
				}
				name := v.Names[0].Name
				declared = append(declared, name)
				if _, ok := v.Type.(*ast.IndexExpr); !ok {
					t.Errorf("%s: %s is declared without its type, which go doc shows",
						fset.Position(v.Pos()), name)
				}
				if got := literal(call.Args[1]); got != name {
					t.Errorf("%s: the variable %s calls itself %q", fset.Position(v.Pos()), name,
						got)
				}
				level := call.Args[2].(*ast.Ident).Name
				if in, ok := levelFile[level]; ok && in != file {
					t.Errorf("%s: level %s has options in %s too", fset.Position(v.Pos()), level,
						in)
				}
				levelFile[level] = file
				c := literal(call.Args[3])
				var constant string
				switch x := call.Args[4].(type) {
				case *ast.SelectorExpr:
					constant = x.Sel.Name
				case *ast.Ident:
					constant = behind[x.Name]
				}
				if constant != c {
					t.Errorf("%s: %s is %q by name and constants.%s by number",
						fset.Position(v.Pos()), name, c, constant)
				}
				if level+c < last {
					t.Errorf("%s: %s stands after %s", fset.Position(v.Pos()), c, last)
				}
				last = level + c
				doc := strings.Join(strings.Fields(g.Doc.Text()), " ")
				if !strings.HasPrefix(doc, name+" is "+c) {
					t.Errorf("%s: the doc of %s does not begin with %q", fset.Position(v.Pos()),
						name, name+" is "+c)
				}
				if !source.MatchString(doc) {
					t.Errorf("%s: the doc of %s names no source", fset.Position(v.Pos()), name)
				}
			}
		}
	}
	var listed []string
	for i := range sockopt.All() {
		listed = append(listed, i.GoName)
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if !slices.Equal(declared, listed) {
		t.Errorf("declared and listed by All are not the same:\n%v\n%v", declared, listed)
	}
	if len(slices.Compact(listed)) < 250 {
		t.Errorf("All lists %d options", len(listed))
	}
}

// source is where an option is documented: a man page of a protocol or of BSD's kernel, an RFC, a
// file of the kernel's documentation, a header.
var source = regexp.MustCompile(
	`[a-z0-9]\([479]\)|(getsockopt|setfib)\(2\)|RFC [0-9]|[a-z0-9]\.(rst|txt|h)\b|Windows Sockets`)

func function(c *ast.CallExpr) string {
	id, _ := c.Fun.(*ast.Ident)
	if id == nil {
		return ""
	}
	return id.Name
}

func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(l.Value)
	return s
}
