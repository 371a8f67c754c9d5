package house

import (
	"testing"

	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
