//! Leaves in one step: an element that holds one stretch of text, which is what most elements are.
//!
//! Every shortcut here gives up, having done nothing, as soon as it meets anything that it does not expect. What is odd or
//! wrong is then read, and reported, on the long way.

use memchr::{memchr, memchr2};

use super::Reader;
use crate::{
    error::ReadError,
    text::Text,
    xml::{attributes::reference_at, chars::ascii_ncname, runs},
};

/// A whole leaf without attributes.
#[derive(Debug)]
pub(crate) struct PlainChild<'a> {
    pub(crate) local: &'a str,
    pub(crate) text: Text<'a>,
    /// From the offset of its `<` to after its end tag.
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl<'a> Reader<'a> {
    /// Reads the child that begins right here, if it is a leaf without attributes and has this prefix. With the prefix of
    /// the open element it is in that one's namespace, since nothing between the two can declare another.
    pub(crate) fn plain_child(&mut self, prefix: Option<&str>) -> Option<PlainChild<'a>> {
        if self.is_between_events() || !self.has_room() {
            return None;
        }
        let start = self.at;
        if self.source.as_bytes().get(start) != Some(&b'<') {
            return None;
        }
        let mut name = &self.source[start + 1..];
        if let Some(prefix) = prefix {
            name = name.strip_prefix(prefix)?.strip_prefix(':')?;
        }
        let local = ascii_ncname(name)?;
        let local_start = self.source.len() - name.len();
        let (text, end) = self.plain_content(&self.source[start + 1..local_start + local.len()])?;
        self.elements += 1;
        self.at = end;
        Some(PlainChild { local, text, start: self.origin.offset + start as u64, end: self.offset() })
    }

    /// Reads the element just opened to its end if it holds one stretch of text and nothing else. Otherwise nothing has
    /// happened, and the reader stands where it stood.
    pub fn plain_leaf(&mut self) -> Result<Option<Text<'a>>, ReadError> {
        if self.failed.is_some() || self.put_back.is_some() {
            return Ok(None);
        }
        if self.closing {
            self.next()?;
            return Ok(Some(Text::EMPTY));
        }
        let found = self.open.last().and_then(|name| self.plain_text(self.at, name));
        Ok(found.map(|(text, end)| {
            self.at = end;
            self.leave();
            text
        }))
    }

    /// Whether there is something to say before what begins here.
    pub(super) const fn is_between_events(&self) -> bool {
        self.closing || self.put_back.is_some() || self.failed.is_some()
    }

    /// Whether an element is open and the limits allow one more inside it.
    pub(super) const fn has_room(&self) -> bool {
        !self.open.is_empty() && self.open.len() < self.limits.depth && self.elements < self.limits.elements
    }

    /// The text of the element whose name begins after the `<` that is next, and where the element ends.
    #[inline]
    fn plain_content(&self, name: &str) -> Option<(Text<'a>, usize)> {
        let name_end = self.at + 1 + name.len();
        match &self.source.as_bytes()[name_end..] {
            [b'>', ..] => self.plain_text(name_end + 1, name),
            [b'/', b'>', ..] => Some((Text::EMPTY, name_end + 2)),
            _ => None,
        }
    }

    /// The text from this offset to an end tag of this name, and where that ends.
    fn plain_text(&self, start: usize, name: &str) -> Option<(Text<'a>, usize)> {
        let stretch = self.stretch(start, name)?;
        Some((stretch.text()?, stretch.end))
    }

    /// What stands from this offset to an end tag of this name, if there is no other tag before.
    #[inline]
    fn stretch(&self, start: usize, name: &str) -> Option<Stretch<'a>> {
        let bytes = self.source.as_bytes();
        let mut end = start + runs::plain_text(&bytes[start..]);
        let is_plain = *bytes.get(end)? == b'<';
        if !is_plain {
            end += memchr(b'<', &bytes[end..])?;
        }
        let after = bytes[end + 1..].strip_prefix(b"/")?;
        if !runs::ends(after, name.as_bytes()) || end - start > self.limits.text {
            return None;
        }
        Some(Stretch { raw: &self.source[start..end], is_plain, end: end + name.len() + "</>".len() })
    }
}

/// What stands between a start tag and its end tag.
struct Stretch<'a> {
    raw: &'a str,
    /// It means what is written.
    is_plain: bool,
    /// Where the end tag ends.
    end: usize,
}

impl<'a> Stretch<'a> {
    /// What it means; nothing if there is a mistake in it.
    fn text(&self) -> Option<Text<'a>> {
        let stands_for_itself = self.is_plain || memchr2(b'&', b'\r', self.raw.as_bytes()).is_none();
        if stands_for_itself {
            return self.is_right().then_some(Text::borrowed(self.raw));
        }
        let mut text = String::with_capacity(self.raw.len());
        resolve(self.raw, |piece| text.push_str(piece))?;
        Some(text.into())
    }

    /// Whether there is no mistake in it.
    fn is_right(&self) -> bool {
        self.is_plain || resolve(self.raw, |_| {}).is_some()
    }
}

/// Tells what a stretch of text between two tags means, piece by piece, up to a mistake in it.
fn resolve(raw: &str, mut tell: impl FnMut(&str)) -> Option<()> {
    let mut at = 0;
    loop {
        let end = at + runs::plain_text(&raw.as_bytes()[at..]);
        tell(&raw[at..end]);
        let Some(special) = raw.as_bytes().get(end) else { return Some(()) };
        at = end + 1;
        match special {
            b'&' => {
                let (resolved, after) = reference_at(raw, end).ok()?;
                tell(resolved.encode_utf8(&mut [0; 4]));
                at = after;
            }
            b'\r' if raw[at..].starts_with('\n') => {}
            b'\r' => tell("\n"),
            b'>' if raw[..end].ends_with("]]") => return None,
            _ => tell(&raw[end..at]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{
        CaseBlock, Limits, ReadError,
        case::{Property, Value},
        xml::Element,
    };

    fn properties(update: &str) -> Result<Vec<Property<'static>>, ReadError> {
        let source = format!("<case><update xmlns:p='u'>{update}</update></case>");
        let block = CaseBlock::read(&source)?.into_owned();
        Ok(block.update().map(|update| update.properties.clone()).unwrap_or_default())
    }

    #[test]
    fn a_leaf_in_another_namespace_is_not_plain() {
        let found = properties("<a>1</a><p:a>2</p:a><a xmlns='v'>3</a>").unwrap();
        let plain: Vec<_> = found.iter().map(|property| matches!(property.value, Value::Text(_))).collect();
        assert_eq!(plain, [true, false, false]);
        let prefixed = "<p:case xmlns:p='u'><p:update><p:a>1</p:a><a>2</a></p:update></p:case>";
        let block = CaseBlock::read(prefixed).unwrap();
        let values: Vec<_> = block.update().unwrap().properties.iter().map(|p| &p.value).collect();
        assert!(matches!(values[..], [Value::Text(_), Value::Element(_)]));
    }

    #[test]
    fn text_beside_leaves_is_kept() {
        let block = CaseBlock::read("<case><update>x<a>1</a> <é>2</é>y</update></case>").unwrap();
        let update = block.update().unwrap();
        assert_eq!(update.tag.text.as_deref(), Some("x y"));
        assert_eq!(update.property("é").unwrap().value.text(), "2");
    }

    #[test]
    fn a_text_that_stands_for_itself_is_not_copied() {
        let source = "<case><update><a>1 > 0 ]> é</a></update></case>";
        let block = CaseBlock::read(source).unwrap();
        let Value::Text(text) = &block.update().unwrap().properties[0].value else { panic!("it is a text") };
        assert_eq!(text.as_ptr(), source[source.find('1').unwrap()..].as_ptr());
        assert!(properties("<a>1 ]]> 0</a>").is_err());
    }

    #[test]
    fn references_and_line_ends_mean_what_they_mean_elsewhere() {
        let found = properties("<a>1\r\n&#13;\r&#10;&amp;2&lt;</a>").unwrap();
        assert_eq!(found[0].value, Value::Text("1\n\r\n\n&2<".into()));
    }

    #[test]
    fn the_limits_hold_for_leaves() {
        let limits = |elements, depth, text| Limits { elements, depth, text, ..Limits::default() };
        let read = |limits| CaseBlock::read_within("<case><update><a>123</a></update></case>", &limits);
        assert!(read(limits(3, 3, 3)).is_ok());
        for tight in [limits(2, 3, 3), limits(3, 2, 3), limits(3, 3, 2)] {
            assert!(read(tight).is_err(), "{tight:?}");
        }
    }

    proptest! {
        /// The same document, read with shortcuts and without.
        #[test]
        fn the_short_way_and_the_long_one_agree(update in "((</?(p:|q:)?[ab]?/?>)|[x&;#1\\]>\r]|&amp;|&#13;|<!---->){0,12}") {
            let source = format!("<case><update xmlns:p='u'>{update}</update></case>");
            let short = CaseBlock::read(&source);
            let long = Element::read(&source);
            prop_assert_eq!(short.as_ref().err(), long.as_ref().err());
            if let (Ok(block), Ok(element)) = (&short, &long)
                && let Some(update) = block.update()
            {
                let texts = update.properties.iter().map(|property| property.value.text());
                prop_assert!(texts.eq(element.child("update").unwrap().elements().map(Element::text)));
            }
        }
    }
}
