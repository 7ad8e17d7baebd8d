//! A document that is about to be checked: in memory, or on the disk to be read as it comes.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::Path,
};

use crate::{
    cmd::show::begins_answer,
    exit::Failure,
    input::{Input, source, title, unopened},
};

/// A restore larger than this is not read into memory.
const LARGE: u64 = 1 << 20;

/// How much is looked at to tell what a document is; a root and what stands before it is shorter.
const PEEK: usize = 64 << 10;

/// Where a document is.
pub(super) enum Opened {
    Memory(Input),
    /// A large restore, at its beginning.
    Disk(File),
}

impl Opened {
    /// Of any other document all is in memory while it is checked, and there is a limit to that.
    pub(super) fn open(name: &str, path: &Path) -> Result<Self, Failure> {
        let unread = |error| unopened(name, path, &error);
        let mut source = source(path).map_err(unread)?;
        let mut bytes = Vec::new();
        source.by_ref().take(LARGE).read_to_end(&mut bytes).map_err(unread)?;
        if bytes.len() as u64 == LARGE && begins_answer(&bytes[..PEEK]) {
            let is_there_again = name != "-" && path.is_file();
            let file =
                if is_there_again { File::open(path).map_err(unread) } else { spooled(name, &bytes, source) };
            return file.map(Self::Disk);
        }
        Input::read_on(path, bytes, source).map(Self::Memory)
    }
}

/// What comes through a pipe comes once, and lines are looked up again: it is kept in a file without a name, gone with us.
fn spooled(name: &str, beginning: &[u8], mut rest: impl Read) -> Result<File, Failure> {
    let mut kept = || -> io::Result<File> {
        let mut file = tempfile::tempfile()?;
        file.write_all(beginning)?;
        io::copy(&mut rest, &mut file)?;
        file.rewind()?;
        Ok(file)
    };
    kept().map_err(|error| {
        Failure::new(format!("cannot keep {} on the disk while it is checked: {error}", title(name)))
            .remedy("save it as a file, and check that")
    })
}
