//! The crate page of `commcare-hq` has every row of HQ's own page, as the digest numbers them, and says how each is called.

use std::fs;
use std::path::PathBuf;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The numbers of the digest's rows: `### R13. …, and R14. …` has two.
fn digested() -> Vec<u32> {
    let digest = read("docs/protocol/commcare-hq-api.md");
    let headings = digest.lines().filter_map(|line| line.strip_prefix("### "));
    headings.filter(|heading| heading.starts_with('R')).flat_map(numbers).collect()
}

fn numbers(heading: &str) -> Vec<u32> {
    let words = heading.split_whitespace();
    words.filter_map(|word| word.strip_prefix('R')?.strip_suffix('.')?.parse().ok()).collect()
}

/// The rows of the crate page: number and calls.
fn listed() -> Vec<(u32, String)> {
    let page = read("crates/commcare-hq/src/lib.rs");
    let rows = page.lines().filter_map(|line| line.strip_prefix("//! | R"));
    let row = |line: &str| {
        let (row, calls) = line.split_once(" | ").expect("two columns");
        let number = row.split_whitespace().next().and_then(|number| number.parse().ok());
        (number.unwrap_or_else(|| panic!("no number: {line}")), calls.to_owned())
    };
    rows.map(row).collect()
}

#[test]
fn every_row_has_its_calls() {
    let listed = listed();
    assert_eq!(listed.iter().map(|(number, _)| *number).collect::<Vec<_>>(), digested());
    for (number, calls) in listed {
        assert!(calls.contains("[`") && calls.contains("`]"), "R{number} links to nothing: {calls}");
    }
}

/// The four generations of exports are told apart in the digest, and each has its word.
#[test]
fn every_generation_of_exports_has_its_word() {
    let digest = read("docs/protocol/commcare-hq-api.md");
    let (_, exports) = digest.split_once("### R8. ").expect("R8");
    let generations: Vec<_> =
        exports.lines().take_while(|line| !line.starts_with("### ")).filter_map(generation).collect();
    assert_eq!(generations, ['a', 'b', 'c', 'd']);
    let (_, calls) = listed().into_iter().find(|(number, _)| *number == 8).expect("R8");
    for generation in generations {
        assert!(calls.contains(&format!("{generation}. ")), "{generation}: {calls}");
    }
}

/// `| b. saved export | …`
fn generation(line: &str) -> Option<char> {
    let mut row = line.strip_prefix("| ")?.chars();
    let letter = row.next()?;
    (row.next() == Some('.')).then_some(letter)
}
