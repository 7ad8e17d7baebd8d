//! Rules about media manifests (openrosa.md 4.3), one a file.

mod file_folder;
mod file_path;
mod file_reserved;
mod file_twice;
mod hash_form;
mod integrity_url_missing;
mod misspelt;
mod namespace;
mod part_missing;
mod part_twice;
mod type_unknown;
mod url_relative;

use super::{place::Spot, rule::Rule, subject::span};
use crate::{
    manifest::Manifest,
    xml::{Element, chars::trim},
};

/// All of them, in the order of the document.
pub(super) const RULES: &[&Rule] = &[
    &part_missing::RULE,
    &part_twice::RULE,
    &misspelt::RULE,
    &hash_form::RULE,
    &url_relative::RULE,
    &file_path::RULE,
    &file_folder::RULE,
    &file_twice::RULE,
    &file_reserved::RULE,
    &type_unknown::RULE,
    &integrity_url_missing::RULE,
    &namespace::RULE,
];

/// The entries.
fn entries<'m>(manifest: &'m Manifest<'_>) -> impl Iterator<Item = &'m Element<'m>> {
    manifest.element.elements().filter(|entry| entry.name.local_name() == "mediaFile")
}

/// A file name of the manifest, and where it stands.
struct FileName {
    text: String,
    spot: Spot,
}

/// The file names that are not blank.
fn file_names(manifest: &Manifest<'_>) -> impl Iterator<Item = FileName> {
    let names = entries(manifest).filter_map(|entry| entry.child("filename"));
    let names = names
        .map(|name| FileName { text: trim(&name.text()).to_owned(), spot: Spot::content(span(name.mark)) });
    names.filter(|name| !name.text.is_empty())
}
