//! What is wrong with a configuration, told to a person.

use std::fmt;

/// One setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    setting: String,
    what: String,
}

impl Problem {
    /// `setting` as the operator wrote it; `what` is wrong and what would be right.
    pub fn new(setting: impl Into<String>, what: impl Into<String>) -> Self {
        Self { setting: setting.into(), what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One problem a line, whatever a parser had to say.
        let what = self.what.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
        write!(out, "{}: {}", self.setting, what.trim_end())
    }
}

/// All problems of a configuration, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| writeln!(out, "{problem}"))
    }
}

impl std::error::Error for Problems {}

/// The known name closest to a misspelt one, if any is close.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| {
            (strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase()), candidate)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

/// `unknown setting`, with the nearest known name.
pub fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("unknown setting; did you mean `{near}`?"),
        None => "unknown setting".to_owned(),
    }
}
