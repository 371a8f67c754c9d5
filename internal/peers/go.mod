module example.com/bsdsocket/internal/peers

go 1.26.0

require (
	example.com/bsdsocket v0.0.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/google/go-cmp v0.7.0
	golang.org/x/net v0.62.0
)

replace example.com/bsdsocket => ../..
