//! The content of an element as text that is read when somebody asks.

use std::borrow::Cow;

use crate::{
    error::{ReadError, WriteError},
    limits::Limits,
    position::Position,
    xml::{
        chars::is_blank,
        element::Element,
        name::owned,
        reader::{Event, Reader, Start, Surroundings},
        writer::Writer,
    },
};

/// What stands between the tags of an element, not read yet but known to be well-formed.
///
/// A lookup table of 50 MB can be passed over, stored or searched row by row without being built. Two fragments are equal
/// when their texts are.
///
/// ```
/// # use openrosa_xml::restore::{RestoreItem, RestoreReader};
/// let restore = "<OpenRosaResponse><fixture id='f'><rows><row n='1'/><row n='2'/></rows></fixture></OpenRosaResponse>";
/// let RestoreItem::Fixture(fixture) = RestoreReader::new(restore.as_bytes()).next().unwrap()?.value else { panic!() };
/// assert_eq!(fixture.contents.elements().next().unwrap()?.elements().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fragment<'a> {
    text: Cow<'a, str>,
    surroundings: Cow<'a, Surroundings>,
    origin: Option<Position>,
    /// How many elements stand directly inside.
    roots: usize,
}

impl<'a> Fragment<'a> {
    /// Passes over the element just opened and gives its content.
    pub(crate) fn skip(reader: &mut Reader<'a>) -> Result<Self, ReadError> {
        let surroundings = reader.surroundings();
        let start = reader.local_offset();
        let roots = skip_and_count(reader)?;
        let with_end_tag = &reader.source()[start..reader.local_offset()];
        let text = &with_end_tag[..with_end_tag.rfind("</").unwrap_or(0)];
        let origin = Some(reader.position_of(start));
        Ok(Self { text: Cow::Borrowed(text), surroundings: Cow::Owned(surroundings), origin, roots })
    }

    /// The fragment that holds one element.
    pub fn of(element: &Element<'_>) -> Result<Fragment<'static>, WriteError> {
        // The element around it is not known by name yet; what was written never fails, so nobody sees the name.
        let around = Surroundings { open: vec![String::new()], ..Surroundings::default() };
        Ok(Fragment {
            text: Cow::Owned(element.write()?),
            surroundings: Cow::Owned(around),
            origin: None,
            roots: 1,
        })
    }

    /// How many elements stand directly inside, known since it was read.
    pub(crate) const fn roots(&self) -> usize {
        self.roots
    }

    /// How many bytes it takes up.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing is in it but layout, comments and instructions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let mut reader = self.reader();
        loop {
            match reader.next() {
                Ok(Some(Event::Text(text))) if is_blank(&text) => {}
                Ok(Some(_)) => return false,
                Ok(None) | Err(_) => return true,
            }
        }
    }

    /// A reader of the content.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        let origin = self.origin.unwrap_or(Position::START);
        // What was inside limits once is so again.
        let limits =
            Limits { depth: usize::MAX, elements: usize::MAX, text: usize::MAX, attributes: usize::MAX };
        Reader::content(&self.text, origin, &self.surroundings, &limits)
    }

    /// The elements directly inside, one built at a time.
    #[must_use]
    pub fn elements(&self) -> Elements<'_> {
        Elements(self.reader())
    }

    /// The first start tag inside.
    #[must_use]
    pub fn first(&self) -> Option<Start<'_>> {
        let mut reader = self.reader();
        loop {
            match reader.next() {
                Ok(Some(Event::Start(start))) => return Some(start),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Writes the content where the writer stands: as it is where its prefixes mean there what they mean here, otherwise element
    /// by element.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        if self.text.is_empty() || out.as_it_stands(&self.text, &self.surroundings.declarations) {
            return Ok(());
        }
        let mut reader = self.reader();
        // It was well-formed when it became a fragment, so it never fails and never ends early.
        while let Ok(Some(event)) = reader.next() {
            match event {
                Event::Start(start) => {
                    out.open_declaring(&start.name, reader.declarations())?;
                    for attribute in reader.attributes() {
                        out.attribute(&attribute.name, &attribute.value)?;
                    }
                }
                Event::Text(text) => out.text(&text)?,
                Event::End => out.close(),
            }
        }
        Ok(())
    }

    /// What [`write_to`](Self::write_to) would write, where that is the content as it is.
    pub(crate) fn as_it_stands_in(&self, out: &Writer) -> Option<&str> {
        (!self.text.is_empty() && out.lets_stand(&self.surroundings.declarations)).then_some(&*self.text)
    }

    /// The same content, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Fragment<'static> {
        Fragment {
            text: owned(self.text),
            surroundings: Cow::Owned(self.surroundings.into_owned()),
            origin: self.origin,
            roots: self.roots,
        }
    }
}

/// Passes over the rest of the innermost open element and says how many elements stood directly inside.
fn skip_and_count(reader: &mut Reader<'_>) -> Result<usize, ReadError> {
    let mut roots = 0;
    loop {
        match reader.next()? {
            Some(Event::Start(_)) => {
                roots += 1;
                reader.skip()?;
            }
            Some(Event::Text(_)) => {}
            Some(Event::End) | None => return Ok(roots),
        }
    }
}

impl PartialEq for Fragment<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.elements().eq(other.elements())
    }
}

/// The elements of a [`Fragment`]; after an error, none.
pub struct Elements<'a>(Reader<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.next() {
                Ok(Some(Event::Start(start))) => return Some(Element::read_from(&mut self.0, start)),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

impl std::fmt::Debug for Elements<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Elements").finish_non_exhaustive()
    }
}
