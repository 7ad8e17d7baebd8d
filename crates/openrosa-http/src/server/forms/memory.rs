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
use crate::server::{Caller, Content, Listing, Rejection};

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
        let (id, xml) = (id.into(), xml.into());
        let listed = BlankForm {
            id: id.clone(),
            name: name.into(),
            version: version.map(str::to_owned),
            hash: hash(&xml),
            description: None,
            has_files: false,
        };
        let mut shelf = self.shelf();
        let versions = shelf.entry(id).or_default();
        versions.retain(|kept| kept.listed.version != listed.version);
        versions.push(Kept { listed, xml, files: BTreeMap::new() });
    }

    /// Says what a form is for. Does nothing for a form that is not there.
    pub fn describe(&self, id: &str, description: impl Into<String>) {
        self.change(id, |kept| kept.listed.description = Some(description.into()));
    }

    /// Puts a file beside a form. Does nothing for a form that is not there.
    pub fn attach(&self, id: &str, path: RelativePath<'static>, content: impl Into<Bytes>) {
        self.put(id, path, content.into(), None);
    }

    /// Puts a list of entities beside a form, and says which of its entities were deleted.
    pub fn attach_entities(
        &self,
        id: &str,
        path: RelativePath<'static>,
        content: impl Into<Bytes>,
        entities: impl IntoIterator<Item = (String, bool)>,
    ) {
        self.put(id, path, content.into(), Some(entities.into_iter().collect()));
    }

    fn put(
        &self,
        id: &str,
        path: RelativePath<'static>,
        content: Bytes,
        entities: Option<BTreeMap<String, bool>>,
    ) {
        let is_entity_list = entities.is_some();
        let file = FormFile { path: path.clone(), hash: hash(&content), is_entity_list };
        self.change(id, |kept| {
            kept.listed.has_files = true;
            let entities = entities.unwrap_or_default();
            kept.files.insert(path.as_str().to_owned(), KeptFile { file, content, entities });
        });
    }

    /// Changes the version in force.
    fn change(&self, id: &str, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.shelf().get_mut(id).and_then(|versions| versions.last_mut()) {
            change(kept);
        }
    }

    fn find(&self, form: &FormVersion) -> Option<Kept> {
        let shelf = self.shelf();
        let mut versions = shelf.get(&form.id)?.iter().rev();
        let wanted = form.version.as_deref();
        let is_it = |kept: &&Kept| {
            wanted.is_none_or(|wanted| kept.listed.version.as_deref().unwrap_or_default() == wanted)
        };
        versions.find(is_it).cloned()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
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
