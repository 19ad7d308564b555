//! Scopes: what a token may be used for (RFC 6749 section 3.3).

use super::Rejection;
use super::json::{Json, Object};

/// More scopes than this refuse the token: a limit on work and on header size.
pub const MAX_SCOPES: usize = 100;

/// The scopes of a token or of a requirement, in the order they were given, none twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Box<str>>);

impl Scopes {
    /// The union of `scope` (string), `scp` (string or list) and `scopes` (list).
    ///
    /// # Errors
    /// [`Rejection::WrongClaimType`] and [`Rejection::TooManyScopes`].
    pub(super) fn from_claims(claims: &Object<'_>) -> Result<Self, Rejection> {
        let mut found = Self::default();
        match claims.get("scope") {
            None => {}
            Some(Json::Text(text)) => found.add_words(text),
            Some(_) => return Err(Rejection::WrongClaimType { claim: "scope" }),
        }
        match claims.get("scp") {
            None => {}
            Some(Json::Text(text)) => found.add_words(text),
            Some(Json::List(items)) => found.add_list("scp", items)?,
            Some(_) => return Err(Rejection::WrongClaimType { claim: "scp" }),
        }
        match claims.get("scopes") {
            None => {}
            Some(Json::List(items)) => found.add_list("scopes", items)?,
            Some(_) => return Err(Rejection::WrongClaimType { claim: "scopes" }),
        }
        if found.0.len() > MAX_SCOPES {
            return Err(Rejection::TooManyScopes { found: found.0.len() });
        }
        Ok(found)
    }

    fn add_list(&mut self, claim: &'static str, items: &[Json<'_>]) -> Result<(), Rejection> {
        for item in items {
            match item {
                Json::Text(text) => self.add_words(text),
                _ => return Err(Rejection::WrongClaimType { claim }),
            }
        }
        Ok(())
    }

    fn add_words(&mut self, text: &str) {
        for word in text.split_ascii_whitespace() {
            // One past the limit is enough to refuse, and keeps this loop short.
            if self.0.len() <= MAX_SCOPES && !self.contains(word) {
                self.0.push(word.into());
            }
        }
    }

    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|held| &**held == scope)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The scopes of `required` that are not held.
    pub fn missing_of<'a>(&self, required: &'a Self) -> impl Iterator<Item = &'a str> {
        required.iter().filter(|scope| !self.contains(scope))
    }

    /// Space-separated, as `scope` carries them.
    pub fn to_text(&self) -> String {
        self.0.join(" ")
    }
}

impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<I: IntoIterator<Item = &'a str>>(scopes: I) -> Self {
        let mut found = Self::default();
        scopes.into_iter().for_each(|scope| found.add_words(scope));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::parse_object;
    use serde_json::{Value, json};

    fn scopes_of(claims: &Value) -> Result<String, Rejection> {
        Scopes::from_claims(&parse_object(claims.to_string().as_bytes()).unwrap())
            .map(|scopes| scopes.to_text())
    }

    #[test]
    fn every_issuer_spells_scopes_its_own_way() {
        assert_eq!(scopes_of(&json!({"scope": "a  b"})).unwrap(), "a b");
        assert_eq!(scopes_of(&json!({"scp": "a b"})).unwrap(), "a b");
        assert_eq!(scopes_of(&json!({"scp": ["a", "b"]})).unwrap(), "a b");
        assert_eq!(scopes_of(&json!({"scopes": ["a"], "scope": "b a"})).unwrap(), "b a");
        assert_eq!(scopes_of(&json!({})).unwrap(), "");
    }

    #[test]
    fn a_scope_of_the_wrong_type_refuses() {
        for claims in [
            json!({"scope": ["a"]}),
            json!({"scope": null}),
            json!({"scp": [1]}),
            json!({"scopes": "a"}),
        ] {
            assert!(
                matches!(scopes_of(&claims), Err(Rejection::WrongClaimType { .. })),
                "{claims}"
            );
        }
    }

    #[test]
    fn more_than_a_hundred_scopes_refuse() {
        let many = |count: usize| {
            let list: Vec<_> = (0..count).map(|number| number.to_string()).collect();
            json!({"scope": list.join(" ")})
        };
        assert!(scopes_of(&many(100)).is_ok());
        assert!(matches!(scopes_of(&many(101)), Err(Rejection::TooManyScopes { .. })));
    }
}
