//! Target: key set documents, as an issuer (or whoever answers in its place) sends them.
//!
//! Input: the document.
//!
//! Held: nothing panics; an accepted set keeps its limits, accounts for every entry of the
//! document, holds no key from an entry with private members, offers a key only under its own name
//! and for algorithms of its kind, and no key says yes to a signature that nobody made.

use assay::domain::{
    Algorithm, AlgorithmSet, KeySet, MAX_KEY_SET_BYTES, MAX_KEYS, VerificationKey,
};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A second reading of the document, which knows nothing of keys.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

pub fn run(data: &[u8]) {
    let allowed = asymmetric();
    let set = match KeySet::from_jwks(data, allowed) {
        Ok(set) => set,
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            return;
        }
    };
    assert!(data.len() <= MAX_KEY_SET_BYTES, "longer than the limit");
    let document: Document<'_> = serde_json::from_slice(data).expect("a JSON object with `keys`");
    let entries: Vec<Value> = document
        .keys
        .iter()
        .map(|entry| serde_json::from_str(entry.get()).unwrap_or(Value::Null))
        .collect();
    assert!(!set.is_empty() && set.len() <= MAX_KEYS && entries.len() <= MAX_KEYS);
    assert_eq!(set.len() + set.skipped().len(), entries.len(), "every entry is accounted for");
    let used: Vec<&Value> = entries
        .iter()
        .enumerate()
        .filter(|(position, _)| !set.skipped().iter().any(|key| key.position == *position))
        .map(|(_, entry)| entry)
        .collect();
    for entry in &used {
        may_be_used(entry);
    }
    for algorithm in Algorithm::ALL {
        candidates_fit(&set, algorithm, &used);
    }
    narrower_sets_agree(data, &set, allowed);
}

fn asymmetric() -> AlgorithmSet {
    Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_hmac()).collect()
}

/// Holds an accepted entry to the rules, once more and in other words.
fn may_be_used(entry: &Value) {
    for member in PRIVATE_MEMBERS {
        assert!(entry.get(member).is_none(), "a key with the private member `{member}`");
    }
    assert!(entry.get("use").is_none_or(|purpose| purpose == "sig"), "another use");
    let operations = entry.get("key_ops").map(|operations| operations.as_array());
    let verifies = |operations: Option<&Vec<Value>>| {
        operations
            .is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
    };
    assert!(operations.is_none_or(verifies), "other operations");
    assert!(["RSA", "EC", "OKP"].iter().any(|kind| entry["kty"] == *kind), "another `kty`");
    if let Some(named) = entry.get("alg") {
        let algorithm: Algorithm = named.as_str().expect("a text").parse().expect("known");
        assert_eq!(kind_of(algorithm), kind_of_entry(entry), "`alg` of another kind of key");
    }
}

fn kind_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "P-256",
        Algorithm::Es384 => "P-384",
        Algorithm::Es512 => "P-521",
        Algorithm::EdDsa => "Ed25519",
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => "oct",
        _ => "RSA",
    }
}

fn kind_of_entry(entry: &Value) -> &str {
    if entry["kty"] == "RSA" { "RSA" } else { entry["crv"].as_str().unwrap_or("none") }
}

fn candidates_fit(set: &KeySet, algorithm: Algorithm, used: &[&Value]) {
    let all: Vec<_> = set.candidates(None, algorithm).collect();
    assert!(all.is_empty() || !algorithm.is_hmac(), "a public key must never check an HMAC");
    let of_this_kind = used.iter().filter(|entry| {
        kind_of_entry(entry) == kind_of(algorithm)
            && entry
                .get("alg")
                .is_none_or(|name| name.as_str().map(str::parse) == Some(Ok(algorithm)))
    });
    assert_eq!(all.len(), of_this_kind.count(), "{algorithm}: the keys of its kind, no others");
    for key in &all {
        assert!(key.fits(algorithm) && set.contains(key.id()));
        let same_name = set.candidates(key.kid(), algorithm);
        assert!(key.kid().is_none() || same_name.into_iter().any(|found| found.id() == key.id()));
        refuses_signatures_from_nowhere(key, algorithm);
    }
    for named in set.candidates(Some("a"), algorithm) {
        assert_eq!(named.kid(), Some("a"), "a key of another name");
    }
}

/// All zeros was once a good ECDSA signature for every message (CVE-2022-21449).
fn refuses_signatures_from_nowhere(key: &VerificationKey, algorithm: Algorithm) {
    let length = match kind_of(algorithm) {
        "P-256" | "Ed25519" => 64,
        "P-384" => 96,
        "P-521" => 132,
        _ => 256,
    };
    // R is the neutral element and S is 0: good for every message under a key of small order.
    let mut neutral = vec![0; length];
    neutral[0] = 1;
    for signature in [&[][..], &vec![0; length], &neutral] {
        assert!(key.check(algorithm, b"message", signature).is_err(), "{algorithm}: a forgery");
    }
}

/// Allowing fewer algorithms takes keys away and never adds one.
fn narrower_sets_agree(data: &[u8], set: &KeySet, allowed: AlgorithmSet) {
    for algorithm in allowed.iter() {
        let expected = set.candidates(None, algorithm).count();
        match KeySet::from_jwks(data, [algorithm].into_iter().collect()) {
            Ok(narrow) => {
                assert_eq!(narrow.len(), expected, "{algorithm}");
                assert_eq!(narrow.candidates(None, algorithm).count(), expected, "{algorithm}");
            }
            Err(_) => assert_eq!(expected, 0, "{algorithm}"),
        }
    }
}
