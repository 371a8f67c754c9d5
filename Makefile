# Everything here needs Go alone, except that the race detector, and so "make race", needs a C compiler.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

FUZZTIME ?= 30s
TIMEOUT  ?= 10m
SOAK     ?= 30m
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Where the module and its tests must compile.
PLATFORMS = \
	linux/amd64 linux/386 linux/arm64 linux/arm linux/riscv64 linux/s390x linux/ppc64le linux/mips \
	darwin/amd64 darwin/arm64 freebsd/amd64 netbsd/amd64 openbsd/amd64 dragonfly/amd64 \
	windows/amd64 windows/arm64

# Of these, where it must vet: one a system, because to vet for a platform is to vet the standard library for it too, which
# takes as long as all else. This machine's is vetted with the tests.
VETTED = darwin/arm64 freebsd/amd64 windows/amd64

# Where the module must compile, without its tests: structures are laid out otherwise there.
COMPILED = freebsd/386 netbsd/386 netbsd/arm netbsd/arm64 openbsd/386 openbsd/arm

.PHONY: all build vet test test-386 test-portable test-arch test-windows race cover fuzz generate check-generate cross lint bench bench-quick soak memory

all: build vet

# Without a stamp, for which git must know the folder's owner.
BUILD = go build -buildvcs=false

build:
	$(BUILD) ./...

vet:
	go vet ./...

# The formatting is checked by a test of internal/house.
test: vet
	go run ./internal/house/runtests -vet=off -timeout $(TIMEOUT) ./...

# The same on 32 bits, for which there is no race detector. The kernel of this machine must run such programs, as Linux does
# on amd64.
test-386:
	CGO_ENABLED=0 GOARCH=386 go run ./internal/house/runtests -vet=off -timeout $(TIMEOUT) ./...

# The same with the code that systems without Linux's own calls take, of the packages that have any: see
# internal/sys/portable_linux.go.
test-portable:
	CGO_ENABLED=0 go run ./internal/house/runtests -vet=off -tags portable -timeout $(TIMEOUT) \
		./addrinfo ./internal/fd ./internal/netlink ./internal/sys ./internal/testenv ./ports/... ./sockaddr ./socket/... ./sockopt

# Other processors, under qemu-user (Debian's package of that name): "sockinfo selftest", and the tests of
# the packages of which qemu-user gets nothing wrong. It loses messages without data, cuts no control data
# off, and lacks options, so the tests of other packages fail there for its sake.
ARCHS = s390x:s390x arm64:aarch64 arm:arm riscv64:riscv64 ppc64le:ppc64le mips:mips

test-arch: $(addprefix arch-,$(subst :,-,$(ARCHS)))

arch-%: export BSDSOCKET_EMULATED = 1
arch-%: export CGO_ENABLED = 0
arch-%: export GOARCH = $(word 1,$(subst -, ,$*))
arch-%: QEMU = qemu-$(word 2,$(subst -, ,$*))
arch-%:
	@command -v $(QEMU) >/dev/null || { echo "$(QEMU) is missing: Debian's package qemu-user has it" >&2; exit 1; }
	@echo "$(GOARCH)"
	go run -exec $(QEMU) ./cmd/sockinfo selftest
	go test -vet=off -timeout $(TIMEOUT) -exec $(QEMU) ./constants ./internal/fd ./ports

# The same as Windows programs, under Wine, whose prefix is under bin/wine.
test-windows:
	go run ./internal/winetests ./...

race:
	go test -race -timeout $(TIMEOUT) ./...

cover:
	go test -timeout $(TIMEOUT) -coverpkg=./... -coverprofile=cover.out ./...
	go tool cover -func=cover.out | tail -n 1

# Runs every fuzz target, one after the other, for FUZZTIME each. Up to Go 1.26 the end of the time can look like a
# failure, which has no more than this line (go.dev/issue/75804).
fuzz:
	@for package in $$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | sed -n '/^Fuzz/p'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package 2>&1 | tee fuzz.out || \
				grep -qx '    context deadline exceeded' fuzz.out; \
		done; \
	done
	@rm -f fuzz.out

# Runs every test named TestSoak..., all together for SOAK, and prints what they tried and lost.
soak:
	go run ./internal/house/soak -for $(SOAK) ./...

generate:
	go generate ./...

# Regenerates and fails if that changes, adds or removes a file.
check-generate:
	.ci/unchanged $(MAKE) generate

cross: $(addprefix cross-,$(subst /,-,$(PLATFORMS))) $(addprefix compile-,$(subst /,-,$(COMPILED)))

# What is compiled only to see that it does is not optimized, which takes a quarter less time. To list packages with their
# export data compiles them; one program is linked, for the symbols of the assembly code.
cross-%: export GOFLAGS = '-gcflags=all=-N -l -dwarf=false'
cross-%:
	@echo "$*"
	@export CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)); \
	go list -export -test ./... >/dev/null && $(BUILD) -o /dev/null ./cmd/sockinfo \
	$(if $(filter $*,$(subst /,-,$(VETTED))),&& go vet ./...)

compile-%: export GOFLAGS = '-gcflags=all=-N -l -dwarf=false'
compile-%:
	@echo "$*"
	@export CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)); \
	$(BUILD) ./...

# The whole suite under what watches memory, one way after the other, and a table at the end. The
# address sanitizer needs a C compiler and cgo.
memory:
	@table=; status=0; \
	run() { \
		name=$$1; shift; SECONDS=0; verdict=clean; echo "== $$name"; \
		env "$$@" ./... || { verdict=FAILED; status=1; }; \
		table+=$$(printf '%-28s %-7s %5d s' "$$name" "$$verdict" "$$SECONDS")$$'\n'; \
	}; \
	run 'race detector' go test -race -timeout $(TIMEOUT); \
	run 'address sanitizer' go test -asan -timeout $(TIMEOUT); \
	run 'checkptr=2' go test -gcflags=all=-d=checkptr=2 -timeout $(TIMEOUT); \
	run '386' CGO_ENABLED=0 GOARCH=386 go test -timeout $(TIMEOUT); \
	printf '\n%s' "$$table"; exit $$status

lint:
	go run $(STATICCHECK) ./...

# The comparisons with other libraries are in a module of their own.
bench bench-quick:
	$(MAKE) -C internal/peers $@
