//! Why something was not kept, or not found.

use std::{io, path::PathBuf, sync::Arc};

use openrosa_case::ApplyError;
use openrosa_xml::ReadError;

#[cfg(feature = "device")]
use crate::device::DeviceKind;
#[cfg(feature = "server")]
use crate::server::ServerKind;

/// Why the database did not do what it was asked. Whatever it was, nothing of it has happened.
///
/// Programs ask the predicates; the message is for a person.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("the disk is full; make room, and do it again: nothing is lost")]
    Full,
    #[error(
        "the system takes no more bytes into the file: it is at a limit (a quota, or `ulimit -f`), or the disk fails"
    )]
    Unwritten,
    #[error(
        "the disk is full, or at a limit (a quota, or `ulimit -f`); make room, and do it again: nothing is lost"
    )]
    NoRoom,
    #[error("another process keeps the database busy")]
    Busy,
    #[error("the database does not answer: {0}")]
    Unanswered(#[source] Arc<sqlx::Error>),
    #[error(
        "PostgreSQL lacks memory for it ({0}): a larger `max_locks_per_transaction` where it is shared memory, or else more of it"
    )]
    Memory(#[source] sqlx::Error),
    #[error("the database may not be written here")]
    ReadOnly,
    #[error("the database, or a file beside it that ends in -wal or -shm, cannot be opened")]
    Unopened,
    #[error("the disk does not do what the database asks of it: it was pulled out, or fails ({0})")]
    Disk(#[source] sqlx::Error),
    #[error("the file is no SQLite database, or its beginning is lost")]
    NoSqlite,
    #[error("the database is damaged ({0})")]
    Damaged(String),
    #[error("{0}")]
    Database(#[source] sqlx::Error),
    #[error("`{}`: {}", path.display(), in_words(error))]
    File {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error(transparent)]
    Declined(ApplyError),
    #[error("{0}")]
    Unreadable(#[source] ReadError),
    #[error("the program is ending")]
    Stopped,
    #[cfg(feature = "device")]
    #[error(transparent)]
    Device(#[from] DeviceKind),
    #[cfg(feature = "server")]
    #[error(transparent)]
    Server(#[from] ServerKind),
}

impl Error {
    /// There is no room left on the disk.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match &self.0 {
            Kind::Full | Kind::NoRoom => true,
            _ => no_room(self).is_some(),
        }
    }

    /// Another process wrote for longer than this one waits, or the database does not answer. The same may work in a moment.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        matches!(self.0, Kind::Busy | Kind::Unanswered(_))
    }

    /// The system does not let this process at the file, or at what lies beside it, and who only looks has to write there, too.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        const DENIED: [io::ErrorKind; 2] =
            [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem];
        match &self.0 {
            Kind::ReadOnly | Kind::Unopened => true,
            Kind::File { error, .. } => DENIED.contains(&error.kind()),
            _ => false,
        }
    }

    /// The same for another who is kept waiting by it.
    #[cfg(feature = "server")]
    pub(crate) fn for_another(&self) -> Self {
        match &self.0 {
            Kind::Unanswered(error) => Kind::Unanswered(Arc::clone(error)),
            _ => Kind::Busy,
        }
        .into()
    }

    /// What lies in the file is not what was written there. A copy of it, and of the `-wal` beside it, is worth keeping before
    /// anything else is done: forms that were not sent may still be found in it.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        matches!(self.0, Kind::Damaged(_) | Kind::NoSqlite)
    }

    /// The disk neither gives nor takes what it should: a card that was pulled out, or a disk that fails. What lies on it may be as it
    /// was, and a copy of it is worth making before anything else is done.
    #[must_use]
    pub const fn is_failing_disk(&self) -> bool {
        matches!(self.0, Kind::Disk(_))
    }

    /// The file is no database of a device, or of a server, or one that only another version of this program understands.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        match &self.0 {
            #[cfg(feature = "device")]
            Kind::Device(kind) => kind.is_foreign(),
            #[cfg(feature = "server")]
            Kind::Server(kind) => kind.is_foreign(),
            _ => false,
        }
    }

    /// Only another version of this program understands the database: a newer one, as a rule.
    #[must_use]
    pub const fn is_of_another_version(&self) -> bool {
        match &self.0 {
            #[cfg(feature = "device")]
            Kind::Device(kind) => kind.is_of_another_version(),
            #[cfg(feature = "server")]
            Kind::Server(kind) => kind.is_of_another_version(),
            _ => false,
        }
    }

    pub(crate) const fn kind(&self) -> &Kind {
        &self.0
    }

    /// The rules of cases do not allow it.
    #[must_use]
    pub const fn declined(&self) -> Option<&ApplyError> {
        match &self.0 {
            Kind::Declined(error) => Some(error),
            _ => None,
        }
    }

    /// The rules' refusal, or else the error.
    #[cfg(feature = "device")]
    pub(crate) fn into_declined(self) -> Result<ApplyError, Self> {
        match self.0 {
            Kind::Declined(error) => Ok(error),
            kind => Err(Self(kind)),
        }
    }

    /// What was given cannot be read.
    #[must_use]
    pub const fn unreadable(&self) -> Option<&ReadError> {
        match &self.0 {
            Kind::Unreadable(error) => Some(error),
            _ => None,
        }
    }

    /// There is no form of this number or id.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        match &self.0 {
            #[cfg(feature = "device")]
            Kind::Device(kind) => matches!(kind, DeviceKind::NoSuchForm { .. }),
            #[cfg(feature = "server")]
            Kind::Server(kind) => matches!(kind, ServerKind::NoSuchRecord { .. }),
            _ => false,
        }
    }
}

/// It, what is behind it, and what is behind that.
pub(crate) fn causes<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// SQLite could not write. That the disk is full has a code of its own.
const IOERR_WRITE: i32 = 10 | 3 << 8;
/// SQLite could not make the file `-shm` larger.
const IOERR_SHMSIZE: i32 = 10 | 19 << 8;
/// What SQLite says where the system neither reads, flushes, cuts, measures nor maps a file, and where the disk itself is wrong
/// (`IOERR_CORRUPTFS`, by which it tells EIO): READ, FSYNC, DIR_FSYNC, TRUNCATE, FSTAT, SHMMAP, SEEK, MMAP, CORRUPTFS, IN_PAGE.
const IOERR_OF_DISK: [i32; 10] = [1, 4, 5, 6, 7, 21, 22, 24, 33, 34];

/// What there is no room for, by what the system said of a file: told in the same words whoever met it.
pub(crate) fn no_room(error: &(dyn std::error::Error + 'static)) -> Option<Kind> {
    causes(error).find_map(|error| match error.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::StorageFull => Some(Kind::Full),
        io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Some(Kind::NoRoom),
        _ => None,
    })
}

fn in_words(error: &io::Error) -> String {
    no_room(error).map_or_else(|| error.to_string(), |kind| kind.to_string())
}

impl From<sqlx::Error> for Kind {
    /// By SQLite's result codes, of which the primary one is the last byte, or those of PostgreSQL, which have five characters.
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| Some(error.code()?.into_owned()));
        match code.as_deref() {
            Some("53100") => return Self::Full,
            Some("53200") => return Self::Memory(error),
            Some("25006") => return Self::ReadOnly,
            // It ends, has ended or begins, and whoever was connected has to come again; or there are as many as it takes.
            Some("53300" | "57P01" | "57P02" | "57P03" | "57P05") => {
                return Self::Unanswered(error.into());
            }
            Some(code) if code.len() == 5 && code.starts_with("08") => return Self::Unanswered(error.into()),
            // Two that wait for each other, or that cannot both have been first.
            Some("40001" | "40P01" | "55P03") => return Self::Busy,
            Some(code) if code.len() == 5 => return Self::Database(error),
            _ => {}
        }
        let code = code.and_then(|code| code.parse::<i32>().ok());
        match code {
            // Who only looks needs it, too.
            Some(IOERR_SHMSIZE) => return Self::NoRoom,
            Some(IOERR_WRITE) => return Self::Unwritten,
            Some(code) if code & 0xff == 10 && IOERR_OF_DISK.contains(&(code >> 8)) => {
                return Self::Disk(error);
            }
            _ => {}
        }
        match code.map(|code| code & 0xff) {
            None if matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => {
                Self::Unanswered(error.into())
            }
            Some(5 | 6) => Self::Busy,
            Some(8) => Self::ReadOnly,
            Some(11) => Self::Damaged(error.to_string()),
            Some(26) => Self::NoSqlite,
            Some(13) => Self::Full,
            Some(14) => Self::Unopened,
            _ => Self::Database(error),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Kind::from(error).into()
    }
}

impl From<ApplyError> for Error {
    fn from(error: ApplyError) -> Self {
        Kind::Declined(error).into()
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Kind::Unreadable(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// As SQLite tells of it, by its extended result code.
    #[derive(Debug, thiserror::Error)]
    #[error("(code: {0}) disk I/O error")]
    struct Code(i32);

    impl DatabaseError for Code {
        fn message(&self) -> &'static str {
            "disk I/O error"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.to_string().into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    /// On a full disk there is not even room for what readers share; and a file may be at a limit where the disk is not.
    #[test]
    fn where_nothing_more_is_taken_that_is_said() {
        let told = |code| Error::from(sqlx::Error::Database(Box::new(Code(code))));
        assert!(told(4874).is_full() && told(13).is_full() && !told(266).is_full());
        insta::assert_snapshot!(told(4874), @"the disk is full, or at a limit (a quota, or `ulimit -f`); make room, and do it again: nothing is lost");
        assert!(told(53100).is_full() && !told(53200).is_full());
        insta::assert_snapshot!(told(53200), @"PostgreSQL lacks memory for it (error returned from database: (code: 53200) disk I/O error): a larger `max_locks_per_transaction` where it is shared memory, or else more of it");
        insta::assert_snapshot!(told(778), @"the system takes no more bytes into the file: it is at a limit (a quota, or `ulimit -f`), or the disk fails");
    }

    /// A card that was pulled out while the database was open: what is on it is not damaged for that.
    #[test]
    fn a_disk_that_is_gone_is_no_damage() {
        let told = |code| Error::from(sqlx::Error::Database(Box::new(Code(code))));
        // SQLITE_IOERR_READ, _FSYNC, _CORRUPTFS; beside SQLITE_CORRUPT, NOTADB and what is about locks and memory.
        for code in [266, 1034, 8458] {
            assert!(told(code).is_failing_disk() && !told(code).is_damaged(), "{code}");
        }
        assert!([11, 26].iter().all(|code| told(*code).is_damaged() && !told(*code).is_failing_disk()));
        assert!([3850, 3082, 5].iter().all(|code| !told(*code).is_failing_disk()));
        insta::assert_snapshot!(told(8458), @"the disk does not do what the database asks of it: it was pulled out, or fails (error returned from database: (code: 8458) disk I/O error)");
    }

    /// As where a restore is saved beside the database before it is applied.
    #[test]
    fn a_full_disk_is_told_alike_whoever_met_it() {
        let told = |kind: io::ErrorKind| {
            Error::from(Kind::File { path: "phone.db-restore".into(), error: kind.into() })
        };
        let full = told(io::ErrorKind::StorageFull);
        assert!(full.is_full() && !told(io::ErrorKind::NotFound).is_full());
        insta::assert_snapshot!(full, @"`phone.db-restore`: the disk is full; make room, and do it again: nothing is lost");
        let limited = told(io::ErrorKind::FileTooLarge);
        assert!(limited.is_full() && told(io::ErrorKind::QuotaExceeded).to_string() == limited.to_string());
        insta::assert_snapshot!(limited, @"`phone.db-restore`: the disk is full, or at a limit (a quota, or `ulimit -f`); make room, and do it again: nothing is lost");
    }

    /// As where another user's `-wal` lies beside it.
    #[test]
    fn what_cannot_be_opened_is_denied() {
        let told = |code| Error::from(sqlx::Error::Database(Box::new(Code(code))));
        assert!(told(14).is_denied() && told(8).is_denied() && !told(10).is_denied());
        let of_system = |kind: io::ErrorKind| {
            Error::from(Kind::File { path: "phone.db-opening".into(), error: kind.into() }).is_denied()
        };
        assert!(of_system(io::ErrorKind::PermissionDenied) && of_system(io::ErrorKind::ReadOnlyFilesystem));
        assert!(!of_system(io::ErrorKind::NotFound));
        insta::assert_snapshot!(told(14), @"the database, or a file beside it that ends in -wal or -shm, cannot be opened");
    }

    #[test]
    fn a_database_that_does_not_answer_is_not_kept_busy_by_others() {
        let error = Error::from(sqlx::Error::PoolTimedOut);
        assert!(error.is_busy());
        insta::assert_snapshot!(error, @"the database does not answer: pool timed out while waiting for an open connection");
        let broken =
            io::Error::new(io::ErrorKind::UnexpectedEof, "expected to read 5 bytes, got 0 bytes at EOF");
        let error = Error::from(sqlx::Error::Io(broken));
        assert!(error.is_busy());
        insta::assert_snapshot!(error, @"the database does not answer: error communicating with database: expected to read 5 bytes, got 0 bytes at EOF");
    }
}
