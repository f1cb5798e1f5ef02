#!/bin/sh
# Builds every fuzz target on the pinned toolchain and runs each: fuzz/run.sh SECONDS [TARGET...]
# Needs a C++ compiler, for libFuzzer. A finding is written to fuzz/artifacts/TARGET/ and ends the run; replay it with
# fuzz/target/TRIPLE/release/TARGET FILE.
set -eu
cd "$(dirname "$0")"

seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET...]}
shift
[ $# -gt 0 ] || set -- $(sed -n 's|^path = "fuzz_targets/\(.*\)\.rs"$|\1|p' Cargo.toml)

# What cargo-fuzz passes, without the sanitizer: the crate has no unsafe code of its own, and this way a stable
# compiler will do. Given with --target so that build scripts are not instrumented.
triple=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
cargo build --release --locked --target "$triple" --bins

for target in "$@"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    echo "== $target for $seconds s"
    "target/$triple/release/$target" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=60 \
        -artifact_prefix="artifacts/$target/" -print_final_stats=1 "corpus/$target"
done
