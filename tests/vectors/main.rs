//! The published primitive vectors of Project Wycheproof, for every algorithm we verify.
//!
//! Each vector's key is read as an operator would write it, and its signature is judged by the one
//! verification path of the service: what is marked invalid is refused, what is valid is accepted.
//! Keys that our rules refuse are counted, never passed over in silence.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use assay::domain::{Algorithm, KeySet};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

/// How many vectors were judged, so that no set can come to hold nothing.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    fn judge(
        &mut self,
        key: &KeySet,
        algorithm: Algorithm,
        (message, signature): (&[u8], &[u8]),
        (result, id): (TestResult, usize),
    ) {
        let key = key.candidates(None, algorithm).next().unwrap();
        let accepts = key.check(algorithm, message, signature).is_ok();
        match result {
            TestResult::Valid => assert!(accepts, "{algorithm} {id} is valid"),
            TestResult::Invalid => assert!(!accepts, "{algorithm} {id} is invalid"),
            TestResult::Acceptable => {}
        }
        if accepts { self.accepted += 1 } else { self.refused += 1 }
    }

    #[track_caller]
    fn is_at_least(&self, accepted: usize, refused: usize) {
        assert!(self.accepted >= accepted && self.refused >= refused, "{self:?}");
    }
}

fn pem(text: &str, algorithm: Algorithm) -> KeySet {
    KeySet::from_configured(text, [algorithm].into_iter().collect()).unwrap()
}

#[test]
fn ecdsa_vectors_in_the_fixed_length_form() {
    use ecdsa::TestName as Set;
    for (set, algorithm) in [
        (Set::EcdsaSecp256r1Sha256P1363, Algorithm::Es256),
        (Set::EcdsaSecp384r1Sha384P1363, Algorithm::Es384),
        (Set::EcdsaSecp521r1Sha512P1363, Algorithm::Es512),
    ] {
        let mut tally = Tally::default();
        for group in ecdsa::TestSet::load(set).unwrap().test_groups {
            let key = pem(&group.pem, algorithm);
            for test in group.tests {
                tally.judge(&key, algorithm, (&test.msg, &test.sig), (test.result, test.tc_id));
            }
        }
        tally.is_at_least(100, 50);
    }
}

/// The same signatures as DER: RFC 7518 section 3.4 knows no such form.
#[test]
fn ecdsa_vectors_in_der_are_all_refused() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    for group in set.test_groups {
        let key = pem(&group.pem, Algorithm::Es256);
        let key = key.candidates(None, Algorithm::Es256).next().unwrap();
        for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
            let judged = key.check(Algorithm::Es256, &test.msg, &test.sig);
            assert!(judged.is_err(), "{}", test.tc_id);
        }
    }
}

#[test]
fn ed25519_vectors() {
    let mut tally = Tally::default();
    let mut weak_keys = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let algorithms = [Algorithm::EdDsa].into_iter().collect();
        let Ok(key) = KeySet::from_configured(&group.pem, algorithms) else {
            weak_keys += 1;
            continue;
        };
        for test in group.tests {
            tally.judge(&key, Algorithm::EdDsa, (&test.msg, &test.sig), (test.result, test.tc_id));
        }
    }
    assert_eq!(weak_keys, 0);
    tally.is_at_least(50, 30);
}

#[test]
fn rsa_pkcs1_vectors() {
    use rsa_pkcs1_verify::TestName as Set;
    let mut small_exponents = 0;
    for (set, algorithm) in [
        (Set::Rsa2048Sha256, Algorithm::Rs256),
        (Set::Rsa2048Sha384, Algorithm::Rs384),
        (Set::Rsa2048Sha512, Algorithm::Rs512),
        (Set::Rsa3072Sha256, Algorithm::Rs256),
        (Set::Rsa3072Sha384, Algorithm::Rs384),
        (Set::Rsa3072Sha512, Algorithm::Rs512),
        (Set::Rsa4096Sha256, Algorithm::Rs256),
        (Set::Rsa4096Sha384, Algorithm::Rs384),
        (Set::Rsa4096Sha512, Algorithm::Rs512),
        (Set::Rsa8192Sha256, Algorithm::Rs256),
    ] {
        let mut tally = Tally::default();
        for group in rsa_pkcs1_verify::TestSet::load(set).unwrap().test_groups {
            let algorithms = [algorithm].into_iter().collect();
            let Ok(key) = KeySet::from_configured(&group.pem, algorithms) else {
                small_exponents += 1;
                continue;
            };
            for test in group.tests {
                tally.judge(&key, algorithm, (&test.msg, &test.sig), (test.result, test.tc_id));
            }
        }
        tally.is_at_least(1, 50);
    }
    assert_eq!(small_exponents, 0);
}

#[test]
fn rsa_pss_vectors_with_the_salt_of_rfc_7518() {
    use rsa_pss_verify::TestName as Set;
    for (set, algorithm) in [
        (Set::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (Set::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::Ps384),
        (Set::RsaPss3072Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (Set::RsaPss4096Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (Set::RsaPss4096Sha384Mgf1SaltLen48, Algorithm::Ps384),
        (Set::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::Ps512),
    ] {
        let mut tally = Tally::default();
        for group in rsa_pss_verify::TestSet::load(set).unwrap().test_groups {
            let key = pem(&group.pem, algorithm);
            for test in group.tests {
                tally.judge(&key, algorithm, (&test.msg, &test.sig), (test.result, test.tc_id));
            }
        }
        tally.is_at_least(20, 20);
    }
}

/// Another salt length or mask hash is another algorithm, however well signed.
#[test]
fn rsa_pss_vectors_with_another_salt_are_all_refused() {
    use rsa_pss_verify::TestName as Set;
    for (set, algorithm) in [
        (Set::RsaPss2048Sha256Mgf1SaltLen0, Algorithm::Ps256),
        (Set::RsaPss2048Sha256Mgf1Sha1_20, Algorithm::Ps256),
        (Set::RsaPss4096Sha512Mgf1SaltLen32, Algorithm::Ps512),
    ] {
        for group in rsa_pss_verify::TestSet::load(set).unwrap().test_groups {
            let key = pem(&group.pem, algorithm);
            let key = key.candidates(None, algorithm).next().unwrap();
            // Among the invalid ones are some with our salt, which are good for us.
            for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                let judged = key.check(algorithm, &test.msg, &test.sig);
                assert!(judged.is_err(), "{algorithm} {}", test.tc_id);
            }
        }
    }
}

#[test]
fn hmac_vectors_with_whole_tags_and_keys_long_enough() {
    for (set, algorithm, length) in [
        (mac::TestName::HmacSha256, Algorithm::Hs256, 32),
        (mac::TestName::HmacSha384, Algorithm::Hs384, 48),
        (mac::TestName::HmacSha512, Algorithm::Hs512, 64),
    ] {
        let (mut tally, mut short) = (Tally::default(), 0);
        for group in mac::TestSet::load(set).unwrap().test_groups {
            for test in group.tests {
                let secret = URL_SAFE_NO_PAD.encode(&test.key);
                let jwk = format!(r#"{{"kty":"oct","k":"{secret}"}}"#);
                let key = KeySet::from_examined(&jwk, [algorithm].into_iter().collect());
                let Ok(key) = key else {
                    assert!(test.key.len() < length, "{algorithm} {}", test.tc_id);
                    short += 1;
                    continue;
                };
                if test.tag.len() == length {
                    let judged = (test.result, test.tc_id);
                    tally.judge(&key, algorithm, (&test.msg, &test.tag), judged);
                } else {
                    // A truncated tag is refused, also where the vector calls it valid.
                    let key = key.candidates(None, algorithm).next().unwrap();
                    let judged = key.check(algorithm, &test.msg, &test.tag);
                    assert!(judged.is_err(), "{algorithm} {}", test.tc_id);
                }
            }
        }
        tally.is_at_least(10, 10);
        assert!(short > 0, "{algorithm}");
    }
}
