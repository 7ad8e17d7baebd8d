//! Blank forms in memory: for tests, and for servers with a handful of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use md5::{Digest as _, Md5};
use openrosa_xml::FileHash;
use openrosa_xml::manifest::RelativePath;

use super::{BlankForm, FormFile, FormVersion, Forms};
use crate::api::form_list;
use crate::server::{Caller, Content, Listing, Rejection, UploadedForm};

/// Keeps blank forms in memory, the same for every caller. Clones share what they keep.
///
/// ```
/// use openrosa_http::server::{Front, MemoryForms};
/// use openrosa_xml::manifest::RelativePath;
///
/// let forms = MemoryForms::new();
/// forms.publish("visit", Some("7"), "Visit", "<h:html xmlns:h='http://www.w3.org/1999/xhtml'/>");
/// forms.attach("visit", RelativePath::new("badge.png")?, "…");
/// let routes = Front::default().forms(forms);
/// # Ok::<(), openrosa_xml::manifest::PathError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryForms {
    shelf: Arc<Mutex<Shelf>>,
}

/// The versions of each form, in the order in which they came; the last is in force.
type Shelf = BTreeMap<String, Vec<Kept>>;

#[derive(Clone, Debug)]
struct Kept {
    listed: BlankForm,
    xml: Bytes,
    files: BTreeMap<String, KeptFile>,
}

#[derive(Clone, Debug)]
struct KeptFile {
    file: FormFile,
    content: Bytes,
    entities: BTreeMap<String, bool>,
}

impl MemoryForms {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a version of a form into force. One that is there already is replaced, its files with it.
    pub fn publish(
        &self,
        id: impl Into<String>,
        version: Option<&str>,
        name: impl Into<String>,
        xml: impl Into<Bytes>,
    ) {
        let kept = Kept::new(id.into(), version, name.into(), xml.into());
        let mut shelf = self.shelf();
        let versions = shelf.entry(kept.listed.id.clone()).or_default();
        versions.retain(|old| old.listed.version != kept.listed.version);
        versions.push(kept);
    }

    /// Says what a form is for. Does nothing for a form that is not there.
    pub fn describe(&self, id: &str, description: impl Into<String>) {
        self.change(id, |kept| kept.listed.description = Some(description.into()));
    }

    /// Puts a file beside a form. Does nothing for a form that is not there.
    pub fn attach(&self, id: &str, path: RelativePath<'static>, content: impl Into<Bytes>) {
        self.change(id, |kept| kept.put(path, content.into(), None));
    }

    /// Puts a list of entities beside a form, and says which of its entities were deleted.
    pub fn attach_entities(
        &self,
        id: &str,
        path: RelativePath<'static>,
        content: impl Into<Bytes>,
        entities: impl IntoIterator<Item = (String, bool)>,
    ) {
        let entities = entities.into_iter().collect();
        self.change(id, |kept| kept.put(path, content.into(), Some(entities)));
    }

    /// Takes in a form that was uploaded, or more files of one that is there.
    pub(in crate::server) fn take(
        &self,
        form: &UploadedForm,
        files: Vec<(RelativePath<'static>, Bytes)>,
    ) -> Result<(), Rejection> {
        let mut shelf = self.shelf();
        let versions = shelf.entry(form.form.id.clone()).or_default();
        let place = versions.iter().position(|kept| kept.is(&form.form)).unwrap_or_else(|| {
            let version = form.form.version.as_deref().filter(|version| !version.is_empty());
            versions.push(Kept::new(form.form.id.clone(), version, form.name.clone(), form.xml.clone()));
            versions.len() - 1
        });
        let kept = &mut versions[place];
        if kept.xml != form.xml || files.iter().any(|(path, content)| kept.has_other(path, content)) {
            return Err(Rejection::FormExists { form: form.form.id.clone() });
        }
        files.into_iter().for_each(|(path, content)| kept.put(path, content, None));
        Ok(())
    }

    /// Changes the version in force.
    fn change(&self, id: &str, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.shelf().get_mut(id).and_then(|versions| versions.last_mut()) {
            change(kept);
        }
    }

    fn find(&self, form: &FormVersion) -> Option<Kept> {
        self.shelf().get(&form.id)?.iter().rev().find(|kept| kept.is(form)).cloned()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn new(id: String, version: Option<&str>, name: String, xml: Bytes) -> Self {
        let (version, hash) = (version.map(str::to_owned), hash(&xml));
        let listed = BlankForm { id, name, version, hash, description: None, has_files: false };
        Self { listed, xml, files: BTreeMap::new() }
    }

    fn is(&self, form: &FormVersion) -> bool {
        let version = self.listed.version.as_deref().unwrap_or_default();
        form.version.as_deref().is_none_or(|wanted| wanted == version)
    }

    fn has_other(&self, path: &RelativePath<'_>, content: &Bytes) -> bool {
        self.files.get(path.as_str()).is_some_and(|there| there.content != *content)
    }

    /// Entities, and whether each was deleted, make the file a list of them.
    fn put(&mut self, path: RelativePath<'static>, content: Bytes, entities: Option<BTreeMap<String, bool>>) {
        let file = FormFile { path, hash: hash(&content), is_entity_list: entities.is_some() };
        let name = file.path.as_str().to_owned();
        self.files.insert(name, KeptFile { file, content, entities: entities.unwrap_or_default() });
        self.listed.has_files = true;
    }
}

impl Forms for MemoryForms {
    async fn list(&self, asked: &form_list::Request, _: &Caller) -> Result<Listing<BlankForm>, Rejection> {
        let wanted = |id: &str| asked.form_id.as_deref().is_none_or(|wanted| wanted == id);
        let versions = |versions: &Vec<Kept>| {
            let old = if asked.list_all_versions { 0 } else { versions.len().saturating_sub(1) };
            versions[old..].iter().map(|kept| kept.listed.clone()).collect::<Vec<_>>()
        };
        let shelf = self.shelf();
        let forms = shelf.iter().filter(|(id, _)| wanted(id)).flat_map(|(_, kept)| versions(kept));
        Ok(stream::iter(forms.map(Ok).collect::<Vec<_>>()).boxed())
    }

    async fn form(&self, form: &FormVersion, _: &Caller) -> Result<Option<Content>, Rejection> {
        Ok(self.find(form).map(|kept| Content::of(kept.xml)))
    }

    async fn files(&self, form: &FormVersion, _: &Caller) -> Result<Option<Vec<FormFile>>, Rejection> {
        Ok(self.find(form).map(|kept| kept.files.into_values().map(|kept| kept.file).collect()))
    }

    async fn file(
        &self,
        form: &FormVersion,
        path: &RelativePath<'_>,
        from: u64,
        _: &Caller,
    ) -> Result<Option<Content>, Rejection> {
        let kept = self.find(form).and_then(|mut kept| kept.files.remove(path.as_str()));
        Ok(kept.map(|kept| Content::of_rest(kept.content, from)))
    }

    async fn deleted(
        &self,
        form: &FormVersion,
        list: &RelativePath<'_>,
        ids: &[String],
        _: &Caller,
    ) -> Result<Option<Listing<(String, bool)>>, Rejection> {
        let kept = self.find(form).and_then(|mut kept| kept.files.remove(list.as_str()));
        let Some(kept) = kept.filter(|kept| kept.file.is_entity_list) else { return Ok(None) };
        let told = kept.entities.into_iter().filter(|(id, _)| ids.is_empty() || ids.contains(id));
        Ok(Some(stream::iter(told.map(Ok).collect::<Vec<_>>()).boxed()))
    }
}

fn hash(bytes: &[u8]) -> FileHash {
    FileHash::from_md5(Md5::digest(bytes).into())
}
