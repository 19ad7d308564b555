//! How foreign text may be shown: escaped for logs, percent-encoded for headers.
//!
//! Invariant: whatever leaves this module is visible ASCII (plus the space in [`Escaped`]), so no
//! claim can start a new header or a new log line (CWE-93, CWE-117).

use std::fmt;

/// Text from a token or a caller, made safe to print: control and non-ASCII characters are
/// escaped as `\u{…}`, and what is longer than 200 characters is cut.
#[derive(Clone, PartialEq, Eq)]
pub struct Escaped(Box<str>);

impl Escaped {
    const MAX_CHARS: usize = 200;

    pub fn new(text: &str) -> Self {
        let mut safe = String::with_capacity(text.len().min(Self::MAX_CHARS));
        for character in text.chars().take(Self::MAX_CHARS) {
            match character {
                '\\' => safe.push_str("\\\\"),
                ' '..='~' => safe.push(character),
                other => safe.extend(other.escape_unicode()),
            }
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            safe.push_str("...");
        }
        Self(safe.into())
    }

    pub fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut joined = String::new();
        for text in texts.into_iter().take(16) {
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(text.as_ref());
        }
        Self::new(&joined)
    }
}

impl fmt::Display for Escaped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Escaped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\"", self.0.replace('"', "\\\""))
    }
}

/// Percent-encodes every byte outside visible ASCII, and `%` itself, so that two different
/// subjects never become one header value (RFC 3986 section 2.1).
pub fn percent_encode(text: &str, into: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let is_plain = |byte: u8| matches!(byte, b'!'..=b'$' | b'&'..=b'~');
    if text.bytes().all(is_plain) {
        return into.extend_from_slice(text.as_bytes());
    }
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    for byte in text.bytes() {
        if is_plain(byte) {
            into.push(byte);
        } else {
            into.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_break_cannot_get_into_a_log() {
        assert_eq!(Escaped::new("a\r\nb\u{1b}[2J").to_string(), "a\\u{d}\\u{a}b\\u{1b}[2J");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(Escaped::new(&"x".repeat(201)).to_string().len(), 203);
    }

    proptest! {
        #[test]
        fn header_values_are_visible_ascii_and_distinct(one: String, other: String) {
            let encode = |text: &str| {
                let mut encoded = Vec::new();
                percent_encode(text, &mut encoded);
                encoded
            };
            let encoded = encode(&one);
            prop_assert!(encoded.iter().all(|byte| (0x21..=0x7e).contains(byte)));
            prop_assert_eq!(one == other, encoded == encode(&other));
        }

        #[test]
        fn escaped_text_is_one_printable_line(text: String) {
            let shown = Escaped::new(&text).to_string();
            prop_assert!(shown.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
        }
    }
}
