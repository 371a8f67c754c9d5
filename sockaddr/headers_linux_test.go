package sockaddr_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// The C program fills the structures of the kernel's headers field by field and prints their bytes.
// Its values are those of kinds.
const headersC = `
#include <arpa/inet.h>
#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/if_pppox.h>
#include <linux/if_xdp.h>
#include <linux/netlink.h>
#include <linux/nfc.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#if __has_include(<bluetooth/bluetooth.h>)
#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/l2cap.h>
#include <bluetooth/rfcomm.h>
#include <bluetooth/sco.h>
#endif

static void print(const char *name, const void *p, size_t n) {
	printf("%s ", name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", ((const unsigned char *)p)[i]);
	printf("\n");
}

#define BEGIN(type, field, fam) { struct type a; memset(&a, 0, sizeof a); a.field = fam;
#define END(name) print(name, &a, sizeof a); }

static const unsigned char mac[6] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab};

int main(void) {
	int one = 1;
	printf("machine %d %s\n", (int)sizeof(size_t) * 8, *(char *)&one ? "little" : "big");

	BEGIN(sockaddr_in, sin_family, AF_INET)
	a.sin_port = htons(0x0102);
	inet_pton(AF_INET, "1.2.3.4", &a.sin_addr);
	END("1.2.3.4:258")

	BEGIN(sockaddr_in6, sin6_family, AF_INET6)
	a.sin6_port = htons(0x0102);
	a.sin6_flowinfo = htonl(0x03040506);
	inet_pton(AF_INET6, "fe80::1:2:3:4", &a.sin6_addr);
	a.sin6_scope_id = 0x0708090a;
	END("[fe80::1:2:3:4%117967114]:258/flow=0x3040506")

	BEGIN(sockaddr_un, sun_family, AF_UNIX)
	strcpy(a.sun_path, "/run/x");
	print("/run/x", &a, offsetof(struct sockaddr_un, sun_path) + strlen(a.sun_path) + 1);
	memcpy(a.sun_path, "\0abc", 4);
	print("@abc", &a, offsetof(struct sockaddr_un, sun_path) + 4);
	print("unix:", &a, offsetof(struct sockaddr_un, sun_path));
	memset(a.sun_path, 'x', sizeof a.sun_path);
	printf("unix:%.*s ", (int)sizeof a.sun_path, a.sun_path);
	print("", &a, sizeof a);
	}

	BEGIN(sockaddr_ll, sll_family, AF_PACKET)
	a.sll_protocol = htons(0x0102);
	a.sll_ifindex = 0x03040506;
	a.sll_hatype = 0x0708;
	a.sll_pkttype = 9;
	a.sll_halen = 6;
	memcpy(a.sll_addr, mac, 6);
	END("packet")

	BEGIN(sockaddr_pppox, sa_family, AF_PPPOX)
	a.sa_protocol = PX_PROTO_OE;
	a.sa_addr.pppoe.sid = htons(0x0102);
	memcpy(a.sa_addr.pppoe.remote, mac, 6);
	strcpy(a.sa_addr.pppoe.dev, "eth0");
	END("pppoe")

	BEGIN(sockaddr_nl, nl_family, AF_NETLINK)
	a.nl_pid = 0x01020304;
	a.nl_groups = 0x05060708;
	END("netlink")

	BEGIN(sockaddr_alg, salg_family, AF_ALG)
	strcpy((char *)a.salg_type, "aead");
	strcpy((char *)a.salg_name, "gcm(aes)");
	a.salg_feat = 0x01020304;
	a.salg_mask = 0x05060708;
	END("alg")

	BEGIN(sockaddr_xdp, sxdp_family, AF_XDP)
	a.sxdp_ifindex = 0x01020304;
	a.sxdp_queue_id = 0x05060708;
	a.sxdp_flags = 0x090a;
	a.sxdp_shared_umem_fd = 0x0b0c0d0e;
	END("xdp")

	BEGIN(sockaddr_vm, svm_family, AF_VSOCK)
	a.svm_cid = 0x01020304;
	a.svm_port = 0x05060708;
	a.svm_flags = 9;
	END("vsock")

	BEGIN(sockaddr_can, can_family, AF_CAN)
	a.can_ifindex = 0x01020304;
	print("can", &a, offsetof(struct sockaddr_can, can_ifindex) + sizeof a.can_ifindex);
	a.can_addr.tp.rx_id = 0x05060708;
	a.can_addr.tp.tx_id = 0x090a0b0c;
	print("isotp", &a, offsetof(struct sockaddr_can, can_addr.tp) + sizeof a.can_addr.tp);
	a.can_addr.j1939.name = 0x05060708090a0b0c;
	a.can_addr.j1939.pgn = 0x0d0e0f10;
	a.can_addr.j1939.addr = 0x11;
	print("j1939", &a, offsetof(struct sockaddr_can, can_addr.j1939) + sizeof a.can_addr.j1939);
	}

	BEGIN(sockaddr_tipc, family, AF_TIPC)
	a.addrtype = TIPC_SOCKET_ADDR;
	a.scope = -2;
	a.addr.id.ref = 0x01020304;
	a.addr.id.node = 0x05060708;
	END("tipc-socket")

	BEGIN(sockaddr_tipc, family, AF_TIPC)
	a.addrtype = TIPC_SERVICE_ADDR;
	a.scope = 3;
	a.addr.name.name.type = 0x01020304;
	a.addr.name.name.instance = 0x05060708;
	a.addr.name.domain = 0x090a0b0c;
	END("tipc-service")

	BEGIN(sockaddr_tipc, family, AF_TIPC)
	a.addrtype = TIPC_SERVICE_RANGE;
	a.scope = -3;
	a.addr.nameseq.type = 0x01020304;
	a.addr.nameseq.lower = 0x05060708;
	a.addr.nameseq.upper = 0x090a0b0c;
	END("tipc-range")

	BEGIN(sockaddr_nfc, sa_family, AF_NFC)
	a.dev_idx = 0x01020304;
	a.target_idx = 0x05060708;
	a.nfc_protocol = 0x090a0b0c;
	END("nfc")

	BEGIN(sockaddr_nfc_llcp, sa_family, AF_NFC)
	a.dev_idx = 0x01020304;
	a.target_idx = 0x05060708;
	a.nfc_protocol = 0x090a0b0c;
	a.dsap = 0x0d;
	a.ssap = 0x0e;
	strcpy(a.service_name, "urn:nfc:sn:snep");
	a.service_name_len = strlen(a.service_name);
	END("nfc-llcp")

#if __has_include(<bluetooth/bluetooth.h>)
	bdaddr_t device; /* str2ba of BlueZ: the last byte comes first */
	for (int i = 0; i < 6; i++)
		device.b[i] = mac[5 - i];

	BEGIN(sockaddr_l2, l2_family, AF_BLUETOOTH)
	a.l2_psm = htobs(0x0102);
	a.l2_bdaddr = device;
	a.l2_cid = htobs(0x0304);
	a.l2_bdaddr_type = 5;
	END("l2cap")

	BEGIN(sockaddr_rc, rc_family, AF_BLUETOOTH)
	a.rc_bdaddr = device;
	a.rc_channel = 30;
	END("rfcomm")

	BEGIN(sockaddr_sco, sco_family, AF_BLUETOOTH)
	a.sco_bdaddr = device;
	END("sco")

	BEGIN(sockaddr_hci, hci_family, AF_BLUETOOTH)
	a.hci_dev = 0x0102;
	a.hci_channel = 0x0304;
	END("hci")
#endif
	return 0;
}
`

// bluez are the layouts whose C header is BlueZ's, which may be missing.
var bluez = []string{"l2cap", "rfcomm", "sco", "hci"}

// The bytes of every address are those that a C program makes with the kernel's headers.
func TestHeaders(t *testing.T) {
	testenv.Needs(t, testenv.GCC)
	dir := t.TempDir()
	source, program := filepath.Join(dir, "headers.c"), filepath.Join(dir, "headers")
	if err := os.WriteFile(source, []byte(headersC), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-Wall", "-o", program,
		source).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		name, bytes, _ := strings.Cut(lines.Text(), " ")
		want[name] = strings.TrimSpace(bytes)
	}
	order := "little"
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		order = "big"
	}
	if machine := strconv.Itoa(strconv.IntSize) + " " + order; want["machine"] != machine {
		t.Skipf("gcc compiles for another machine: %s bits, not %s", want["machine"], machine)
	}
	delete(want, "machine")

	for _, k := range kinds {
		if !k.here {
			continue
		}
		if _, ok := want[k.name]; !ok {
			if slices.Contains(bluez, k.name) {
				t.Logf("%s: BlueZ's header is not installed", k.name)
			} else {
				t.Errorf("%s: not in the C program", k.name)
			}
			continue
		}
		a, err := k.make()
		if err != nil {
			t.Error(err)
		}
		if got := hex.EncodeToString(a.Raw()); got != want[k.name] {
			t.Errorf("%s: %s, C has %s", k.name, got, want[k.name])
		}
		delete(want, k.name)
	}
	for text, bytes := range want {
		if got := hex.EncodeToString(parse(t, text).Raw()); got != bytes {
			t.Errorf("%s: %s, C has %s", text, got, bytes)
		}
	}
}

// The places of the fields are those of x/sys, on every processor.
func TestStructures(t *testing.T) {
	rows := map[string]struct {
		structure any
		fields    string // of x/sys, in the layout's order; "-": none that it names
	}{
		"packet":       {unix.RawSockaddrLinklayer{}, "Protocol Ifindex Hatype Pkttype Addr"},
		"pppoe":        {unix.RawSockaddrPPPoX{}, "- - -"},
		"netlink":      {unix.RawSockaddrNetlink{}, "Pid Groups"},
		"alg":          {unix.RawSockaddrALG{}, "Type Name Feat Mask"},
		"xdp":          {unix.RawSockaddrXDP{}, "Ifindex Queue_id Flags Shared_umem_fd"},
		"vsock":        {unix.RawSockaddrVM{}, "Cid Port Flags"},
		"j1939":        {unix.RawSockaddrCAN{}, "Ifindex Addr - -"},
		"tipc-socket":  {unix.RawSockaddrTIPC{}, "Addr - Scope"},
		"tipc-service": {unix.RawSockaddrTIPC{}, "Addr - - Scope"},
		"tipc-range":   {unix.RawSockaddrTIPC{}, "Addr - - Scope"},
		"nfc":          {unix.RawSockaddrNFC{}, "Dev_idx Target_idx Nfc_protocol"},
		"nfc-llcp": {unix.RawSockaddrNFCLLCP{},
			"Dev_idx Target_idx Nfc_protocol Dsap Ssap Service_name"},
		"l2cap":  {unix.RawSockaddrL2{}, "Bdaddr Psm Cid Bdaddr_type"},
		"rfcomm": {unix.RawSockaddrRFCOMM{}, "Bdaddr Channel"},
		"hci":    {unix.RawSockaddrHCI{}, "Dev Channel"},
	}
	for _, l := range sockaddr.Layouts() {
		row, ok := rows[l.Name]
		if !ok {
			continue // in no structure of its own
		}
		delete(rows, l.Name)
		structure := reflect.TypeOf(row.structure)
		if int(structure.Size()) != l.Size {
			t.Errorf("%s has %d bytes, %v %d", l.Name, l.Size, structure, structure.Size())
		}
		names := strings.Fields(row.fields)
		if len(names) != len(l.Fields) {
			t.Errorf("%s has %d fields, the row %d", l.Name, len(l.Fields), len(names))
			continue
		}
		for i, name := range names {
			if name == "-" {
				continue
			}
			f, ok := structure.FieldByName(name)
			if !ok || int(f.Offset) != l.Fields[i].At {
				t.Errorf("%s: %s is at %d, %v.%s at %d", l.Name, l.Fields[i].Name, l.Fields[i].At,
					structure, name, f.Offset)
			}
			if f.Type.Kind() != reflect.Array && int(f.Type.Size()) != l.Fields[i].Size {
				t.Errorf("%s: %s has %d bytes, %v.%s %d", l.Name, l.Fields[i].Name,
					l.Fields[i].Size, structure, name, f.Type.Size())
			}
		}
	}
	for name := range rows {
		t.Errorf("there is no layout %s", name)
	}
}
