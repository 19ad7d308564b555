//! `[[resources]]`: what is protected.

use super::issuers::IssuerConfig;
use super::reader::{Given, Section};
use super::setting::{Kind, Setting};
use crate::domain::{MAX_SCOPES, Resource, Scopes};

pub const RESOURCES: [Setting; 5] = [NAME, AUDIENCES, CLIENTS, REQUIRED_SCOPES, METADATA_URL];

const NAME: Setting = Setting {
    name: "name",
    kind: Kind::Text,
    default: "default",
    meaning: "Name in `/r/{name}/verify`. `/verify` serves the resource `default`, or the only one.",
};
const AUDIENCES: Setting = Setting {
    name: "audiences",
    kind: Kind::Texts,
    default: "",
    meaning: "Values of `aud` that mean this resource. Empty leaves it to the issuer's list; where \
              both are given, a token must fit both.",
};
const CLIENTS: Setting = Setting {
    name: "clients",
    kind: Kind::Texts,
    default: "",
    meaning: "Values of `client_id` whose tokens are taken without an `aud` (Cognito's have none). \
              A token with an `aud` is judged by it alone.",
};
const REQUIRED_SCOPES: Setting = Setting {
    name: "required_scopes",
    kind: Kind::Texts,
    default: "",
    meaning: "Scopes a token needs, all of them.",
};
const METADATA_URL: Setting = Setting {
    name: "metadata_url",
    kind: Kind::Url,
    default: "",
    meaning: "Where the resource's metadata lie (RFC 9728), told to clients as `resource_metadata`.",
};

pub fn read(root: &mut Section<'_>, issuers: &[IssuerConfig]) -> Vec<Resource> {
    let mut resources = root.sections("resources", |section| read_one(section, issuers));
    if resources.is_empty() {
        let resource = Resource {
            name: NAME.default.into(),
            audiences: Vec::new(),
            clients: Vec::new(),
            required_scopes: Scopes::default(),
            metadata_url: None,
        };
        refuse_unchecked_audience(root, &resource, "resources", issuers);
        resources.push(resource);
    }
    for (position, resource) in resources.iter().enumerate() {
        if resources.iter().take(position).any(|earlier| earlier.name == resource.name) {
            let path = format!("resources[{position}].name");
            root.problem(&path, format!("{:?} is taken by an earlier resource", resource.name));
        }
    }
    resources
}

fn read_one(section: &mut Section<'_>, issuers: &[IssuerConfig]) -> Resource {
    let name = section.text(&NAME).map_or_else(|| NAME.default.to_owned(), |given| given.value);
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        let path = section.path_of("name");
        section.problem(&path, "may have only letters, digits, `-` and `_`");
    }
    let audiences = section.audiences(&AUDIENCES);
    let clients = section.texts(&CLIENTS);
    let required = section.texts(&REQUIRED_SCOPES);
    if let (Some(Given { name, .. }), true) = (clients.first(), issuers.len() > 1) {
        section.problem(name, "works with one issuer alone: another could name the same client");
    }
    if required.iter().flat_map(|given| given.value.split_whitespace()).count() > MAX_SCOPES {
        let path = section.path_of("required_scopes");
        section.problem(&path, format!("has more than {MAX_SCOPES} scopes, which no token may"));
    }
    for Given { value, name } in &required {
        // RFC 6749 section 3.3; a quotation mark would also break out of the challenge.
        let fits =
            |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\' || byte == b' ';
        if !value.bytes().all(fits) {
            section.problem(name, format!("{value:?} has a character that no scope has"));
        }
    }
    let resource = Resource {
        name: name.into(),
        audiences,
        clients: clients.into_iter().map(|given| given.value.into()).collect(),
        required_scopes: required.iter().map(|given| given.value.as_str()).collect(),
        metadata_url: section.url(&METADATA_URL).map(|given| given.value.as_str().into()),
    };
    let path = section.path_of("audiences");
    refuse_unchecked_audience(section, &resource, &path, issuers);
    resource
}

/// A token for anybody is a token for an attacker's own service too (RFC 8725 section 3.9).
fn refuse_unchecked_audience(
    section: &mut Section<'_>,
    resource: &Resource,
    path: &str,
    issuers: &[IssuerConfig],
) {
    if !resource.audiences.is_empty() || !resource.clients.is_empty() {
        return;
    }
    for issuer in issuers.iter().filter(|issuer| issuer.rules.audiences.is_empty()) {
        section.problem(
            path,
            format!(
                "neither resource {:?} nor issuer {:?} says which `aud` is accepted: set \
                 `audiences` in one of them (FASTMCP_SERVER_AUTH_JWT_AUDIENCE)",
                resource.name,
                issuer.rules.issuer.as_str()
            ),
        );
    }
}
