package socket_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/bsdsocket/internal/testenv"
)

// TestLoops runs the tests of batches, files and splices with the loops and copies of systems that
// have no sendmmsg(2), recvmmsg(2), sendfile(2) and splice(2) in place of the calls: the results
// are the same (X6, X7).
func TestLoops(t *testing.T) {
	if os.Getenv("BSDSOCKET_EMULATED") == "1" || raceDetector {
		t.Skip("the go command would test the host, and without the race detector")
	}
	testenv.Needs(t, testenv.Feature{Name: "the go command and the source", Probe: func() error {
		_, err := exec.LookPath("go")
		if err == nil {
			_, err = os.Stat("../go.mod")
		}
		return err
	}})
	dir := t.TempDir()
	replace := map[string]string{}
	for path, by := range map[string]string{
		"../internal/sys/mmsg_linux.go":   "../internal/sys/mmsg_other.go",
		"../internal/sys/splice_linux.go": "../internal/sys/splice_other.go",
		"splice_has_linux_test.go":        "splice_has_other_test.go",
	} {
		path, err := filepath.Abs(path)
		ok(t, err)
		text, err := os.ReadFile(by)
		ok(t, err)
		_, rest, found := strings.Cut(string(text), "//go:build !linux\n")
		if !found {
			t.Fatalf("%s is not for all other systems", by)
		}
		replace[path] = filepath.Join(dir, filepath.Base(path))
		ok(t, os.WriteFile(replace[path], []byte(rest), 0o600))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	ok(t, err)
	file := filepath.Join(dir, "overlay.json")
	ok(t, os.WriteFile(file, overlay, 0o600))
	out, err := exec.Command("go", "test", "-vet=off", "-overlay", file, "-timeout=4m",
		"-run=^Test(.*Messages|.*Segment|.*Offload|Batches|SendFile|ReadFromFile|WriteToFile)",
		".").CombinedOutput()
	if err != nil || strings.Contains(string(out), "no tests to run") {
		t.Errorf("%v\n%s", err, out)
	}
}
