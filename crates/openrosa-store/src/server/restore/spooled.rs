//! A restore in a file without a name, read by as many as asked for it.

use std::{
    fs::File,
    io::{self, Seek as _},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use openrosa_http::server::Content;

/// How much of a restore is in memory at a time.
const PIECE: usize = 64 * 1024;

/// All of it. The file is gone with its last reader.
pub(in crate::server) struct Spooled {
    file: Arc<File>,
    pub(in crate::server) length: u64,
}

impl Spooled {
    pub(super) fn new(mut file: File) -> io::Result<Self> {
        let length = file.stream_position()?;
        Ok(Self { file: Arc::new(file), length })
    }

    /// For one reader.
    pub(in crate::server) fn content(&self) -> Content {
        Content::streamed(self.pieces()).with_length(self.length)
    }

    /// From the beginning, wherever others are.
    pub(in crate::server) fn pieces(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        stream::try_unfold((Arc::clone(&self.file), 0), |(file, at)| async move {
            let same = Arc::clone(&file);
            let read = tokio::task::spawn_blocking(move || piece(&same, at)).await;
            let piece = read.map_err(io::Error::other)??;
            let next = at + piece.len() as u64;
            Ok((!piece.is_empty()).then_some((piece, (file, next))))
        })
    }
}

fn piece(file: &File, at: u64) -> io::Result<Bytes> {
    let mut piece = vec![0; PIECE];
    let read = read_at(file, &mut piece, at)?;
    piece.truncate(read);
    Ok(piece.into())
}

#[cfg(unix)]
fn read_at(file: &File, piece: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, piece, at)
}

#[cfg(windows)]
fn read_at(file: &File, piece: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, piece, at)
}
