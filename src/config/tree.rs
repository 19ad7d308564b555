//! Settings before they have types: the file and the variables laid over one another.

use std::collections::BTreeMap;

use super::problem::Problem;

/// A value and where it came from, for messages that name it as the operator wrote it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub node: Node,
    /// The variable it came from; `None` for the file.
    pub variable: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Node {
    Text(String),
    Whole(i64),
    Flag(bool),
    List(Vec<Entry>),
    Table(Tree),
    /// A TOML value of a type no setting has.
    Other(&'static str),
}

#[derive(Clone, Debug, Default)]
pub struct Tree(pub BTreeMap<String, Entry>);

impl Tree {
    pub fn add_file(&mut self, text: &str, problems: &mut Vec<Problem>) {
        match text.parse::<toml::Table>() {
            Ok(table) => *self = from_toml(table),
            Err(error) => {
                let line = error.span().map_or(1, |span| {
                    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
                });
                // Only the message: the full text quotes the line, which may hold a secret.
                problems.push(Problem::new(
                    "configuration file",
                    format!("line {line} is not valid TOML: {}", error.message()),
                ));
            }
        }
    }

    /// Lays a variable's text at a path; a number in the path is a position in a list, which may
    /// extend the list by one.
    pub fn set(&mut self, path: &[&str], text: &str, variable: &str, problems: &mut Vec<Problem>) {
        let Some((first, rest)) = path.split_first() else { return };
        let entry = self.0.entry((*first).to_owned());
        if rest.is_empty() {
            let value =
                Entry { node: Node::Text(text.to_owned()), variable: Some(variable.to_owned()) };
            entry.insert_entry(value);
            return;
        }
        let by_position = rest.first().and_then(|next| next.parse::<usize>().ok());
        let container = entry.or_insert_with(|| Entry {
            node: match by_position {
                Some(_) => Node::List(Vec::new()),
                None => Node::Table(Self::default()),
            },
            variable: Some(variable.to_owned()),
        });
        match (&mut container.node, by_position) {
            (Node::Table(table), None) => table.set(rest, text, variable, problems),
            (Node::List(items), Some(position)) => {
                let inside = rest.get(1..).unwrap_or_default();
                set_item(items, position, inside, text, variable, problems);
            }
            _ => problems.push(Problem::new(variable, format!("`{first}` has no such part"))),
        }
    }
}

fn set_item(
    items: &mut Vec<Entry>,
    position: usize,
    path: &[&str],
    text: &str,
    variable: &str,
    problems: &mut Vec<Problem>,
) {
    if position == items.len() {
        let node = Node::Table(Tree::default());
        items.push(Entry { node, variable: Some(variable.to_owned()) });
    }
    match items.get_mut(position).map(|item| &mut item.node) {
        Some(Node::Table(table)) if !path.is_empty() => table.set(path, text, variable, problems),
        Some(_) => problems.push(Problem::new(variable, "names no setting of the entry")),
        None => problems.push(Problem::new(
            variable,
            format!("entry {position} leaves a gap: the next free one is {}", items.len()),
        )),
    }
}

fn from_toml(table: toml::Table) -> Tree {
    Tree(table.into_iter().map(|(name, value)| (name, from_value(value))).collect())
}

fn from_value(value: toml::Value) -> Entry {
    let node = match value {
        toml::Value::String(text) => Node::Text(text),
        toml::Value::Integer(whole) => Node::Whole(whole),
        toml::Value::Boolean(flag) => Node::Flag(flag),
        toml::Value::Array(items) => Node::List(items.into_iter().map(from_value).collect()),
        toml::Value::Table(table) => Node::Table(from_toml(table)),
        toml::Value::Float(_) => Node::Other("a number with a fraction"),
        toml::Value::Datetime(_) => Node::Other("a date"),
    };
    Entry { node, variable: None }
}
