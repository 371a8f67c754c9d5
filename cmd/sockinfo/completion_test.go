package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/bsdsocket/internal/testenv"
)

func shell(name string) testenv.Feature {
	return testenv.Feature{Name: name, CI: true, Probe: func() error {
		return exec.Command(name, "-c", "exit").Run()
	}}
}

// The shells themselves say what they complete.
func TestCompletion(t *testing.T) {
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Dir(exe) + string(os.PathListSeparator) + os.Getenv("PATH")
	for _, sh := range []struct{ name, script string }{
		{"bash",
			`eval "$(sockinfo.exe completion bash)"; COMP_WORDS=($1 "$2"); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _sockinfo; printf '%s\n' "${COMPREPLY[@]}"`},
		{"zsh",
			`eval "$(sockinfo.exe completion zsh)"; compadd() { shift; print -l -- "$@" }; _describe() { print -l -- ${${(P)2}%%:*} }; _files() { }
			words=(${=1} "$2"); CURRENT=$#words; _sockinfo`},
		{"fish",
			`sockinfo.exe completion fish | source; complete -C "$argv[1] $argv[2]" | string replace -r '\t.*' ''`},
	} {
		t.Run(sh.name, func(t *testing.T) {
			testenv.Needs(t, shell(sh.name))
			for _, row := range []struct {
				before, word string
				want, not    []string
			}{
				{"sockinfo", "so", []string{"sockets"}, []string{"lookup"}},
				{"sockinfo", "", commandNames(), nil},
				{"sockinfo sockets", "-li", []string{"-listen"}, []string{"-family"}},
				{"sockinfo -v sockets", "-u", []string{"-udp", "-unix", "-udplite"},
					[]string{"-family"}},
				{"sockinfo", "-fam", []string{"-family"}, []string{"-listen"}},
			} {
				args := []string{"-c", sh.script, sh.name, row.before, row.word}
				if sh.name == "fish" {
					args = slices.Delete(args, 2, 3)
				}
				cmd := exec.Command(sh.name, args...)
				cmd.Env = append(os.Environ(), "PATH="+path, "HOME="+t.TempDir())
				out, errs, status := output(t, cmd)
				// Zsh's own functions, which are replaced here, are what leaves out the words that
				// begin otherwise.
				var got []string
				for _, word := range strings.Fields(out) {
					if strings.HasPrefix(word, row.word) {
						got = append(got, word)
					}
				}
				for _, want := range row.want {
					if !slices.Contains(got, want) {
						t.Errorf("%s %q: no %s in %q; status %d\n%s", row.before, row.word, want,
							got, status, errs)
					}
				}
				for _, not := range row.not {
					if slices.Contains(got, not) {
						t.Errorf("%s %q: %s in %q", row.before, row.word, not, got)
					}
				}
			}
		})
	}
	if _, errs, status := sockinfo(t, "completion", "sh"); status != 2 ||
		!strings.Contains(errs, "bash") {
		t.Errorf("completion sh: status %d, %s", status, errs)
	}
}

// The manual page has every command and flag, and no mistake that mandoc(1) finds.
func TestManual(t *testing.T) {
	page, errs, status := sockinfo(t, "man")
	if status != 0 {
		t.Fatal(errs)
	}
	for i := range commands {
		if !strings.Contains(page, ".SS "+commands[i].name+"\n") {
			t.Errorf("no %s", commands[i].name)
		}
		for _, f := range flagsOf(&commands[i]) {
			if !strings.Contains(page, `.B \`+f) {
				t.Errorf("no %s of %s", f, commands[i].name)
			}
		}
	}
	testenv.Needs(t, testenv.Feature{Name: "mandoc", CI: true, Probe: func() error {
		_, err := exec.LookPath("mandoc")
		return err
	}})
	cmd := exec.Command("mandoc", "-T", "lint", "-W", "warning")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
