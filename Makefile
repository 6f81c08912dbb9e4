# Each target is a sentence of the README; the work is in scripts/ and in cargo.

# A table is printed through sed, which takes away the dots of the tests: what fails before the pipe fails the target.
SHELL := bash
.SHELLFLAGS := -o pipefail -c

PREFIX ?= /usr/local
STATIC_TARGET := $(shell uname -m)-unknown-linux-gnu

.PHONY: demo test bench docs static install fidelity screens dependencies faults outages reported soak managers equality damage live

## Build, start a stand-in deployment, and see both commands at work, healthy and broken.
demo:
	@scripts/demo

## Everything: format, lints, tests, documentation, the system suite. Says what it could not run.
test:
	@scripts/test

## Both commands beside what people use today, in one table.
bench:
	@scripts/bench

## The stand-in deployment, row by row against recordings of a real one (OPENIM_RECORDINGS names them).
fidelity:
	env --default-signal cargo test --package openim-sandbox --test fidelity -- --nocapture

## What openim-check prints in each situation that the stand-in deployment can be in, and openim-logs of recordings of
## a real one (OPENIM_RECORDINGS names them), to be read.
screens:
	@scripts/screens
	@if [ -n "$$OPENIM_RECORDINGS" ]; then scripts/screens-logs; \
	else echo "openim-logs: did not run, OPENIM_RECORDINGS is not set"; fi

## Every condition of the servers that OpenIM stands on, made on real servers: verdict and sentence, as a table.
dependencies:
	@OPENIM_TEST_JARS=$$(scripts/install-test-servers | tail -n 1) \
	cargo test --quiet --package openim-ops --features system --test dependencies -- --nocapture --test-threads 1 | sed -n 's/^\.*|/|/p'

## Every fault of a service, done to the stand-in deployment: verdict, sentence, time; then 200 rounds of ten at once.
faults:
	OPENIM_FAULTS=all env --default-signal cargo test --workspace --test faults -- --nocapture

## 100,000 looks of one watch, or as many as fit ten minutes: memory, descriptors, threads, as a table.
soak:
	OPENIM_SOAK=all env --default-signal cargo test --package openim-ops --test check_soak -- --nocapture

## The same deployment by hand, under systemd, supervisord and docker: running, killed, stopped, looping, as a table.
managers:
	@OPENIM_SYSTEM_ROOT=$$(scripts/system-root | tail -n 1) OPENIM_STATIC_BIN=$$(scripts/build-static | tail -n 1) \
	env --default-signal cargo test --quiet --package openim-ops --features system --test system \
	managers -- --nocapture --test-threads 1 | sed -n 's/^\.*|/|/p'

## The outages that no usual check sees, and what each of them says beside openim-check.
outages:
	OPENIM_FAULTS=all env --default-signal cargo test --workspace --test faults silent_outage -- --nocapture
	OPENIM_TEST_JARS=$$(scripts/install-test-servers | tail -n 1) \
	cargo test --quiet --package openim-ops --features system --test dependencies outages -- --nocapture
	OPENIM_SYSTEM_ROOT=$$(scripts/system-root | tail -n 1) OPENIM_STATIC_BIN=$$(scripts/build-static | tail -n 1) \
	env --default-signal cargo test --quiet --package openim-ops --features system --test system silent -- --nocapture

## What people reported to OpenIM, each made anew: what they saw, and what openim-check says of it, as a table. Then each
## start error that a real deployment showed: what is said before the start, and what after it.
reported:
	@OPENIM_TEST_JARS=$$(scripts/install-test-servers | tail -n 1) \
	env --default-signal cargo test --quiet --package openim-ops --features system --test dependencies \
	-- reported start_errors --nocapture --test-threads 1 | sed -n 's/^\.*|/|/p'
	@OPENIM_SYSTEM_ROOT=$$(scripts/system-root | tail -n 1) OPENIM_STATIC_BIN=$$(scripts/build-static | tail -n 1) \
	env --default-signal cargo test --quiet --package openim-ops --features system --test system start_errors \
	-- --nocapture --test-threads 1 | sed -n 's/^\.*|/|/p'

## openim-logs journal beside journalctl 252, with both engines: two thousand generated questions, byte for byte. And
## beside the newer ones of other roots.
equality:
	OPENIM_NEWER_ROOTS=$${OPENIM_NEWER_ROOTS:-$$(scripts/newer-roots | tail -n 1)} OPENIM_EQUALITY_CASES=2000 cargo test --package openim-ops --features libsystemd --test journal_equality -- --nocapture

## Every single byte of small journals changed, and every length cut: what systemd's library still reads, we read.
damage:
	OPENIM_DAMAGE=all cargo test --package openim-ops --features libsystemd --test journal_damage -- --nocapture

## Two minutes of a real journald under 20,000 lines a second, rotated and vacuumed, with followers and queries.
live:
	OPENIM_LIVE_SECONDS=120 OPENIM_STATIC_BIN=$$(scripts/build-static | tail -n 1) OPENIM_SYSTEM_ROOT=$$(scripts/system-root | tail -n 1) \
	cargo test --package openim-ops --features libsystemd,system --test system journald -- --nocapture --test-threads 1

## Write man/ and completions/ anew from the definitions of the two commands, docs/ from the questions to the logs.
docs:
	UPDATE_GENERATED=1 cargo test --package openim-ops --test generated --test logs_features

## Binaries that need nothing of the machine they run on. They read the journal too.
static:
	RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --package openim-ops --target $(STATIC_TARGET)
	@ls -l target/$(STATIC_TARGET)/release/openim-check target/$(STATIC_TARGET)/release/openim-logs

## Build and install commands, man pages and completions.
install:
	cargo build --release --package openim-ops
	install -D -t $(DESTDIR)$(PREFIX)/bin target/release/openim-check target/release/openim-logs
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 man/*.1
	install -D -m 644 completions/openim-check.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/openim-check
	install -D -m 644 completions/openim-logs.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/openim-logs
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/zsh/site-functions completions/_openim-check completions/_openim-logs
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d completions/openim-check.fish completions/openim-logs.fish
