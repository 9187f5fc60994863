# Two commands need nothing but Go: make demo, make test.

GO       ?= go
FUZZTIME ?= 30s
BENCH    ?= .
COUNT    ?= 1
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

.DEFAULT_GOAL := help
.PHONY: demo test lint fmt bench fuzz golden docs check build clean help

demo: ## the whole path on an embedded example: plan, findings, guardrails, proof
	@$(GO) run ./cmd/parapet demo

test: ## every test that needs only Go; those that need more say that they are skipped
	$(GO) test $(TESTFLAGS) ./...

lint: bin/golangci-lint ## go vet and the list in .golangci.yml
	$(GO) vet -tags e2e,browser ./...
	bin/golangci-lint run ./...

fmt: bin/golangci-lint ## format the sources (gofumpt, gci)
	bin/golangci-lint fmt ./...

bench: ## benchmarks with allocations; BENCH=regexp, COUNT=6 for benchstat
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...

fuzz: ## every fuzz target for FUZZTIME each
	@set -e; list=$$($(GO) test -list '^Fuzz' ./... \
	  | awk '/^Fuzz/ {name[n++] = $$1} /^ok/ {for (i = 0; i < n; i++) print $$2 " " name[i]; n = 0}'); \
	test -n "$$list" || { echo 'no fuzz targets found' >&2; exit 1; }; \
	echo "$$list" | while read -r package name; do \
	  echo "== $$package $$name"; \
	  $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$package" </dev/null; \
	done

golden: ## rewrite the golden files; read the diff before you commit it
	$(GO) test $$($(GO) list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... \
	  | awk '/internal\/golden/ {print $$1}') -update

docs: ## regenerate what is written from the sources: import rules, the policy catalogue, the types of live state
	$(GO) test ./internal/archtest ./policies ./cmd -run 'TestDocument|TestCatalogue' -update

check: ## what CI runs, in CI's order
	bash .ci/run

build: ## bin/parapet, static, with its version
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/parapet

clean: ## remove what was built
	rm -rf bin dist

# The development tools have a module of their own, so that their dependencies
# stay out of ours.
bin/golangci-lint: .ci/tools/go.mod .ci/tools/go.sum
	$(GO) build -C .ci/tools -o ../../bin/ tool
	@touch $@

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
