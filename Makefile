# make run    builds a release and serves the app on http://127.0.0.1:7700 (WebSocket at /ws), data in ./data
#             LISTEN=0.0.0.0:7700 opens it to the network, with HTTPS on port 7743, which calls need
# make test   everything: Rust, fuzzing for a few seconds a target, Python clients and browsers against a real server
# make bench  criterion, for the pure hot paths; make bench-web the app in Chromium
# make lint   formatting, clippy, dependency rules, the checks of the web; make fmt formats
# make fuzz   each target for FUZZ_S seconds

LISTEN ?= 127.0.0.1:7700
DATA ?= data
FUZZ_S ?= 60
FUZZ_TEST_S ?= 5
# A browser test that hangs ends as a failure.
TEST_TIMEOUT_MS ?= 1200000
HTTPS_PORT ?= 7743

# Browsers trust the machine itself; anybody else needs HTTPS for microphone and camera.
host = $(patsubst %:$(lastword $(subst :, ,$(LISTEN))),%,$(LISTEN))
https = $(if $(filter 127.% localhost [::1],$(host)),,--tls-self-signed --tls-listen $(host):$(HTTPS_PORT))

# The web app, built when a source is newer. Folders of sources are among them: a file that goes away changes those.
app = web/app/dist/index.html
app_sources := $(shell find web \( -name node_modules -o -name dist \) -prune -o \
	\( -type f ! -name '*.tsbuildinfo' -o -type d -path '*/src*' \) -print 2>/dev/null)

.PHONY: run app test bench bench-web fmt lint fuzz
.DELETE_ON_ERROR:

run:
	@tools/setup build
	@if tools/setup web; then $(MAKE) --no-print-directory $(app); else \
	echo "run: *** THE WEB APP IS NOT BUILT, the binary is built without it: see above ***" >&2; fi
	cargo build --release --locked --bin greenroom
	exec target/release/greenroom serve --guests --data $(DATA) --listen $(LISTEN) $(https)

app:
	@tools/setup web
	@$(MAKE) --no-print-directory $(app)

$(app): $(app_sources)
	npm --prefix web run build

# Failpoints are compiled into the tests and nothing else: the Python tests drive the binary without them.
test: app
	@tools/setup test
	$(if $(wildcard fuzz/run.sh),fuzz/run.sh $(FUZZ_TEST_S))
	cargo test --locked --workspace --features greenroom/failpoints
	cargo build --locked --bin greenroom --example echo_bot
	target/venv/bin/python -m pytest tests/python
	npm --prefix web test
	node --test --test-concurrency=1 --test-timeout=$(TEST_TIMEOUT_MS) tests/browser/*.test.mjs $(wildcard tests/browser/*/*.test.mjs)

bench:
	@tools/setup build
	cargo bench --locked

bench-web: app
	@tools/setup test
	cargo build --release --locked --bin greenroom
	GREENROOM_BIN=$(CURDIR)/target/release/greenroom node tests/browser/bench-web.mjs

fmt:
	cargo fmt --all
	@tools/setup web
	npm --prefix web run format

lint:
	@tools/setup web
	npm --prefix web run check
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	@if command -v cargo-deny >/dev/null 2>&1; then cargo deny check; \
	else echo "lint: cargo-deny is not installed: licences, advisories and sources (deny.toml) were NOT checked"; fi

fuzz:
	@tools/setup test
	fuzz/run.sh $(FUZZ_S)
