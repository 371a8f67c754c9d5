package main

import (
	"bytes"
	"debug/pe"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/internal/testenv"
)

// TestForwarder reads the DLL back with the standard library's parser, and follows its export
// directory.
func TestForwarder(t *testing.T) {
	image := forwarder("a.dll", "Function", "b.Other")
	f, err := pe.NewFile(bytes.NewReader(image))
	if err != nil {
		t.Fatal(err)
	}
	header, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 ||
		f.Characteristics&pe.IMAGE_FILE_DLL == 0 || len(f.Sections) != 1 {
		t.Fatalf("%+v", f)
	}
	s := f.Sections[0]
	data, err := s.Data()
	if err != nil || len(image) != int(s.Offset+s.Size) {
		t.Fatalf("%d bytes, of which the section is %+v, %v", len(image), s, err)
	}
	text := func(rva uint32) string {
		b, _, found := bytes.Cut(data[rva-s.VirtualAddress:], []byte{0})
		if !found {
			t.Error("no end of a text")
		}
		return string(b)
	}
	word := func(rva uint32) uint32 {
		b := data[rva-s.VirtualAddress:]
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	}
	exports := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	at := exports.VirtualAddress
	function := word(word(at + 28))
	if got := text(function); got != "b.Other" || function < at || function >= at+exports.Size {
		t.Errorf("the function is %q at %#x, outside of the directory it would be code",
			got, function)
	}
	if dll, name := text(word(at+12)), text(word(word(at+32))); dll != "a.dll" ||
		name != "Function" {
		t.Errorf("%q of %q", name, dll)
	}
}

func TestReader(t *testing.T) {
	const out = "=== RUN   TestA\n=== RUN   TestA/sub\n--- PASS: TestA (0.00s)\n=== RUN   " +
		"TestB\n    b_test.go:1: why\n--- SKIP: TestB (0.00s)\n"
	read := func(parts ...string) result {
		r := &reader{begun: map[string]time.Time{}}
		for _, part := range parts {
			fmt.Fprint(r, part)
		}
		if test := r.slow(-1); !strings.HasSuffix(strings.Join(parts, ""), "FAIL\n") && test != "" {
			t.Errorf("%s runs", test)
		}
		return r.end("", nil)
	}
	if r := read(out); r.passed || r.ended || r.counts != [3]int{1, 1, 1} || !slices.Equal(r.skips,
		[]string{"why"}) || !slices.Equal(r.done, []string{"TestA", "TestB"}) {
		t.Errorf("without an end: %+v", r)
	}
	if r := read(out[:30], out[30:]+"PASS\r\n"); !r.passed || !r.ended || len(r.failures) > 0 {
		t.Errorf("all is well: %+v", r)
	}
	if r := read(); r.passed || len(r.failures) == 0 {
		t.Error("silence is a success")
	}
	r := read(out + "=== RUN   TestC\n    c_test.go:2: wrong\n--- FAIL: TestC (0.00s)\nFAIL\n")
	if r.passed || r.counts[failed] != 1 || !strings.Contains(string(r.failures), "wrong") ||
		strings.Contains(string(r.failures), "why") {
		t.Errorf("a failure: %+v", r)
	}
	hangs := &reader{begun: map[string]time.Time{}}
	fmt.Fprint(hangs, out+"=== RUN   TestD\n    d_test.go:3: so far\n")
	if test := hangs.slow(time.Hour); test != "" {
		t.Errorf("%s is slow at once", test)
	}
	test := hangs.slow(-1)
	if r := hangs.end(test+" does not end\n", nil); test != "TestD" || r.passed ||
		!strings.Contains(string(r.failures), "so far\nTestD does not end\n") {
		t.Errorf("%q hangs: %s", test, r.failures)
	}
	if r := new(reader); r.end("", errors.New("exit status 1")).passed {
		t.Error("its status says that it failed")
	}
}

// TestLock: who holds it keeps others out.
func TestLock(t *testing.T) {
	testenv.Needs(t, testenv.Feature{
		Name:  "flock",
		Probe: func() error { return exec.Command("flock", "--version").Run() },
	})
	file := filepath.Join(t.TempDir(), "lock")
	l, err := lock(file)
	if err != nil {
		t.Fatal(err)
	}
	free := func() bool { return exec.Command("flock", "--nonblock", file, "true").Run() == nil }
	if free() {
		t.Error("it is free")
	}
	if err := l.Close(); err != nil || !free() {
		t.Errorf("it is held still, %v", err)
	}
}

func TestMain(m *testing.M) { testenv.Main(m) }
