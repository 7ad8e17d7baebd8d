//! Moments that lists can be cut off at.

/// A moment in the life of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are the moments that can be asked for")]
pub enum Moment {
    /// When it was changed last, by the device's clock.
    LastModified,
    /// When the server stored its last change.
    ServerLastModified,
    /// When the index took it in, by which pages are ordered; maintenance may do so anew.
    IndexedOn,
    /// When it was opened.
    DateOpened,
    /// When it was closed.
    DateClosed,
}

/// On which side of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are four")]
pub enum Side {
    /// `gt`.
    After,
    /// `gte`.
    From,
    /// `lt`.
    Before,
    /// `lte`.
    Until,
}

impl Moment {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LastModified => "last_modified",
            Self::ServerLastModified => "server_last_modified",
            Self::IndexedOn => "indexed_on",
            Self::DateOpened => "date_opened",
            Self::DateClosed => "date_closed",
        }
    }
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::After => "gt",
            Self::From => "gte",
            Self::Before => "lt",
            Self::Until => "lte",
        }
    }
}
