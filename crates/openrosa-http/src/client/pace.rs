//! How slowly a long answer may come. How long nothing at all may come is for the transport to say.

use std::io;
use std::time::Duration;

use futures_util::stream;
use tokio::time::{Instant, timeout};

use super::ANSWER_TIME;
use crate::transport::Body;

/// Bytes a second, as our own server wants them of a request: a tenth of what the slowest way to be online carries.
const RATE: u32 = 100;

/// The same body, which has to keep a pace: it may be late by as long as a short answer may take, and what comes earns the time
/// that it may take. Only waiting counts, not what is done with a piece before the next is asked for.
pub(super) fn paced(body: Body) -> Body {
    let len = body.len();
    let pieces = stream::try_unfold((body, ANSWER_TIME), |(mut body, patience)| async move {
        let asked = Instant::now();
        // What is undone on its way here may swallow all that comes, and never have a piece.
        let piece = timeout(patience, body.chunk()).await.map_err(|_| late())??;
        let Some(piece) = piece else { return Ok(None) };
        let left = patience.saturating_sub(asked.elapsed());
        let earned = Duration::from_secs(piece.len() as u64) / RATE;
        Ok(Some((piece, (body, (left + earned).min(ANSWER_TIME)))))
    });
    Body::from_stream(len, pieces)
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("the answer came more slowly than {RATE} bytes a second"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::time::sleep;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// A body of pieces of this size, one a minute.
    fn dripping(size: usize, pieces: usize) -> Body {
        let drops = stream::unfold(0, move |came| async move {
            sleep(MINUTE).await;
            (came < pieces).then(|| (Ok(Bytes::from(vec![b' '; size])), came + 1))
        });
        Body::from_stream(None, drops)
    }

    #[tokio::test(start_paused = true)]
    async fn what_drips_is_given_up() {
        let began = Instant::now();
        let error = paced(dripping(1, usize::MAX)).read_up_to(usize::MAX).await.unwrap_err();
        insta::assert_snapshot!(error, @"the answer came more slowly than 100 bytes a second");
        // Three bytes have earned a hundredth of a second each.
        assert_eq!(began.elapsed().as_millis(), (3 * MINUTE).as_millis() + 30);
    }

    /// As of a gzip that goes on for ever and has nothing in it.
    #[tokio::test(start_paused = true)]
    async fn what_never_has_a_piece_is_given_up() {
        let began = Instant::now();
        let nothing = Body::from_stream(None, stream::pending());
        assert_eq!(paced(nothing).chunk().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), ANSWER_TIME);
    }

    /// A line that carries next to nothing carries it to the end.
    #[tokio::test(start_paused = true)]
    async fn what_keeps_its_pace_may_take_all_day() {
        let day = paced(dripping(6000, 1440)).read_up_to(usize::MAX).await.unwrap();
        assert_eq!(day.len(), 6000 * 1440);
    }

    /// Nor does it wear anybody's patience out what is done with what came.
    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_is_nobodys_fault() {
        let pieces = stream::iter((0..10).map(|_| Ok(Bytes::from_static(b"<case/>"))));
        let mut body = paced(Body::from_stream(None, pieces));
        let mut came = 0;
        while body.chunk().await.unwrap().is_some() {
            came += 1;
            sleep(10 * MINUTE).await;
        }
        assert_eq!(came, 10);
    }
}
