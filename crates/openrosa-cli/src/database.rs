//! The database of a device, as a command is told of it.

use std::path::PathBuf;

use openrosa_store::device::Database;

use crate::exit::Failure;
use crate::folder::parent;
use crate::servers::Servers;

/// Which database.
#[derive(clap::Args)]
pub(crate) struct DatabaseArgs {
    /// The database of this device; else what the environment has as OPENROSA_DATABASE, or the settings as `database`
    #[arg(long, global = true, value_name = "FILE")]
    database: Option<PathBuf>,
}

impl DatabaseArgs {
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
        Database::open(self.needed()?).await.map_err(failure)
    }

    /// Opens the one that is there.
    pub(crate) async fn open(&self) -> Result<Database, Failure> {
        Database::open_existing(self.needed()?).await.map_err(failure)
    }

    fn needed(&self) -> Result<PathBuf, Failure> {
        let unknown = || Failure::new("nobody says where the database is");
        self.path()?.ok_or_else(|| unknown().remedy("--database FILE, or set OPENROSA_DATABASE"))
    }
}

/// What the database did not do.
#[expect(clippy::needless_pass_by_value, reason = "it ends here, and goes by its name")]
pub(crate) fn failure(error: openrosa_store::Error) -> Failure {
    let failure = Failure::new(error.to_string());
    match () {
        () if error.is_absent() => {
            failure.remedy("openrosa sync, or openrosa outbox add FORM, which make it")
        }
        () if error.is_of_another_version() => failure.remedy("the version that worked with it last"),
        () if error.is_at_home_elsewhere() => failure.remedy(
            "another --database; or openrosa db move, where server or user are the same under another name, or the address was \
             mistyped before",
        ),
        () if error.is_of_two_servers() => {
            failure.remedy("--url and --forms-to of one server, of one project there, and signed in as one user")
        }
        () if error.is_other_user() => failure.remedy(
            "the user whose cases are here; or another --database; or openrosa sync --anew, which fetches everything in the place of \
             what is here",
        ),
        () if error.is_damaged() => failure.remedy(
            "keep a copy of the file, and of the one ending in -wal beside it, before anything else: forms may be in it that \
             nobody else has, and SQLite's own `.recover` may bring them back",
        ),
        () if error.is_denied() => failure.remedy(
            "the right to write the file, the one ending in -wal beside it, and into their folder, also to look; or a copy of \
             both in a folder of your own",
        ),
        () => failure,
    }
}
