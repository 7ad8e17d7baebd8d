//! The documents that the code cites are in `docs/specs.md`, and the sections of our digests that it names exist.

use openrosa_tests::specs::{cited, names, referred_to, sections};
use openrosa_tests::statements::{DIGESTS, rust_sources};
use openrosa_tests::{repository_root, text_of};

#[test]
fn every_section_that_the_code_names_is_in_the_digest() {
    let root = repository_root();
    for digest in DIGESTS {
        let sections = sections(&text_of(&root.join("docs/protocol").join(digest)));
        for file in rust_sources(&root) {
            for (section, line) in referred_to(&text_of(&root.join(&file)), digest) {
                assert!(
                    sections.contains(&section),
                    "{}:{line}: {digest} has no section {section}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn every_document_that_the_code_cites_is_in_the_table() {
    let root = repository_root();
    let names = names(&text_of(&root.join("docs/specs.md")));
    let crates = rust_sources(&root).into_iter().filter(|file| file.starts_with("crates"));
    let mut citations = 0;
    for file in crates {
        for (citation, line) in cited(&text_of(&root.join(&file))) {
            citations += 1;
            let known = names.iter().any(|name| citation.starts_with(name));
            assert!(known, "{}:{line}: `{citation}` begins with no name of docs/specs.md", file.display());
        }
    }
    assert!(citations > 5, "only {citations} citations: the search for them must be broken");
}
