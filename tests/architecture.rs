//! The shape of the code, held by a machine: these rules would otherwise be a page nobody reads.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// The domain decides; it does not talk to the outside world.
#[test]
fn domain_knows_no_framework_clock_or_network() {
    let outside = [
        "actix",
        "reqwest",
        "tokio",
        "tonic",
        "hyper",
        "tracing",
        "std::net",
        "std::fs",
        "std::env",
        "SystemTime",
        "Instant",
        "crate::clock",
        "async ",
    ];
    for (path, text) in rust_files("src/domain") {
        for word in outside {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

/// Who may name whom: a layer is refused the layers above it.
#[test]
fn layers_import_downwards_only() {
    let above: [(&str, &[&str]); 8] = [
        (
            "src/domain",
            &[
                "actors",
                "backend",
                "cli",
                "config",
                "development",
                "frontend",
                "service",
                "telemetry",
                "verify",
            ],
        ),
        (
            "src/actors",
            &[
                "backend",
                "cli",
                "config",
                "development",
                "frontend",
                "service",
                "telemetry",
                "verify",
            ],
        ),
        (
            "src/verify.rs",
            &["backend", "cli", "config", "development", "frontend", "service", "telemetry"],
        ),
        ("src/frontend", &["backend", "cli", "config", "development", "service"]),
        ("src/backend", &["cli", "config", "development", "frontend", "service", "verify"]),
        (
            "src/config",
            &["actors", "backend", "cli", "development", "frontend", "service", "verify"],
        ),
        ("src/development", &["actors", "backend", "cli", "frontend", "service", "verify"]),
        ("src/telemetry", &["actors", "backend", "cli", "development", "frontend", "service"]),
    ];
    for (layer, forbidden) in above {
        for (path, text) in rust_files(layer) {
            for name in forbidden {
                let import = format!("crate::{name}::");
                assert!(!text.contains(&import), "{} names {import}", path.display());
            }
        }
    }
}

/// Every actor folder has the same files: learn one, know all.
#[test]
fn actors_share_one_shape() {
    for entry in fs::read_dir("src/actors").unwrap() {
        let folder = entry.unwrap().path();
        if folder.is_dir() {
            for file in ["mod.rs", "messages.rs", "actor.rs", "handle.rs"] {
                assert!(folder.join(file).is_file(), "{} has no {file}", folder.display());
            }
        }
    }
}

/// A file one can read in a sitting.
#[test]
fn files_stay_small() {
    for folder in ["src", "tests"] {
        for (path, text) in rust_files(folder) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{} has {lines} lines", path.display());
        }
    }
}

/// A module says what it is for before it says how.
#[test]
fn every_module_opens_with_its_purpose() {
    for (path, text) in rust_files("src") {
        assert!(text.starts_with("//! "), "{} opens without a purpose", path.display());
    }
}

/// The answer table names every case.
#[test]
fn the_answer_table_has_no_catch_all() {
    let table = fs::read_to_string("src/frontend/answer.rs").unwrap();
    let table = table.split("#[cfg(test)]").next().unwrap();
    assert!(!table.contains("_ =>"), "a new rejection must not get an answer by accident");
}

/// The README's table of settings is the one the code enforces.
#[test]
fn the_readme_documents_every_setting() {
    let readme = fs::read_to_string("README.md").unwrap();
    let reference = assay::config::reference();
    assert!(readme.contains(&reference), "README.md must contain this table:\n{reference}");
}

fn rust_files(place: impl AsRef<Path>) -> Vec<(PathBuf, String)> {
    let place = place.as_ref();
    if place.is_file() {
        return vec![(place.to_owned(), fs::read_to_string(place).unwrap())];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(place).unwrap_or_else(|_| panic!("no {}", place.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(rust_files(&path));
        }
    }
    found
}
