package tcp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the manuals of the five systems name.
var procedures = map[string]string{
	"CHICKEN's tcp": `
		tcp-listen tcp-listener? tcp-close tcp-accept tcp-accept-ready? tcp-listener-port
		tcp-listener-fileno tcp-connect tcp-addresses tcp-port-numbers tcp-abandon-port
		tcp-buffer-size tcp-read-timeout tcp-write-timeout tcp-connect-timeout tcp-accept-timeout
		read-line write-line flush-output close-input-port close-output-port`,
	"CHICKEN's socket egg": `
		socket socket? socket-fileno socket-family socket-type socket-protocol
		integer->address-family address-family->integer integer->socket-type socket-type->integer
		integer->protocol-type protocol-type->integer sockaddr sockaddr? sockaddr-family
		sockaddr-address sockaddr-port sockaddr-path sockaddr->string inet-address unix-address
		address-information addrinfo addrinfo? addrinfo-family addrinfo-socktype addrinfo-protocol
		addrinfo-address addrinfo-canonname addrinfo-flags name-information socket-connect
		socket-connect/ai socket-bind socket-listen socket-accept socket-accept-ready?
		socket-shutdown socket-close socket-close* socket-name socket-peer-name socket-receive!
		socket-receive-ready? socket-receive socket-receive-from! socket-receive-from socket-send
		socket-send-to socket-send-all socket-i/o-ports socket-i/o-port->socket port->fileno
		socket-abandon-port socket-connect-timeout socket-accept-timeout socket-receive-timeout
		socket-send-timeout socket-send-buffer-size socket-send-size socket-receive-buffer-size
		so-reuse-address? so-debug? so-keep-alive? so-dont-route? so-broadcast? so-oob-inline?
		so-accept-connections? so-send-buffer so-receive-buffer so-send-low-water
		so-receive-low-water so-error so-type tcp-no-delay? tcp-no-push? tcp-no-options?
		tcp-keep-alive tcp-max-segment-size ip-header-included? ip-type-of-service ip-time-to-live
		ipv6-v6-only? set-socket-option get-socket-option`,
	"Racket": `
		tcp-listen tcp-connect tcp-connect/enable-break tcp-accept tcp-accept/enable-break
		tcp-accept-ready? tcp-close tcp-listener? tcp-accept-evt tcp-abandon-port tcp-addresses
		tcp-port? file-stream-buffer-mode close-input-port close-output-port current-custodian
		make-custodian custodian-shutdown-all`,
	"Guile": `
		socket socketpair getsockopt setsockopt shutdown connect bind listen accept sockaddr:fam
		sockaddr:path sockaddr:addr sockaddr:port getsockname getpeername recv! send recvfrom!
		sendto htons ntohs htonl ntohl uniform-vector-read! uniform-vector-write setvbuf close-port
		getprotobyname`,
	"MIT Scheme": `
		open-tcp-stream-socket open-tcp-server-socket tcp-server-connection-accept
		close-tcp-server-socket allocate-host-address host-address-any close-port read-char
		write-char`,
}

// In the table for those who come from a Scheme, every Go name exists, every row has one, and no
// procedure is missing.
func TestSchemes(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	must(t, err)
	_, table, _ := strings.Cut(f.Doc.Text(), "# Coming from ")
	goName := regexp.MustCompile(
		`\b(tcp|ports|socket|sockopt|addrinfo|sockaddr|constants)((?:\.[A-Z]\w*)+)`)
	packages := map[string]map[string]bool{}
	rows, system := map[string][]string{}, ""
	for line := range strings.Lines(table) {
		title, isTitle := strings.CutSuffix(strings.TrimSpace(line), ":")
		if isTitle && !strings.HasPrefix(line, "\t") {
			system = title
		}
		row, ok := strings.CutPrefix(line, "\t")
		if !ok {
			continue
		}
		there, here, ok := strings.Cut(strings.TrimSpace(row), "  ")
		rows[system] = append(rows[system],
			strings.Split(strings.TrimSuffix(there, " ..."), ", ")...)
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
	for system, names := range procedures {
		for name := range strings.FieldsSeq(names) {
			if !slices.Contains(rows[system], name) {
				t.Errorf("%s: %s is not in the table", system, name)
			}
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
