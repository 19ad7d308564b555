//! Replays the corpus of every fuzz target through the target's own code: what a fuzzer once found
//! stays found, on every run of the tests and without a fuzzer.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, and its keys and strings are its own"
)]

#[path = "targets/authorization_header.rs"]
mod authorization_header;
#[path = "targets/compact_token.rs"]
mod compact_token;
#[path = "targets/differential/mod.rs"]
mod differential;
#[path = "targets/ext_authz_path.rs"]
mod ext_authz_path;
#[path = "targets/jwks.rs"]
mod jwks;

use std::fs;
use std::panic::catch_unwind;

use differential::Outcome;

/// Every input of a target, by name. Fewer than `least` means that some were lost.
fn corpus(target: &str, least: usize) -> Vec<(String, Vec<u8>)> {
    let folder = format!("{}/tests/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .expect("a corpus")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("an input"))
        })
        .collect();
    assert!(inputs.len() >= least, "{folder}: {} inputs, at least {least} expected", inputs.len());
    inputs.sort();
    inputs
}

fn replay(target: &str, least: usize, run: fn(&[u8])) {
    let failed: Vec<_> = corpus(target, least)
        .into_iter()
        .filter(|(_, input)| catch_unwind(|| run(input)).is_err())
        .map(|(name, _)| name)
        .collect();
    assert!(failed.is_empty(), "{target} fails for {failed:?}");
}

#[test]
fn compact_token_holds_for_its_corpus() {
    replay("compact_token", 60, compact_token::run);
}

#[test]
fn jwks_holds_for_its_corpus() {
    replay("jwks", 55, jwks::run);
}

#[test]
fn authorization_header_holds_for_its_corpus() {
    replay("authorization_header", 35, authorization_header::run);
}

#[test]
fn ext_authz_path_holds_for_its_corpus() {
    replay("ext_authz_path", 50, ext_authz_path::run);
}

#[test]
fn differential_holds_for_its_corpus() {
    replay("differential", 90, differential::run);
}

/// Two verifiers that refuse everything never differ: this one does accept, and knows why not.
#[test]
fn differential_compares_more_than_refusals() {
    let outcome = differential::outcome;
    assert_eq!(outcome(b""), Outcome::Accepted);
    for (name, input) in corpus("differential", 90) {
        let found = outcome(&input);
        if name.starts_with("good-") {
            assert!(matches!(found, Outcome::Accepted | Outcome::AcceptedAlone(_)), "{name}");
        }
    }
    assert!(matches!(outcome(b"key es512"), Outcome::AcceptedAlone(_)));
    assert_eq!(outcome(b"flip 7"), Outcome::Refused("bad_signature"));
    assert_eq!(outcome(b"drop exp\nclaim \"exp\":@-31"), Outcome::Refused("expired"));
    assert_eq!(outcome(b"kid es256"), Outcome::Refused("unknown_key"));
    assert_eq!(outcome(b"insert 9 +"), Outcome::Refused("not_a_jwt"));
}
