# For `run` and `merge`: builds one target with libFuzzer's coverage, on a stable toolchain.
#
# The flags are those of `cargo fuzz --sanitizer none`, less `--cfg fuzzing`, which makes some
# libraries behave otherwise than in production.

work=target/fuzz

build() {
    local host
    host=$(rustc -vV | sed -n 's/^host: //p')
    local flags=(
        -Cpasses=sancov-module
        -Cllvm-args=-sanitizer-coverage-level=4
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
        -Cllvm-args=-sanitizer-coverage-pc-table
        -Cllvm-args=-sanitizer-coverage-trace-compares
    )
    # With --target, build scripts and macros stay free of the flags.
    RUSTFLAGS="${flags[*]}" cargo build --release --locked --manifest-path tests/fuzz/Cargo.toml \
        --target-dir "$work" --target "$host" --bin "$1"
    binary="$work/$host/release/$1"
}
