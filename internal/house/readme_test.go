package house

import (
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fence matches a fenced block of Markdown: its language and its text.
var fence = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// TestReadmeProgram makes a module outside this one and does what the README says, word for word: its
// commands in order, with its program as main.go.
func TestReadmeProgram(t *testing.T) {
	readme := readFile(t, "README.md")
	_, rest, found := strings.Cut(readme, "\n## A first program\n")
	if !found {
		t.Fatal("the README has no section \"A first program\"")
	}
	section, _, _ := strings.Cut(rest, "\n## ")
	own, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(own, filepath.Join(dir, "bsdsocket")); err != nil {
		t.Skipf("needs symbolic links: %v", err)
	}
	script, programs := "set -e\n", 0
	for _, block := range fence.FindAllStringSubmatch(section, -1) {
		switch language, text := block[1], block[2]; language {
		case "sh":
			script += text
		case "go":
			programs++
			if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
				t.Errorf("gofmt would change the program: %v", err)
			}
			script += "cat > main.go <<'END'\n" + text + "END\n"
		}
	}
	if programs != 1 || !strings.Contains(script, "go run .") {
		t.Fatalf("the section has %d programs and these commands:\n%s", programs, script)
	}
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	// What it needs was downloaded for this module, and checked by its go.sum. So it works without a network.
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-mod=mod -buildvcs=false")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const want = "a line there and back\n"
	if !strings.HasSuffix(string(out), "\n"+want) || !strings.Contains(string(out), "a client at 127.0.0.1:") {
		t.Errorf("the program prints\n%s\nwant %q at the end", out, want)
	}
}

// TestReadmeCommands runs the first of the two commands of the README's first screen, and holds that the
// second is what CI runs.
func TestReadmeCommands(t *testing.T) {
	readme := readFile(t, "README.md")
	blocks := fence.FindAllStringSubmatch(readme, -1)
	commands := strings.Split(strings.TrimSpace(regexp.MustCompile(` *#.*`).ReplaceAllString(blocks[0][2], "")), "\n")
	if len(commands) != 2 || commands[1] != "make test" || strings.Count(readme[:strings.Index(readme, blocks[0][0])], "\n") > 24 {
		t.Fatalf("the first screen's commands are %q", commands)
	}
	if !strings.Contains(readFile(t, ".ci/run"), "\nstage make test\n") {
		t.Error(".ci/run does not run make test")
	}
	if workflow := readFile(t, ".github/workflows/ci.yml"); !strings.Contains(workflow, "bash .ci/run\n") {
		t.Error("the hosted CI does not run .ci/run")
	}
	cmd := exec.Command("sh", "-c", commands[0])
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), ":80 ") {
		t.Errorf("%s: %v\n%s", commands[0], err, out)
	}
}

// TestReadmeLinks holds that the files that the documents link to are there.
func TestReadmeLinks(t *testing.T) {
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readFile(t, name), -1) {
			if _, err := os.Stat(filepath.Join(root, link[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestReadmePackages holds that the README lists the packages that there are, and marks as planned those
// that there are not.
func TestReadmePackages(t *testing.T) {
	_, rest, _ := strings.Cut(readFile(t, "README.md"), "\n## The packages\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	r := read(t)
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		listed[row[1]] = true
		if planned := strings.HasPrefix(row[2], "(planned) "); planned == r.hasPackage(row[1]) {
			t.Errorf("the README says of %s that it is planned: %t, which is not so", row[1], planned)
		}
	}
	for _, dir := range append(r.public(), "cmd/sockinfo") {
		if !listed[dir] {
			t.Errorf("the README does not list %s", dir)
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
