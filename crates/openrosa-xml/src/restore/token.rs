//! `Sync`: the token of a restore, or the progress of one that is still being prepared.

use std::borrow::Cow;

use crate::xml::{Element, Name};

/// `<Sync>` with the token by which the next restore says what is already there.
///
/// *Wire:* after the message. *Spec:* ota-restore.md 2.5.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SyncToken<'a> {
    /// The element, kept whole.
    pub element: Element<'a>,
}

impl<'a> SyncToken<'a> {
    /// A `Sync` with this token.
    #[must_use]
    pub fn new(restore_id: impl Into<Cow<'a, str>>) -> Self {
        let name = |local: &'static str| Name::in_namespace(crate::ns::SYNC, local);
        let id = Element::new(name("restore_id")).with_text(restore_id);
        Self { element: Element::new(name("Sync")).with_child(id) }
    }

    /// The token as written; it may be empty. `None` where the first child is something else.
    #[must_use]
    pub fn restore_id(&self) -> Option<Cow<'_, str>> {
        let first = self.element.elements().next()?;
        first.name.local_name().eq_ignore_ascii_case("restore_id").then(|| first.text())
    }

    /// The progress of a restore that is still being prepared (ota-restore.md 1.7).
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        let is_progress = |element: &&Element<'_>| element.name.local_name().eq_ignore_ascii_case("progress");
        let progress = self.element.elements().find(is_progress)?;
        let number = |local| progress.attribute(local).and_then(|text| text.parse().ok());
        Some(Progress { done: number("done"), total: number("total"), retry_after: number("retry-after") })
    }
}

/// How far a restore has been prepared; what is absent or no number is `None`.
///
/// *Wire:* `<progress done="250" total="9000" retry-after="5"/>` in the `Sync` of an answer with status 202.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Cases prepared so far.
    pub done: Option<u64>,
    /// Cases in all; 0 until that is known.
    pub total: Option<u64>,
    /// Seconds to wait; devices go by the HTTP header instead.
    pub retry_after: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sync(source: &'static str) -> SyncToken<'static> {
        SyncToken { element: Element::read(source).unwrap() }
    }

    /// S-009: no token is not the same as an empty one.
    #[test]
    fn a_missing_token_and_an_empty_one_differ() {
        assert_eq!(sync("<Sync><restore_id/></Sync>").restore_id().as_deref(), Some(""));
        assert_eq!(sync("<Sync><RESTORE_ID> a </RESTORE_ID></Sync>").restore_id().as_deref(), Some(" a "));
        assert_eq!(sync("<Sync/>").restore_id(), None);
        assert_eq!(sync("<Sync><x/><restore_id>a</restore_id></Sync>").restore_id(), None);
        assert_eq!(SyncToken::new("t").restore_id().as_deref(), Some("t"));
    }

    #[test]
    fn progress_is_read_where_it_is_a_number() {
        let progress =
            sync("<sync><progress done='250' total='x' retry-after='5'/></sync>").progress().unwrap();
        assert_eq!((progress.done, progress.total, progress.retry_after), (Some(250), None, Some(5)));
        assert_eq!(SyncToken::new("t").progress(), None);
    }
}
