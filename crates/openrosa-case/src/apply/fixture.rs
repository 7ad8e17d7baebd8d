//! Fixtures: replaced as a whole.

use openrosa_xml::{fixture::Fixture, xml::Event};

use crate::{
    change::{Applied, Change},
    store::{FixtureKey, Staging},
};

/// Which fixture it is.
pub(crate) fn fixture_key(fixture: &Fixture<'_>) -> FixtureKey {
    let (id, user_id) = fixture.identity();
    FixtureKey { id: id.unwrap_or_default().to_owned(), user_id: user_id.to_owned() }
}

/// An empty fixture changes nothing, and does not take the earlier one away (ota-restore.md 2.7).
pub(crate) fn apply_fixture(staging: &mut Staging, fixture: Fixture<'_>) -> Applied {
    if !has_root(&fixture) {
        return Applied::default();
    }
    let key = fixture_key(&fixture);
    let fixture = fixture.into_owned();
    let before = staging.fixture(&key);
    if before.is_some_and(|before| **before == fixture) {
        return Applied::default();
    }
    let replaced = before.is_some();
    staging.put_fixture(key.clone(), fixture);
    Applied { changes: vec![Change::Fixture { key, replaced }], ..Applied::default() }
}

fn has_root(fixture: &Fixture<'_>) -> bool {
    let mut reader = fixture.contents.reader();
    while let Ok(Some(event)) = reader.next() {
        if matches!(event, Event::Start(_)) {
            return true;
        }
    }
    false
}
