package sockaddr_test

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/sockaddr"
)

// TestGUID has the bytes of the identifiers that hvsocket.h spells as structures.
func TestGUID(t *testing.T) {
	for _, row := range []struct {
		id          sockaddr.GUID
		text, bytes string
	}{
		{sockaddr.HyperVAny(), "00000000-0000-0000-0000-000000000000",
			"00000000000000000000000000000000"},
		{sockaddr.HyperVBroadcast(), "ffffffff-ffff-ffff-ffff-ffffffffffff",
			"ffffffffffffffffffffffffffffffff"},
		{sockaddr.HyperVChildren(), "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd",
			"898bdb90350d794f8ce949ea0ac8b7cd"},
		{sockaddr.HyperVLoopback(), "e0e16197-dd56-4a10-9195-5ee7a155a838",
			"9761e1e056dd104a91955ee7a155a838"},
		{sockaddr.HyperVParent(), "a42e7cda-d03f-480c-9cc2-a4de20abb878",
			"da7c2ea43fd00c489cc2a4de20abb878"},
		{sockaddr.HyperVServiceOfVSock(1024), "00000400-facb-11e6-bd58-64006a7986d3",
			"00040000cbfae611bd5864006a7986d3"},
	} {
		if got := hex.EncodeToString(row.id[:]); got != row.bytes {
			t.Errorf("%s: bytes %s, want %s", row.text, got, row.bytes)
		}
		if got := row.id.String(); got != row.text {
			t.Errorf("String %q, want %q", got, row.text)
		}
		for _, text := range []string{row.text, strings.ToUpper(row.text)} {
			if got, err := sockaddr.ParseGUID(text); got != row.id || err != nil {
				t.Errorf("ParseGUID(%q): %v, %v", text, got, err)
			}
		}
	}
	for _, text := range []string{
		"", "{90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd}", "90db8b89-0d35-4f79-8ce9-49ea0ac8b7c",
		"90db8b890-d35-4f79-8ce9-49ea0ac8b7cd",
		"90db8b89-0d35-4f79-8ce949-ea0ac8b7cd-", "90db8b8g-0d35-4f79-8ce9-49ea0ac8b7cd",
		"90db8b89_0d35_4f79_8ce9_49ea0ac8b7cd",
	} {
		_, err := sockaddr.ParseGUID(text)
		checkError(t, err, "parse guid", text, "bad GUID "+strconv.Quote(text))
	}
}

// TestHyperV: addresses of Windows' virtual machines are no address elsewhere, and have the bytes
// of SOCKADDR_HV there.
func TestHyperV(t *testing.T) {
	a, err := sockaddr.HyperV(sockaddr.HyperVAddr{VM: sockaddr.HyperVParent(),
		Service: sockaddr.HyperVServiceOfVSock(1024)})
	if !sockaddr.HasWindowsLayouts {
		if !errors.Is(err, errors.ErrUnsupported) || a.IsValid() {
			t.Errorf("%v, %v, want ErrUnsupported", a, err)
		}
		_, err := sockaddr.Parse("hyperv:any:00000400-facb-11e6-bd58-64006a7986d3")
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Parse: %v, want ErrUnsupported", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(a.Raw()), "22000000"+"da7c2ea43fd00c489cc2a4de20abb878"+
		"00040000cbfae611bd5864006a7986d3"; got != want {
		t.Errorf("bytes %s, want %s", got, want)
	}
	if got, want := a.String(), "hyperv:parent:00000400-facb-11e6-bd58-64006a7986d3"; got != want {
		t.Errorf("String %q, want %q", got, want)
	}
	for _, name := range []string{"any", "broadcast", "children", "loopback", "parent",
		"00112233-4455-6677-8899-aabbccddeeff"} {
		text := "hyperv:" + name + ":00112233-4455-6677-8899-aabbccddeeff"
		b, err := sockaddr.Parse(text)
		if err != nil || b.String() != text {
			t.Errorf("%s: %v, %v", text, b, err)
		}
		checkAddr(t, b)
	}
	for _, text := range []string{"hyperv:any", "hyperv:any:any",
		"hyperv:nosuch:00112233-4455-6677-8899-aabbccddeeff", "hyperv::"} {
		if b, err := sockaddr.Parse(text); err == nil {
			t.Errorf("%s: %v", text, b)
		}
	}
}
