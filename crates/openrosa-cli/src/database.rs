//! The database of a device, as a command is told of it.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use openrosa_store::device::Database;

use crate::exit::Failure;
use crate::folder::parent;
use crate::page::typed_path;
use crate::servers::Servers;

/// Which database.
#[derive(clap::Args)]
pub(crate) struct DatabaseArgs {
    /// The database of this device; else what the environment has as OPENROSA_DATABASE, or the settings as `database`
    #[arg(long, global = true, value_name = "FILE")]
    database: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The one in this file, as it was named.
    pub(crate) fn at(path: &Path) -> Self {
        Self { database: Some(path.to_owned()) }
    }

    /// Where it is, if anybody says so.
    pub(crate) fn path(&self) -> Result<Option<PathBuf>, Failure> {
        let environment = || std::env::var_os("OPENROSA_DATABASE").filter(|path| !path.is_empty());
        if let Some(path) = self.database.clone().or_else(|| environment().map(PathBuf::from)) {
            return Ok(Some(path));
        }
        let Some(path) = Servers::read()?.database else { return Ok(None) };
        Ok(Some(parent(&Servers::path()?).join(path)))
    }

    /// Opens it, or makes it.
    pub(crate) async fn make(&self) -> Result<Database, Failure> {
        Database::open(self.needed()?).await.map_err(|error| self.failure(&error))
    }

    /// Opens the one that is there.
    pub(crate) async fn open(&self) -> Result<Database, Failure> {
        Database::open_existing(self.needed()?).await.map_err(|error| self.failure(&error))
    }

    /// A command about it, as a person would type it: what the command line said is said again, and what the environment or the
    /// settings say need not be.
    pub(crate) fn command(&self, words: impl Display) -> String {
        let database = self.database.as_deref().map(|path| format!(" --database {}", typed_path(path)));
        format!("openrosa {words}{}", database.unwrap_or_default())
    }

    /// What it did not do, with what helps.
    pub(crate) fn failure(&self, error: &openrosa_store::Error) -> Failure {
        let failure = Failure::new(error.to_string());
        match () {
            () if error.is_absent() => failure.remedy(format!(
                "{}, or {}, which make it",
                self.command("sync --server NAME"),
                self.command("outbox add FORM")
            )),
            () if error.is_at_home_elsewhere() => failure.remedy(format!(
                "another --database; or {}, where server or user are the same under another name, or the address was mistyped \
                 before",
                self.command("db move")
            )),
            () if error.is_other_user() => failure.remedy(format!(
                "the user whose cases are here; or another --database; or {}, which fetches everything in the place of what is \
                 here",
                self.command("sync --anew --server NAME")
            )),
            () => remedied(failure, error),
        }
    }

    fn needed(&self) -> Result<PathBuf, Failure> {
        let unknown = || Failure::new("nobody says where the database is");
        self.path()?.ok_or_else(|| unknown().remedy("--database FILE, or set OPENROSA_DATABASE"))
    }
}

/// What a database did not do that is open.
#[expect(clippy::needless_pass_by_value, reason = "it ends here, and goes by its name")]
pub(crate) fn failure(error: openrosa_store::Error) -> Failure {
    remedied(Failure::new(error.to_string()), &error)
}

/// With what helps whichever database it is.
fn remedied(failure: Failure, error: &openrosa_store::Error) -> Failure {
    match () {
        () if error.is_of_another_version() => failure.remedy("the version that worked with it last"),
        () if error.is_of_two_servers() => {
            failure.remedy("--url and --forms-to of one server, of one project there, and signed in as one user")
        }
        () if error.is_damaged() => failure.remedy(
            "keep a copy of the file, and of the one ending in -wal beside it, before anything else: forms may be in it that \
             nobody else has, and SQLite's own `.recover` may bring them back",
        ),
        () if error.is_failing_disk() => failure.remedy(
            "the card or disk back in its place, and the same again; from one that fails, a copy of the file and of the one ending \
             in -wal beside it, before anything else",
        ),
        () if error.is_denied() => failure.remedy(
            "the right to write the file, the one ending in -wal beside it, and into their folder, also to look; or a copy of \
             both in a folder of your own",
        ),
        () => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_named_on_the_command_line_is_typed_again() {
        let named = DatabaseArgs::at(Path::new("my field.db"));
        assert_eq!(named.command("outbox list"), "openrosa outbox list --database 'my field.db'");
        assert_eq!(DatabaseArgs { database: None }.command("outbox list"), "openrosa outbox list");
    }
}
