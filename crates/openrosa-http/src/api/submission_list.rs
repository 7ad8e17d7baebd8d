//! The ids of a form's submissions, page by page (Briefcase).

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Uri, request};
use openrosa_xml::briefcase::IdChunk;
use openrosa_xml::xml::decode;
use openrosa_xml::{ReadError, WriteError};

use super::{Preamble, argument, document, get};

/// Which page is asked for.
///
/// *Wire*: GET `view/submissionList` with `formId`, `cursor`, `numEntries`, `includeIncomplete`. *Spec*: openrosa.md 6.1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The form.
    pub form_id: String,
    /// Where to go on: opaque, sent back as it came. `None` at the beginning.
    pub cursor: Option<String>,
    /// How many ids at most; the server decides otherwise.
    pub entries: Option<u32>,
    /// Submissions of which files are missing, too.
    pub include_incomplete: bool,
}

impl Request {
    /// The first page, of complete submissions.
    pub fn new(form_id: impl Into<String>) -> Self {
        Self { form_id: form_id.into(), cursor: None, entries: None, include_incomplete: false }
    }

    /// What a request asked; `None` without a form.
    pub fn read(request: &request::Parts) -> Option<Self> {
        let query = request.uri.query().unwrap_or_default();
        let is_true = |value: String| value.eq_ignore_ascii_case("true");
        Some(Self {
            form_id: argument(query, "formId")?,
            cursor: argument(query, "cursor").filter(|cursor| !cursor.is_empty()),
            entries: argument(query, "numEntries").and_then(|entries| entries.parse().ok()),
            include_incomplete: argument(query, "includeIncomplete").is_some_and(is_true),
        })
    }

    /// The request as it goes out.
    pub fn write(&self, preamble: &Preamble, uri: &Uri) -> Result<http::Request<()>, http::Error> {
        let entries = self.entries.map(|entries| entries.to_string());
        let arguments = [
            Some(("formId", self.form_id.as_str())),
            self.cursor.as_deref().map(|cursor| ("cursor", cursor)),
            entries.as_deref().map(|entries| ("numEntries", entries)),
            self.include_incomplete.then_some(("includeIncomplete", "true")),
        ];
        get(preamble, uri, &arguments.into_iter().flatten().collect::<Vec<_>>())
    }
}

/// All pages, one after the other.
///
/// It fetches nothing itself. Whoever keeps [`request`](Self::request)'s cursor can go on from there another day.
#[derive(Clone, Debug)]
pub struct Walk {
    next: Option<Request>,
    /// Hashes of the cursors that were sent, as some servers write a document for one.
    sent: HashSet<u64>,
}

impl Walk {
    /// From this page on.
    pub fn new(first: Request) -> Self {
        Self { sent: first.cursor.as_deref().map(hash).into_iter().collect(), next: Some(first) }
    }

    /// The page to ask for; `None` when there is none left.
    pub const fn request(&self) -> Option<&Request> {
        self.next.as_ref()
    }

    /// Takes in the page that was asked for last.
    ///
    /// The cursor that was just sent is an end, as the documents have it. One that was sent before that is not: the server goes in
    /// a circle, on which what is listed elsewhere never comes. It is an error, and there is no next page.
    pub fn arrived(&mut self, page: &IdChunk<'_>) -> Result<(), Circle> {
        let Some(asked) = self.next.take() else { return Ok(()) };
        let Some(cursor) = page.next_cursor(asked.cursor.as_deref()) else { return Ok(()) };
        if !self.sent.insert(hash(&cursor)) {
            return Err(Circle);
        }
        self.next = Some(Request { cursor: Some(cursor.into_owned()), ..asked });
        Ok(())
    }
}

/// A list leads on to a page that was asked for before, and so has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server lists submissions in a circle: what leads on from this page was asked for before")]
#[non_exhaustive]
pub struct Circle;

fn hash(cursor: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    cursor.hash(&mut hasher);
    hasher.finish()
}

/// A page as it goes out.
pub fn write(page: &IdChunk<'_>, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
    Ok(document(page.write()?, now))
}

/// The document of an answer that is a success.
pub fn read(body: &[u8]) -> Result<IdChunk<'static>, ReadError> {
    Ok(IdChunk::read(&decode(body)?)?.into_owned())
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;
    use crate::headers::Version;

    #[test]
    fn a_cursor_goes_back_as_it_came() {
        let cursor = "<cursor xmlns=\"http://www.opendatakit.org/cursor\"><a>2026-11-24T02:30:00.000+0000 &amp; b</a></cursor>";
        let asked = Request {
            cursor: Some(cursor.to_owned()),
            entries: Some(100),
            include_incomplete: true,
            ..Request::new("häuser & bäume/1 +x")
        };
        let preamble = Preamble::new(Version::OPENROSA_1, SystemTime::UNIX_EPOCH);
        let request =
            asked.write(&preamble, &Uri::from_static("https://agg.example/view/submissionList")).unwrap();
        assert_eq!(Request::read(&request.into_parts().0), Some(asked));
    }

    /// the loop ends on an empty list, a missing cursor, or a repeated one, whichever comes first.
    #[test]
    fn a_walk_ends() {
        for last in
            [IdChunk::of([""; 0]).with_cursor("9"), IdChunk::of(["c"]), IdChunk::of(["c"]).with_cursor("2")]
        {
            let (asked, walk) = walked(&[IdChunk::of(["a", "b"]).with_cursor("2"), last]);
            assert_eq!(asked, ["", "2"]);
            assert_eq!(walk.unwrap().request(), None);
        }
    }

    /// the end is the cursor that was just sent. An earlier one leads in a circle, of two pages or of more, and whatever the
    /// list has elsewhere does not come: that is no end.
    #[test]
    fn a_circle_is_no_end() {
        let page = |cursor: &str| IdChunk::of(["a"]).with_cursor(cursor.to_owned());
        for circle in [&["A", "B", "A"][..], &["1", "A", "B", "C", "A"], &["1", "2", "3", "1"]] {
            let (asked, walk) = walked(&circle.iter().copied().map(page).collect::<Vec<_>>());
            assert_eq!(walk.unwrap_err(), Circle);
            assert_eq!(asked.len(), circle.len());
        }
        // Also where it begins in it.
        let first = Request { cursor: Some("A".to_owned()), ..Request::new("f") };
        let mut walk = Walk::new(first);
        walk.arrived(&page("B")).unwrap();
        assert_eq!(walk.arrived(&page("A")), Err(Circle));
        assert_eq!(walk.request(), None);
        insta::assert_snapshot!(Circle, @"the server lists submissions in a circle: what leads on from this page was asked for before");
    }

    /// The cursors that are asked for, and the walk behind the last page.
    fn walked(pages: &[IdChunk<'_>]) -> (Vec<String>, Result<Walk, Circle>) {
        let (mut walk, mut asked) = (Walk::new(Request::new("f")), Vec::new());
        for page in pages {
            asked.push(walk.request().unwrap().cursor.clone().unwrap_or_default());
            if let Err(error) = walk.arrived(page) {
                return (asked, Err(error));
            }
        }
        (asked, Ok(walk))
    }
}
