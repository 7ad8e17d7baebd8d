//! Whose submissions a folder holds, and where the next pull goes on.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::durable;
use crate::exit::Failure;

/// A cursor means something to one server, of one form; of another it would pass submissions over.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Label {
    /// Its address, without secrets.
    server: String,
    form: String,
    include_incomplete: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<String>,
    /// Submissions before the cursor that could not be fetched, to be tried again first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) missed: BTreeSet<String>,
    /// What was told of files that cannot come, and need not be told again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) told: BTreeSet<String>,
}

impl Label {
    pub(super) fn new(server: String, form: &str, include_incomplete: bool) -> Self {
        let (missed, told) = Default::default();
        Self { server, form: form.to_owned(), include_incomplete, cursor: None, missed, told }
    }

    /// Takes the cursor of a folder that is for the same; refuses one that is for something else. Where only more or fewer
    /// submissions are asked for, the list begins anew: what is here is not fetched again.
    pub(super) fn for_folder(self, folder: &Path) -> Result<Self, Failure> {
        let Some(held) = Self::read(folder)? else { return unused(folder).map(|()| self) };
        if (&held.server, &held.form) != (&self.server, &self.form) {
            let reason = format!("`{}` is for form `{}` of {}", folder.display(), held.form, held.server);
            return Err(Failure::new(reason).remedy("another --out"));
        }
        let cursor = held.cursor.filter(|_| held.include_incomplete == self.include_incomplete);
        Ok(Self { cursor, missed: held.missed, told: held.told, ..self })
    }

    fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(NAME);
        let unread = |error: &dyn std::fmt::Display| {
            Failure::new(format!("cannot read `{}`: {error}", path.display())).remedy("another --out")
        };
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| unread(&error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unread(&error)),
        }
    }

    pub(super) fn keep(&self, folder: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string(self).expect("texts are always JSON") + "\n";
        durable::write(&folder.join(".pull.json.part"), text.as_bytes(), &folder.join(NAME))
            .map_err(|error| Failure::new(error.to_string()))
    }
}

const NAME: &str = "pull.json";

/// Nobody's form is to be replaced, and nobody's submissions are to be taken for those of this one.
fn unused(folder: &Path) -> Result<(), Failure> {
    let is_used = folder.join("form.xml").exists()
        || fs::read_dir(folder.join("submissions")).is_ok_and(|mut all| all.next().is_some());
    match is_used {
        true => {
            let failure = Failure::new(format!(
                "`{}` holds a form or submissions, and no {NAME} to say whose",
                folder.display()
            ));
            Err(failure.remedy("another --out"))
        }
        false => Ok(()),
    }
}
