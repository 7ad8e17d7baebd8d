//! Which submission of a folder is called how.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use openrosa_xml::Instance;

use crate::cmd::submit::find::SUBMISSION;
use crate::folder::parent;

/// The ids of the submissions that are here, read when they are asked for first.
#[derive(Default)]
pub(super) struct Held {
    places: Option<BTreeMap<String, PathBuf>>,
}

impl Held {
    /// Whether a submission at another place beside this one is called so.
    pub(super) fn is_elsewhere(&mut self, id: &str, place: &Path) -> bool {
        let places = self.places.get_or_insert_with(|| read(parent(place)));
        places.get(&bare(id)).is_some_and(|held| held != place)
    }

    /// What is at this place now.
    pub(super) fn keep(&mut self, xml: &str, place: &Path) {
        if let Some(places) = &mut self.places {
            note(places, xml, place);
        }
    }
}

/// What cannot be read is called nothing.
fn read(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut places = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Ok(xml) = fs::read_to_string(entry.path().join(SUBMISSION)) {
            note(&mut places, &xml, &entry.path());
        }
    }
    places
}

fn note(places: &mut BTreeMap<String, PathBuf>, xml: &str, place: &Path) {
    for id in Ids::of(xml).own {
        places.insert(bare(&id), place.to_owned());
    }
}

/// What a submission is called.
pub(super) struct Ids {
    /// By the server, and by itself: its word and the server's need not be the same (openrosa.md 3.5, 6.2).
    pub(super) own: Vec<String>,
    /// What it takes the place of, where it is an edit.
    pub(super) before: Option<String>,
}

impl Ids {
    pub(super) fn of(xml: &str) -> Self {
        let Ok(form) = Instance::read(xml) else { return Self { own: Vec::new(), before: None } };
        let by_server = form.root().attribute("instanceID").map(str::to_owned);
        let by_form = form.instance_id().map(|id| id.as_written().to_owned());
        let own = [by_server, by_form].into_iter().flatten().filter(|id| !id.trim().is_empty()).collect();
        Self { own, before: form.deprecated_id().and_then(|id| id.into_trimmed()) }
    }
}

/// KoBoToolbox lists ids without their scheme (openrosa.md 3.5).
pub(super) fn bare(id: &str) -> String {
    id.trim().trim_start_matches("uuid:").to_owned()
}
