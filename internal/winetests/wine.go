package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A wine is a Wine prefix of our own, which one process at a time uses, and its server.
type wine struct {
	dir  string
	env  []string
	lock io.Closer
}

// programs are what is needed, and the packages of Debian that have them.
var programs = []struct{ name, packages string }{
	{"wine", "wine and wine64"},
	{"wineboot", "wine and wine64"},
	{"wineserver", "wine and wine64"},
	{"flock", "util-linux"},
}

func newWine(dir string) (*wine, error) {
	for _, p := range programs {
		if _, err := exec.LookPath(p.name); err != nil {
			return nil, fmt.Errorf("there is no %s: install Debian's %s, or the like",
				p.name, p.packages)
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	w := &wine{dir: dir}
	if w.lock, err = lock(filepath.Join(dir, "lock")); err != nil {
		return nil, err
	}
	if err := w.boot(); err != nil {
		w.end()
		return nil, err
	}
	return w, nil
}

// boot makes the prefix, unless this version of Wine has made it, and starts the server.
func (w *wine) boot() error {
	version, err := output(exec.Command("wineserver", "--version"))
	if err != nil {
		return err
	}
	prefix, stamp := filepath.Join(w.dir, "prefix"), filepath.Join(w.dir, "made-by")
	// Nothing of the caller's is in the environment: neither what tests look at, nor a display, nor
	// a home that Wine would link to.
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "USER=wine", "LANG=C.UTF-8",
		"WINEPREFIX=" + prefix, "WINEARCH=win64", "WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=", // none of which a test needs
	}
	w.stop() // what a run that was killed has left
	if made, err := os.ReadFile(stamp); err == nil && string(made) == version {
		return w.start()
	}
	if err := errors.Join(os.RemoveAll(stamp), os.RemoveAll(prefix)); err != nil {
		return err
	}
	for _, args := range [][]string{{"wineboot", "--init"}, {"wineserver", "--wait"}} {
		if out, err := w.command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	const random = "bcryptprimitives.dll"
	dll := filepath.Join(prefix, "drive_c", "windows", "system32", random)
	if _, err := os.Stat(dll); errors.Is(err, fs.ErrNotExist) { // Wine 8
		if err := os.WriteFile(dll, forwarder(random, "ProcessPrng", "ADVAPI32.SystemFunction036"),
			0o666); err != nil {
			return err
		}
	}
	if err := os.WriteFile(stamp, []byte(version), 0o666); err != nil {
		return err
	}
	return w.start()
}

// start starts the server, which stays until stop ends it and all Windows programs. It would keep a
// pipe for its output open.
func (w *wine) start() error {
	if err := w.command("wineserver", "--persistent").Run(); err != nil {
		return fmt.Errorf("wineserver: %w", err)
	}
	return nil
}

// stop fails if there is no server.
func (w *wine) stop() {
	if w.command("wineserver", "--kill").Run() == nil {
		w.command("wineserver", "--wait").Run()
	}
}

func (w *wine) restart() error {
	w.stop()
	return w.start()
}

func (w *wine) end() {
	w.stop()
	w.lock.Close()
}

// command is a command in the prefix.
func (w *wine) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = w.env
	return cmd
}

// lock waits until the file is ours alone. A child holds it, as this package makes no system calls,
// and until the pipe to it is closed: at the end of this process, whatever that is.
func lock(file string) (io.Closer, error) {
	cmd := exec.Command("flock", file, "sh", "-c", "echo locked; exec cat >/dev/null")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line := make([]byte, 16)
	n, err := out.Read(line)
	if err != nil || !strings.HasPrefix(string(line[:n]), "locked") {
		return nil, fmt.Errorf("%v: %w", cmd.Args, errors.Join(err, in.Close(), cmd.Wait()))
	}
	return holder{in, cmd}, nil
}

type holder struct {
	io.Closer
	cmd *exec.Cmd
}

func (h holder) Close() error { return errors.Join(h.Closer.Close(), h.cmd.Wait()) }
