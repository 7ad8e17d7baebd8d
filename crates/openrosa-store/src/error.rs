//! Why something was not kept, or not found.

use std::{io, path::PathBuf, sync::Arc};

use object_store::client::{HttpError, HttpErrorKind};
use openrosa_case::{ApplyError, graph::Cycle};
use openrosa_xml::{ReadError, UserId};

use crate::device::outbox::State;

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
    #[error("there is no database `{}`", path.display())]
    Absent { path: PathBuf },
    #[error("`{}` is no database of a device", path.display())]
    Foreign { path: PathBuf },
    #[error("the file is no SQLite database, or its beginning is lost")]
    NoSqlite,
    #[error("`{}` was made by a newer version of this program", path.display())]
    Newer { path: PathBuf },
    #[error(
        "`{}` was made by another build of this program, whose migration {migration} is not the one here",
        path.display()
    )]
    OtherBuild { path: PathBuf, migration: i64 },
    #[error("the database was made by a newer version of this program")]
    NewerServer,
    #[error(
        "the database was made by another build of this program, whose migration {migration} is not the one here"
    )]
    OtherBuildServer { migration: i64 },
    #[error("migration {migration} of the tables cannot be made: {why}")]
    Migration { migration: i64, why: String },
    #[error("the file of an attachment: {0}")]
    Object(#[source] object_store::Error),
    #[error("the environment does not say by which key")]
    NoKey,
    #[error("the place of files does not answer")]
    PlaceSilent,
    #[error("the place of files: {0}")]
    Place(#[source] object_store::Error),
    #[error("the files there are another database's")]
    PlaceOfAnother,
    #[error("nothing says that the files there are this database's, and none is removed")]
    PlaceOfNobody,
    #[error("it is in the encoding {encoding}, in which most texts of the world cannot be kept")]
    Encoding { encoding: String },
    #[error("`{id}` cannot be let in: {why}")]
    NoForm { id: String, why: String },
    #[error("PostgreSQL is backed up by its own `pg_dump`")]
    BackupElsewhere,
    #[error("there is no domain `{name}`")]
    NoSuchDomain { name: String },
    #[error("there is no form `{id}`")]
    NoSuchRecord { id: String },
    #[error("form `{id}` is {}, not set apart", state.as_str())]
    NotSetApart { id: String, state: crate::server::State },
    #[error("the form that `{id}` was to take the place of has another successor by now")]
    Overtaken { id: String },
    #[error("form `{id}` is {} by now", state.as_str())]
    ChangedSince { id: String, state: crate::server::State },
    #[error("there is no user `{name}`")]
    NoSuchUser { name: String },
    #[error("there is a user `{name}` already")]
    UserTaken { name: String },
    #[error("`{id}` is the id of the user `{name}` already")]
    UserIdTaken { id: String, name: String },
    #[error("nobody can sign in as `{}`: a name is not empty, and has no colon and no control character", name.escape_debug())]
    UserName { name: String },
    #[error(transparent)]
    TooLong(#[from] crate::server::lengths::TooLong),
    #[error("a password cannot be stored: {0}")]
    Password(argon2::password_hash::Error),
    #[error("what came is no restore: there is nothing in it that belongs in one, so all is kept as it was")]
    NoRestore,
    #[error("a restore cannot be written: {0}")]
    Unwritable(#[source] openrosa_xml::restore::RestoreWriteError),
    #[error("the database is damaged ({0})")]
    Damaged(String),
    #[error("{0}")]
    Database(#[source] sqlx::Error),
    #[error("`{}`: {error}", path.display())]
    File {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error(transparent)]
    Declined(ApplyError),
    #[error("{0}; a full restore may mend that")]
    Cycle(#[source] Cycle),
    #[error("{0}")]
    Unreadable(#[source] ReadError),
    #[error(transparent)]
    Http(openrosa_http::client::Error),
    #[error("the database is at home at {home}, and nothing of it goes to {asked}")]
    AtHomeElsewhere { home: String, asked: String },
    #[error(
        "forms would go to {forms}, and the restore come from {restore}: that is not one server, project and user"
    )]
    Apart { forms: String, restore: String },
    #[error("what came is for the user `{came}`, and what is here is of `{held}`")]
    OtherUser { held: UserId, came: UserId },
    #[error("the form has no `instanceID`, and sent twice nobody could tell that it is one")]
    NoInstanceId,
    #[error("form {number} has the `instanceID` `{instance_id}` already, and is another")]
    InstanceTaken { instance_id: String, number: i64 },
    #[error("there is no form {number} in the outbox")]
    NoSuchForm { number: i64 },
    #[error("form {number} is {state} already")]
    Settled { number: i64, state: State },
    #[error("the program is ending")]
    Stopped,
}

impl Error {
    /// There is no room left on the disk.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match &self.0 {
            Kind::Full | Kind::NoRoom => true,
            Kind::File { error, .. } => error.kind() == io::ErrorKind::StorageFull,
            Kind::Http(error) => error.is_full(),
            _ => causes(self).any(|error| {
                let on_disk = error.downcast_ref::<io::Error>();
                on_disk.is_some_and(|error| error.kind() == io::ErrorKind::StorageFull)
            }),
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

    /// There is no database yet: no file, or an empty one.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self.0, Kind::Absent { .. })
    }

    /// The file is no database of a device, or one that only another version of this program understands.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        matches!(
            self.0,
            Kind::Foreign { .. }
                | Kind::Newer { .. }
                | Kind::OtherBuild { .. }
                | Kind::NewerServer
                | Kind::OtherBuildServer { .. }
        )
    }

    /// Only another version of this program understands the database: a newer one, as a rule.
    #[must_use]
    pub const fn is_of_another_version(&self) -> bool {
        matches!(
            self.0,
            Kind::Newer { .. } | Kind::NewerServer | Kind::OtherBuild { .. } | Kind::OtherBuildServer { .. }
        )
    }

    /// The tables are on the way from one version to another and get no further: a migration was broken off, or finds what it does not
    /// expect.
    #[must_use]
    pub const fn is_half_migrated(&self) -> bool {
        matches!(self.0, Kind::Migration { .. })
    }

    /// The database belongs to another server, or to another user there. See
    /// [`Database::leave_home`](crate::device::Database::leave_home).
    #[must_use]
    pub const fn is_at_home_elsewhere(&self) -> bool {
        matches!(self.0, Kind::AtHomeElsewhere { .. })
    }

    /// A sync would send forms to one server, project or user and fetch the restore of another
    /// ([`Way`](crate::device::Way)).
    #[must_use]
    pub const fn is_of_two_servers(&self) -> bool {
        matches!(self.0, Kind::Apart { .. })
    }

    /// The server takes who asks for another user than whose cases are here. [Everything](crate::device::Way::anew) can be fetched, or
    /// the database be left to its user.
    #[must_use]
    pub const fn is_other_user(&self) -> bool {
        matches!(self.0, Kind::OtherUser { .. })
    }

    /// The PostgreSQL database is in another encoding than UTF-8, for good.
    #[must_use]
    pub const fn is_encoding(&self) -> bool {
        matches!(self.0, Kind::Encoding { .. })
    }

    /// The place of files does not do what it should, or is another database's.
    #[must_use]
    pub const fn is_about_files(&self) -> bool {
        matches!(
            self.0,
            Kind::NoKey | Kind::Place(_) | Kind::PlaceSilent | Kind::PlaceOfAnother | Kind::PlaceOfNobody
        )
    }

    /// The object store of files cannot be reached, or does not answer in time. The same may work in a moment.
    pub(crate) fn is_silent_place(&self) -> bool {
        match causes(self).find_map(|error| error.downcast_ref::<HttpError>()) {
            Some(error) => matches!(error.kind(), HttpErrorKind::Connect | HttpErrorKind::Timeout),
            None => matches!(self.0, Kind::PlaceSilent),
        }
    }

    /// The place of files is another database's.
    #[must_use]
    pub const fn is_place_of_another(&self) -> bool {
        matches!(self.0, Kind::PlaceOfAnother)
    }

    /// Nothing says whose the place of files is, in which other things lie.
    #[must_use]
    pub const fn is_place_of_nobody(&self) -> bool {
        matches!(self.0, Kind::PlaceOfNobody)
    }

    /// There is no domain of this name.
    #[must_use]
    pub const fn is_unknown_domain(&self) -> bool {
        matches!(self.0, Kind::NoSuchDomain { .. })
    }

    /// There is no user of this name.
    #[must_use]
    pub const fn is_unknown_user(&self) -> bool {
        matches!(self.0, Kind::NoSuchUser { .. })
    }

    /// There is a user of this name already.
    #[must_use]
    pub const fn is_taken_user(&self) -> bool {
        matches!(self.0, Kind::UserTaken { .. })
    }

    /// There is a user of this id already, under another name.
    #[must_use]
    pub const fn is_taken_user_id(&self) -> bool {
        matches!(self.0, Kind::UserIdTaken { .. })
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
    pub(crate) fn into_declined(self) -> Result<ApplyError, Self> {
        match self.0 {
            Kind::Declined(error) => Ok(error),
            kind => Err(Self(kind)),
        }
    }

    /// What came as a restore has nothing in it that belongs in one, as the login page of a network has not.
    #[must_use]
    pub fn is_no_restore(&self) -> bool {
        match &self.0 {
            Kind::NoRestore => true,
            Kind::Http(error) => error.is_no_restore(),
            _ => false,
        }
    }

    /// Cases index each other in a circle, so that none of them can be dropped.
    #[must_use]
    pub const fn is_cycle(&self) -> bool {
        matches!(self.0, Kind::Cycle(_))
    }

    /// What was given cannot be read.
    #[must_use]
    pub const fn unreadable(&self) -> Option<&ReadError> {
        match &self.0 {
            Kind::Unreadable(error) => Some(error),
            _ => None,
        }
    }

    /// The form has no `instanceID`.
    #[must_use]
    pub const fn lacks_instance_id(&self) -> bool {
        matches!(self.0, Kind::NoInstanceId)
    }

    /// The form in the outbox that has the same `instanceID`, and other bytes or files.
    #[must_use]
    pub const fn instance_taken(&self) -> Option<i64> {
        match self.0 {
            Kind::InstanceTaken { number, .. } => Some(number),
            _ => None,
        }
    }

    /// There is no form of this number or id.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.0, Kind::NoSuchForm { .. } | Kind::NoSuchRecord { .. })
    }

    /// What was asked for can be done with a form in another state only: somebody else may have been faster.
    #[must_use]
    pub const fn is_too_late(&self) -> bool {
        matches!(self.0, Kind::NotSetApart { .. } | Kind::Overtaken { .. } | Kind::ChangedSince { .. })
    }

    /// What has become of the form already, for good.
    #[must_use]
    pub const fn settled(&self) -> Option<State> {
        match self.0 {
            Kind::Settled { state, .. } => Some(state),
            _ => None,
        }
    }

    /// How the exchange with the server failed.
    #[must_use]
    pub const fn http(&self) -> Option<&openrosa_http::client::Error> {
        match &self.0 {
            Kind::Http(error) => Some(error),
            _ => None,
        }
    }
}

/// What is behind it, and what is behind that.
fn causes(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |error| error.source())
}

/// SQLite could not write. That the disk is full has a code of its own.
const IOERR_WRITE: i32 = 10 | 3 << 8;
/// SQLite could not make the file `-shm` larger.
const IOERR_SHMSIZE: i32 = 10 | 19 << 8;

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

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Kind::Object(error).into()
    }
}

impl From<openrosa_xml::restore::RestoreWriteError> for Error {
    fn from(error: openrosa_xml::restore::RestoreWriteError) -> Self {
        Kind::Unwritable(error).into()
    }
}

impl From<openrosa_http::client::Error> for Error {
    fn from(error: openrosa_http::client::Error) -> Self {
        Kind::Http(error).into()
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
