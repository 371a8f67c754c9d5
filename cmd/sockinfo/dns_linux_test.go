package main

import (
	wire "encoding/binary"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/internal/testenv"
)

// TestNameServer looks up names, both ways and of row X13, at a name server of its own: in a
// network namespace, with a resolv.conf and a hosts file that are mounted over the machine's.
func TestNameServer(t *testing.T) {
	testenv.Needs(t, testenv.SysAdmin, testenv.Mounts, testenv.NetNamespaces)
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ns := testenv.NetNS(t)
	serve(t, ns, map[string]string{
		"www.example.test.":       "192.0.2.7",
		"7.2.0.192.in-addr.arpa.": "www.example.test.",
	})
	dir := t.TempDir()
	for name, text := range map[string]string{
		"resolv.conf": "nameserver 127.0.0.1\n",
		"hosts":       "127.0.0.1 localhost\n192.0.2.9 listed.example.test alias\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const mounted = `mount --bind resolv.conf /etc/resolv.conf && mount --bind hosts /etc/hosts && exec "$@"`
	for _, test := range []struct {
		args       string
		status     int
		want, errs string
	}{
		{"www.example.test 80", 0, "192.0.2.7:80  AF_INET  SOCK_STREAM  IPPROTO_TCP\n", ""},
		{"alias 80 -flags canonname", 0,
			"192.0.2.9:80  AF_INET  SOCK_STREAM  IPPROTO_TCP  listed.example.test\n", ""},
		{"name 192.0.2.7 80", 0, "www.example.test  http     192.0.2.7:80\n", ""},
		{"nosuch.example.test 80", 1, "", "(EAI_NONAME)"},
		{"name -flags namereqd 192.0.2.8 80", 1, "", "(EAI_NONAME)"},
		{"www.example.test -family inet6", 1, "", "(EAI_"},
		{"silent.example.test 80 -timeout 300ms", 1, "", "(EAI_AGAIN)"},
		{"name -timeout 300ms 192.0.2.53 80", 1, "", "(EAI_AGAIN)"},
	} {
		cmd := exec.Command("unshare", append(
			[]string{"--mount", "sh", "-e", "-c", mounted, "sh", exe}, words(test.args)...)...)
		cmd.Dir = dir
		var stdout, stderr string
		var status int
		start := time.Now()
		ns.Do(func() { stdout, stderr, status = output(t, cmd) })
		took := time.Since(start)
		if status != test.status || !strings.HasSuffix(stdout, test.want) ||
			!strings.Contains(stderr, test.errs) {
			t.Errorf("sockinfo %s: status %d, want %d\n%s%s", test.args, status, test.status,
				stdout, stderr)
		}
		// The resolver's own patience is 10 seconds and more.
		if strings.Contains(test.args, "-timeout") &&
			(took < 300*time.Millisecond || took > 8*time.Second) {
			t.Errorf("sockinfo %s: took %v", test.args, took)
		}
	}
}

// TestOddService looks up a service of a protocol that sockinfo does not know, in a file of its
// own.
func TestOddService(t *testing.T) {
	testenv.Needs(t, testenv.SysAdmin, testenv.Mounts,
		testenv.Feature{Name: "/etc/services", Probe: func() error {
			_, err := os.Stat("/etc/services")
			return err
		}})
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(file, []byte("odd 99/ddp strange\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{"odd", "strange", "99"} {
		stdout, stderr, status := output(t, exec.Command("unshare", "--mount", "sh", "-e", "-c",
			`mount --bind "$1" /etc/services && exec "$2" services "$3"`, "sh", file, exe, arg))
		want := "NAME  PORT  PROTOCOL  ALIASES\nodd   99    ddp       strange\n"
		if stdout != want || status != 0 {
			t.Errorf("sockinfo services %s: status %d\n%s%s", arg, status, stdout, stderr)
		}
	}
}

// serve answers questions of RFC 1035 in the namespace with these addresses and names. It denies
// others, but for those about "silent" and 192.0.2.53, which it does not answer.
func serve(t *testing.T, ns *testenv.NS, records map[string]string) {
	t.Helper()
	var conn net.PacketConn
	var err error
	ns.Do(func() { conn, err = net.ListenPacket("udp4", "127.0.0.1:53") })
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			if reply := answer(buf[:n], records); reply != nil {
				conn.WriteTo(reply, from)
			}
		}
	}()
}

// answer returns a reply to the one question in q: section 4.1 of RFC 1035.
func answer(q []byte, records map[string]string) []byte {
	const header, typeA, typePTR, nameError = 12, 1, 12, 3
	name, end := "", header
	for end < len(q) && q[end] != 0 {
		length := int(q[end])
		if end+1+length > len(q) {
			return nil
		}
		name += string(q[end+1:end+1+length]) + "."
		end += 1 + length
	}
	end += 1 + 4 // the root label; type and class
	if end > len(q) || strings.HasPrefix(name, "silent.") || strings.HasPrefix(name, "53.") {
		return nil
	}
	var data []byte
	record, known := records[name]
	asked := wire.BigEndian.Uint16(q[end-4:])
	if ip, err := netip.ParseAddr(record); err == nil && asked == typeA {
		data = ip.AsSlice()
	} else if err != nil && asked == typePTR {
		for label := range strings.SplitSeq(strings.TrimSuffix(record, "."), ".") {
			data = append(append(data, byte(len(label))), label...)
		}
		data = append(data, 0)
	}
	reply := append([]byte{}, q[:end]...)
	reply[2], reply[3] = 0x84, 0x80 // a response, authoritative, with recursion
	clear(reply[6:header])          // no answers, authorities or others
	if !known {
		reply[3] |= nameError
		return reply
	}
	if data != nil {
		reply[7] = 1
		// the name again, class IN, a minute
		reply = append(reply, 0xc0, header, 0, byte(asked), 0, 1, 0, 0, 0, 60)
		reply = append(wire.BigEndian.AppendUint16(reply, uint16(len(data))), data...)
	}
	return reply
}
