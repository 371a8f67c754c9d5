package testenv

import (
	"testing"

	"golang.org/x/sys/windows"
)

// NotWine skips a test, or the part of it that t is, where Wine is in the place of Windows and does not do what Windows does: defect says
// what, and document which of Microsoft's documents says otherwise, or what else shows it.
func NotWine(t testing.TB, defect, document string) {
	t.Helper()
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skipf("Wine: %s (%s)", defect, document)
	}
}
