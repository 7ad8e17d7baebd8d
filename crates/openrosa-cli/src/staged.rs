//! A folder that is there whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::durable::{DiskError, sync_folder};
use crate::exit::Failure;
use crate::fleeting::Fleeting;
use crate::folder::parent;

/// A folder in the making, under a hidden name beside its place. It goes away unless it is kept. On Unix nobody but
/// the user can look into it, now or later.
pub(crate) struct Staged {
    making: Fleeting,
    place: PathBuf,
}

impl Staged {
    /// Fails where something is in the way already: it may be all that is left of another submission.
    pub(crate) fn at(place: &Path) -> Result<Self, Failure> {
        let in_the_way = match fs::read_dir(place) {
            // `.` and `..` have no name that another could take.
            Ok(_) if place.file_name().is_none() => true,
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => place.symlink_metadata().is_ok(),
        };
        if in_the_way {
            let failure = Failure::new(format!("`{}` is there already", place.display()));
            return Err(failure.remedy("name a folder that does not exist yet"));
        }
        let beside = parent(place);
        fs::create_dir_all(beside).map_err(|error| cannot("make", beside, error))?;
        let making = Fleeting::within(beside);
        Ok(Self { making: making.map_err(|error| cannot("make", place, error))?, place: place.to_owned() })
    }

    /// Where its files go for now.
    pub(crate) fn path(&self) -> &Path {
        self.making.path()
    }

    /// Gives it its name; its files must be durable by now.
    pub(crate) fn keep(self) -> Result<(), Failure> {
        let told = |error: DiskError| Failure::new(error.to_string());
        sync_folder(self.path()).map_err(told)?;
        if self.place.is_dir() {
            // It is empty. Only Unix would rename over it.
            fs::remove_dir(&self.place).map_err(|error| cannot("replace", &self.place, error))?;
        }
        self.making.put(&self.place).map_err(|error| cannot("make", &self.place, error))?;
        sync_folder(parent(&self.place)).map_err(told)
    }
}

fn cannot(what: &str, path: &Path, error: io::Error) -> Failure {
    Failure::new(format!("cannot {what} `{}`: {error}", path.display()))
}
