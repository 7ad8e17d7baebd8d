//! The media manifest: the files that a blank form needs beside itself.

mod path;

use std::borrow::Cow;

use thiserror::Error;

use crate::{
    document::{Incomplete, document, filled, required, with_texts},
    hash::FileHash,
    ns,
    xml::{Element, Name, name::owned},
};

pub use path::{PathError, PathFault, RelativePath};

document! {
    /// A media manifest as a server sent it, or as one is to send it.
    ///
    /// Elements are matched by local name; those that are not known are passed over and kept. An entry of no use is an
    /// error of its own and does not spoil the others.
    ///
    /// *Wire:* the answer to `GET` of a `manifestUrl`. *Spec:* openrosa.md 4.3.
    ///
    /// ```
    /// # use openrosa_xml::Manifest;
    /// let manifest = Manifest::read(
    ///     "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'>
    ///        <mediaFile><filename>badge.png</filename><hash>md5:900150983cd24fb0d6963f7d28e17f72</hash>
    ///          <downloadUrl>https://example.org/badge.png</downloadUrl></mediaFile>
    ///        <mediaFile><filename>../../passwords</filename><hash/><downloadUrl>https://example.org/x</downloadUrl></mediaFile>
    ///      </manifest>",
    /// )?;
    /// let files: Vec<_> = manifest.files().collect();
    /// assert_eq!(files[0].as_ref().unwrap().path.as_str(), "badge.png");
    /// assert_eq!(files[1].as_ref().unwrap_err().to_string(), "`../../passwords` has a part `..`");
    /// # Ok::<(), openrosa_xml::ReadError>(())
    /// ```
    Manifest
}

/// One file that a form, or a submission, has beside itself.
///
/// White space around the texts of a manifest that is read is not part of them.
///
/// *Wire:* `mediaFile` of a manifest (openrosa.md 4.3) and of a Briefcase submission (openrosa.md 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaFile<'a> {
    /// `filename`: where it belongs in the form's folder. Documentation of Briefcase spells it `fileName`, and both are read.
    pub path: RelativePath<'a>,
    /// `@type` as written: `entityList` or `approvalEntityList` for lists of entities, usually absent.
    pub kind: Option<Cow<'a, str>>,
    /// `hash` of its content; `None` where there is none, and where it is of a kind that nobody knows.
    pub hash: Option<FileHash>,
    /// `downloadUrl`: where it is.
    pub download_url: Cow<'a, str>,
    /// `integrityUrl`: where to ask which entities of the list were deleted; see [`Integrity`](crate::Integrity).
    pub integrity_url: Option<Cow<'a, str>>,
}

/// An entry of a manifest that is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MediaFileError {
    /// It lacks something.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
    /// Its name would lead out of the form's folder, or nowhere.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl<'a> Manifest<'a> {
    /// A manifest without files.
    #[must_use]
    pub fn new() -> Self {
        Self { element: Element::new(Name::in_namespace(ns::MANIFEST, "manifest")) }
    }

    /// A manifest of these files, in the order of their paths. Enketo takes one in another order for another manifest
    /// (openrosa.md 4.6), so the order must not depend on how the files are stored.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = MediaFile<'a>>) -> Self {
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.into_iter().fold(Self::new(), Self::with_file)
    }

    /// Adds a file at the end.
    #[must_use]
    pub fn with_file(self, file: MediaFile<'a>) -> Self {
        let entry = file.into_element(&self.element.name.sibling("mediaFile"));
        Self { element: self.element.with_child(entry) }
    }

    /// Whether the root is that of a manifest.
    #[must_use]
    pub fn is_manifest(&self) -> bool {
        self.element.name.local_name() == "manifest"
    }

    /// The files in document order, those that are of no use as the reason why.
    pub fn files(&self) -> impl Iterator<Item = Result<MediaFile<'_>, MediaFileError>> {
        MediaFile::all_in(&self.element)
    }

    /// All files, unless one is of no use.
    pub fn strict(&self) -> Result<Vec<MediaFile<'_>>, MediaFileError> {
        self.files().collect()
    }
}

impl Default for Manifest<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> MediaFile<'a> {
    /// A file with this content.
    pub fn new(path: RelativePath<'a>, hash: FileHash, download_url: impl Into<Cow<'a, str>>) -> Self {
        Self { path, kind: None, hash: Some(hash), download_url: download_url.into(), integrity_url: None }
    }

    /// The same file, being a list of entities, whose deletions can be asked for there.
    #[must_use]
    pub fn as_entity_list(self, integrity_url: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: Some("entityList".into()), integrity_url: Some(integrity_url.into()), ..self }
    }

    /// Whether it is a list of entities. The hash of such a list is not that of the file, and must not be held against it
    /// (openrosa.md 4.5).
    #[must_use]
    pub fn is_entity_list(&self) -> bool {
        matches!(self.kind.as_deref(), Some("entityList" | "approvalEntityList"))
    }

    /// Takes an entry of a manifest for a file.
    pub fn of(entry: &'a Element<'_>) -> Result<Self, MediaFileError> {
        let misspelt = filled(entry, "filename").is_none() && filled(entry, "fileName").is_some();
        let file_name = if misspelt { "fileName" } else { "filename" };
        let [path, download_url] = required(entry, [file_name, "downloadUrl"])?;
        Ok(Self {
            path: RelativePath::new(path)?,
            kind: entry.attribute("type").map(Cow::Borrowed),
            hash: filled(entry, "hash").and_then(|text| FileHash::parse(&text)),
            download_url,
            integrity_url: filled(entry, "integrityUrl"),
        })
    }

    pub(crate) fn all_in(parent: &'a Element<'_>) -> impl Iterator<Item = Result<Self, MediaFileError>> {
        parent.elements().filter(|entry| entry.name.local_name() == "mediaFile").map(Self::of)
    }

    pub(crate) fn into_element(self, name: &Name<'a>) -> Element<'a> {
        let texts = [
            ("filename", Some(self.path.into_text())),
            ("hash", self.hash.map(|hash| hash.to_string().into())),
            ("downloadUrl", Some(self.download_url)),
            ("integrityUrl", self.integrity_url),
        ];
        let element = with_texts(name, texts);
        match self.kind {
            Some(kind) => element.with_attribute("type", kind),
            None => element,
        }
    }

    /// The same file, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> MediaFile<'static> {
        MediaFile {
            path: self.path.into_owned(),
            kind: self.kind.map(owned),
            hash: self.hash,
            download_url: owned(self.download_url),
            integrity_url: self.integrity_url.map(owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash() -> FileHash {
        FileHash::from_md5([0xCD; 16])
    }

    fn file(path: &str) -> MediaFile<'_> {
        MediaFile::new(RelativePath::new(path).unwrap(), hash(), format!("https://example.org/{path}"))
    }

    #[test]
    fn a_manifest_is_read_whatever_stands_between() {
        let manifest = Manifest::read(
            "<x:manifest xmlns:x='urn:odd' a='1'>loose<note/><x:mediaFile><new>1</new><downloadUrl> u </downloadUrl>\
             <filename>\n a&amp;b/c.png </filename><hash>CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD</hash></x:mediaFile>\
             <mediaFile type='other'><filename>d</filename><hash>md5:</hash><downloadUrl>v</downloadUrl></mediaFile></x:manifest>",
        )
        .unwrap();
        let files = manifest.strict().unwrap();
        assert_eq!(
            (files[0].path.as_str(), &*files[0].download_url, files[0].hash),
            ("a&b/c.png", "u", Some(hash()))
        );
        assert_eq!(
            (files[1].kind.as_deref(), files[1].hash, files[1].is_entity_list()),
            (Some("other"), None, false)
        );
        assert_eq!(Manifest::read(&manifest.write().unwrap()).unwrap(), manifest);
        assert_eq!(manifest.clone().into_owned(), manifest);
    }

    /// R-036: an entry whose file name would lead out of the folder is refused; the others are kept.
    #[test]
    fn an_entry_that_leads_out_of_the_folder_is_refused() {
        let manifest = Manifest::read(
            "<manifest><mediaFile><filename>../a</filename><downloadUrl>u</downloadUrl></mediaFile>\
             <mediaFile><filename>b</filename><downloadUrl>u</downloadUrl></mediaFile>\
             <mediaFile><filename>C:\\c</filename><downloadUrl>u</downloadUrl></mediaFile>\
             <mediaFile><filename>/d</filename><downloadUrl>u</downloadUrl></mediaFile>\
             <mediaFile><downloadUrl>u</downloadUrl></mediaFile></manifest>",
        )
        .unwrap();
        let read: Vec<_> = manifest
            .files()
            .map(|file| file.map_or_else(|error| error.to_string(), |file| file.path.to_string()))
            .collect();
        insta::assert_snapshot!(read.join("\n"), @r"
        `../a` has a part `..`
        b
        `C:\c` begins with a drive
        `/d` begins with `/`
        `mediaFile` lacks `filename`
        ");
        assert!(manifest.strict().is_err());
    }

    /// R-037: a list of entities without an `integrityUrl` is a list of entities.
    #[test]
    fn a_list_of_entities_may_lack_its_integrity_url() {
        for kind in ["entityList", "approvalEntityList"] {
            let source = format!(
                "<manifest><mediaFile type='{kind}'><filename>people.csv</filename><downloadUrl>u</downloadUrl></mediaFile></manifest>"
            );
            let manifest = Manifest::read(&source).unwrap();
            let people = manifest.files().next().unwrap().unwrap();
            assert!(people.is_entity_list() && people.integrity_url.is_none());
        }
    }

    /// R-085: the order does not depend on where the files come from; a file has the hash of a content that is there; a
    /// list of entities has its `integrityUrl`.
    #[test]
    fn a_manifest_is_the_same_in_whatever_order_the_files_are_found() {
        let files =
            || [file("b.png"), file("a/c.png"), file("people.csv").as_entity_list("https://example.org/i")];
        let written = Manifest::of(files()).write().unwrap();
        let mut reversed = files();
        reversed.reverse();
        assert_eq!(Manifest::of(reversed).write().unwrap(), written);
        insta::assert_snapshot!(written, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <manifest xmlns="http://openrosa.org/xforms/xformsManifest"><mediaFile><filename>a/c.png</filename><hash>md5:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd</hash><downloadUrl>https://example.org/a/c.png</downloadUrl></mediaFile><mediaFile><filename>b.png</filename><hash>md5:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd</hash><downloadUrl>https://example.org/b.png</downloadUrl></mediaFile><mediaFile type="entityList"><filename>people.csv</filename><hash>md5:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd</hash><downloadUrl>https://example.org/people.csv</downloadUrl><integrityUrl>https://example.org/i</integrityUrl></mediaFile></manifest>
        "#);
        let read = Manifest::read(&written).unwrap();
        let [b, a, people] = files();
        assert_eq!(read.strict().unwrap(), [a, b, people]);
    }
}
