//! What the tests of this workspace share: the ledger of statements, the corpus and its facts, the recorded
//! exchanges, generators, and a comparison of XML that knows nothing of our own reader.
//!
//! The package is never published. A helper that meets broken test data panics with words: that is a failed test.
#![allow(
    clippy::exhaustive_structs,
    clippy::exhaustive_enums,
    reason = "no one outside this repository builds on it"
)]

use std::path::{Path, PathBuf};

pub mod command;
pub mod corpus;
pub mod exchange;
pub mod facts;
pub mod faults;
pub mod findings;
pub mod hq_site;
pub mod numbered;
pub mod plain_xml;
pub mod postgres;
pub mod reading;
pub mod s3;
pub mod specs;
pub mod statements;
pub mod strategies;
pub mod wire;

/// The root of the repository.
pub fn repository_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the tests package lies in the repository").to_owned()
}

/// The text of a file that the repository has to have.
pub fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// The example on the front page, which has to run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct FrontPage;
