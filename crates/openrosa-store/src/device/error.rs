//! Why a device did not keep something, or did not find it.

use std::path::PathBuf;

use openrosa_case::graph::Cycle;
use openrosa_xml::UserId;

use super::outbox::State;
use crate::error::{Error, Kind, no_room};

/// What can only go wrong on a device.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeviceKind {
    #[error("`{}` is no database of a device", path.display())]
    Foreign { path: PathBuf },
    #[error("there is no database `{}`", path.display())]
    Absent { path: PathBuf },
    #[error("`{}` was made by a newer version of this program", path.display())]
    Newer { path: PathBuf },
    #[error(
        "`{}` was made by another build of this program, whose migration {migration} is not the one here",
        path.display()
    )]
    OtherBuild { path: PathBuf, migration: i64 },
    #[error("`{}` lies beside the database `{}` and belongs to it", path.display(), of.display())]
    Beside { path: PathBuf, of: PathBuf },
    #[error("what came is no restore: there is nothing in it that belongs in one, so all is kept as it was")]
    NoRestore,
    #[error("{0}; a full restore may mend that")]
    Cycle(#[source] Cycle),
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
}

impl DeviceKind {
    pub(crate) const fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign { .. }) || self.is_of_another_version()
    }

    pub(crate) const fn is_of_another_version(&self) -> bool {
        matches!(self, Self::Newer { .. } | Self::OtherBuild { .. })
    }
}

impl Error {
    pub(super) const fn of_device(&self) -> Option<&DeviceKind> {
        match self.kind() {
            Kind::Device(kind) => Some(kind),
            _ => None,
        }
    }

    /// There is no database yet: no file, or an empty one.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self.of_device(), Some(DeviceKind::Absent { .. }))
    }

    /// The database belongs to another server, or to another user there. See
    /// [`Database::leave_home`](crate::device::Database::leave_home).
    #[must_use]
    pub const fn is_at_home_elsewhere(&self) -> bool {
        matches!(self.of_device(), Some(DeviceKind::AtHomeElsewhere { .. }))
    }

    /// A sync would send forms to one server, project or user and fetch the restore of another
    /// ([`Way`](crate::device::Way)).
    #[must_use]
    pub const fn is_of_two_servers(&self) -> bool {
        matches!(self.of_device(), Some(DeviceKind::Apart { .. }))
    }

    /// The server takes who asks for another user than whose cases are here. [Everything](crate::device::Way::anew) can be fetched, or
    /// the database be left to its user.
    #[must_use]
    pub const fn is_other_user(&self) -> bool {
        matches!(self.of_device(), Some(DeviceKind::OtherUser { .. }))
    }

    /// Cases index each other in a circle, so that none of them can be dropped.
    #[must_use]
    pub const fn is_cycle(&self) -> bool {
        matches!(self.of_device(), Some(DeviceKind::Cycle(_)))
    }

    /// The form has no `instanceID`.
    #[must_use]
    pub const fn lacks_instance_id(&self) -> bool {
        matches!(self.of_device(), Some(DeviceKind::NoInstanceId))
    }

    /// The form in the outbox that has the same `instanceID`, and other bytes or files.
    #[must_use]
    pub const fn instance_taken(&self) -> Option<i64> {
        match self.of_device() {
            Some(DeviceKind::InstanceTaken { number, .. }) => Some(*number),
            _ => None,
        }
    }

    /// What has become of the form already, for good.
    #[must_use]
    pub const fn settled(&self) -> Option<State> {
        match self.of_device() {
            Some(DeviceKind::Settled { state, .. }) => Some(*state),
            _ => None,
        }
    }

    /// How the exchange with the server failed.
    #[must_use]
    pub const fn http(&self) -> Option<&openrosa_http::client::Error> {
        match self.of_device() {
            Some(DeviceKind::Http(error)) => Some(error),
            _ => None,
        }
    }

    /// What came as a restore has nothing in it that belongs in one, as the login page of a network has not.
    #[must_use]
    pub fn is_no_restore(&self) -> bool {
        match self.of_device() {
            Some(DeviceKind::NoRestore) => true,
            Some(DeviceKind::Http(error)) => error.is_no_restore(),
            _ => false,
        }
    }
}

impl From<DeviceKind> for Error {
    fn from(kind: DeviceKind) -> Self {
        Kind::Device(kind).into()
    }
}

impl From<openrosa_http::client::Error> for Error {
    /// What there was no room for is told as with all else that is kept here.
    fn from(error: openrosa_http::client::Error) -> Self {
        match no_room(&error).filter(|_| error.is_full()) {
            Some(kind) => kind.into(),
            None => DeviceKind::Http(error).into(),
        }
    }
}
