package house

import (
	"go/format"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fence matches a fenced block of Markdown: its language and its text.
var (
	fence      = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")
	link       = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	identifier = regexp.MustCompile("`([a-z]+\\.)?((?:[A-Z]\\w*\\.)?)([A-Z]\\w*)`")
)

// section returns what stands in a document between a heading of the second level and the next one.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(document, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("there is no section %q", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// TestReadmeProgram makes a module outside this one and does what the README says, word for word:
// its program is hello/main.go beside the clone, and its commands are run from there.
func TestReadmeProgram(t *testing.T) {
	own, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(own, filepath.Join(dir, "bsdsocket")); err != nil {
		t.Skipf("needs symbolic links: %v", err)
	}
	blocks := fence.FindAllStringSubmatch(section(t, readFile(t, "README.md"), "A first program"),
		-1)
	if len(blocks) != 2 || blocks[0][1] != "go" || blocks[1][1] != "sh" {
		t.Fatalf("the section is not a program and its commands: %q", blocks)
	}
	program, commands := blocks[0][2], blocks[1][2]
	if formatted, err := format.Source([]byte(program)); err != nil ||
		string(formatted) != program {
		t.Errorf("gofmt would change the program: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "hello"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hello", "main.go"), []byte(program),
		0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-e", "-c", commands)
	cmd.Dir = dir
	// What it needs was downloaded for this module, and checked by its go.sum. So it works without
	// a network.
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off",
		"GOFLAGS=-mod=mod -buildvcs=false -trimpath")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(out), "\n"), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "socket fd:") ||
		!strings.HasSuffix(last, ": a line there and back") {
		t.Errorf("the program prints\n%s", out)
	}
}

// TestReadmeBegins holds that the README begins with the two commands that run something, then the
// first program, and ends before its reader does. It runs the first command, and holds that the
// second is what CI runs.
func TestReadmeBegins(t *testing.T) {
	readme := readFile(t, "README.md")
	if n := strings.Count(readme, "\n"); n > 150 {
		t.Errorf("the README has %d lines, and 150 are enough", n)
	}
	blocks := fence.FindAllStringSubmatch(readme, -1)
	shell := regexp.MustCompile(` *#.*`).ReplaceAllString(blocks[0][2], "")
	commands := strings.Split(strings.TrimSpace(shell), "\n")
	if len(commands) != 2 || commands[1] != "make test" || blocks[1][1] != "go" {
		t.Fatalf("the README begins with the commands %q and a program in %s",
			commands, blocks[1][1])
	}
	if !strings.Contains(readFile(t, ".ci/run"), "\nstage make test\n") {
		t.Error(".ci/run does not run make test")
	}
	if workflow := readFile(t, ".github/workflows/ci.yml"); !strings.Contains(workflow,
		"bash .ci/run\n") {
		t.Error("the hosted CI does not run .ci/run")
	}
	cmd := exec.Command("sh", "-c", commands[0])
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), ":80 ") {
		t.Errorf("%s: %v\n%s", commands[0], err, out)
	}
}

// TestLinks holds that the files that the documents link to are there.
func TestLinks(t *testing.T) {
	for _, name := range list(t) {
		if path.Ext(name) != ".md" {
			continue
		}
		for _, to := range link.FindAllStringSubmatch(readFile(t, name), -1) {
			if _, err := os.Stat(filepath.Join(root, path.Dir(name), to[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestReadmeTable holds that the README's table of what is where names every package and command
// that there is, and nothing else.
func TestReadmeTable(t *testing.T) {
	r := read(t)
	names, _ := r.index(t)
	packages := append(r.public(), "cmd/sockinfo")
	named := map[string]bool{}
	table := section(t, readFile(t, "README.md"), "What you want, and where it is")
	for _, row := range regexp.MustCompile(`(?m)^\|.*\| (.*) \|$`).FindAllStringSubmatch(
		table, -1) {
		for _, word := range regexp.MustCompile("`([a-z/]+)`").FindAllStringSubmatch(row[1], -1) {
			named[word[1]] = true
			if !slices.Contains(packages, word[1]) {
				t.Errorf("the README's table names %s, which there is not", word[1])
			}
		}
		within := "" // of a name that stands alone, as in `socket.Socket.ReadFrom`, `ZeroCopy`
		for _, word := range identifier.FindAllStringSubmatch(row[1], -1) {
			if word[1] != "" {
				within = word[1] + word[2]
			}
			if pkg, _, _ := strings.Cut(within, "."); !names[within+word[3]] &&
				!names[pkg+"."+word[3]] {
				t.Errorf("the README's table names %s, which there is not", word[0])
			}
		}
	}
	for _, dir := range packages {
		if !named[dir] && dir != "." {
			t.Errorf("the README's table does not name %s", dir)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
