//! Every numbered statement has a test that names it, or a row in `docs/protocol/open.md` that says what it waits for.

use openrosa_tests::repository_root;
use openrosa_tests::statements::Ledger;

#[test]
fn every_statement_is_tested_or_openly_waiting() {
    let ledger = Ledger::of_repository(&repository_root());
    let imbalances = ledger.imbalances();
    assert!(
        imbalances.is_empty(),
        "{} imbalances between the digests, the tests and open.md \
         (docs/protocol/README.md explains the rules):\n{}",
        imbalances.len(),
        imbalances.join("\n")
    );
}

#[test]
fn the_digests_define_what_they_are_known_to_define() {
    let ledger = Ledger::of_repository(&repository_root());
    let count = |digest: &str| ledger.defined.keys().filter(|id| id.to_string().starts_with(digest)).count();
    assert_eq!(["R", "C", "S", "H"].map(count), [90, 120, 75, 94], "R, C, S and H statements");
}
