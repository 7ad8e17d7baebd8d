//! A restore from pieces that arrive one by one.

use std::ops::Range;

use memchr::memmem;

use super::{Located, RestoreItem, tags::Tags, window::Window};
use crate::{
    error::{ReadError, ReadErrorKind},
    limits::Limits,
    position::{Position, Span},
    xml::{
        Name,
        chars::is_blank,
        name::Attribute,
        reader::{Event, Reader, Scratch, Surroundings},
    },
};

/// Reads a restore from the pieces of it that arrive, whatever their size: for a body that comes over the network.
///
/// It is read in UTF-8 only; that it is in another encoding is an error which names that one.
///
/// It neither waits nor asks: push what has arrived, then take items until it wants more.
///
/// ```
/// use openrosa_xml::restore::{Next, RestoreItem, RestoreParser};
///
/// let mut parser = RestoreParser::new();
/// let mut cases = Vec::new();
/// for piece in ["<r><case ca", "se_id='1'/><case case_id='2'/>", "</r>"] {
///     parser.push(piece.as_bytes());
///     while let Next::Item(item) = parser.next_with(|item| item.value.into_owned())? {
///         if let RestoreItem::Case(block) = item {
///             cases.push(block.case_id.unwrap());
///         }
///     }
/// }
/// parser.end();
/// assert!(matches!(parser.next_with(|_| ())?, Next::End));
/// assert_eq!(cases, ["1", "2"]);
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Debug)]
pub struct RestoreParser {
    window: Window,
    phase: Phase,
    root: Option<Root>,
    surroundings: Surroundings,
    limits: Limits,
    scratch: Scratch,
    failed: Option<ReadError>,
    /// The first text between two items that is more than layout.
    stray: Option<(Position, Position)>,
    /// What is known of an item that was cut.
    cut: Option<Cut>,
}

/// An item that was looked at and is not whole.
#[derive(Debug)]
struct Cut {
    tags: Tags,
    /// How its end tag begins, where that is known, and how far it was searched for.
    end: Option<(String, usize)>,
    /// How much of it there was.
    seen: usize,
}

impl Cut {
    fn of(unread: &str) -> Self {
        Self { tags: Tags::default(), end: end_of(unread).map(|end| (end, 0)), seen: 0 }
    }

    /// Whether an end tag of its name has come since the last time, if it has one.
    fn may_end(&mut self, unread: &str) -> bool {
        let Some((end, searched)) = &mut self.end else { return true };
        let found = memmem::find(&unread.as_bytes()[*searched..], end.as_bytes());
        // The end tag itself may be cut.
        *searched = found.map_or(unread.len().saturating_sub(end.len()), |found| *searched + found);
        found.is_some()
    }
}

/// How the end tag of the element begins that the text begins with, once its start tag is there.
fn end_of(text: &str) -> Option<String> {
    let tag = text.trim_ascii_start().strip_prefix('<')?;
    let mut quote = None;
    let end = tag.bytes().position(|byte| match (quote, byte) {
        (None, b'>') => true,
        (None, b'"' | b'\'') => {
            quote = Some(byte);
            false
        }
        (Some(open), byte) => {
            quote = quote.filter(|_| open != byte);
            false
        }
        _ => false,
    });
    let tag = &tag[..end?];
    let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next()?;
    (!tag.ends_with('/') && !name.starts_with(['!', '?'])).then(|| format!("</{name}"))
}

/// What the parser found.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is an item, or more is needed, or all is said")]
pub enum Next<T> {
    /// An item, as the caller made it.
    Item(T),
    /// Nothing whole is here; push more, or say that there is no more.
    More,
    /// The restore has ended as it should.
    End,
}

/// The root element.
#[derive(Debug)]
struct Root {
    name: Name<'static>,
    attributes: Vec<Attribute<'static>>,
    /// The start tag as written, and where it stands.
    tag: (Box<str>, Position),
    /// Whether a byte order mark stands before it.
    has_mark: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    BeforeRoot,
    Items,
    AfterRoot,
}

/// What one look at the window gave: up to where it was read, and what was there.
enum Look<T> {
    Root { root: Root, surroundings: Surroundings, is_empty: bool },
    Item(T),
    RootEnded,
    AllRead,
}

/// A look, where the text was read up to, and which part of it is text between two items.
type Looked<T> = (Result<Look<T>, ReadError>, usize, Option<Range<usize>>);

impl Default for RestoreParser {
    fn default() -> Self {
        Self::new()
    }
}

impl RestoreParser {
    /// Reads with the default [`Limits`], which are those of one item here.
    #[must_use]
    pub fn new() -> Self {
        Self::within(&Limits::default())
    }

    /// Reads with other limits for one item.
    #[must_use]
    pub fn within(limits: &Limits) -> Self {
        Self {
            window: Window::default(),
            phase: Phase::BeforeRoot,
            root: None,
            surroundings: Surroundings::default(),
            limits: *limits,
            scratch: Scratch::default(),
            failed: None,
            stray: None,
            cut: None,
        }
    }

    /// Takes in what has arrived: bytes of UTF-8, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.window.push(bytes);
    }

    /// Says that nothing more will arrive.
    pub fn end(&mut self) {
        self.window.end();
    }

    /// The next item, if it has arrived whole, handed to `take` as it stands in the buffer. After an error, the same
    /// error again.
    pub fn next_with<T>(
        &mut self,
        take: impl FnOnce(Located<RestoreItem<'_>>) -> T,
    ) -> Result<Next<T>, ReadError> {
        self.refuse_after_failure()?;
        let mut take = Some(take);
        loop {
            if !self.is_worth_a_look() {
                return Ok(Next::More);
            }
            let (look, read, stray) = self.look(&mut take);
            match look {
                Ok(look) => {
                    self.note_stray(stray);
                    self.window.advance(read);
                    self.cut = None;
                    match look {
                        Look::Root { root, surroundings, is_empty } => {
                            self.root = Some(root);
                            self.surroundings = surroundings;
                            self.phase = if is_empty { Phase::AfterRoot } else { Phase::Items };
                        }
                        Look::Item(item) => return Ok(Next::Item(item)),
                        Look::RootEnded => self.phase = Phase::AfterRoot,
                        Look::AllRead => return self.all_read(),
                    }
                }
                Err(error) if is_cut(&error) && !self.window.has_ended() => {
                    let unread = &self.window.text()[self.window.read()..];
                    self.cut.get_or_insert_with(|| Cut::of(unread)).seen = unread.len();
                    return Ok(Next::More);
                }
                Err(error) => {
                    let stopped = self.window.stopped().filter(|_| is_cut(&error));
                    return Err(self.fail(stopped.unwrap_or(error)));
                }
            }
        }
    }

    /// A cut item is looked at again when it seems whole, so that it is not read once for each piece of it; and when it has
    /// grown so much that limits may be passed, or that what seems to be without an end may be wrong.
    ///
    /// What has doubled since the last look may as well be read as counted.
    fn is_worth_a_look(&mut self) -> bool {
        let Some(cut) = &mut self.cut else { return true };
        let unread = &self.window.text()[self.window.read()..];
        let times = unread.len() / cut.seen.max(1);
        self.window.has_ended()
            || times >= 4
            || cut.may_end(unread) && (times >= 2 || cut.tags.are_whole(unread))
    }

    fn note_stray(&mut self, stray: Option<Range<usize>>) {
        if self.stray.is_none()
            && let Some(stray) = stray
        {
            let (origin, text) = (self.window.origin(), self.window.text());
            let position = |at: usize| origin.then(Position::of(text, at as u64));
            self.stray = Some((position(stray.start), position(stray.end)));
        }
    }

    fn all_read<T>(&mut self) -> Result<Next<T>, ReadError> {
        match self.window.stopped() {
            Some(error) => Err(self.fail(error)),
            None if self.window.has_ended() => Ok(Next::End),
            None => Ok(Next::More),
        }
    }

    /// `@items` of the root: how many items the server meant to send. Servers count differently or not at all; good for
    /// a progress bar and for nothing else (S-033).
    #[must_use]
    pub fn items(&self) -> Option<u64> {
        self.root_attribute("items").and_then(|text| text.trim().parse().ok())
    }

    /// The name of the root, once it has been read.
    #[must_use]
    pub fn root(&self) -> Option<&Name<'static>> {
        self.root.as_ref().map(|root| &root.name)
    }

    /// An attribute of the root, once it has been read.
    #[must_use]
    pub fn root_attribute(&self, local: &str) -> Option<&str> {
        let mut attributes = self.root.iter().flat_map(|root| &root.attributes);
        attributes.find(|attribute| attribute.name.is(None, local)).map(|attribute| attribute.value.as_ref())
    }

    /// The attributes of the root, once it has been read.
    #[must_use]
    pub fn root_attributes(&self) -> &[Attribute<'static>] {
        self.root.as_ref().map_or(&[], |root| &root.attributes)
    }

    /// Line and column of an offset that is still in memory, as all of the last item is until more is pushed.
    #[must_use]
    pub fn position_of(&self, offset: u64) -> Option<Position> {
        let (origin, text) = (self.window.origin(), self.window.text());
        let within = offset.checked_sub(origin.offset).filter(|&within| within <= text.len() as u64)?;
        Some(origin.then(Position::of(text, within)))
    }

    /// The offset up to which the restore has been read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.window.origin().offset + self.window.read() as u64
    }

    /// The start tag of the root as written, and where it stands.
    pub(crate) fn root_tag(&self) -> Option<(&str, Position)> {
        self.root.as_ref().map(|root| (&*root.tag.0, root.tag.1))
    }

    /// Whether the document begins with a byte order mark.
    pub(crate) fn has_mark(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.has_mark)
    }

    /// From where to where the first text between two items goes that is more than layout.
    pub(crate) const fn stray(&self) -> Option<(Position, Position)> {
        self.stray
    }

    /// What is in memory from this place on, or from where memory begins if that is later, and where that is.
    pub(crate) fn text_from(&self, at: Position) -> (&str, Position) {
        let (origin, text) = (self.window.origin(), self.window.text());
        let within = at.offset.checked_sub(origin.offset).and_then(|within| usize::try_from(within).ok());
        within.and_then(|within| text.get(within..)).map_or((text, origin), |rest| (rest, at))
    }

    fn refuse_after_failure(&self) -> Result<(), ReadError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn fail(&mut self, error: ReadError) -> ReadError {
        self.failed = Some(error.clone());
        error
    }

    /// Looks at what is in the window, from where it was read so far.
    fn look<T>(&mut self, take: &mut Option<impl FnOnce(Located<RestoreItem<'_>>) -> T>) -> Looked<T> {
        let scratch = std::mem::take(&mut self.scratch);
        let (text, read, origin) = (self.window.text(), self.window.read(), self.window.origin());
        let mut reader = match self.phase {
            Phase::BeforeRoot => Reader::beginning(text, &self.limits, scratch),
            Phase::Items => Reader::inside(text, read, origin, &self.surroundings, &self.limits, scratch),
            Phase::AfterRoot => {
                Reader::inside(text, read, origin, const { &Surroundings::NOTHING }, &self.limits, scratch)
            }
        };
        let mut stray = None;
        let look = match self.phase {
            Phase::BeforeRoot => look_for_root(&mut reader),
            Phase::Items => look_for_item(&mut reader, take, &mut stray),
            Phase::AfterRoot => reader.next().map(|_| Look::AllRead),
        };
        let read = reader.local_offset();
        self.scratch = reader.into_scratch();
        (look, read, stray)
    }
}

/// Whether what is wrong may be only that there is no more of it.
fn is_cut(error: &ReadError) -> bool {
    matches!(error.kind(), ReadErrorKind::Truncated { .. } | ReadErrorKind::Empty)
}

fn look_for_root<T>(reader: &mut Reader<'_>) -> Result<Look<T>, ReadError> {
    let start = reader.root()?;
    let at = usize::try_from(start.offset).unwrap_or_default();
    let tag = &reader.source()[at..reader.local_offset()];
    let root = Root {
        name: start.name.into_owned(),
        attributes: reader.attributes().iter().cloned().map(Attribute::into_owned).collect(),
        tag: (tag.into(), Position::of(reader.source(), start.offset)),
        has_mark: reader.source().starts_with('\u{FEFF}'),
    };
    let surroundings = reader.surroundings();
    let is_empty = reader.closes_at_once();
    Ok(Look::Root { root, surroundings, is_empty })
}

fn look_for_item<'a, T>(
    reader: &mut Reader<'a>,
    take: &mut Option<impl FnOnce(Located<RestoreItem<'a>>) -> T>,
    stray: &mut Option<Range<usize>>,
) -> Result<Look<T>, ReadError> {
    loop {
        let before = reader.local_offset();
        match reader.next()? {
            // Text between items means nothing; hardly ever is it more than layout.
            Some(Event::Text(text)) => {
                if stray.is_none() && !is_blank(&text) {
                    *stray = Some(written_between(reader.source(), before, reader.local_offset()));
                }
            }
            Some(Event::Start(start)) => {
                let from = start.offset;
                let value = RestoreItem::read(reader, start)?;
                let span = Span { start: from, end: reader.offset() };
                let take = take.take().expect("a call ends with the item that it found");
                return Ok(Look::Item(take(Located { value, span })));
            }
            Some(Event::End) | None => return Ok(Look::RootEnded),
        }
    }
}

/// A stretch of the source without the white space around it.
fn written_between(source: &str, start: usize, end: usize) -> Range<usize> {
    let written = &source[start..end];
    let start = start + (written.len() - written.trim_ascii_start().len());
    start..start + written.trim_ascii().len()
}

impl<T> Next<T> {
    /// The item, if there is one.
    pub fn item(self) -> Option<T> {
        match self {
            Self::Item(item) => Some(item),
            Self::More | Self::End => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wherever it was cut before, an item comes with its last byte, whatever in it looks like its end.
    #[test]
    fn an_item_comes_with_its_last_byte() {
        for item in [
            "<case/>",
            "<case case_id='>'/>",
            "<case case_id='/>' \n/>",
            "<case a=\"'>\" b='\"'></case >",
            "<case><!-- </case> --></case>",
            "<case><![CDATA[</case>]]><x></x></case>",
            "<case><case></case><cased></cased></case>",
            "<x:case xmlns:x='u'>é</x:case>",
            "<!-- <case> --><case>1</case>",
        ] {
            for first in 1..item.len() {
                let mut parser = RestoreParser::new();
                parser.push(b"<r>");
                let mut came = Vec::new();
                let one_by_one = (first..item.len()).map(|at| at..at + 1);
                for piece in std::iter::once(0..first).chain(one_by_one) {
                    parser.push(&item.as_bytes()[piece.clone()]);
                    if parser.next_with(|_| ()).unwrap() != Next::More {
                        came.push(piece.end);
                    }
                }
                assert_eq!(came, [item.len()], "{item}, cut at {first}");
            }
        }
    }
}
