//! The claims set, every claim of the type its RFC gives it (RFC 7519 section 4, RFC 9068).
//!
//! Invariant: a claim of the wrong type refuses the token, it is never read as absent
//! (CVE-2026-25537, CVE-2025-30144: a list where a string was expected skipped the check).

use super::json::{Json, Object};
use super::{Rejection, Scopes, UnixTime};

/// A claims set in form. Whether it may be believed is told by the type around it; whether it says
/// enough is for [`policy`](super::policy).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    pub issuer: Option<Box<str>>,
    pub subject: Option<Box<str>>,
    pub client_id: Option<Box<str>>,
    /// `azp`, which counts as `client_id` where there is none.
    pub authorized_party: Option<Box<str>>,
    pub audiences: Vec<Box<str>>,
    pub expires_at: Option<UnixTime>,
    pub not_before: Option<UnixTime>,
    pub issued_at: Option<UnixTime>,
    pub token_id: Option<Box<str>>,
    /// `tid`, which Entra puts into its issuer's name.
    pub tenant: Option<Box<str>>,
    pub scopes: Scopes,
    /// Whether the token is bound to a key (`cnf`, RFC 7800).
    pub is_bound: bool,
    /// The claim that marks this as an ID token, if one does.
    pub id_token_sign: Option<&'static str>,
}

impl Claims {
    pub(super) fn from_object(members: &Object<'_>) -> Result<Self, Rejection> {
        let claims = Reader(members);
        Ok(Self {
            issuer: claims.non_empty("iss")?,
            subject: claims.non_empty("sub")?,
            client_id: claims.non_empty("client_id")?,
            authorized_party: claims.non_empty("azp")?,
            audiences: claims.texts("aud")?,
            expires_at: claims.date("exp", Rounding::Down)?,
            not_before: claims.date("nbf", Rounding::Up)?,
            issued_at: claims.date("iat", Rounding::Up)?,
            token_id: claims.non_empty("jti")?,
            // A private claim of Entra's: of another type it is another's, and matches no pattern.
            tenant: members.get("tid").and_then(Json::as_text).map(Into::into),
            scopes: Scopes::from_claims(members)?,
            is_bound: members.contains("cnf"),
            id_token_sign: claims.id_token_sign(),
        })
    }

    /// The client that the token was given to.
    pub fn client(&self) -> Option<&str> {
        self.client_id.as_deref().or(self.authorized_party.as_deref())
    }
}

/// Which way a fraction of a second goes: always the stricter one.
#[derive(Clone, Copy)]
enum Rounding {
    Down,
    Up,
}

struct Reader<'a>(&'a Object<'a>);

impl<'a> Reader<'a> {
    fn text(&self, claim: &'static str) -> Result<Option<&'a str>, Rejection> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Rejection::WrongClaimType { claim }),
        }
    }

    fn non_empty(&self, claim: &'static str) -> Result<Option<Box<str>>, Rejection> {
        Ok(self.text(claim)?.filter(|text| !text.is_empty()).map(Into::into))
    }

    fn texts(&self, claim: &'static str) -> Result<Vec<Box<str>>, Rejection> {
        match self.0.get(claim) {
            None => Ok(Vec::new()),
            Some(Json::Text(text)) => Ok(vec![text.as_ref().into()]),
            Some(Json::List(items)) => items
                .iter()
                .map(|item| item.as_text().map(Into::into))
                .collect::<Option<_>>()
                .ok_or(Rejection::WrongClaimType { claim }),
            Some(_) => Err(Rejection::WrongClaimType { claim }),
        }
    }

    /// A `NumericDate`: a JSON number, whole or not.
    fn date(&self, claim: &'static str, rounding: Rounding) -> Result<Option<UnixTime>, Rejection> {
        let wrong = Rejection::WrongClaimType { claim };
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let Json::Number(number) = value else { return Err(wrong) };
        let seconds = match number.as_i64() {
            Some(whole) => Some(whole),
            None => number.as_f64().and_then(|exact| whole_seconds(exact, rounding)),
        };
        seconds.and_then(UnixTime::from_seconds).map(Some).ok_or(wrong)
    }

    /// What only ID tokens carry (`OpenID` Connect Core section 2; Keycloak `typ`, Cognito
    /// `token_use`).
    fn id_token_sign(&self) -> Option<&'static str> {
        let is = |claim: &str, value: &str| {
            self.0.get(claim).and_then(Json::as_text).is_some_and(|text| text == value)
        };
        match () {
            () if is("typ", "ID") => Some("typ"),
            () if is("token_use", "id") => Some("token_use"),
            () if self.0.contains("nonce") => Some("nonce"),
            () if self.0.contains("at_hash") => Some("at_hash"),
            () => None,
        }
    }
}

fn whole_seconds(exact: f64, rounding: Rounding) -> Option<i64> {
    let rounded = match rounding {
        Rounding::Down => exact.floor(),
        Rounding::Up => exact.ceil(),
    };
    // Far inside what an i64 and an f64 both hold exactly; UnixTime checks the real range.
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked on this line")]
    (exact >= 0.0 && rounded < 1e15).then_some(rounded as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::parse_object;
    use serde_json::{Value, json};

    fn read(changed: &Value) -> Result<Claims, Rejection> {
        let mut claims = json!({"iss": "https://issuer.example", "exp": 2_000_000_000});
        let object = claims.as_object_mut().unwrap();
        for (name, value) in changed.as_object().unwrap() {
            object.insert(name.clone(), value.clone());
        }
        Claims::from_object(&parse_object(claims.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_claim_of_the_wrong_type_refuses() {
        for changed in [
            json!({"iss": ["https://issuer.example"]}),
            json!({"iss": null}),
            json!({"sub": 7}),
            json!({"sub": null}),
            json!({"client_id": ["a"]}),
            json!({"azp": {}}),
            json!({"jti": 1}),
            json!({"aud": 1}),
            json!({"aud": ["a", 1]}),
            json!({"aud": null}),
            json!({"exp": "2000000000"}),
            json!({"exp": null}),
            json!({"exp": -1}),
            json!({"exp": 1e300}),
            json!({"exp": 253_402_300_800_i64}),
            json!({"exp": u64::MAX}),
            json!({"nbf": "0"}),
            json!({"nbf": -0.5}),
            json!({"exp": -0.5}),
            json!({"iat": []}),
            json!({"iat": true}),
        ] {
            let rejection = read(&changed).unwrap_err();
            assert_eq!(rejection.code(), "wrong_claim_type", "{changed}");
        }
    }

    #[test]
    fn fractions_of_a_second_go_the_strict_way() {
        let claims = read(&json!({"exp": 10.9, "nbf": 10.1})).unwrap();
        assert_eq!(claims.expires_at.unwrap().seconds(), 10);
        assert_eq!(claims.not_before.unwrap().seconds(), 11);
    }

    #[test]
    fn azp_counts_as_client_id() {
        let client = |changed| read(&changed).unwrap().client().map(ToOwned::to_owned);
        assert_eq!(client(json!({"azp": "a"})).as_deref(), Some("a"));
        assert_eq!(client(json!({"azp": "a", "client_id": "b"})).as_deref(), Some("b"));
        assert_eq!(client(json!({"client_id": ""})), None);
    }

    #[test]
    fn id_tokens_can_be_told() {
        for changed in [
            json!({"typ": "ID"}),
            json!({"token_use": "id"}),
            json!({"nonce": "n"}),
            json!({"at_hash": "h"}),
        ] {
            assert!(read(&changed).unwrap().id_token_sign.is_some(), "{changed}");
        }
        let access = read(&json!({"typ": "Bearer", "token_use": "access"})).unwrap();
        assert_eq!(access.id_token_sign, None);
    }
}
