//! A connection with a peer who must keep going.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::Serving;
use crate::server::Pace;
use crate::server::patience::{from_now, tellable};

/// What a client of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much of what is to be sent the system may keep beside what is on its way.
pub(super) const UNSENT: u32 = 64 << 10;

/// A connection that ends when its peer is silent before it has said which HTTP it speaks, does not answer when it is asked
/// whether it is there, or takes nothing of what it is sent. What is between is paced by whoever reads heads and bodies.
pub(super) struct Paced<T> {
    stream: T,
    version: Version,
    waiting: bool,
    /// How long the version may take, and then any answer to a PING.
    head: Duration,
    patience: Duration,
    pace: Pace,
    deadline: Pin<Box<Sleep>>,
}

enum Version {
    /// So much of the preface of HTTP/2 there was.
    Unknown(usize),
    One,
    Two(Presence),
}

/// When a peer that is asked after each silence, as HTTP/2 can, must have been heard again.
struct Presence {
    heard: Instant,
    /// By when all that it was sent has come to it at the least pace. A question is behind that.
    taken: Instant,
    due: Pin<Box<Sleep>>,
}

impl Presence {
    fn new(head: Duration) -> Self {
        let now = Instant::now();
        Self { heard: now, taken: now, due: Box::pin(sleep(head * 2)) }
    }

    fn sent(&mut self, bytes: usize, pace: Pace) {
        let now = Instant::now();
        let most = now + pace.time_for(UNSENT as usize);
        self.taken = (self.taken.max(now) + pace.time_for(bytes)).min(most);
    }

    /// It is asked after a silence of `head`, and has as long to answer.
    fn poll_gone(&mut self, head: Duration, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.due.as_mut().poll(cx));
            let due = self.taken.max(self.heard + head) + head;
            if due <= Instant::now() {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.due.as_mut().reset(due);
        }
    }
}

impl<T> Paced<T> {
    /// By the times and the pace of these settings.
    pub(super) fn new(stream: T, settings: &Serving) -> Self {
        let head = tellable(settings.head);
        Self {
            stream,
            version: Version::Unknown(0),
            waiting: false,
            head,
            patience: settings.idle,
            pace: settings.pace,
            deadline: Box::pin(sleep(head)),
        }
    }

    fn heard(&mut self, bytes: &[u8]) {
        match &mut self.version {
            Version::Unknown(seen) => {
                let ahead = &PREFACE[*seen..];
                let same = ahead.iter().zip(bytes).take_while(|(ahead, byte)| ahead == byte).count();
                if same == ahead.len() {
                    self.version = Version::Two(Presence::new(self.head));
                } else if same < bytes.len() {
                    self.version = Version::One;
                } else {
                    *seen += same;
                }
            }
            Version::One => {}
            Version::Two(presence) => presence.heard = Instant::now(),
        }
    }

    fn sent(&mut self, sent: &Poll<io::Result<usize>>) {
        if let (Version::Two(presence), Poll::Ready(Ok(bytes))) = (&mut self.version, sent) {
            presence.sent(*bytes, self.pace);
        }
    }

    fn overdue(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    /// While the peer has not said its version nothing is sent, so that one deadline serves both waits.
    fn paced<R>(&mut self, sent: Poll<io::Result<R>>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        if sent.is_ready() {
            self.waiting = false;
            return sent;
        }
        if !std::mem::replace(&mut self.waiting, true) {
            self.deadline.as_mut().reset(from_now(self.patience));
        }
        self.overdue(cx).map(Err)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if polled.is_pending() {
            let Self { version, head, .. } = &mut *self;
            return match version {
                Version::Unknown(_) => self.overdue(cx).map(Err),
                Version::One => Poll::Pending,
                Version::Two(presence) => presence.poll_gone(*head, cx).map(Err),
            };
        }
        self.heard(&buffer.filled()[before..]);
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.sent(&sent);
        self.paced(sent, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.sent(&sent);
        self.paced(sent, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_flush(cx);
        self.paced(sent, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.paced(sent, cx)
    }
}
