//! A restore from anything that can be read.

use std::{fmt, io};

use thiserror::Error;

use super::{Located, Next, RestoreItem, RestoreParser};
use crate::{error::ReadError, limits::Limits};

/// Reads a restore item by item. As an iterator it gives items of their own; [`next_with`](Self::next_with) shows each where
/// it stands, without a copy. After an error: nothing, for good.
///
/// The source is read in large pieces, so it need not be buffered.
pub struct RestoreReader<R> {
    source: R,
    parser: RestoreParser,
    piece: Box<[u8]>,
    done: bool,
}

/// Why a restore could not be read on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It is malformed, cut, or beyond the limits.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The source failed.
    #[error("the restore could not be read: {0}")]
    Io(#[from] io::Error),
}

/// How much is asked of the source at a time.
const PIECE: usize = 64 << 10;

impl<R: io::Read> RestoreReader<R> {
    /// Reads with the default [`Limits`], which are those of one item here.
    pub fn new(source: R) -> Self {
        Self::within(source, &Limits::default())
    }

    /// Reads with other limits for one item.
    pub fn within(source: R, limits: &Limits) -> Self {
        Self { source, parser: RestoreParser::within(limits), piece: vec![0; PIECE].into(), done: false }
    }

    /// The next item, handed to `take` as it stands in the buffer; `None` after the last.
    pub fn next_with<T>(
        &mut self,
        take: impl FnOnce(Located<RestoreItem<'_>>) -> T,
    ) -> Result<Option<T>, RestoreError> {
        if self.done {
            return Ok(None);
        }
        let found = self.read_on(take);
        self.done = !matches!(found, Ok(Some(_)));
        found
    }

    fn read_on<T>(
        &mut self,
        take: impl FnOnce(Located<RestoreItem<'_>>) -> T,
    ) -> Result<Option<T>, RestoreError> {
        let mut take = Some(take);
        loop {
            let found =
                self.parser.next_with(|item| (take.take().expect("one item is found at most"))(item))?;
            match found {
                Next::Item(item) => return Ok(Some(item)),
                Next::End => return Ok(None),
                Next::More => self.read_piece()?,
            }
        }
    }

    fn read_piece(&mut self) -> io::Result<()> {
        match self.source.read(&mut self.piece) {
            Ok(0) => self.parser.end(),
            Ok(length) => self.parser.push(&self.piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What is known of the restore so far: its root, its `items`, how far it has been read.
    pub const fn parser(&self) -> &RestoreParser {
        &self.parser
    }
}

impl<R: io::Read> Iterator for RestoreReader<R> {
    type Item = Result<Located<RestoreItem<'static>>, RestoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let own =
            |item: Located<RestoreItem<'_>>| Located { value: item.value.into_owned(), span: item.span };
        self.next_with(own).transpose()
    }
}

impl<R> fmt::Debug for RestoreReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreReader").field("offset", &self.parser.offset()).finish_non_exhaustive()
    }
}
