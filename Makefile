# make run    builds a release and serves chat on http://127.0.0.1:7700 (WebSocket at /ws), data in ./data
# make test   everything: Rust, fuzzing for a few seconds a target, Python clients against a real server
# make bench  criterion, for the pure hot paths
# make lint   formatting, clippy and dependency rules; make fmt formats
# make fuzz   each target for FUZZ_S seconds

LISTEN ?= 127.0.0.1:7700
DATA ?= data
FUZZ_S ?= 60
FUZZ_TEST_S ?= 5

.PHONY: run test bench fmt lint fuzz

run:
	@tools/setup build
	cargo build --release --locked --bin greenroom
	exec target/release/greenroom serve --guests --data $(DATA) --listen $(LISTEN)

# Failpoints are compiled into the tests and nothing else: the Python tests drive the binary without them.
test:
	@tools/setup test
	$(if $(wildcard fuzz/run.sh),fuzz/run.sh $(FUZZ_TEST_S))
	cargo test --locked --workspace --features greenroom/failpoints
	cargo build --locked --bin greenroom --example echo_bot
	target/venv/bin/python -m pytest tests/python
	node --test --test-concurrency=1 tests/browser/*.test.mjs

bench:
	@tools/setup build
	cargo bench --locked

fmt:
	cargo fmt --all

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	@if command -v cargo-deny >/dev/null 2>&1; then cargo deny check; \
	else echo "lint: cargo-deny is not installed: licences, advisories and sources (deny.toml) were NOT checked"; fi

fuzz:
	@tools/setup test
	fuzz/run.sh $(FUZZ_S)
