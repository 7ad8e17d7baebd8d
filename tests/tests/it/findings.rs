//! `docs/findings` is made of the rules: no page is missing, stale, or without its rule.

use std::collections::BTreeSet;
use std::fs;

use openrosa_tests::findings::{COMMAND, Digests, files, leftovers};
use openrosa_tests::{repository_root, specs, text_of};
use openrosa_xml::check;

#[test]
fn every_rule_has_its_page_and_every_page_its_rule() {
    let root = repository_root();
    let files = files(&Digests::of_repository(&root));
    let leftovers = leftovers(&root, &files);
    if std::env::var_os("REGENERATE").is_some() {
        for (path, content) in &files {
            fs::create_dir_all(root.join(path).parent().expect("a file lies in a folder")).expect("a folder");
            fs::write(root.join(path), content).expect("a page can be written");
        }
        leftovers.iter().for_each(|path| fs::remove_file(root.join(path)).expect("a page can be removed"));
        return;
    }
    let stale = files
        .iter()
        .filter(|(path, content)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(content));
    let wrong: Vec<_> = stale.map(|(path, _)| path).chain(&leftovers).collect();
    assert!(wrong.is_empty(), "missing, stale or without a rule: {wrong:#?}\nto make them anew: {COMMAND}");
}

#[test]
fn rules_name_statements_and_sections_that_exist() {
    let root = repository_root();
    let digests = Digests::of_repository(&root);
    let documents = specs::names(&text_of(&root.join("docs/specs.md")));
    let is_section = |section: &str| {
        let is_digest = section.split_once(' ').is_some_and(|(name, _)| name.ends_with(".md"));
        let is_cited = documents.iter().any(|name| section.starts_with(name.as_str()));
        digests.sections.contains_key(section) || (!is_digest && is_cited)
    };
    for rule in check::rules() {
        let unknown: BTreeSet<_> =
            rule.statements.iter().filter(|id| !digests.statements.contains_key(**id)).collect();
        assert!(unknown.is_empty(), "{} names statements that no digest defines: {unknown:?}", rule.code);
        let unknown: BTreeSet<_> = rule.sections.iter().filter(|section| !is_section(section)).collect();
        assert!(unknown.is_empty(), "{} names sections that are nowhere: {unknown:?}", rule.code);
        assert!(
            !rule.statements.is_empty() || !rule.sections.is_empty(),
            "{} names nothing that it is founded on",
            rule.code
        );
    }
}
