//! What is protected: the audience a token must name and the scopes it must carry.

use super::{Audience, Scopes};

#[derive(Clone, Debug)]
pub struct Resource {
    /// How the operator calls it; `default` when there is only one.
    pub name: Box<str>,
    /// Accepted audiences; empty leaves the choice to the issuer.
    pub audiences: Vec<Audience>,
    /// Clients whose tokens are taken without an `aud` (Cognito's have none); empty takes none.
    pub clients: Vec<Box<str>>,
    /// Scopes a token needs, all of them.
    pub required_scopes: Scopes,
    /// Where the resource's metadata lie (RFC 9728 section 5.1), told in challenges.
    pub metadata_url: Option<Box<str>>,
}
