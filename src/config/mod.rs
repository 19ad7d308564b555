//! Settings: read once at start-up into types that cannot be wrong.
//!
//! ```text
//! defaults ◀ assay.toml ◀ environment ─▶ Tree ─▶ one reader per section ─▶ Config | all Problems
//! ```
//!
//! Invariants:
//! - All problems are reported at once, each with its setting, what is wrong and what would be right.
//! - An unknown setting is a problem: a misspelt limit must not silently be a missing one.
//! - Nothing past this layer checks a setting again.

mod cache;
mod environment;
mod issuers;
mod keys;
mod listen;
mod log;
mod problem;
mod reader;
mod reference;
mod resources;
mod setting;
mod tls;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

pub use cache::CacheConfig;
pub use environment::Stage;
pub use issuers::IssuerConfig;
pub use keys::KeysFrom;
pub use listen::ListenConfig;
pub use log::{LogConfig, LogFormat};
pub use problem::{Problem, Problems};
pub use reference::reference;
pub use setting::{Kind, Setting};
pub use tls::TlsConfig;

use crate::domain::Resource;
use problem::Problem as P;
use reader::Section;
use tree::Tree;

/// Everything the service needs to know, checked.
#[derive(Debug)]
pub struct Config {
    pub stage: Stage,
    pub listen: ListenConfig,
    pub issuers: Vec<IssuerConfig>,
    pub resources: Vec<Resource>,
    pub cache: CacheConfig,
    pub tls: TlsConfig,
    pub log: LogConfig,
    /// What is allowed but unwise, to be logged at start-up.
    pub warnings: Vec<String>,
}

/// Environment variables, as a map so that tests can make their own.
pub type Variables = BTreeMap<String, String>;

impl Config {
    /// Reads the file that `ASSAY_CONFIG` names, if it does, and the variables over it.
    ///
    /// # Errors
    /// Every [`Problem`] there is.
    pub fn load(variables: &Variables) -> Result<Self, Problems> {
        let file = match variables.get("ASSAY_CONFIG") {
            None => None,
            Some(path) => match std::fs::read_to_string(Path::new(path)) {
                Ok(text) => Some(text),
                Err(error) => {
                    let problem = P::new("ASSAY_CONFIG", format!("cannot read {path:?}: {error}"));
                    return Err(Problems(vec![problem]));
                }
            },
        };
        Self::read(file.as_deref(), variables)
    }

    /// The resource of this name; without one the resource called `default`, or the only one.
    pub fn resource(&self, name: Option<&str>) -> Option<&Resource> {
        choose(&self.resources, name)
    }

    /// [`load`](Self::load) with the text of the file at hand.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read(file: Option<&str>, variables: &Variables) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let stage = Stage::of(variables);
        let mut tree = Tree::default();
        if let Some(text) = file {
            tree.add_file(text, &mut problems);
        }
        environment::overlay(variables, &mut tree, &mut problems);
        let config = Self::from_tree(tree, stage, &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
    }

    fn from_tree(tree: Tree, stage: Stage, problems: &mut Vec<P>) -> Self {
        let mut warnings = Vec::new();
        let mut root = Section::root(tree, problems);
        let listen = listen::read(&mut root, stage);
        let cache = cache::read(&mut root);
        let tls = tls::read(&mut root);
        let log = log::read(&mut root, stage);
        let issuers = issuers::read(&mut root, stage, &mut warnings);
        let resources = resources::read(&mut root, &issuers);
        root.finish();
        Self { stage, listen, issuers, resources, cache, tls, log, warnings }
    }
}

/// See [`Config::resource`].
fn choose<'a>(resources: &'a [Resource], name: Option<&str>) -> Option<&'a Resource> {
    match (resources, name) {
        ([only], None) => Some(only),
        (all, name) => {
            let name = name.unwrap_or("default");
            all.iter().find(|resource| *resource.name == *name)
        }
    }
}

#[cfg(test)]
mod tests;
