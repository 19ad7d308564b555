# Short names for what the README and .ci/run spell out.

# The service with an issuer of its own, to try it out.
dev *arguments:
    cargo run -- dev {{arguments}}

# Everything that needs no other program.
test:
    cargo test

# What a machine can see at once.
lint:
    cargo fmt --all --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# The service behind real proxies and identity providers.
peers:
    tests/peers/run

# Cost per request, as ratios.
bench:
    cargo bench --bench cost

# All that must hold before a change lands.
ci:
    bash .ci/run
