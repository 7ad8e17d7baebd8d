//! A form and its edits, one in the place of the other, and the files that come along.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use openrosa_http::server::{File, FileName, Held, HeldFile, HeldFiles};
use sqlx::AnyConnection;

use super::{super::Arriving, Key, Place, Records, rows};
use crate::{
    error::Error,
    server::{engine::Engine, files::Stored},
};

/// So many steps at most lead from an edit to the form whose place it takes.
pub(super) const STEPS: usize = 256;

impl Records {
    /// The forms that lead from an edit to the one whose place it takes, which is the last: an edit that was set apart has taken no
    /// place, and leads on to the form that it was to take the place of.
    pub(super) async fn chain(
        &mut self,
        tx: &mut AnyConnection,
        own: &Key,
        predecessor: Option<Key>,
    ) -> Result<Vec<Key>, Error> {
        let mut chain = Vec::new();
        let mut next = predecessor;
        while let Some(key) = next.filter(|key| key != own && !chain.contains(key)) {
            self.load(tx, &key).await?;
            let Some(record) = self.record(&key) else { break };
            let before = record.replaces.clone().filter(|_| record.state.is_set_apart());
            next = before.filter(|_| chain.len() < STEPS).map(|id| (key.0.clone(), id));
            chain.push(key);
        }
        Ok(chain)
    }

    /// What is here of the edits of forms that are not, and of the edits of those.
    pub(super) async fn load_successors(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        form_key: &str,
        mut of: BTreeSet<String>,
    ) -> Result<(), Error> {
        let mut seen = of.clone();
        for _ in 0..STEPS {
            if of.is_empty() {
                break;
            }
            let found = self.fetch(engine, tx, rows::REPLACING, form_key, &of).await?;
            of = found.into_iter().filter(|id| seen.insert(id.clone())).collect();
        }
        Ok(())
    }

    /// The forms that took the place of one before that came, as edits of something unknown may, and those that took theirs.
    pub(in super::super) fn successors(&self, key: &Key) -> Vec<Key> {
        let mut found: Vec<Key> = Vec::new();
        let (mut next, mut seen) = (Some(key.clone()), 0);
        while let Some(of) = next {
            for (edit, record) in
                self.known.iter().filter_map(|(edit, record)| Some((edit, record.as_ref()?)))
            {
                let is_of_it = edit.0 == of.0 && record.replaces.as_ref() == Some(&of.1);
                if is_of_it && !record.state.is_set_apart() && edit != key && !found.contains(edit) {
                    found.push(edit.clone());
                }
            }
            next = found.get(seen).cloned();
            seen += 1;
        }
        found
    }

    /// Gives the files of a form that came behind its edits to those that are in force.
    pub(in super::super) fn pass_on_files(&mut self, own: &Key, successors: &[Key]) {
        let Some(record) = self.record(own) else { return };
        let (files, objects) = (record.held.files.clone(), record.objects.clone());
        for successor in successors {
            let Some(record) = self.record_mut(successor).filter(|record| !record.held.superseded) else {
                continue;
            };
            for (name, held) in &files {
                if !record.held.files.contains_key(name) {
                    record.held.files.insert(name.clone(), HeldFile { carried: true, ..held.clone() });
                    record.objects.insert(name.clone(), objects.get(name).cloned().unwrap_or_default());
                    record.has_new_files = true;
                }
            }
        }
    }

    /// The files of a form, and what comes along by name as things are now: from the form whose place it takes, and from the edits
    /// between, of which each may have got files since the next was set apart. The last of them that was sent a file has it.
    fn line(&self, place: &Place) -> BTreeMap<FileName, (HeldFile, Stored)> {
        let mut line: BTreeMap<FileName, (HeldFile, Stored)> = BTreeMap::new();
        let before =
            place.replaces.iter().flat_map(|first| iter::once(first).chain(place.between.iter().rev()));
        for key in before.chain([&place.own]) {
            for (name, held) in self.record(key).iter().flat_map(|record| &record.held.files) {
                if !held.carried || !line.contains_key(name) {
                    let carried = held.carried || *key != place.own;
                    let stored = self.record(key).and_then(|record| record.objects.get(name)).cloned();
                    line.insert(
                        name.clone(),
                        (HeldFile { carried, ..held.clone() }, stored.unwrap_or_default()),
                    );
                }
            }
        }
        line
    }

    /// What is held of a form, or of the one that it says it takes the place of, with all files that come along.
    pub(in super::super) fn held_in_line(&self, place: &Place, key: &Key) -> Option<Held> {
        let files = self.line(place).into_iter().map(|(name, (held, _))| (name, held)).collect();
        Some(Held { files, ..self.held(key)?.clone() })
    }

    /// Takes over the files that the form has from now on. Those that came in vain are given back.
    pub(in super::super) fn keep_files(
        &mut self,
        place: &Place,
        files: HeldFiles,
        arriving: &Arriving,
    ) -> Vec<Stored> {
        let line = self.line(place);
        let came = arriving.submission.files.iter().zip(&arriving.objects);
        let came: Vec<(&File, &Stored)> = came.collect();
        let Some(record) = self.record_mut(&place.own) else { return arriving.objects.clone() };
        let before = record.objects.clone();
        for (name, held) in &files {
            let same = record.held.files.get(name).is_some_and(|there| there.file == held.file);
            let kept = if same { before.get(name) } else { None };
            let new =
                came.iter().find(|(file, _)| file.name == *name && file.fingerprint == held.file.fingerprint);
            let object = match (kept, new) {
                (Some(kept), Some((_, object))) if arriving.lost.contains(&kept.object) => (*object).clone(),
                (Some(kept), _) => kept.clone(),
                (None, Some((_, object))) => (*object).clone(),
                (None, None) => line.get(name).map(|(_, object)| object.clone()).unwrap_or_default(),
            };
            record.objects.insert(name.clone(), object);
        }
        record.has_new_files |= record.held.files != files || record.objects != before;
        record.held.files = files;
        let held: BTreeSet<&str> = record.objects.values().map(|held| held.object.as_str()).collect();
        arriving.objects.iter().filter(|came| !held.contains(came.object.as_str())).cloned().collect()
    }
}
