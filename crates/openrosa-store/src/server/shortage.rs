//! Whether there was room for the form that came last.

use std::error::Error as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openrosa_http::server::Rejection;
use tokio::time::Instant;

use crate::error::Error;

/// For how long a form for which there was no room says something of the next. Whoever is sent elsewhere meanwhile cannot find out
/// that there is room again.
const LASTS: Duration = Duration::from_secs(60);

/// When there was no room, unless a form was kept since.
#[derive(Debug, Default)]
pub(super) struct Shortage(Mutex<Option<Instant>>);

impl Shortage {
    /// A form was kept.
    pub(super) fn is_over(&self) {
        *self.since() = None;
    }

    /// A form was refused, for want of room perhaps.
    pub(super) fn perhaps(&self, refused: Rejection) -> Rejection {
        let error = refused.source().and_then(|error| error.downcast_ref::<Error>());
        if error.is_some_and(Error::is_full) {
            *self.since() = Some(Instant::now());
        }
        refused
    }

    pub(super) fn lasts(&self) -> bool {
        self.since().is_some_and(|since| since.elapsed() < LASTS)
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use openrosa_http::server::Rejection;
    use tokio::time::advance;

    use super::*;
    use crate::error::Kind;

    #[tokio::test(start_paused = true)]
    async fn it_ends_by_itself_so_that_forms_come_and_find_out() {
        let shortage = Shortage::default();
        shortage.perhaps(Rejection::internal(Error::from(Kind::Busy)));
        assert!(!shortage.lasts(), "that is another failure");
        shortage.perhaps(Rejection::internal(Error::from(Kind::Full)));
        advance(LASTS - Duration::from_secs(1)).await;
        assert!(shortage.lasts());
        advance(Duration::from_secs(1)).await;
        assert!(!shortage.lasts());
    }

    /// A file goes to its place through layers that have errors of their own.
    #[test]
    fn a_place_of_files_without_room_is_full() {
        let source = std::io::Error::from(std::io::ErrorKind::StorageFull).into();
        let error = Error::from(object_store::Error::Generic { store: "LocalFileSystem", source });
        assert!(error.is_full(), "{error:?}");
    }
}
