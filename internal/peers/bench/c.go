//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// plainC is the program of c/peer.c.
var plainC = &library{name: "c", packets: cPackets}

// runProgram runs a benchmark of plain C. The program does as many operations as each line of its
// input says, and answers with a line; its first line is "none" if it does not know the name, else
// "ready".
func runProgram(b *bench, name string) error {
	cmd := exec.Command(b.lib.program, name, strconv.FormatInt(*fileSize, 10),
		strconv.Itoa(nameServer().Port))
	cmd.Stderr = os.Stderr
	input, output, err := startProcess(b, cmd)
	if err != nil {
		return err
	}
	switch line, err := output.ReadString('\n'); {
	case err != nil:
		return fmt.Errorf("%s %s: %w", b.lib.program, name, err)
	case strings.TrimSpace(line) == "none":
		return errNone
	}
	b.run = func(n int) error {
		if _, err := fmt.Fprintln(input, n); err != nil {
			return err
		}
		_, err := output.ReadString('\n')
		return err
	}
	return nil
}
