//! What each document has done to one case.

use std::fmt::Write;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use openrosa_case::{Change, case::Case, change::Applied};
use serde_json::{Value as Json, json};

use crate::{
    changes,
    page::{LABEL, Page, seen},
    state::Document,
};

/// The history of a case, gathered while the state is built.
pub(super) struct History {
    /// The id, or how it begins; nothing is gathered without one.
    of: Option<String>,
    entries: Vec<Entry>,
}

struct Entry {
    document: String,
    at: DateTime<FixedOffset>,
    changes: Vec<Change>,
}

impl History {
    pub(super) fn of(id: Option<&str>) -> Self {
        Self { of: id.map(str::to_owned), entries: Vec::new() }
    }

    /// Takes in what a document has done.
    pub(super) fn see(&mut self, document: &Document, applied: &Applied) {
        let Some(id) = &self.of else { return };
        let is_ours =
            |change: &&Change| change.case_id().is_some_and(|case| case.as_str().starts_with(&**id));
        let changes: Vec<_> = applied.changes.iter().filter(is_ours).cloned().collect();
        if !changes.is_empty() {
            self.entries.push(Entry { document: document.name.clone(), at: document.at, changes });
        }
    }

    fn entries(&self, case: &Case) -> impl Iterator<Item = (&Entry, Vec<&Change>)> {
        let id = case.case_id.clone();
        self.entries.iter().filter_map(move |entry| {
            let changes: Vec<_> =
                entry.changes.iter().filter(|change| change.case_id() == Some(&id)).collect();
            (!changes.is_empty()).then_some((entry, changes))
        })
    }

    /// The documents in their order, and what each has changed.
    pub(super) fn text(&self, case: &Case, page: Page) -> String {
        let mut out = format!("  {LABEL}history{LABEL:#}\n");
        for (entry, changes) in self.entries(case) {
            let at = entry.at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let states: Vec<_> = changes.iter().filter_map(|change| changes::state(change)).collect();
            let states = if states.is_empty() { String::new() } else { format!(" · {}", states.join(", ")) };
            let _ = writeln!(out, "  {LABEL}{at}{LABEL:#} {}{states}", seen(&entry.document));
            for change in changes {
                changes::write_change(&mut out, change, page);
            }
        }
        out
    }

    /// The same as values.
    pub(super) fn json(&self, case: &Case) -> Json {
        let entry = |(entry, changes): (&Entry, Vec<&Change>)| {
            json!({
                "document": entry.document,
                "at": entry.at,
                "changes": changes.into_iter().map(changes::change_json).collect::<Vec<_>>(),
            })
        };
        self.entries(case).map(entry).collect()
    }
}
