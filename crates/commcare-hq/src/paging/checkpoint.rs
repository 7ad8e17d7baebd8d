//! Where a walk stood, to be written down.

use serde::{Deserialize, Serialize};

/// Where a walk stood after a page: what is needed to go on with it, in another process, on another day.
///
/// No secret is in it, and no address of a server: it goes on wherever the client that resumes it is at home.
///
/// ```
/// use commcare_hq::paging::Checkpoint;
///
/// let text = r#"{"version": 1, "first": "/a/d/api/v0.5/user/", "next": "/a/d/api/v0.5/user/?offset=20", "pages": 1, "items": 20}"#;
/// let checkpoint: Checkpoint = serde_json::from_str(text)?;
/// assert!(!checkpoint.is_end());
/// assert_eq!(checkpoint.items(), 20);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Of this form of writing it down.
    version: Version,
    /// Path and arguments of the first page: whose walk it is.
    pub(super) first: String,
    /// Path and arguments of the next page; `None` at the end.
    pub(super) next: Option<String>,
    pub(super) pages: u64,
    pub(super) items: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u64>,
}

/// The one version there is; any other does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct Version;

impl TryFrom<u8> for Version {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if number == 1 { Ok(Self) } else { Err("a checkpoint of another version") }
    }
}

impl From<Version> for u8 {
    fn from(_: Version) -> Self {
        1
    }
}

impl Checkpoint {
    pub(super) fn new(first: String) -> Self {
        Self { version: Version, next: Some(first.clone()), first, pages: 0, items: 0, total: None }
    }

    /// The walk had come to its end.
    pub fn is_end(&self) -> bool {
        self.next.is_none()
    }

    /// How many pages were read.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// How many items were on them.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// How many items there were at the beginning, where the server said so.
    pub fn total(&self) -> Option<u64> {
        self.total
    }
}
