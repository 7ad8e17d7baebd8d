//! The ids of a form's submissions, page by page (Briefcase).

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

/// All pages, one after the other: an end to them is found whatever a server sends.
///
/// It fetches nothing itself. Whoever keeps [`request`](Self::request)'s cursor can go on from there another day.
#[derive(Clone, Debug)]
pub struct Walk {
    next: Option<Request>,
    sent: Vec<String>,
}

impl Walk {
    /// From this page on.
    pub fn new(first: Request) -> Self {
        Self { sent: first.cursor.iter().cloned().collect(), next: Some(first) }
    }

    /// The page to ask for; `None` when there is none left.
    pub const fn request(&self) -> Option<&Request> {
        self.next.as_ref()
    }

    /// Takes in the page that was asked for last.
    pub fn arrived(&mut self, page: &IdChunk<'_>) {
        let cursor = page.next_cursor(self.sent.iter().map(String::as_str)).map(|cursor| cursor.into_owned());
        self.sent.extend(cursor.clone());
        self.next =
            self.next.take().zip(cursor).map(|(request, cursor)| Request { cursor: Some(cursor), ..request });
    }
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
        let pages = [("2", &["a", "b"][..]), ("4", &["c", "d"]), ("2", &["a"])];
        let mut walk = Walk::new(Request::new("f"));
        let mut asked = Vec::new();
        for (cursor, ids) in pages {
            asked.push(walk.request().unwrap().cursor.clone().unwrap_or_default());
            walk.arrived(&IdChunk::of(ids.iter().copied()).with_cursor(cursor));
        }
        assert_eq!(asked, ["", "2", "4"]);
        assert_eq!(walk.request(), None);
        for last in [IdChunk::of([""; 0]).with_cursor("9"), IdChunk::of(["a"])] {
            let mut walk = Walk::new(Request::new("f"));
            walk.arrived(&last);
            assert_eq!(walk.request(), None);
        }
    }
}
