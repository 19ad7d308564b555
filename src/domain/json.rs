//! JSON read the strict way, so that two parsers can never see two meanings.
//!
//! Invariants: the text is UTF-8, one object and nothing after it, no member twice (RFC 7515
//! section 4, RFC 8725 section 2.6), no deeper than 32 levels.
//!
//! Texts are borrowed from the input where they have no escapes: a token is read on every request
//! that is not cached, and most of what it costs beside its signature was memory.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

const MAX_DEPTH: usize = 32;
/// Up to here comparing every name with every other is faster than a table.
const FEW_MEMBERS: usize = 32;

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

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Object<'a>),
}

impl Json<'_> {
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The members of an object, none twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn has_a_duplicate(&self) -> bool {
        if self.0.len() > FEW_MEMBERS {
            let names: HashSet<&str> = self.0.iter().map(|(name, _)| &**name).collect();
            return names.len() < self.0.len();
        }
        let mut rest = self.0.as_slice();
        while let Some(((name, _), after)) = rest.split_first() {
            if after.iter().any(|(other, _)| other == name) {
                return true;
            }
            rest = after;
        }
        false
    }
}

/// Reads one JSON object.
///
/// # Errors
/// [`JsonFault`], one variant a reason.
pub(super) fn parse_object(bytes: &[u8]) -> Result<Object<'_>, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8)?;
    let fault = Cell::new(JsonFault::Syntax);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0, fault: &fault }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|_| fault.get())?;
    match value {
        Json::Object(members) => Ok(members),
        _ => Err(JsonFault::NotAnObject),
    }
}

/// Builds a [`Json`], noting why it stopped: serde's own errors are only text.
#[derive(Clone, Copy)]
struct Strict<'f> {
    depth: usize,
    fault: &'f Cell<JsonFault>,
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

impl<'a> DeserializeSeed<'a> for Strict<'_> {
    type Value = Json<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Json<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Strict<'_> {
    type Value = Json<'a>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'a>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'a>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'a>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json<'a>, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| self.stop(JsonFault::Syntax))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Json<'a>, A::Error> {
        let inside = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Json<'a>, A::Error> {
        let inside = self.deeper()?;
        let mut object = Object(Vec::with_capacity(12));
        while let Some(Name(name)) = members.next_key()? {
            object.0.push((name, members.next_value_seed(inside)?));
        }
        if object.has_a_duplicate() {
            return Err(self.stop(JsonFault::DuplicateMember));
        }
        Ok(Json::Object(object))
    }
}

/// A member's name, borrowed where it can be; serde's own `Cow` always copies.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

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
    fn many_members_are_compared_too() {
        let members: Vec<_> = (0..100).map(|number| format!("\"{number}\":1")).collect();
        assert!(parse_object(format!("{{{}}}", members.join(",")).as_bytes()).is_ok());
        let twice = format!("{{{},\"7\":2}}", members.join(","));
        refused(twice.as_bytes(), JsonFault::DuplicateMember);
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
