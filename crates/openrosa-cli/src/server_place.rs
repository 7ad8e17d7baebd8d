//! Where a server keeps everything: a file, or PostgreSQL; and a folder, or S3, for what comes with forms.

use std::ffi::{OsStr, OsString};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::{Arg, Command};
use openrosa_store::server::{Database, Domain, Files};

use crate::exit::Failure;
use crate::folder::parent;
use crate::page::{typed, typed_option, typed_path};

/// Where a server keeps everything as long as nobody says otherwise: here.
pub(crate) const DEFAULT: &str = "openrosa-server.db";

/// What it takes to reach a bucket.
const IN_S3: &str = "a bucket that is there, and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or AWS_ENDPOINT_URL, in the \
                     environment, or AWS_METADATA_ENDPOINT for the role of the machine; who comes has to list, read, write and \
                     delete below the prefix";

/// What opens a database that this version does not understand.
const WAY_BACK: &str = "the version that worked with it last; to go back to this one, put back the copy from before the upgrade, with \
                        its files";

/// What helps where a migration was broken off, or somebody else has made tables.
const PUT_BACK: &str = "the copy from before the upgrade, put back with its files";

/// A server's database.
#[derive(Clone)]
pub(crate) enum Place {
    /// An SQLite file.
    File(PathBuf),
    /// The address of a PostgreSQL database, in which there may be a password.
    Postgres(String),
}

/// Where what comes with forms is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum FilesPlace {
    /// A folder.
    Folder(PathBuf),
    /// A part of a bucket of an object store that speaks S3.
    Bucket {
        /// The bucket.
        bucket: String,
        /// What all names begin with; empty for none.
        prefix: String,
    },
}

/// Reads a place. The errors of `clap` show what was given; in an address that may be a password.
#[derive(Clone)]
pub(crate) struct Unshown<T>(PhantomData<fn() -> T>);

/// The commands that look after what is kept in a place, as a person would type them.
pub(crate) struct Admin(String);

impl Admin {
    pub(crate) fn at(place: &Place, files: &FilesPlace) -> Self {
        Self(format!("openrosa admin{}", place.options(files)))
    }

    pub(crate) fn command(&self, words: &str) -> String {
        format!("{} {words}", self.0)
    }

    /// The same about what is in a domain.
    pub(crate) fn command_in(&self, domain: &Domain, words: &str) -> String {
        let domain = match domain.name.as_str() {
            "" => String::new(),
            name => format!(" {}", typed_option("--domain", name)),
        };
        self.command(&format!("{words}{domain}"))
    }
}

impl<T: FromStr<Err = &'static str> + Clone + Send + Sync + 'static> TypedValueParser for Unshown<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        let read = value.to_str().ok_or("text in UTF-8").and_then(str::parse);
        read.map_err(|wanted| {
            let flag = arg.and_then(Arg::get_long).unwrap_or_default();
            let kind = clap::error::ErrorKind::ValueValidation;
            clap::Error::raw(kind, format!("--{flag} takes {wanted}\n")).with_cmd(command)
        })
    }
}

impl ValueParserFactory for Place {
    type Parser = Unshown<Self>;

    fn value_parser() -> Self::Parser {
        Unshown(PhantomData)
    }
}

impl ValueParserFactory for FilesPlace {
    type Parser = Unshown<Self>;

    fn value_parser() -> Self::Parser {
        Unshown(PhantomData)
    }
}

/// The scheme of an address, and what follows, in which there may be a password. No file is called so: what nobody knows is a slip.
fn address(text: &str) -> Option<(&str, &str)> {
    text.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '\\']))
}

impl FromStr for FilesPlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = match address(text) {
            None => return Ok(Self::Folder(text.into())),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("s3") => rest,
            Some(_) => return Err("a folder, s3://BUCKET or s3://BUCKET/PREFIX"),
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        match bucket {
            "" => Err("s3://BUCKET or s3://BUCKET/PREFIX"),
            _ if bucket.contains(['@', ':']) => {
                Err("s3://BUCKET or s3://BUCKET/PREFIX; the key and its secret stand in the environment")
            }
            _ => Ok(Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() }),
        }
    }
}

impl std::fmt::Display for FilesPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

impl FilesPlace {
    fn open(
        &self,
        in_folder: impl Fn(&Path) -> Result<Files, openrosa_store::Error>,
    ) -> Result<Files, Failure> {
        match self {
            Self::Folder(path) => in_folder(path).map_err(|error| failure(&error)),
            Self::Bucket { bucket, prefix } => {
                Files::in_s3(bucket, prefix).map_err(|error| self.unopened(&error))
            }
        }
    }

    fn unopened(&self, error: &openrosa_store::Error) -> Failure {
        let failure = Failure::new(format!("cannot work with the files in `{self}`: {error}"));
        match self {
            _ if error.is_place_of_another() => failure.remedy(
                "--files with a place of its own, or the database whose files these are; if they are this one's, remove what is \
                 called `database` there",
            ),
            _ if let Some(database) = error.database_without_files() => {
                failure.remedy(format!(
                    "--files with the place where they are; if they are lost for good, {} says that this is the place",
                    self.marking(database)
                ))
            }
            Self::Folder(_) => failure,
            Self::Bucket { .. } if error.is_no_prefix() => {
                failure.remedy("s3://BUCKET/PREFIX, with a name between any two slashes")
            }
            Self::Bucket { .. } => failure.remedy(IN_S3),
        }
    }

    /// What a person types to make it a database's own: the file by which it is known.
    fn marking(&self, database: &str) -> String {
        let place = self.typed();
        match self {
            Self::Folder(_) => format!("mkdir -p {place} && echo {database} > {place}/database"),
            Self::Bucket { .. } => format!("echo {database} | aws s3 cp - {place}/database"),
        }
    }

    /// As a person would type it again.
    fn typed(&self) -> String {
        match self {
            Self::Folder(path) => typed_path(path),
            Self::Bucket { .. } => typed(&self.to_string()).into_owned(),
        }
    }

    /// A folder that would have to be made.
    pub(crate) fn missing(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) if !path.exists() => Some(path),
            _ => None,
        }
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match address(text) {
            None => Ok(Self::File(text.into())),
            Some((scheme, rest)) if ["postgres", "postgresql"].contains(&&*scheme.to_ascii_lowercase()) => {
                Ok(Self::Postgres(format!("postgres://{rest}")))
            }
            Some(_) => Err("a file, or postgres://USER:PASSWORD@HOST/NAME"),
        }
    }
}

impl Place {
    /// Whether it would have to be made. What may not be looked for may be there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::File(path) if path.try_exists().is_ok_and(|is_there| !is_there))
    }

    /// As it may be shown: whose password is in an address is nobody else's affair.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Postgres(_) => "PostgreSQL".to_owned(),
        }
    }

    /// As a person would type it again behind the name of a command, with a blank before it.
    pub(crate) fn option(&self) -> String {
        match self {
            Self::File(path) if path.as_os_str() == DEFAULT => String::new(),
            Self::File(path) => format!(" --database {}", typed_path(path)),
            Self::Postgres(_) => " --database postgres://…".to_owned(),
        }
    }

    /// The same with where its files are, unless they are where they are looked for.
    pub(crate) fn options(&self, files: &FilesPlace) -> String {
        match self.files_beside().as_ref() == Some(files) {
            true => self.option(),
            false => format!("{} --files {}", self.option(), files.typed()),
        }
    }

    /// Where the files of forms are: as said, or beside the database.
    pub(crate) fn files(&self, said: Option<&FilesPlace>) -> Result<FilesPlace, Failure> {
        said.cloned().or_else(|| self.files_beside()).ok_or_else(|| {
            let failure = Failure::new("nobody says where the files of forms are to be");
            failure.remedy("--files FOLDER, the same for every process that works with this database")
        })
    }

    /// Where they are as long as nobody says otherwise.
    fn files_beside(&self) -> Option<FilesPlace> {
        let Self::File(path) = self else { return None };
        let mut name = OsString::from(path);
        name.push("-files");
        Some(FilesPlace::Folder(name.into()))
    }

    /// Opens it for whoever looks after it: a folder of files is not made.
    pub(crate) async fn open(&self, place: &FilesPlace) -> Result<Database, Failure> {
        self.open_with(place, place.open(|path| Files::found_in_folder(path))?).await
    }

    async fn open_with(&self, place: &FilesPlace, files: Files) -> Result<Database, Failure> {
        let opened = match self {
            Self::File(path) => Database::open(path, files).await,
            Self::Postgres(address) => Database::connect(address, files).await,
        };
        opened.map_err(|error| match error.is_about_files() {
            true => place.unopened(&error),
            false => self.unopened(&error),
        })
    }

    /// Opens it for whoever serves, or makes it: the place of files has to be the database's own, and to answer.
    pub(crate) async fn open_to_serve(&self, place: &FilesPlace) -> Result<Database, Failure> {
        self.has_a_folder()?;
        let new = place.missing();
        let files = place.open(|path| Files::in_folder(path))?;
        self.settled(place, files).await.inspect_err(|_| {
            // Who mistyped a name has nothing to clean up. A folder with something in it stays.
            if let Some(folder) = new {
                drop(std::fs::remove_dir(folder));
            }
        })
    }

    async fn settled(&self, place: &FilesPlace, files: Files) -> Result<Database, Failure> {
        let database = self.open_with(place, files).await?;
        let settled = database.settle_files().await;
        settled
            .map_err(|error| if error.is_about_files() { place.unopened(&error) } else { failure(&error) })?;
        Ok(database)
    }

    /// A folder is not made: its name may be a slip.
    fn has_a_folder(&self) -> Result<(), Failure> {
        match self {
            Self::File(path) if !parent(path).is_dir() => {
                let failure = Failure::new(format!("there is no folder `{}`", parent(path).display()));
                Err(failure.remedy("another name, or make the folder first"))
            }
            _ => Ok(()),
        }
    }

    fn unopened(&self, error: &openrosa_store::Error) -> Failure {
        let cannot = || match self {
            Self::Postgres(_) => Failure::new(format!("cannot work with PostgreSQL: {error}")),
            Self::File(path) => Failure::new(format!("cannot open `{}`: {error}", path.display())),
        };
        match self {
            _ if error.is_of_another_version() => cannot().remedy(WAY_BACK),
            _ if error.is_half_migrated() => cannot().remedy(PUT_BACK),
            Self::Postgres(_) if error.is_encoding() => {
                cannot().remedy("another database: CREATE DATABASE NAME ENCODING 'UTF8' TEMPLATE template0")
            }
            Self::Postgres(_) if error.is_busy() => {
                cannot().remedy("start PostgreSQL there, or name a host and a port where it runs")
            }
            Self::Postgres(_) => {
                cannot().remedy("postgres://USER:PASSWORD@HOST/DATABASE, of a database that is there")
            }
            Self::File(path) if error.is_foreign() => {
                Failure::new(format!("`{}` is no database of this server", path.display()))
                    .remedy("another name: `openrosa serve` makes what is not there yet")
            }
            Self::File(_) => cannot(),
        }
    }
}

/// What the database did not do.
pub(crate) fn failure(error: &openrosa_store::Error) -> Failure {
    Failure::new(error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::value_parser;

    use super::*;

    #[test]
    fn what_is_refused_is_not_shown() {
        let command = || {
            Command::new("x").arg(Arg::new("database").long("database").value_parser(value_parser!(Place)))
        };
        let refused =
            command().try_get_matches_from(["x", "--database", "mysql://u:secret@h/x"]).unwrap_err();
        insta::assert_snapshot!(refused.to_string().lines().next().unwrap(), @"error: --database takes a file, or postgres://USER:PASSWORD@HOST/NAME");
        let place = command().get_matches_from(["x", "--database", "x.db"]).remove_one::<Place>("database");
        assert_eq!(place.unwrap().name(), "x.db");
    }

    #[test]
    fn an_address_is_no_file() {
        let files = FilesPlace::Folder("x.db-files".into());
        let database = |text: &str| text.parse().map(|place: Place| place.options(&files));
        for postgres in ["postgres://u:secret@h/x", "POSTGRES://u:secret@h/x", "PostgreSQL://h/x"] {
            assert_eq!(database(postgres).unwrap(), " --database postgres://… --files x.db-files");
        }
        assert_eq!(database("a/b:c.db").unwrap(), " --database a/b:c.db --files x.db-files");
        assert_eq!(database("x.db").unwrap(), " --database x.db");
        for other in ["mysql://u:secret@h/x", "sqlite://x.db", "://"] {
            assert!(!database(other).unwrap_err().contains("secret"));
        }
    }

    #[test]
    fn a_bucket_is_no_folder() {
        let files = |text: &str| text.parse().map(|place: FilesPlace| place.to_string());
        assert_eq!(files("S3://bucket/x").unwrap(), "s3://bucket/x");
        assert_eq!(files("/srv/files").unwrap(), "/srv/files");
        for other in
            ["gs://bucket/x", "s3://", "file:///srv/files", "s3://k:secret@bucket/x", "s3://bucket:9000"]
        {
            assert!(!files(other).unwrap_err().contains("secret@"), "{other}");
        }
    }
}
