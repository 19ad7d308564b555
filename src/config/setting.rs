//! One setting as data: what the reader enforces is what the documentation shows.

#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    /// As it would be written in the file; empty where there is none.
    pub default: &'static str,
    /// What it does, and what danger lies in it.
    pub meaning: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// In the file a list, in a variable comma-separated.
    Texts,
    Url,
    Path,
    /// `address:port`.
    Address,
    /// `true` or `false`.
    Flag,
    /// A whole number of `unit`, from `min` to `max`.
    Whole {
        unit: &'static str,
        min: i64,
        max: i64,
    },
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// The permitted values, for people.
    pub fn describe(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Texts => "list of texts".to_owned(),
            Self::Url => "URL".to_owned(),
            Self::Flag => "`true`, `false`".to_owned(),
            Self::Path => "path of a file".to_owned(),
            Self::Address => "`address:port`".to_owned(),
            Self::Whole { unit, min, max } => format!("{min} to {max} {unit}"),
            Self::OneOf(names) => {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            }
        }
    }
}
