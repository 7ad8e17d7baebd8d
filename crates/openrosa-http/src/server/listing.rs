//! Documents that are written as their entries come.

use std::error::Error;
use std::time::SystemTime;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt as _};
use openrosa_xml::WriteError;
use openrosa_xml::xml::{Element, Writer};

use super::Rejection;
use crate::api;

/// Things that are listed one after the other, as they are found. One that fails breaks the answer off, so that its reader
/// sees that it was cut.
pub type Listing<T> = BoxStream<'static, Result<T, Rejection>>;

/// The elements around the entries of a document, from the outside in.
pub(crate) type Frame = Vec<Element<'static>>;

/// A success that is this document. The first entry is waited for, so that what fails at once is told properly.
pub(crate) async fn document<T: Send + 'static>(
    frame: Frame,
    entries: Listing<T>,
    write: impl Fn(&mut Writer, T) -> Result<(), WriteError> + Send + 'static,
) -> Result<Response, Rejection> {
    let mut entries = entries;
    let first = entries.next().await.transpose()?;
    let entries = stream::iter(first.map(Ok)).chain(entries);
    let mut out = Writer::document();
    frame.iter().try_for_each(|element| open(&mut out, element)).map_err(Rejection::internal)?;
    let pieces = pieces(out, frame.len(), entries.boxed(), write);
    Ok(api::document(String::new(), SystemTime::now()).map(|_| Body::from_stream(pieces)))
}

fn open(out: &mut Writer, element: &Element<'_>) -> Result<(), WriteError> {
    out.open(&element.name)?;
    element.attributes.iter().try_for_each(|attribute| out.attribute(&attribute.name, &attribute.value))
}

type Broken = Box<dyn Error + Send + Sync>;

/// The document in pieces, one an entry; the last closes what is open.
fn pieces<T: Send + 'static>(
    out: Writer,
    depth: usize,
    entries: Listing<T>,
    write: impl Fn(&mut Writer, T) -> Result<(), WriteError> + Send + 'static,
) -> BoxStream<'static, Result<Bytes, Broken>> {
    let state = Some(Ahead { out, depth, entries, write });
    let pieces = stream::try_unfold(state, |ahead| async move {
        match ahead {
            Some(ahead) => ahead.next().await.map(Some),
            None => Ok(None),
        }
    });
    pieces.inspect_err(|error| tracing::error!(error, "a list is broken off")).boxed()
}

/// What is still to be written.
struct Ahead<T, F> {
    out: Writer,
    depth: usize,
    entries: Listing<T>,
    write: F,
}

impl<T, F: Fn(&mut Writer, T) -> Result<(), WriteError>> Ahead<T, F> {
    /// The next piece, and what comes after it.
    async fn next(mut self) -> Result<(Bytes, Option<Self>), Broken> {
        match self.entries.try_next().await? {
            Some(entry) => {
                (self.write)(&mut self.out, entry)?;
                Ok((self.out.take().into(), Some(self)))
            }
            None => {
                (0..self.depth).for_each(|_| self.out.close());
                Ok((self.out.finish().into(), None))
            }
        }
    }
}
