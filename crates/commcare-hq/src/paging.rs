//! Lists that come in pages: seven styles, one walk.
//!
//! A [`Walk`] follows what the server says comes next. Where a list is ordered by a moment and may change while it is read, a
//! [`Window`] is exact where following is not: see there.

mod checkpoint;
pub(crate) mod envelope;
mod road;
pub mod verbatim;
mod walk;
pub mod window;

pub use checkpoint::Checkpoint;
pub use envelope::Page;
pub use verbatim::Verbatim;
pub use walk::Walk;
pub use window::{Dated, Window};

/// An answer that may be one of several.
pub trait Paged {
    /// What a page is a page of.
    type Item;

    /// What comes next, as the server wrote it: an address, a path, or arguments only. `None` at the end.
    fn next(&self) -> Option<&str>;

    /// How many items all pages have together, if the server says so on its first page.
    fn total(&self) -> Option<u64>;

    /// How many items this page has.
    fn len(&self) -> usize;

    /// Whether it has none, which is not to say that it is the last.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its items.
    fn into_items(self) -> Vec<Self::Item>;
}
