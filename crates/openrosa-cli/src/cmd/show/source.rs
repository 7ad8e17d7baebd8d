//! Where bytes come from: a file or standard input, looked at before it is known whether it will fit into memory.

use std::{
    io::{self, Read},
    path::Path,
};

use openrosa_xml::{
    restore::{Next, RestoreParser},
    xml::{decode, other_encoding},
};

use crate::{
    exit::Failure,
    input::{Input, source, unopened},
};

/// How much is looked at to tell what it is; a root and what stands before it is shorter.
const PEEK: u64 = 64 << 10;

/// An open file whose beginning has been read.
pub(in crate::cmd) struct Source {
    /// The path as given, or `-`.
    pub(in crate::cmd) name: String,
    peeked: Vec<u8>,
    rest: Box<dyn Read>,
    /// What it was, where this is the text of it in UTF-8.
    pub(super) was: Option<Wide>,
}

/// A file in a 16-bit encoding.
#[derive(Clone)]
pub(super) struct Wide {
    pub(super) encoding: String,
    pub(super) bytes: u64,
}

impl Source {
    pub(in crate::cmd) fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let peeked = source(path).and_then(|mut rest| {
            let mut peeked = Vec::new();
            rest.by_ref().take(PEEK).read_to_end(&mut peeked)?;
            Ok((peeked, rest))
        });
        match peeked {
            Ok((peeked, rest)) => Ok(Self { name, peeked, rest, was: None }),
            Err(error) => Err(unopened(&name, path, &error)),
        }
    }

    /// The text of a file in memory, if it is in a 16-bit encoding.
    pub(super) fn in_utf8(input: &Input) -> Option<Self> {
        let encoding = wide(&input.bytes)?.to_owned();
        let peeked = decode(&input.bytes).ok()?.into_owned().into_bytes();
        let was = Some(Wide { encoding, bytes: input.bytes.len() as u64 });
        Some(Self { name: input.name.clone(), peeked, rest: Box::new(io::empty()), was })
    }

    /// Whether it is in a 16-bit encoding.
    pub(super) fn is_wide(&self) -> bool {
        wide(&self.peeked).is_some()
    }

    /// Whether it begins as restores and other answers of a server do, in UTF-8.
    pub(in crate::cmd) fn is_answer(&self) -> bool {
        begins_answer(&self.peeked)
    }

    /// All of it, to be read as it comes.
    pub(in crate::cmd) fn into_reader(self) -> impl Read {
        io::Cursor::new(self.peeked).chain(self.rest)
    }

    /// All of it, in memory.
    pub(in crate::cmd) fn into_input(self) -> Result<Input, Failure> {
        Input::read_on(Path::new(&self.name), self.peeked, self.rest)
    }
}

/// The encoding of what begins in one of 16 bits.
fn wide(bytes: &[u8]) -> Option<&str> {
    other_encoding(bytes).filter(|name| name.starts_with("UTF-16"))
}

/// Whether the root is `OpenRosaResponse`, whatever its namespace: clients go by the local name (openrosa.md 1.2).
pub(crate) fn begins_answer(bytes: &[u8]) -> bool {
    let mut parser = RestoreParser::new();
    parser.push(bytes);
    let _found: Result<Next<()>, _> = parser.next_with(|_| ());
    parser.root().is_some_and(|root| root.local_name() == "OpenRosaResponse")
}
