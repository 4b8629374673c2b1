# What a newcomer types. Every target that builds sets the machine up first: see scripts/setup.

# What a target's command is run under, so that nothing of it outlives `make`: cargo hands a signal on to nobody, and
# neither does a `make` that is killed outright. The kernel does, to the process that this starts, through any `exec`.
WITH_MAKE := setpriv --pdeathsig TERM

# A build that is out of step with Cargo.lock fails here instead of changing it.
CARGO := $(WITH_MAKE) cargo

# More for the command: `make run ARGS='--listen 127.0.0.1:8080'`, `make test ARGS='session'`.
ARGS :=

# Under `make -j` these name a job server that cargo is not let in to, and it would warn of that.
unexport MAKEFLAGS MFLAGS

.PHONY: help setup run test lint fmt openapi bench bench-quick bench-scale bench-build

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

setup: ## install what is missing to build and run, if anything is
	@scripts/setup

run: setup ## build a release and start the service on 127.0.0.1:8000, with a Postgres of its own
	@# cargo becomes the service, so that Ctrl-C and SIGTERM reach it and its exit status is what make sees.
	@$(CARGO) run --release --locked --package sihha-cli -- serve $(ARGS)

test: ## run all tests, on a Postgres that they start themselves
	@scripts/setup python3-venv haproxy nginx pgbouncer systemd-analyze
	$(CARGO) test --workspace --locked --config 'target."cfg(all())".runner = "$(WITH_MAKE)"' $(ARGS)

lint: setup ## check the formatting, the lints and the documentation, with warnings as errors
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || \
		{ echo 'lint: rustfmt or clippy is missing: run `rustup component add rustfmt clippy`' >&2; exit 1; }
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --locked

fmt: ## format the code
	cargo fmt --all

openapi: setup ## write docs/openapi.json anew from the routes
	@# By way of another file: a run that fails leaves the old document as it was.
	@new=docs/openapi.json.$$$$; $(CARGO) run --quiet --locked --package sihha-cli -- openapi >$$new \
		&& mv $$new docs/openapi.json || { rm -f $$new; exit 1; }

# The service is built as it is shipped, apart from the bench, so that no feature of the bench gets into it.
BENCH = $(CARGO) run --release --locked --quiet --package sihha-bench --

bench: bench-build ## measure speed and memory against the machine's limits, in under 15 minutes once built
	@$(BENCH) run $(ARGS)

bench-quick: bench-build ## the same in under 2 minutes, to see that all is well
	@$(BENCH) run --quick $(ARGS)

bench-scale: bench-build ## the same calls at 10,000,000 accounts; takes 15 GB and a while
	@$(BENCH) scale $(ARGS)

bench-build: setup
	@$(CARGO) build --release --locked --quiet --package sihha-cli
