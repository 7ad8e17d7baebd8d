//! The body of a restore, item by item.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::response;
use openrosa_xml::restore::{Located, Next, RestoreItem, RestoreParser};
use openrosa_xml::{Limits, ReadError, ReadErrorKind};

use super::super::{broken, download::whole};
use super::save::Copy;
use crate::error::{Error, Kind};
use crate::headers;
use crate::transport::Body;

/// How much is handed to the parser at a time, however much arrives at once.
const PIECE: usize = 64 << 10;
/// How much of one item is held while its end has not come. The largest fixtures of the field have some ten megabytes; a
/// comment without end has no other limit, and neither has what a small compressed answer can blow up to.
const ITEM_LIMIT: u64 = 128 << 20;

/// A restore that is coming in.
///
/// Items come while the rest is still on its way, so nothing is known of the whole before the last: apply them in a
/// transaction, and keep it when [`next`](Self::next) has given `None`. A restore that breaks off, is shorter than announced
/// or lacks its end gives an error instead, and is over: there is no going on where it ended, as the server makes another one,
/// with another token, at every request.
///
/// Memory follows the largest item.
pub struct Restore {
    body: Body,
    /// What has arrived and is not with the parser yet.
    rest: Bytes,
    parser: RestoreParser,
    received: Received,
    date: Option<SystemTime>,
    phase: Phase,
    starts_over: bool,
    item_limit: u64,
    found: Found,
    pub(super) copy: Option<Copy>,
}

/// What the items that have come say of the whole.
#[derive(Default)]
struct Found {
    is_restore: bool,
    token: Option<String>,
    message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Coming,
    Whole,
    Failed,
}

/// How much of a restore has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Items so far.
    pub items: u64,
    /// How many items the server meant to send, `None` as long as it has not said. For a progress bar and nothing else:
    /// servers count differently (S-033).
    pub items_announced: Option<u64>,
    /// Bytes so far, as they are after decompression.
    pub bytes: u64,
    /// Bytes in all, where that is known: not of a compressed restore.
    pub bytes_announced: Option<u64>,
}

impl Restore {
    pub(super) fn new(answer: &response::Parts, body: Body, limits: &Limits) -> Self {
        Self {
            received: Received { bytes_announced: body.len(), ..Received::default() },
            body,
            rest: Bytes::new(),
            parser: RestoreParser::within(limits),
            date: headers::read_date(&answer.headers),
            phase: Phase::Coming,
            starts_over: false,
            item_limit: ITEM_LIMIT,
            found: Found::default(),
            copy: None,
        }
    }

    /// A restore that came before, such as one that was [saved](Self::save).
    ///
    /// ```
    /// use openrosa_http::{client::restore::Restore, transport::Body};
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut restore = Restore::of("<OpenRosaResponse><message>Welcome.</message></OpenRosaResponse>");
    /// assert!(restore.next().await?.is_some());
    /// assert!(restore.next().await?.is_none() && restore.is_whole());
    /// # Ok(()) }
    /// ```
    pub fn of(body: impl Into<Body>) -> Self {
        let (answer, ()) = http::Response::new(()).into_parts();
        Self::new(&answer, body.into(), &Limits::default())
    }

    /// The same, taking the place of all that the device holds.
    #[must_use]
    pub fn starting_over(self) -> Self {
        Self { starts_over: true, ..self }
    }

    /// Holds no more than so many bytes of an item whose end has not come: 128 MiB unless this says otherwise.
    #[must_use]
    pub fn item_limit(self, bytes: u64) -> Self {
        Self { item_limit: bytes, ..self }
    }

    /// The next item, handed to `take` as it stands in the buffer; `None` when the restore has ended as it should. After an
    /// error: errors.
    pub async fn next_with<R>(
        &mut self,
        take: impl FnOnce(Located<RestoreItem<'_>>) -> R,
    ) -> Result<Option<R>, Error> {
        if self.phase == Phase::Failed {
            return Err(Kind::Failed { what: "restore" }.into());
        }
        let next = self.read_on(take).await;
        self.phase = match &next {
            Ok(Some(_)) => Phase::Coming,
            Ok(None) => Phase::Whole,
            Err(_) => Phase::Failed,
        };
        next
    }

    /// The next item, borrowing nothing.
    pub async fn next(&mut self) -> Result<Option<Located<RestoreItem<'static>>>, Error> {
        self.next_with(|item| Located { value: item.value.into_owned(), span: item.span }).await
    }

    /// Whether it has ended as it should: all of its body is here, and its root is closed.
    pub fn is_whole(&self) -> bool {
        self.phase == Phase::Whole
    }

    /// How much has come.
    pub fn received(&self) -> Received {
        Received { items_announced: self.parser.items(), ..self.received }
    }

    /// When the answer was written, by the server's clock: how far that of the device is off.
    pub fn date(&self) -> Option<SystemTime> {
        self.date
    }

    /// Whether what the device holds is to go, since the server found it astray; see
    /// [`restore_or_start_over`](crate::Client::restore_or_start_over).
    pub fn starts_over(&self) -> bool {
        self.starts_over
    }

    /// The token, `since` of the next request, as far as it has come: of several the last counts, as to the device, and a `Sync`
    /// without one takes none away. An empty one is not none. *Spec*: ota-restore.md 2.5.
    pub fn token(&self) -> Option<&str> {
        self.found.token.as_deref()
    }

    /// Whether anything has come that only a restore has. Any root will do (S-001), also that of a network's login page; and what
    /// has but words for a person, or the progress of a restore to come, is none.
    pub fn is_restore(&self) -> bool {
        self.found.is_restore
    }

    /// What the server says to a person.
    pub(super) fn message(&self) -> Option<&str> {
        self.found.message.as_deref()
    }

    /// What is known of the restore so far: its root, how far it has been read.
    pub fn parser(&self) -> &RestoreParser {
        &self.parser
    }

    async fn read_on<R>(
        &mut self,
        take: impl FnOnce(Located<RestoreItem<'_>>) -> R,
    ) -> Result<Option<R>, Error> {
        let mut take = Some(take);
        loop {
            let found = &mut self.found;
            let next = self.parser.next_with(|item| {
                found.note(&item.value);
                (take.take().expect("one item is found at most"))(item)
            });
            match next.map_err(|error| self.unreadable(error))? {
                Next::Item(item) => {
                    self.received.items += 1;
                    return Ok(Some(item));
                }
                Next::End if self.is_page() => return Err(Kind::SomethingElse { what: "restore" }.into()),
                Next::End => return Ok(None),
                Next::More => self.pull().await?,
            }
        }
    }

    /// A piece more for the parser, or word that there is none.
    async fn pull(&mut self) -> Result<(), Error> {
        if self.rest.is_empty() {
            let Some(chunk) = self.body.chunk().await.map_err(broken)? else {
                whole(self.received.bytes_announced, self.received.bytes)?;
                self.parser.end();
                return Ok(());
            };
            self.received.bytes += chunk.len() as u64;
            self.rest = chunk;
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        if let Some(copy) = &mut self.copy {
            copy.write(&piece).await?;
        }
        self.parser.push(&piece);
        match self.held() > self.item_limit {
            true => Err(Kind::Endless { limit: self.item_limit }.into()),
            false => Ok(()),
        }
    }

    /// What the parser holds of an item without an end.
    fn held(&self) -> u64 {
        (self.received.bytes - self.rest.len() as u64).saturating_sub(self.parser.offset())
    }

    fn unreadable(&self, error: ReadError) -> Error {
        let what = "restore";
        match *error.kind() == ReadErrorKind::Doctype || self.is_page() {
            true => Kind::SomethingElse { what }.into(),
            false => Kind::Unreadable { what, error }.into(),
        }
    }

    /// Any root will do (S-001), but not that of a web page: there it would be a restore without items.
    fn is_page(&self) -> bool {
        self.parser.root().is_some_and(|root| root.local_name().eq_ignore_ascii_case("html"))
    }
}

impl Found {
    fn note(&mut self, item: &RestoreItem<'_>) {
        match item {
            RestoreItem::Message(message) => {
                self.message = Some(message.text.trim().to_owned()).filter(|text| !text.is_empty());
            }
            RestoreItem::SyncToken(sync) => {
                if let Some(token) = sync.restore_id() {
                    self.token = Some(token.into_owned());
                    self.is_restore = true;
                }
            }
            RestoreItem::Other(_) => {}
            _ => self.is_restore = true,
        }
    }
}

impl fmt::Debug for Restore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restore")
            .field("phase", &self.phase)
            .field("received", &self.received())
            .finish_non_exhaustive()
    }
}
