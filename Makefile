# Every target that builds installs what is missing first: see scripts/setup.

# Prefix of commands that must end with `make`. Neither cargo nor a killed `make` passes signals on to its children. The
# kernel signals the process that this starts, also after an `exec`.
WITH_MAKE := setpriv --pdeathsig TERM

CARGO := $(WITH_MAKE) cargo

# rust-toolchain.toml pins the toolchain. Where it is installed under the name `stable` only, it is not fetched again.
PINNED := $(shell sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
ifeq ($(shell rustup toolchain list 2>/dev/null | grep -e '^$(PINNED)-'),)
ifneq ($(shell rustup run stable rustc --version 2>/dev/null | grep -F 'rustc $(PINNED) '),)
export RUSTUP_TOOLCHAIN := stable
endif
endif

# Where scripts/setup puts the tools of `make lint`.
TOOLS := $(or $(CARGO_TARGET_DIR),target)/tools/bin

# More arguments for the command: `make run ARGS='--listen 127.0.0.1:8080'`, `make test ARGS='session'`.
ARGS :=

# Under `make -j` these name a job server that cargo cannot use, and it would print a warning.
unexport MAKEFLAGS MFLAGS

# Where tests record what they send, get and log, until it is searched for secrets.
RECORD = $(abspath $(or $(CARGO_TARGET_DIR),target))/recorded/$@
RECORDING = rm -rf $(RECORD) && mkdir -p $(RECORD) && export TEST_RECORD=$(RECORD)
SEARCH = TEST_RECORD=$(RECORD) TEST_WHOLE=$(if $(ARGS),,1) $(CARGO) test --locked --package sihha-tests --test secrets -- --nocapture && rm -r $(RECORD)

.PHONY: help setup build run test test-security fuzz fuzz-targets test-distributed lint fmt openapi bench bench-quick bench-scale bench-search bench-queue

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

setup: ## install missing build dependencies (except Rust)
	@scripts/setup

build: setup ## build a release: target/release/sihha
	@$(CARGO) build --release --locked --package sihha-cli

run: setup ## build a release and start the service on 127.0.0.1:8000, with a private Postgres
	@# cargo becomes the service, so that Ctrl-C and SIGTERM reach it and its exit status is what make sees.
	@$(CARGO) run --release --locked --package sihha-cli -- serve $(ARGS)

test: ## run all tests, on a Postgres that they start themselves
	@scripts/setup python3-venv chromium haproxy nginx pgbouncer systemd-analyze curl
	$(RECORDING) && $(CARGO) test --workspace --locked --config 'target."cfg(all())".runner = "$(WITH_MAKE)"' $(ARGS)
	$(SEARCH)

# One test at a time, because some of them measure time or memory. `cargo test --workspace` leaves them out.
TEST_SECURITY = RUST_TEST_THREADS=1 $(CARGO) test --locked --package sihha-cli --test security \
	--config 'target."cfg(all())".runner = "$(WITH_MAKE)"'

test-security: fuzz-targets ## attack the running service with fuzzers, scanners, hostile clients and faults, in 15 minutes
	@scripts/setup python3-venv faketime
	$(RECORDING) && $(TEST_SECURITY) $(ARGS) -- --nocapture
	$(SEARCH)

fuzz: ## send random requests to the service for about an hour, and run each fuzz target for 5 minutes
	@scripts/setup python3-venv g++
	FUZZ_SEED=0 $(WITH_MAKE) tests/fuzz/run 300
	TEST_FUZZ=long $(TEST_SECURITY) schemathesis -- --nocapture

# How long `make fuzz-targets` runs each target.
SECONDS := 4

fuzz-targets: ## run each fuzz target for some seconds: make fuzz-targets SECONDS=3600 TARGETS='tokens values'
	@scripts/setup g++
	$(WITH_MAKE) tests/fuzz/run $(SECONDS) $(TARGETS)

test-distributed: setup ## run the tests of the store and of HTTP with the settings for distributed databases
	TEST_PLAN_CACHE_MODE=auto TEST_BATCH_SIZE=1 $(CARGO) test --locked -p sihha-infra -p sihha-tests \
		--test infra --test conformance --test api $(ARGS)

lint: ## check the formatting, the lints, the documentation and the dependencies, with warnings as errors
	@scripts/setup cargo-deny cargo-machete
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || \
		{ echo 'lint: rustfmt or clippy is missing: run `rustup component add rustfmt clippy`' >&2; exit 1; }
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@# `--all-targets` leaves out a target with `test = false`.
	$(CARGO) clippy --package sihha-cli --package sihha-tests --test security --test secrets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --locked
	$(WITH_MAKE) $(TOOLS)/cargo-machete --skip-target-dir
	$(WITH_MAKE) $(TOOLS)/cargo-deny --locked check bans licenses sources
	@if timeout 60 $(TOOLS)/cargo-deny fetch db >/dev/null 2>&1; then \
		set -x; $(WITH_MAKE) $(TOOLS)/cargo-deny --locked check --disable-fetch advisories; \
	else \
		echo 'lint: advisories were not checked: their database cannot be reached from here' >&2; \
	fi

fmt: ## format the code
	cargo fmt --all

openapi: setup ## write docs/openapi.json from the routes
	@# Through another file: a run that fails leaves the document unchanged.
	@new=docs/openapi.json.$$$$; $(CARGO) run --quiet --locked --package sihha-cli -- openapi >$$new \
		&& mv $$new docs/openapi.json || { rm -f $$new; exit 1; }

# The service is built apart from the bench, so that it has no feature that only the bench enables.
BENCH = $(CARGO) run --release --locked --quiet --package sihha-bench --

bench: build ## measure speed and memory against the machine's limits, in under 15 minutes once built
	@$(BENCH) run $(ARGS)

bench-quick: build ## the same in under 2 minutes, as a smoke test
	@$(BENCH) run --quick $(ARGS)

bench-scale: build ## the same calls at 10,000,000 accounts; takes 15 GB and a while
	@$(BENCH) scale $(ARGS)

bench-search: build ## measure what a search finds among 100,000 accounts, and how long it takes
	@$(BENCH) search $(ARGS)

bench-queue: build ## measure the queue of staff among 1,000,000 accounts and 100,000 applications
	@$(BENCH) queue $(ARGS)
