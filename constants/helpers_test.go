package constants_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
)

// A kind is the String and Parse of one type, on plain integers.
type kind struct {
	name   string
	flags  bool
	prefix string
	str    func(int64) string
	parse  func(string) (int64, error)
	known  func(int64) bool // Defined
}

type number interface {
	~int
	String() string
	Defined() bool
}

func kindFor[T number](name, prefix string, flags bool, parse func(string) (T, error)) kind {
	return kind{
		name: name, prefix: prefix, flags: flags,
		str:   func(v int64) string { return T(v).String() },
		parse: func(s string) (int64, error) { v, err := parse(s); return int64(v), err },
		known: func(v int64) bool { return T(v).Defined() },
	}
}

var kinds = []kind{
	kindFor("Family", "AF_", false, constants.ParseFamily),
	kindFor("SocketType", "SOCK_", false, constants.ParseSocketType),
	kindFor("Protocol", "IPPROTO_", false, constants.ParseProtocol),
	kindFor("Level", "SOL_", false, constants.ParseLevel),
	kindFor("OptionName", "", false, constants.ParseOptionName),
	kindFor("MsgFlag", "MSG_", true, constants.ParseMsgFlag),
	kindFor("ShutdownHow", "SHUT_", false, constants.ParseShutdownHow),
	kindFor("AddrInfoFlag", "AI_", true, constants.ParseAddrInfoFlag),
	kindFor("NameInfoFlag", "NI_", true, constants.ParseNameInfoFlag),
	kindFor("EAI", "EAI_", false, constants.ParseEAI),
}

// all returns what All yields, by name.
func all() map[string]constants.Constant {
	m := make(map[string]constants.Constant)
	for c := range constants.All() {
		m[c.Name] = c
	}
	return m
}

// rows returns the fields of the lines of a file in testdata. It fails if there are none.
func rows(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines [][]string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if fields := strings.Fields(s.Text()); len(fields) > 0 && fields[0] != "#" {
			lines = append(lines, fields)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if len(lines) == 0 {
		t.Fatalf("testdata/%s has no rows", name)
	}
	return lines
}
