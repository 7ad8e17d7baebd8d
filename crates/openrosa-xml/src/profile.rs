//! Who reads: the two reference implementations, which disagree on what a document means.

use std::fmt;

/// A reader of the family, where it matters which one.
///
/// Reading into values is neutral: a [`CaseBlock`](crate::CaseBlock) holds what was written. What that *means* depends
/// on who reads it, and the two programs that define the field's practice disagree in places: this value chooses the side.
/// [`CaseBlock::understood_by`](crate::CaseBlock::understood_by) shows a block from either.
///
/// A document that both understand alike is portable.
///
/// *Spec:* case-xml.md 1 and 4, the table of disagreements in 4.8; its section 0 names the versions that were read and
/// marks what was inferred from code rather than observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// The device: `commcare-core` under CommCare for Android, with its streaming parser, which is the default one
    /// (column S of the digest; the bulk parser of 3.6 is an opt-in and not meant here).
    ///
    /// It pulls elements one by one and acts on each as it is met, by local names alone, and gives up at the first
    /// thing it does not expect.
    Device,
    /// The server: CommCare HQ with its SQL backend.
    ///
    /// It turns the whole form into JSON first and looks at keys, so that order, repetition and empty elements are lost
    /// before a case block is looked at.
    Hq,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Device => "the device",
            Self::Hq => "CommCare HQ",
        })
    }
}
