//! JSON read the strict way, so that two parsers can never see two meanings.
//!
//! Invariants: the text is UTF-8, one object and nothing after it, no member twice (RFC 7515
//! section 4, RFC 8725 section 2.6), no deeper than 32 levels.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

const MAX_DEPTH: usize = 32;

/// Why a text is not the JSON object we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    #[error("not UTF-8")]
    NotUtf8,
    #[error("not valid JSON")]
    Syntax,
    #[error("a member appears twice")]
    DuplicateMember,
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("not an object")]
    NotAnObject,
}

/// Reads one JSON object.
///
/// # Errors
/// [`JsonFault`], one variant a reason.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8)?;
    let fault = Cell::new(JsonFault::Syntax);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0, fault: &fault }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|_| fault.get())?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(JsonFault::NotAnObject),
    }
}

/// Builds a [`Value`], noting why it stopped: serde's own errors are only text.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a Cell<JsonFault>,
}

impl Strict<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.stop(JsonFault::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn stop<E: Error>(self, fault: JsonFault) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inside)?;
            if object.insert(name, value).is_some() {
                return Err(self.stop(JsonFault::DuplicateMember));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &[u8], fault: JsonFault) {
        assert_eq!(parse_object(text).err(), Some(fault), "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn a_member_that_appears_twice_is_refused_at_any_depth() {
        refused(br#"{"a":1,"a":1}"#, JsonFault::DuplicateMember);
        refused(br#"{"a":{"b":1,"b":2}}"#, JsonFault::DuplicateMember);
        refused(br#"{"a":1,"\u0061":2}"#, JsonFault::DuplicateMember);
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        refused(b"[]", JsonFault::NotAnObject);
        refused(b"\"x\"", JsonFault::NotAnObject);
        refused(b"{} {}", JsonFault::Syntax);
        refused(b"{}\0", JsonFault::Syntax);
        refused(b"", JsonFault::Syntax);
        refused(br#"{"a":1e999}"#, JsonFault::Syntax);
        refused(br#"{"a":NaN}"#, JsonFault::Syntax);
        refused(br#"{"a":"\ud800"}"#, JsonFault::Syntax);
        refused(b"{\"a\":\"\xff\"}", JsonFault::NotUtf8);
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |levels: usize| {
            format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels)).into_bytes()
        };
        assert!(parse_object(&nested(31)).is_ok());
        refused(&nested(32), JsonFault::TooDeep);
        refused(&nested(100_000), JsonFault::TooDeep);
    }
}
