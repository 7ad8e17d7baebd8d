//! What a submission turns out to be, once it is known what is already held: a closed list, decided in one place.
//!
//! Backends look up what they hold and ask [`decide`]; they make no such decision of their own. So a split
//! submission, a resend and an edit mean the same in memory, on disk and in a database.

use std::collections::BTreeMap;

use super::{File, FileName, Fingerprint, Rejection, Submission, UnknownPredecessor};

/// What an accepted submission was. Everything else is a [`Rejection`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the list is closed: these are the ways to be accepted")]
pub enum Arrival {
    /// An instance not seen before.
    New,
    /// The same XML and no file that was not held already: nothing changed.
    Duplicate,
    /// The same XML with files that were missing: a split submission going on, or a resend that got further.
    MoreFiles {
        /// The files that are held from now on.
        added: Vec<FileName>,
    },
    /// A new version of an instance; the one it names is superseded.
    Edit {
        /// The `deprecatedID`: the instance ID of the version replaced.
        of: String,
    },
}

/// What is held under one instance ID.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it from their own records")]
pub struct Held {
    /// Of the XML bytes as they came.
    pub xml: Fingerprint,
    /// Whether an edit took this version's place.
    pub superseded: bool,
    /// By name.
    pub files: HeldFiles,
}

/// The files of one version, by name.
pub type HeldFiles = BTreeMap<FileName, HeldFile>;

/// One file of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it from their own records")]
pub struct HeldFile {
    /// The file as it was received.
    pub file: File,
    /// It came with the version that this one replaced. A file sent for this version takes its place; one that was
    /// itself sent for this version stands.
    pub carried: bool,
}

/// A decision in favor of a submission: what it is, and the files its version holds from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// What the submission is.
    pub arrival: Arrival,
    /// All files of the version, those already held included.
    pub files: HeldFiles,
}

/// Decides about `submission`, given what is held under its own ID (`same`) and under its `deprecatedID`
/// (`predecessor`). Pure: the caller keeps both from changing until it has stored the outcome.
///
/// One thing is the caller's to look up where [edits of what is not held](Submission::unknown_predecessor) are kept: whether what
/// is new is the version that an edit held already names, which came first. It is held as superseded from the beginning, or both
/// would count; and those of its files that the edit does not have are the edit's too, as carried ones.
///
/// # Errors
/// The [`Rejection`] to answer with: a conflict (409), an unknown predecessor (404), a superseded version (409); or what the
/// [policy](super::CheckPolicy) has against a form that is new (422). What is held was taken in when other rules were in force, and
/// stays: its sender only wants to know that it is here.
pub fn decide(
    submission: &Submission,
    same: Option<&Held>,
    predecessor: Option<&Held>,
) -> Result<Decision, Rejection> {
    match (same, &submission.deprecated_id) {
        (Some(held), _) => again(submission, held),
        (None, _) if let Some(reason) = &submission.refused => {
            Err(Rejection::Unprocessable { reason: reason.clone() })
        }
        (None, None) => fresh(submission),
        (None, Some(of)) => edit(submission, of, predecessor),
    }
}

/// The ID is known. A repeated edit lands here too, whatever has become of its predecessor: a split edit presents the
/// same `deprecatedID` on each POST (kpi#5840).
fn again(submission: &Submission, held: &Held) -> Result<Decision, Rejection> {
    if submission.xml_fingerprint() != held.xml {
        return Err(Rejection::Conflict { instance_id: submission.instance_id.to_string() });
    }
    let mut files = held.files.clone();
    let added = add(&mut files, submission)?;
    let arrival = match added.is_empty() {
        true => Arrival::Duplicate,
        // A file that came now would be missing from the version in force: the sender has to know.
        false if held.superseded => {
            return Err(Rejection::Superseded { instance_id: submission.instance_id.to_string() });
        }
        false => Arrival::MoreFiles { added },
    };
    Ok(Decision { arrival, files })
}

fn fresh(submission: &Submission) -> Result<Decision, Rejection> {
    let mut files = HeldFiles::new();
    add(&mut files, submission)?;
    Ok(Decision { arrival: Arrival::New, files })
}

fn edit(submission: &Submission, of: &str, predecessor: Option<&Held>) -> Result<Decision, Rejection> {
    let Some(predecessor) = predecessor else {
        return match submission.unknown_predecessor {
            UnknownPredecessor::Refuse => Err(Rejection::UnknownPredecessor { deprecated_id: of.into() }),
            UnknownPredecessor::KeepAsNew => fresh(submission),
        };
    };
    if predecessor.superseded {
        return Err(Rejection::Superseded { instance_id: of.into() });
    }
    let mut files = carry(&predecessor.files);
    add(&mut files, submission)?;
    Ok(Decision { arrival: Arrival::Edit { of: of.into() }, files })
}

/// Clients do not send unchanged media again with an edit (openrosa.md 2.6): it comes along by name.
fn carry(files: &HeldFiles) -> HeldFiles {
    let carried = |held: &HeldFile| HeldFile { file: held.file.clone(), carried: true };
    files.iter().map(|(name, held)| (name.clone(), carried(held))).collect()
}

/// Puts the files of a submission among those held; the names that were not there before.
fn add(files: &mut HeldFiles, submission: &Submission) -> Result<Vec<FileName>, Rejection> {
    let mut added = Vec::new();
    for file in &submission.files {
        match files.get_mut(&file.name) {
            Some(held) if held.file.fingerprint == file.fingerprint => held.carried = false,
            Some(held) if !held.carried => return Err(Rejection::FileConflict { name: file.name.clone() }),
            _ => {
                files.insert(file.name.clone(), HeldFile { file: file.clone(), carried: false });
                added.push(file.name.clone());
            }
        }
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{Caller, Policy};

    fn submission(xml: &'static str, files: &[(&str, &str)]) -> Submission {
        let mut submission = Submission::read(xml.into(), Caller::default(), &Policy::default()).unwrap();
        submission.files = files.iter().map(|(name, content)| file(name, content)).collect();
        submission
    }

    fn file(name: &str, content: &str) -> File {
        let (length, fingerprint) = (content.len() as u64, Fingerprint::of(content.as_bytes()));
        let name = FileName::new(name).unwrap();
        File { name, field_name: None, file_name: None, content_type: None, length, fingerprint }
    }

    fn held(xml: &str, superseded: bool, files: &[(&str, &str, bool)]) -> Held {
        let files = files.iter().map(|(name, content, carried)| {
            let file = file(name, content);
            (file.name.clone(), HeldFile { file, carried: *carried })
        });
        Held { xml: Fingerprint::of(xml.as_bytes()), superseded, files: files.collect() }
    }

    /// The arrival and the names it leaves, carried ones in brackets; or the status of the refusal.
    fn decided(submission: &Submission, same: Option<&Held>, predecessor: Option<&Held>) -> String {
        match decide(submission, same, predecessor) {
            Err(rejection) => rejection.status().as_u16().to_string(),
            Ok(Decision { arrival, files }) => {
                let shown = |(name, held): (&FileName, &HeldFile)| match held.carried {
                    true => format!(" ({name})"),
                    false => format!(" {name}"),
                };
                format!("{arrival:?}{}", files.iter().map(shown).collect::<String>())
            }
        }
    }

    const FORM: &str = "<f><instanceID>1</instanceID></f>";
    const EDIT: &str = "<f><meta><instanceID>2</instanceID><deprecatedID>1</deprecatedID></meta></f>";

    /// the same XML again is a success, with or without new files.
    /// other XML under the same ID is a conflict.
    #[test]
    fn a_known_id_is_decided_by_its_bytes() {
        let (plain, photo) = (submission(FORM, &[]), submission(FORM, &[("a", "1")]));
        let rows = [
            (&plain, None, "New"),
            (&photo, None, "New a"),
            (&plain, Some(held(FORM, false, &[("a", "1", false)])), "Duplicate a"),
            (&photo, Some(held(FORM, false, &[("a", "1", false)])), "Duplicate a"),
            (&photo, Some(held(FORM, false, &[("b", "1", false)])), "MoreFiles { added: [\"a\"] } a b"),
            (&photo, Some(held(FORM, false, &[("a", "2", false)])), "409"),
            (&plain, Some(held("<f/>", false, &[])), "409"),
            (&plain, Some(held(FORM, true, &[])), "Duplicate"),
            (&photo, Some(held(FORM, true, &[])), "409"),
        ];
        for (submission, same, expected) in rows {
            assert_eq!(decided(submission, same.as_ref(), None), expected, "{same:?}");
        }
    }

    /// an edit needs a predecessor, and the current one.
    /// once an edit is held, its predecessor matters no more; carried files make room for those sent.
    #[test]
    fn an_edit_is_decided_by_its_predecessor_until_it_is_held() {
        let (plain, photo) = (submission(EDIT, &[]), submission(EDIT, &[("a", "2")]));
        let original = |superseded| Some(held(FORM, superseded, &[("a", "1", false), ("b", "1", false)]));
        let carried = Some(held(EDIT, false, &[("a", "1", true), ("b", "1", true)]));
        let same_bytes = submission(EDIT, &[("a", "1")]);
        let rows = [
            (&plain, None, None, "404"),
            (&plain, None, original(true), "409"),
            (&plain, None, original(false), "Edit { of: \"1\" } (a) (b)"),
            (&photo, None, original(false), "Edit { of: \"1\" } a (b)"),
            (&plain, carried.clone(), original(true), "Duplicate (a) (b)"),
            (&photo, carried.clone(), original(true), "MoreFiles { added: [\"a\"] } a (b)"),
            (&same_bytes, carried, None, "Duplicate a (b)"),
            (&photo, Some(held(EDIT, false, &[("a", "1", false)])), original(true), "409"),
        ];
        for (submission, same, predecessor, expected) in rows {
            let found = decided(submission, same.as_ref(), predecessor.as_ref());
            assert_eq!(found, expected, "{same:?} {predecessor:?}");
        }
    }
}
