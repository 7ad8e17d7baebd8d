//! Why a server did not keep something, or did not find it.

use std::path::PathBuf;

use object_store::{
    client::{HttpError, HttpErrorKind},
    path::Error as PathError,
};
use openrosa_xml::restore::RestoreWriteError;

use super::{State, lengths::TooLong};
use crate::error::{Error, Kind, causes};

/// What can only go wrong on a server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerKind {
    #[error("`{}` is no database of a server", path.display())]
    Foreign { path: PathBuf },
    #[error("the database was made by a newer version of this program")]
    Newer,
    #[error(
        "the database was made by another build of this program, whose migration {migration} is not the one here"
    )]
    OtherBuild { migration: i64 },
    #[error("migration {migration} of the tables cannot be made: {why}")]
    Migration { migration: i64, why: String },
    #[error("the file of an attachment: {0}")]
    Object(#[source] object_store::Error),
    #[error("`{object}` is not in the place of files")]
    NoFile { object: String },
    #[error("the environment does not say by which key")]
    NoKey,
    #[error("nothing can lie below that prefix: {0}")]
    Prefix(#[source] PathError),
    #[error("{stay} of the files that belong to no form cannot be removed, and {removed} could: {why}")]
    Unremoved { stay: usize, removed: usize, why: Box<Error> },
    #[error("the place of files does not answer")]
    PlaceSilent,
    #[error("the place of files: {0}")]
    Place(#[source] object_store::Error),
    #[error("the files there are another database's")]
    PlaceOfAnother,
    #[error("nothing says that the files there are this database's, and none is removed")]
    PlaceOfNobody,
    #[error(
        "none of the files is there that came last with forms, and nothing says that it is the place of the database {database}"
    )]
    PlaceWithoutFiles { database: String },
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
    #[error("form `{id}` does not wait to be let in: {}", state.in_words())]
    NotSetApart { id: String, state: State },
    #[error("the form that `{id}` was to take the place of has another successor by now")]
    Overtaken { id: String },
    #[error("form `{id}` is {} by now", state.as_str())]
    ChangedSince { id: String, state: State },
    #[error("there is no user `{name}`")]
    NoSuchUser { name: String },
    #[error("there is a user `{name}` already")]
    UserTaken { name: String },
    #[error("`{id}` is the id of the user `{name}` already")]
    UserIdTaken { id: String, name: String },
    #[error("nobody can sign in as `{}`: a name is not empty, and has no colon and no control character", name.escape_debug())]
    UserName { name: String },
    #[error(
        "nobody could sign in as `{name}`, of which what a device gives leaves `{as_given}`: add the user under that name"
    )]
    UserNameWhole { name: String, as_given: String },
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error("a password cannot be stored: {0}")]
    Password(argon2::password_hash::Error),
    #[error("a restore cannot be written: {0}")]
    Unwritable(#[source] RestoreWriteError),
}

impl ServerKind {
    pub(crate) const fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign { .. }) || self.is_of_another_version()
    }

    pub(crate) const fn is_of_another_version(&self) -> bool {
        matches!(self, Self::Newer | Self::OtherBuild { .. })
    }
}

impl Error {
    pub(super) const fn of_server(&self) -> Option<&ServerKind> {
        match self.kind() {
            Kind::Server(kind) => Some(kind),
            _ => None,
        }
    }

    /// The tables are on the way from one version to another and get no further: a migration was broken off, or finds what it does not
    /// expect.
    #[must_use]
    pub const fn is_half_migrated(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::Migration { .. }))
    }

    /// The PostgreSQL database is in another encoding than UTF-8, for good.
    #[must_use]
    pub const fn is_encoding(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::Encoding { .. }))
    }

    /// The place of files does not do what it should, or is another database's.
    #[must_use]
    pub const fn is_about_files(&self) -> bool {
        matches!(
            self.of_server(),
            Some(
                ServerKind::NoKey
                    | ServerKind::Place(_)
                    | ServerKind::PlaceSilent
                    | ServerKind::PlaceOfAnother
                    | ServerKind::PlaceOfNobody
                    | ServerKind::PlaceWithoutFiles { .. }
            )
        )
    }

    /// A prefix in a bucket that can be none.
    #[must_use]
    pub const fn is_no_prefix(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::Prefix(_)))
    }

    /// The object store of files cannot be reached, does not answer in time, hangs up, or says that it has too much to do. The same may
    /// work in a moment.
    pub(crate) fn is_silent_place(&self) -> bool {
        use HttpErrorKind::{Connect, Interrupted, Request, Timeout};
        match causes(self).find_map(|error| error.downcast_ref::<HttpError>()) {
            Some(error) => matches!(error.kind(), Connect | Timeout | Interrupted | Request),
            None => matches!(self.of_server(), Some(ServerKind::PlaceSilent)),
        }
    }

    /// A file is not in the place of files. Another place may have been meant.
    #[must_use]
    pub const fn is_missing_file(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::NoFile { .. }))
    }

    /// The place of files is another database's.
    #[must_use]
    pub const fn is_place_of_another(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::PlaceOfAnother))
    }

    /// Files that came with forms are not in the place of files, of which nothing says whose it is: another place may have been meant.
    /// This is the name of their database. Where they are lost for good, a file called `database` in which it stands makes the place
    /// its own.
    #[must_use]
    pub const fn database_without_files(&self) -> Option<&str> {
        match self.of_server() {
            Some(ServerKind::PlaceWithoutFiles { database }) => Some(database.as_str()),
            _ => None,
        }
    }

    /// Nothing says whose the place of files is, in which other things lie.
    #[must_use]
    pub const fn is_place_of_nobody(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::PlaceOfNobody))
    }

    /// There is no domain of this name.
    #[must_use]
    pub const fn is_unknown_domain(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::NoSuchDomain { .. }))
    }

    /// There is no user of this name.
    #[must_use]
    pub const fn is_unknown_user(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::NoSuchUser { .. }))
    }

    /// There is a user of this name already.
    #[must_use]
    pub const fn is_taken_user(&self) -> bool {
        matches!(self.of_server(), Some(ServerKind::UserTaken { .. }))
    }

    /// What was asked for can be done with a form in another state only: somebody else may have been faster.
    #[must_use]
    pub const fn is_too_late(&self) -> bool {
        matches!(
            self.of_server(),
            Some(
                ServerKind::NotSetApart { .. }
                    | ServerKind::Overtaken { .. }
                    | ServerKind::ChangedSince { .. }
            )
        )
    }
}

impl From<ServerKind> for Error {
    fn from(kind: ServerKind) -> Self {
        Kind::Server(kind).into()
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => ServerKind::NoFile { object: path },
            error => ServerKind::Object(error),
        }
        .into()
    }
}

impl From<RestoreWriteError> for Error {
    fn from(error: RestoreWriteError) -> Self {
        ServerKind::Unwritable(error).into()
    }
}
