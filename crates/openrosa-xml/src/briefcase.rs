//! What a server of the Briefcase extension hands out: which submissions there are, and each of them with its files.

mod key;
mod metadata;

use std::borrow::Cow;

use crate::{
    document::{document, trimmed},
    manifest::{MediaFile, MediaFileError},
    ns,
    xml::{Element, Name, chars::is_blank},
};

pub use key::{SubmissionKey, SubmissionKeyError};
pub use metadata::SubmissionMetadata;

document! {
    /// One page of the ids of a form's submissions.
    ///
    /// *Wire:* `idChunk`, the answer to `GET view/submissionList`. *Spec:* openrosa.md 6.1.
    ///
    /// ```
    /// # use openrosa_xml::briefcase::IdChunk;
    /// let page = IdChunk::read(
    ///     "<idChunk xmlns='http://opendatakit.org/submissions'>
    ///        <idList><id>uuid:1</id><id>uuid:2</id></idList><resumptionCursor>2</resumptionCursor>
    ///      </idChunk>",
    /// )?;
    /// assert_eq!(page.ids().collect::<Vec<_>>(), ["uuid:1", "uuid:2"]);
    /// assert_eq!(page.next_cursor(Some("1")).as_deref(), Some("2"));
    /// assert_eq!(page.next_cursor(Some("2")), None);
    /// # Ok::<(), openrosa_xml::ReadError>(())
    /// ```
    IdChunk
}

document! {
    /// A submission as a server hands it out again.
    ///
    /// Servers do not keep the namespaces of the form, those of the metadata block excepted.
    ///
    /// *Wire:* `submission`, the answer to `GET view/downloadSubmission`. *Spec:* openrosa.md 6.2.
    DownloadedSubmission
}

impl<'a> IdChunk<'a> {
    /// A page of these ids, after which nothing comes.
    #[must_use]
    pub fn of<I: Into<Cow<'a, str>>>(ids: impl IntoIterator<Item = I>) -> Self {
        let name = |local: &'static str| Name::in_namespace(ns::SUBMISSIONS, local);
        let list = ids.into_iter().fold(Element::new(name("idList")), |list, id| {
            list.with_child(Element::new(name("id")).with_text(id))
        });
        Self { element: Element::new(name("idChunk")).with_child(list) }
    }

    /// The same page, after which there are others: the cursor is whatever the server needs to go on.
    #[must_use]
    pub fn with_cursor(self, cursor: impl Into<Cow<'a, str>>) -> Self {
        let cursor = Element::new(self.element.name.sibling("resumptionCursor")).with_text(cursor);
        Self { element: self.element.with_child(cursor) }
    }

    /// The ids in document order, without white space around them; blank ones are left out.
    pub fn ids(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let lists = self.element.elements().filter(|list| list.name.local_name() == "idList");
        let ids = lists.flat_map(Element::elements).filter(|id| id.name.local_name() == "id");
        ids.map(|id| trimmed(id.text())).filter(|id| !id.is_empty())
    }

    /// What to send for the next page: opaque, and therefore exactly as written. A blank one is none.
    #[must_use]
    pub fn resumption_cursor(&self) -> Option<Cow<'_, str>> {
        self.element.child("resumptionCursor").map(Element::text).filter(|cursor| !is_blank(cursor))
    }

    /// What to send for the next page, or `None` when there is none: this page has no ids, or no cursor, or the one that was sent
    /// for it. Servers end in each of these ways, and some in no other (R-041).
    #[must_use]
    pub fn next_cursor(&self, sent: Option<&str>) -> Option<Cow<'_, str>> {
        let cursor = self.resumption_cursor().filter(|_| self.ids().next().is_some())?;
        (sent != Some(&*cursor)).then_some(cursor)
    }
}

impl<'a> DownloadedSubmission<'a> {
    /// A submission of this instance and these files.
    #[must_use]
    pub fn of(instance: Element<'a>, files: impl IntoIterator<Item = MediaFile<'a>>) -> Self {
        let name = |local: &'static str| Name::in_namespace(ns::SUBMISSIONS, local);
        let data = Element::new(name("data")).with_child(instance);
        let element = Element::new(name("submission")).with_child(data);
        let files = files.into_iter().map(|file| file.into_element(&name("mediaFile")));
        Self { element: files.fold(element, Element::with_child) }
    }

    /// The root of the instance.
    #[must_use]
    pub fn instance(&self) -> Option<&Element<'a>> {
        let data = self.element.elements().find(|child| child.name.local_name() == "data")?;
        data.elements().next()
    }

    /// What the server knows of the submission: it writes it into the root of the instance.
    #[must_use]
    pub fn metadata(&self) -> Option<SubmissionMetadata<'_>> {
        self.instance().map(SubmissionMetadata::of)
    }

    /// The files to download as well, those that are of no use as the reason why.
    pub fn files(&self) -> impl Iterator<Item = Result<MediaFile<'_>, MediaFileError>> {
        MediaFile::all_in(&self.element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileHash, manifest::RelativePath};

    fn page<'a>(ids: &[&'a str], cursor: Option<&'a str>) -> IdChunk<'a> {
        cursor.into_iter().fold(IdChunk::of(ids.iter().copied()), IdChunk::with_cursor)
    }

    /// R-041: the loop ends on an empty list, on a missing cursor, and on a repeated one.
    #[test]
    fn paging_ends_in_each_of_the_ways_that_servers_end_it() {
        assert_eq!(page(&["a"], Some("2")).next_cursor(Some("1")).as_deref(), Some("2"));
        assert_eq!(page(&[], Some("2")).next_cursor(Some("1")), None);
        assert_eq!(page(&["a"], None).next_cursor(None), None);
        assert_eq!(page(&["a"], Some(" ")).next_cursor(None), None);
        assert_eq!(page(&["a"], Some("1")).next_cursor(Some("1")), None);
        let blank = IdChunk::read(
            "<idChunk><idList><id> </id></idList><resumptionCursor>2</resumptionCursor></idChunk>",
        );
        assert_eq!(blank.unwrap().next_cursor(None), None);
    }

    /// R-088: the namespace is the one on the wire; a cursor of any kind comes back as it was.
    #[test]
    fn a_cursor_is_opaque() {
        let cursor = "<cursor xmlns=\"http://www.opendatakit.org/cursor\"><attributeValue>2026&amp;</attributeValue></cursor> ";
        let written = page(&["uuid:1", "a&b"], Some(cursor)).write().unwrap();
        insta::assert_snapshot!(written, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <idChunk xmlns="http://opendatakit.org/submissions"><idList><id>uuid:1</id><id>a&amp;b</id></idList><resumptionCursor>&lt;cursor xmlns="http://www.opendatakit.org/cursor"&gt;&lt;attributeValue&gt;2026&amp;amp;&lt;/attributeValue&gt;&lt;/cursor&gt; </resumptionCursor></idChunk>
        "#);
        let read = IdChunk::read(&written).unwrap();
        assert_eq!(read.next_cursor(None).as_deref(), Some(cursor));
        assert_eq!(read.ids().collect::<Vec<_>>(), ["uuid:1", "a&b"]);
        assert_eq!(read, page(&["uuid:1", "a&b"], Some(cursor)));
    }

    const DOWNLOADED: &str = "<submission xmlns='NAMESPACE' xmlns:orx='http://openrosa.org/xforms'><new/><data>\n\
         <visit id='v' version='7' instanceID='uuid:1' submissionDate='2026-01-02T03:04:05.000Z' isComplete='true'>\
           <photo>a.jpg</photo><orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta></visit></data>\
         <mediaFile><FILENAME>a.jpg</FILENAME><hash>md5:900150983cd24fb0d6963f7d28e17f72</hash>\
           <downloadUrl>https://example.org/a</downloadUrl></mediaFile>\
         <mediaFile><FILENAME>../b.jpg</FILENAME><downloadUrl>https://example.org/b</downloadUrl></mediaFile></submission>";

    /// R-042: `filename` and `fileName` are read, in both namespaces, and each file is there to be downloaded.
    #[test]
    fn a_submission_is_read_in_either_spelling() {
        for namespace in ["http://opendatakit.org/submissions", "http://getodk.org/submissions"] {
            for file_name in ["filename", "fileName"] {
                let source = DOWNLOADED.replace("NAMESPACE", namespace).replace("FILENAME", file_name);
                let submission = DownloadedSubmission::read(&source).unwrap();
                assert_eq!(submission.instance().unwrap().name.local_name(), "visit");
                let files: Vec<_> = submission.files().collect();
                let photo = files[0].as_ref().unwrap();
                assert_eq!((photo.path.as_str(), &*photo.download_url), ("a.jpg", "https://example.org/a"));
                assert!(photo.hash.is_some());
                assert_eq!(files[1].as_ref().unwrap_err().to_string(), "`../b.jpg` has a part `..`");
                let metadata = submission.metadata().unwrap();
                assert_eq!(metadata.instance_id.as_deref(), Some("uuid:1"));
                assert_eq!(metadata.is_complete(), Some(true));
            }
        }
        assert!(DownloadedSubmission::read("<submission><data/></submission>").unwrap().metadata().is_none());
    }

    /// R-088: a submission is written in the namespace on the wire, its files with `filename`.
    #[test]
    fn a_submission_is_written_as_servers_write_it() {
        let hash = FileHash::from_md5([0xEF; 16]);
        let photo = MediaFile::new(RelativePath::new("a.jpg").unwrap(), hash, "https://example.org/a");
        let instance =
            Element::read("<visit id='v' instanceID='uuid:1'><photo>a.jpg</photo></visit>").unwrap();
        let submission = DownloadedSubmission::of(instance.clone(), [photo.clone()]);
        let written = submission.write().unwrap();
        insta::assert_snapshot!(written, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <submission xmlns="http://opendatakit.org/submissions"><data><visit xmlns="" id="v" instanceID="uuid:1"><photo>a.jpg</photo></visit></data><mediaFile><filename>a.jpg</filename><hash>md5:efefefefefefefefefefefefefefefef</hash><downloadUrl>https://example.org/a</downloadUrl></mediaFile></submission>
        "#);
        let read = DownloadedSubmission::read(&written).unwrap();
        assert_eq!((read.instance(), &read), (Some(&instance), &submission));
        assert_eq!(read.files().collect::<Vec<_>>(), [Ok(photo)]);
    }
}
