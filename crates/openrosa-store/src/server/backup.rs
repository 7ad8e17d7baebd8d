//! A copy of the database, made while it is at work.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

use super::{Database, engine::Engine};
use crate::{
    error::{Error, Kind},
    private,
    server::ServerKind,
};

impl Database {
    /// Copies an SQLite database as it is at this moment into a file that is not there yet; who writes meanwhile does not wait.
    /// It is on the disk afterwards. PostgreSQL has `pg_dump` for this, and that is what the error says.
    ///
    /// The [files](super::Files) of forms are not in it. They never change: copied after this, none is missing that the copy
    /// knows of.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<(), Error> {
        let to = to.as_ref();
        if self.engine == Engine::Postgres {
            return Err(ServerKind::BackupElsewhere.into());
        }
        let at = |error| Kind::File { path: to.to_owned(), error };
        // SQLite takes an empty file, and this one is for no one else to read.
        private::create_new(to).map_err(at)?;
        let name = to.to_str().ok_or_else(|| at(io::ErrorKind::InvalidInput.into()))?;
        let copied = sqlx::query("VACUUM INTO $1").bind(name.to_owned()).execute(&self.writers).await;
        if let Err(error) = copied {
            // Half a copy is none.
            drop(std::fs::remove_file(to));
            return Err(error.into());
        }
        Ok(durable(to).map_err(at)?)
    }
}

/// The file, and on Unix its name in the folder. Windows flushes only what is open for writing.
fn durable(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
