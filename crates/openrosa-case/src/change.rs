//! What has changed, as values.

mod between;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use openrosa_xml::{CaseId, InstanceId, Mark, OwnerId, Text, UserId};

use crate::{
    case::{Case, Deletion, File, Index, Value},
    differences::Difference,
    error::ApplyError,
    form::FormState,
    ledger::{LedgerKey, Quantity},
    store::FixtureKey,
};

pub(crate) use between::{changes, in_reach, made};

/// What a piece of work has done.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Applied {
    /// The changes, in the order in which they came about.
    pub changes: Vec<Change>,
    /// Where the profile's own rules decided.
    pub notes: Vec<Note>,
    /// On a device: a case has become closed, changed its owner, or been linked or unlinked, so that cases may be there in
    /// vain now. Some apps purge after such a form (case-xml.md 5.2).
    pub disrupted: bool,
    /// What CommCare HQ only writes into its log.
    pub logged: Vec<ApplyError>,
}

/// One change of the state.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// A case came to be: its values, links, files and owner are those it has here. One that came to be closed is told to be
    /// closed, too.
    Created(Arc<Case>),
    /// A case that was there has other values than before; links, files and owner are changes of their own.
    Updated {
        /// The case.
        case_id: CaseId,
        /// What is different, never empty.
        values: Vec<ValueChange>,
    },
    /// A case holds what it held, but was touched.
    Touched {
        /// The case.
        case_id: CaseId,
        /// Its `last_modified` before and after.
        last_modified: [DateTime<Utc>; 2],
    },
    /// An open case is closed now.
    Closed(CaseId),
    /// A closed case is open again, by a search result or a rebuild.
    Reopened(CaseId),
    /// A case has another owner.
    OwnerChanged {
        /// The case.
        case_id: CaseId,
        /// The owner before and after.
        owner_id: [OwnerId; 2],
    },
    /// A case that was there is linked, under a name that it had no link of.
    IndexSet {
        /// The case.
        case_id: CaseId,
        /// The name of the link.
        name: String,
        /// The link.
        index: Index,
    },
    /// A link points elsewhere, or means something else.
    IndexReplaced {
        /// The case.
        case_id: CaseId,
        /// The name of the link.
        name: String,
        /// The link before and after.
        index: Box<[Index; 2]>,
    },
    /// A link is gone.
    IndexRemoved {
        /// The case.
        case_id: CaseId,
        /// The name of the link.
        name: String,
        /// The link as it was.
        index: Index,
    },
    /// A file of a case that was there has come, has gone, or is another.
    Attachment {
        /// The case.
        case_id: CaseId,
        /// The name of the file.
        name: String,
        /// The file before.
        before: Option<File>,
        /// The file after.
        after: Option<File>,
    },
    /// A case counts as deleted now.
    Deleted(CaseId, Deletion),
    /// A deleted case is back.
    Undeleted(CaseId),
    /// A quantity.
    Ledger {
        /// Of what, and where.
        key: LedgerKey,
        /// Before; `None` where nothing was known.
        before: Option<Quantity>,
        /// After.
        after: Option<Quantity>,
    },
    /// A fixture is there.
    Fixture {
        /// Which.
        key: FixtureKey,
        /// Whether it took the place of another.
        replaced: bool,
    },
    /// A user is there, or has changed.
    User {
        /// Who.
        user_id: UserId,
        /// Whether the user is new.
        created: bool,
    },
    /// A form is in the log, or in it in another state.
    Form {
        /// The id under which it is stored.
        form_id: InstanceId,
        /// Its state now.
        state: FormState,
    },
}

/// One value of a case that is different.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ValueChange {
    /// The name of the property or field, as an update calls it.
    pub name: Text<'static>,
    /// Before; `None` where there was none.
    pub before: Option<Value>,
    /// After.
    pub after: Option<Value>,
}

/// A rule of the profile's own has decided something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The rule.
    pub rule: Difference,
    /// About which case, if about one.
    pub case_id: Option<CaseId>,
    /// About which value of it: a property, a field or a link; `None` for all of it.
    pub name: Option<String>,
    /// Where in the document.
    pub mark: Mark,
}

impl Change {
    /// The case that it is about, if it is about one.
    #[must_use]
    pub fn case_id(&self) -> Option<&CaseId> {
        match self {
            Self::Created(case) => Some(&case.case_id),
            Self::Closed(case_id)
            | Self::Reopened(case_id)
            | Self::Deleted(case_id, _)
            | Self::Undeleted(case_id)
            | Self::Updated { case_id, .. }
            | Self::Touched { case_id, .. }
            | Self::OwnerChanged { case_id, .. }
            | Self::IndexSet { case_id, .. }
            | Self::IndexReplaced { case_id, .. }
            | Self::IndexRemoved { case_id, .. }
            | Self::Attachment { case_id, .. } => Some(case_id),
            Self::Ledger { key, .. } => Some(&key.entity_id),
            Self::Fixture { .. } | Self::User { .. } | Self::Form { .. } => None,
        }
    }
}

impl Applied {
    /// Adds what came after.
    pub fn append(&mut self, mut later: Self) {
        self.changes.append(&mut later.changes);
        self.notes.append(&mut later.notes);
        self.logged.append(&mut later.logged);
        self.disrupted |= later.disrupted;
    }

    /// The notes that bear on a change, and so say by which rule it would be another one with the other profile.
    pub fn notes_on<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = &'a Note> {
        let about = change.case_id();
        self.notes.iter().filter(move |note| {
            note.case_id.as_ref() == about && note.name.as_deref().is_none_or(|name| change.is_about(name))
        })
    }
}

impl Change {
    fn is_about(&self, value: &str) -> bool {
        match self {
            Self::Created(_) => true,
            Self::Updated { values, .. } => values.iter().any(|change| change.name == value),
            Self::Touched { .. } => value == "last_modified",
            Self::Closed(_) | Self::Reopened(_) => value == "closed",
            Self::OwnerChanged { .. } => value == "owner_id",
            Self::IndexSet { name, .. }
            | Self::IndexReplaced { name, .. }
            | Self::IndexRemoved { name, .. }
            | Self::Attachment { name, .. } => name == value,
            Self::Ledger { key, .. } => key.entry_id == value,
            Self::Deleted(..) | Self::Undeleted(_) => false,
            Self::Fixture { .. } | Self::User { .. } | Self::Form { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_bears_on_the_changes_of_what_it_is_about() {
        let (c, at) = (|| CaseId::from("c"), DateTime::UNIX_EPOCH);
        let value = ValueChange { name: "village".into(), before: None, after: None };
        let file = Change::Attachment { case_id: c(), name: "photo".into(), before: None, after: None };
        let key = LedgerKey { entity_id: c(), section_id: "s".into(), entry_id: "soap".into() };
        let created = Change::Created(Arc::new(Case::new(c(), at)));
        let changes = [
            (&["village"][..], Change::Updated { case_id: c(), values: vec![value] }),
            (&["last_modified"], Change::Touched { case_id: c(), last_modified: [at; 2] }),
            (&["closed"], Change::Closed(c())),
            (&["closed"], Change::Reopened(c())),
            (&["owner_id"], Change::OwnerChanged { case_id: c(), owner_id: ["a".into(), "b".into()] }),
            (&["photo"], file),
            (&["soap"], Change::Ledger { key, before: None, after: None }),
            // All of it is new, whatever the note is about.
            (&["village", "last_modified", "closed", "owner_id", "photo", "soap"], created),
            (&[], Change::Undeleted(c())),
        ];
        let names = ["village", "last_modified", "closed", "owner_id", "photo", "soap"];
        let note = |case: &str, name: Option<&str>| Note {
            rule: Difference::LastModified,
            case_id: Some(case.into()),
            name: name.map(str::to_owned),
            mark: Mark::default(),
        };
        let notes = names.iter().map(|name| note("c", Some(name)));
        let of_others = names.iter().map(|name| note("d", Some(name)));
        let applied = Applied {
            notes: notes.chain(of_others).chain([note("c", None), note("d", None)]).collect(),
            ..Applied::default()
        };
        for (about, change) in changes {
            let on: Vec<_> = applied.notes_on(&change).map(|note| note.name.as_deref()).collect();
            let expected: Vec<_> = about.iter().map(|name| Some(*name)).chain([None]).collect();
            assert_eq!(on, expected, "{change:?}");
        }
    }
}
