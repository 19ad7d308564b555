//! Public keys in PEM (RFC 7468 section 13, RFC 8017 appendix A.1.1).
//!
//! Invariant: only `PUBLIC KEY` and `RSA PUBLIC KEY` are read. A private key is refused by name, so
//! that it is not left lying in a configuration; a certificate too, because nobody would check it.

use aws_lc_rs::rsa::PublicKey as RsaPublicKey;
use jsonwebtoken::{DecodingKey, DecodingKeyKind};

use super::jwk::{KeyFault, ed25519_material, prepare_material, rsa_material};
use super::signature::KeyMaterial;
use super::{Algorithm, AlgorithmSet, VerificationKey};

/// The blocks of a file, each from its `BEGIN` line on.
pub(super) fn blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----END ") {
        let end = after.find("-----").map_or(after.len(), |at| at + "-----".len());
        let length = rest.len() - after.len() + end;
        let Some((block, next)) = rest.split_at_checked(length) else { break };
        blocks.push(block.trim());
        rest = next;
    }
    blocks
}

pub(super) fn prepare(block: &str, allowed: AlgorithmSet) -> Result<VerificationKey, KeyFault> {
    if block.contains("PRIVATE KEY-----") {
        return Err(KeyFault::NotPublic);
    }
    let material = read(block).ok_or(KeyFault::UnsupportedType)??;
    let possible = material.possible_algorithms();
    let algorithms: AlgorithmSet = possible.iter().filter(|it| allowed.contains(*it)).collect();
    if algorithms.is_empty() {
        return Err(KeyFault::NotAllowed);
    }
    prepare_material(None, &material, algorithms)
}

fn read(block: &str) -> Option<Result<KeyMaterial, KeyFault>> {
    let pem = block.as_bytes();
    if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
        return Some(rsa(bytes_of(&key)?));
    }
    if let Ok(key) = DecodingKey::from_ec_pem(pem) {
        return ec(bytes_of(&key)?).map(Ok);
    }
    let key = DecodingKey::from_ed_pem(pem).ok()?;
    Some(ed25519_material(bytes_of(&key)?.to_vec()))
}

fn bytes_of(key: &DecodingKey) -> Option<&[u8]> {
    match key.kind() {
        DecodingKeyKind::SecretOrDer(bytes) => Some(bytes),
        DecodingKeyKind::RsaModulusExponent { .. } => None,
    }
}

fn rsa(der: &[u8]) -> Result<KeyMaterial, KeyFault> {
    let key = RsaPublicKey::from_der(der).map_err(|_| KeyFault::Invalid)?;
    let (modulus, exponent) = (key.modulus(), key.exponent());
    rsa_material(
        modulus.big_endian_without_leading_zero().to_vec(),
        exponent.big_endian_without_leading_zero().to_vec(),
    )
}

/// The length of an uncompressed point tells its curve.
fn ec(point: &[u8]) -> Option<KeyMaterial> {
    let algorithm = match point.len() {
        65 => Algorithm::Es256,
        97 => Algorithm::Es384,
        133 => Algorithm::Es512,
        _ => return None,
    };
    Some(KeyMaterial::Ec { algorithm, point: point.to_vec() })
}
