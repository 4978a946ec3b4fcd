# Targets for development. The scripts in ci/ do the work.

NGINX ?= 1.22
# 1.22 of Debian 12; any other: 1.30 of Debian's next release.
TREE := $(if $(filter 1.22%,$(NGINX)),debian,forky)

.PHONY: help build test bench soak matrix fmt
.SILENT:

help: ## lists the targets
	sed -n 's/^\([a-z]*\): .*## /\1\t/p' Makefile | expand -t 10
	echo 'NGINX=1.22 (default) or NGINX=1.30 selects the nginx of "build" and of "test T=…".'

build: ## builds the module
	ci/setup $(if $(filter forky,$(TREE)),test,build)
	NGINX_SOURCE_DIR=build/$(TREE)/src ci/build

test: ## runs all checks and tests; T=t/config/if.t: one file
	$(if $(T),ci/prove $(TREE) $(T),ci/test)

bench: ## measures the performance
	ci/bench

soak: ## runs the long checks
	ci/soak

matrix: ## runs the tests in more versions of nginx
	ci/matrix

fmt: ## formats the source
	cargo fmt --all
	cargo fmt --manifest-path fuzz/Cargo.toml
