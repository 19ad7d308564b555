//! A text that says how to make a token: a good one, but for what its lines change.
//!
//! ```text
//! key rsa                  the key pair to sign with: ed25519, es256, rsa, es384, es512
//! alg PS384                the algorithm to sign under and to name
//! kid es256                the name to call the key by
//! member "typ":"JWT"       a further member of the header
//! claim "nbf":@-5          a further claim; @-5 is the date five seconds ago
//! drop sub                 leaves a claim of the usual ones out
//! header {"alg":"none"}    another header altogether
//! claims {"exp":@1.5}      another claims set altogether
//! flip 9                   after signing: turns bit 9 of the signature over
//! negate                   … the other s of an ECDSA signature, which is good too
//! der                      … an ECDSA signature as DER
//! signature abc            … these bytes instead of the signature
//! put 3 abc                … overwrites the token from its character 3
//! insert 3 abc             … inserts before its character 3
//! cut 9                    … ends the token before its character 9
//! ```
//!
//! A line that says nothing sensible is passed over, so every input makes some token.

use assay::domain::UnixTime;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{Pair, TestKey};

const MAX_LINES: usize = 32;

const USUAL_CLAIMS: [(&str, &[u8]); 4] = [
    ("iss", b"\"iss\":\"https://issuer.example\""),
    ("aud", b"\"aud\":\"https://api.example\""),
    ("sub", b"\"sub\":\"user-1\""),
    ("exp", b"\"exp\":@300"),
];

/// Orders of P-256 and P-384, for the other good `s`.
const ORDERS: [(&str, &str); 2] = [
    ("P-256", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    (
        "P-384",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ),
];

/// A token with what its key pair really signed.
pub struct Made {
    pub token: Vec<u8>,
    pub signed: String,
    pub signature: Vec<u8>,
    /// Whether the algorithm has several good signatures for one message.
    pub is_malleable: bool,
}

pub fn make(recipe: &[u8], keys: &[TestKey], now: UnixTime) -> Made {
    let lines: Vec<(&[u8], &[u8])> =
        recipe.split(|byte| *byte == b'\n').take(MAX_LINES).map(word_and_rest).collect();
    let last =
        |word: &[u8]| lines.iter().rev().find(|(name, _)| *name == word).map(|(_, rest)| *rest);
    let named = |name: &[u8]| keys.iter().find(|key| key.name.as_bytes() == name);
    let key = last(b"key").and_then(named).unwrap_or(&keys[0]);
    let algorithm = last(b"alg").unwrap_or(key.usual_algorithm().as_bytes());

    let header =
        last(b"header").map_or_else(|| usual_header(&lines, algorithm, key), <[u8]>::to_vec);
    let claims = last(b"claims").map_or_else(|| usual_claims(&lines), <[u8]>::to_vec);
    let claims = with_dates(&claims, now);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = key.sign(&String::from_utf8_lossy(algorithm), signed.as_bytes());

    let mut changed = signature.clone();
    for (word, rest) in &lines {
        change_signature(&mut changed, word, rest, key);
    }
    let mut token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(changed)).into_bytes();
    for (word, rest) in &lines {
        change_token(&mut token, word, rest);
    }
    Made { token, signed, signature, is_malleable: matches!(key.pair, Pair::Ec(..)) }
}

fn word_and_rest(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| *byte == b' ') {
        Some(space) => (&line[..space], &line[space + 1..]),
        None => (line, b""),
    }
}

fn all<'a>(lines: &[(&[u8], &'a [u8])], word: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    lines.iter().filter(move |(name, _)| *name == word).map(|(_, rest)| *rest)
}

fn usual_header(lines: &[(&[u8], &[u8])], algorithm: &[u8], key: &TestKey) -> Vec<u8> {
    let kid = all(lines, b"kid").last().unwrap_or(key.name.as_bytes());
    let mut header = [b"{\"alg\":\"", algorithm, b"\",\"kid\":\"", kid, b"\""].concat();
    for member in all(lines, b"member") {
        header.extend([b",", member].concat());
    }
    header.push(b'}');
    header
}

fn usual_claims(lines: &[(&[u8], &[u8])]) -> Vec<u8> {
    let is_dropped = |name: &str| all(lines, b"drop").any(|dropped| dropped == name.as_bytes());
    let usual = USUAL_CLAIMS.iter().filter(|(name, _)| !is_dropped(name)).map(|(_, claim)| *claim);
    let claims: Vec<&[u8]> = usual.chain(all(lines, b"claim")).collect();
    [b"{", claims.join(&b","[..]).as_slice(), b"}"].concat()
}

/// Replaces `@N` by the date N seconds from now, so that a recipe never grows old.
fn with_dates(text: &[u8], now: UnixTime) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'@') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let is_negative = rest.first() == Some(&b'-');
        let digits = &rest[usize::from(is_negative)..];
        let length = digits.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        let offset: i64 = number(&digits[..length]).and_then(|it| it.try_into().ok()).unwrap_or(0);
        let date = now.seconds() + if is_negative { -offset } else { offset };
        out.extend_from_slice(date.to_string().as_bytes());
        rest = &digits[length..];
    }
    out.extend_from_slice(rest);
    out
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn change_signature(signature: &mut Vec<u8>, word: &[u8], rest: &[u8], key: &TestKey) {
    match word {
        b"flip" => {
            let Some(bit) = number(rest) else { return };
            if let Some(byte) = signature.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
        }
        b"signature" => *signature = rest.to_vec(),
        b"negate" => negate(signature, key),
        b"der" => {
            let (r, s) = signature.split_at(signature.len() / 2);
            let both = [der_integer(r), der_integer(s)].concat();
            *signature = [&[0x30, both.len().try_into().unwrap_or(0x7f)][..], &both].concat();
        }
        _ => {}
    }
}

fn der_integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[zeros..];
    let sign: &[u8] = if digits.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    let length = (sign.len() + digits.len()).try_into().unwrap_or(0x7f);
    [&[0x02, length], sign, digits].concat()
}

/// `s` becomes the order less `s`.
fn negate(signature: &mut [u8], key: &TestKey) {
    let Pair::Ec(_, curve) = &key.pair else { return };
    let Some((_, order)) = ORDERS.iter().find(|(name, _)| name == curve) else { return };
    if signature.len() != order.len() {
        return;
    }
    let mut borrow = 0;
    for index in (0..order.len() / 2).rev() {
        let digits = order.get(2 * index..2 * index + 2).unwrap_or("0");
        let digit = i16::from_str_radix(digits, 16).unwrap_or(0);
        let place = &mut signature[order.len() / 2 + index];
        let difference = digit - i16::from(*place) - borrow;
        borrow = i16::from(difference < 0);
        *place = u8::try_from(difference.rem_euclid(256)).unwrap_or(0);
    }
}

fn change_token(token: &mut Vec<u8>, word: &[u8], rest: &[u8]) {
    let (place, text) = word_and_rest(rest);
    let Some(place) = number(place).filter(|place| *place <= token.len()) else { return };
    match word {
        b"put" => {
            let end = token.len().min(place + text.len());
            token.splice(place..end, text.iter().copied());
        }
        b"insert" => {
            token.splice(place..place, text.iter().copied());
        }
        b"cut" => token.truncate(place),
        _ => {}
    }
}
