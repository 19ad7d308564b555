//! Reads the settings of one section, noting every problem and going on.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::problem::{Problem, unknown};
use super::setting::{Kind, Setting};
use super::tree::{Entry, Node, Tree};
use crate::domain::Audience;

/// The part of the tree that one file of this folder reads.
pub struct Section<'p> {
    path: String,
    entries: Tree,
    known: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

/// A value with the name to blame for it.
pub struct Given<T> {
    pub value: T,
    pub name: String,
}

impl<'p> Section<'p> {
    pub fn root(tree: Tree, problems: &'p mut Vec<Problem>) -> Self {
        Self { path: String::new(), entries: tree, known: Vec::new(), problems }
    }

    /// A table inside this one; empty when it is not given.
    pub fn section(&mut self, name: &'static str) -> Section<'_> {
        let path = self.path_of(name);
        let entries = match self.take(name) {
            None => Tree::default(),
            Some(Entry { node: Node::Table(table), .. }) => table,
            Some(entry) => {
                self.wrong(&path, &entry, "must be a table");
                Tree::default()
            }
        };
        Section { path, entries, known: Vec::new(), problems: self.problems }
    }

    /// A list of tables (`[[name]]`), each read by `read`.
    pub fn sections<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        let path = self.path_of(name);
        let items = match self.take(name) {
            None => Vec::new(),
            Some(Entry { node: Node::List(items), .. }) => items,
            Some(entry) => {
                self.wrong(&path, &entry, &format!("must be a list of tables, `[[{name}]]`"));
                Vec::new()
            }
        };
        let mut values = Vec::with_capacity(items.len());
        for (position, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{position}]");
            let Entry { node: Node::Table(entries), .. } = item else {
                self.wrong(&path, &item, "must be a table");
                continue;
            };
            let mut section = Section { path, entries, known: Vec::new(), problems: self.problems };
            values.push(read(&mut section));
            section.finish();
        }
        values
    }

    pub fn text(&mut self, setting: &Setting) -> Option<Given<String>> {
        let (entry, name) = self.entry(setting)?;
        match entry.node {
            Node::Text(value) if value.trim().is_empty() => None,
            // A value pasted or mounted often ends with a line break.
            Node::Text(value) => Some(Given { value: value.trim().to_owned(), name }),
            _ => {
                self.wrong(&name, &entry, "must be text");
                None
            }
        }
    }

    pub fn texts(&mut self, setting: &Setting) -> Vec<Given<String>> {
        let Some((entry, name)) = self.entry(setting) else { return Vec::new() };
        let items = match entry.node {
            Node::Text(text) => {
                text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>()
            }
            Node::List(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items {
                    match item.node {
                        Node::Text(text) => texts.push(text),
                        _ => self.wrong(&name, &item, "must be a list of texts"),
                    }
                }
                texts
            }
            _ => {
                self.wrong(&name, &entry, "must be a list of texts");
                Vec::new()
            }
        };
        items
            .into_iter()
            .filter(|item| !item.is_empty())
            .map(|value| Given { value, name: name.clone() })
            .collect()
    }

    pub fn audiences(&mut self, setting: &Setting) -> Vec<Audience> {
        self.texts(setting).iter().filter_map(|given| Audience::new(&given.value)).collect()
    }

    pub fn url(&mut self, setting: &Setting) -> Option<Given<Url>> {
        let Given { value, name } = self.text(setting)?;
        match Url::parse(&value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Some(Given { value: url, name })
            }
            _ => {
                self.problem(&name, "is not an http(s) URL");
                None
            }
        }
    }

    pub fn path(&mut self, setting: &Setting) -> Option<Given<PathBuf>> {
        let Given { value, name } = self.text(setting)?;
        Some(Given { value: value.into(), name })
    }

    pub fn address(&mut self, setting: &Setting) -> Option<SocketAddr> {
        let Given { value, name } = self.text(setting)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.problem(&name, "is not `address:port`, such as `0.0.0.0:8080` or `[::]:8080`");
        }
        parsed
    }

    pub fn one_of(&mut self, setting: &Setting) -> Option<String> {
        let Given { value, name } = self.text(setting)?;
        let Kind::OneOf(names) = setting.kind else { return Some(value) };
        if names.contains(&value.as_str()) {
            return Some(value);
        }
        self.problem(&name, format!("is {value:?}; must be one of {}", setting.kind.describe()));
        None
    }

    pub fn whole(&mut self, setting: &Setting) -> i64 {
        let Kind::Whole { unit, min, max } = setting.kind else { return 0 };
        let default = setting.default.parse().unwrap_or(min);
        let Some((entry, name)) = self.entry(setting) else { return default };
        let value = match &entry.node {
            Node::Whole(value) => Some(*value),
            Node::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        match value {
            Some(value) if (min..=max).contains(&value) => value,
            Some(value) => {
                self.problem(&name, format!("is {value}; must be {min} to {max} {unit}"));
                default
            }
            None => {
                self.wrong(&name, &entry, &format!("must be a whole number of {unit}"));
                default
            }
        }
    }

    pub fn flag(&mut self, setting: &Setting) -> bool {
        let default = setting.default == "true";
        let Some((entry, name)) = self.entry(setting) else { return default };
        match &entry.node {
            Node::Flag(value) => *value,
            Node::Text(text) if text.eq_ignore_ascii_case("true") => true,
            Node::Text(text) if text.eq_ignore_ascii_case("false") => false,
            _ => {
                self.wrong(&name, &entry, "must be true or false");
                default
            }
        }
    }

    pub fn count(&mut self, setting: &Setting) -> usize {
        usize::try_from(self.whole(setting)).unwrap_or_default()
    }

    pub fn seconds(&mut self, setting: &Setting) -> Duration {
        Duration::from_secs(u64::try_from(self.whole(setting)).unwrap_or_default())
    }

    pub fn problem(&mut self, name: &str, what: impl Into<String>) {
        self.problems.push(Problem::new(name, what));
    }

    /// How many problems were noted so far, in the whole configuration.
    pub fn problem_count(&self) -> usize {
        self.problems.len()
    }

    /// The full name of a setting of this section, as the file would have it.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Reports what nobody asked for.
    pub fn finish(&mut self) {
        for (name, entry) in std::mem::take(&mut self.entries.0) {
            let shown = entry.variable.unwrap_or_else(|| self.path_of(&name));
            let what = unknown(&name, self.known.iter().copied());
            self.problem(&shown, what);
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Entry> {
        self.known.push(name);
        self.entries.0.remove(name)
    }

    fn entry(&mut self, setting: &Setting) -> Option<(Entry, String)> {
        let entry = self.take(setting.name)?;
        let path = self.path_of(setting.name);
        let name = entry
            .variable
            .as_ref()
            .map_or_else(|| path.clone(), |variable| format!("{variable} (`{path}`)"));
        Some((entry, name))
    }

    fn wrong(&mut self, name: &str, entry: &Entry, expected: &str) {
        let found = match &entry.node {
            Node::Text(_) => "text",
            Node::Whole(_) => "a number",
            Node::Flag(_) => "true or false",
            Node::List(_) => "a list",
            Node::Table(_) => "a table",
            Node::Other(kind) => kind,
        };
        self.problem(name, format!("{expected}, not {found}"));
    }
}
