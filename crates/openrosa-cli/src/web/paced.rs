//! A sheet on its way: it is written to a file as fast as the database gives it, and read there as fast as somebody takes it. All of
//! it is of one state of the database, which would keep a connection for as long as the slowest reader has patience.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use axum::BoxError;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Semaphore, mpsc};

/// How many are read from the database at once: the other connections are for those who restore, and for pages.
pub(super) const AT_ONCE: usize = 2;

/// The same pieces; none of them is in memory longer than it takes to write it.
pub(super) fn paced(
    pieces: impl Stream<Item = Result<Bytes, openrosa_store::Error>> + Send + 'static,
    room: Arc<Semaphore>,
) -> io::Result<impl Stream<Item = Result<Bytes, BoxError>> + Send> {
    let file = NamedTempFile::new()?;
    let read = File::from_std(file.reopen()?);
    let mut written = File::from_std(file.into_file());
    let (told, lengths) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let _place = room.acquire_owned().await;
        let mut pieces = pin!(pieces);
        while let Some(piece) = pieces.next().await {
            let length = match piece {
                Ok(piece) => put(&mut written, &piece).await.map_err(BoxError::from),
                Err(error) => Err(error.into()),
            };
            let is_over = length.is_err();
            // Who does not want the rest any more has gone.
            if told.send(length).is_err() || is_over {
                break;
            }
        }
    });
    Ok(stream::try_unfold((read, lengths), |(mut read, mut lengths)| async move {
        let Some(length) = lengths.recv().await else { return Ok(None) };
        let mut piece = vec![0; length?];
        read.read_exact(&mut piece).await?;
        Ok(Some((Bytes::from(piece), (read, lengths))))
    }))
}

async fn put(file: &mut File, piece: &[u8]) -> io::Result<usize> {
    file.write_all(piece).await?;
    file.flush().await?;
    Ok(piece.len())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::TryStreamExt as _;
    use tokio::sync::oneshot;

    use super::*;

    /// As over a line of the slowest kind.
    #[tokio::test]
    async fn the_database_is_let_go_before_anybody_has_taken_a_byte() {
        let (held, let_go) = oneshot::channel::<()>();
        let pieces = stream::unfold((0_u8, held), |(number, held)| async move {
            (number < 9).then(|| (Ok(Bytes::from(vec![number; 70_000])), (number + 1, held)))
        });
        let sheet = paced(pieces, Arc::new(Semaphore::new(1))).unwrap();
        let let_go = tokio::time::timeout(Duration::from_secs(20), let_go).await;
        assert!(let_go.expect("it is read to its end").is_err());
        let pieces: Vec<Bytes> = sheet.try_collect().await.unwrap();
        assert_eq!(pieces.concat(), (0..9).flat_map(|number| vec![number; 70_000]).collect::<Vec<u8>>());
    }
}
