module example.com/bsdsocket/internal/peers

go 1.26.0

require (
	example.com/bsdsocket v0.0.0
	golang.org/x/sys v0.49.0
)

require golang.org/x/net v0.62.0

replace example.com/bsdsocket => ../..
