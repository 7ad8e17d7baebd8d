//! What nobody asks for, passed over: every tag and every text is looked at, and nothing is made of any.
//!
//! A tag, a leaf or a text is a step. Whatever is not as plain as most are ends the passing where it stands, and is read, or refused, on
//! the long way.

use super::Reader;
use crate::xml::{chars::ascii_ncname, words};

/// So many attributes are compared with one another; an element that has more goes the long way.
const MOST_ATTRIBUTES: usize = 8;

/// What a start tag turned out to be, and where it ends.
enum Tag {
    Opening(usize),
    Empty(usize),
}

impl<'a> Reader<'a> {
    /// Passes over what comes next as long as so many elements stay open, up to a start tag that is not to be passed, or to
    /// something that is not plain. It is asked whether a tag is passed with the number of elements around it, its prefix, which is
    /// that of the element around it if there is one, and its local name. Each prefix stands afterwards for what it stood for.
    pub(crate) fn pass(&mut self, least: usize, is_passed: impl Fn(usize, Option<&str>, &str) -> bool) {
        if self.is_between_events() {
            return;
        }
        while self.open.len() >= least.max(1) {
            let Some(end) = self.step_over(&is_passed) else { return };
            self.at = end;
        }
    }

    /// Where what begins here ends, if it is plain. The elements that are open are those that are open there.
    #[inline]
    fn step_over(&mut self, is_passed: impl Fn(usize, Option<&str>, &str) -> bool) -> Option<usize> {
        match self.source.as_bytes().get(self.at..)? {
            [b'<', b'/', ..] => self.end_of_end_tag(),
            [b'<', ..] => self.end_of_beginning(is_passed),
            text => {
                let length = words::passed_text(text);
                (text.get(length) == Some(&b'<')).then_some(self.at + length)
            }
        }
    }

    #[inline]
    fn end_of_end_tag(&mut self) -> Option<usize> {
        if self.scope.has_declarations_of(self.open.len()) {
            return None;
        }
        let name = *self.open.last()?;
        let (found, rest) = self.source.as_bytes()[self.at + "</".len()..].split_at_checked(name.len())?;
        if found != name.as_bytes() || rest.first() != Some(&b'>') {
            return None;
        }
        self.open.pop();
        Some(self.at + "</>".len() + name.len())
    }

    /// Goes into an element or past a leaf.
    #[inline]
    fn end_of_beginning(&mut self, is_passed: impl Fn(usize, Option<&str>, &str) -> bool) -> Option<usize> {
        if !self.has_room() {
            return None;
        }
        let start = self.at + 1;
        let written = &self.source[start..];
        let mut local = ascii_ncname(written)?;
        let (mut prefix, mut length) = (None, local.len());
        if written.as_bytes().get(length) == Some(&b':') {
            prefix = Some(local).filter(|prefix| self.has_prefix(prefix));
            prefix?;
            local = ascii_ncname(&written[length + 1..])?;
            length += 1 + local.len();
        }
        if !is_passed(self.open.len(), prefix, local) {
            return None;
        }
        let name = &written[..length];
        let leaf = match self.end_of_start_tag(start + length)? {
            Tag::Empty(end) => Ok(end),
            Tag::Opening(inside) => self.end_of_leaf(inside, name).ok_or(inside),
        };
        self.elements += 1;
        if leaf.is_err() {
            self.open.push(name);
        }
        Some(leaf.unwrap_or_else(|inside| inside))
    }

    /// Whether the open element has this prefix, which therefore stands for something.
    fn has_prefix(&self, prefix: &str) -> bool {
        self.open.last().and_then(|name| name.strip_prefix(prefix)).is_some_and(|rest| rest.starts_with(':'))
    }

    /// Where an element ends that holds nothing but text from this offset on.
    #[inline]
    fn end_of_leaf(&self, inside: usize, name: &str) -> Option<usize> {
        let bytes = self.source.as_bytes();
        let end = inside + words::passed_text(&bytes[inside..]);
        let [b'<', b'/', after @ ..] = &bytes[end..] else { return self.end_of_odd_leaf(inside, name) };
        let (found, rest) = after.split_at_checked(name.len())?;
        let is_whole =
            found == name.as_bytes() && rest.first() == Some(&b'>') && end - inside <= self.limits.text;
        is_whole.then(|| end + "</>".len() + name.len())
    }

    /// The same where there is a reference in the text, or a `>`.
    fn end_of_odd_leaf(&self, inside: usize, name: &str) -> Option<usize> {
        self.stretch(inside, name).filter(|stretch| stretch.is_right()).map(|stretch| stretch.end)
    }

    /// Where a start tag ends whose name ends here, if it has few attributes, all of them without prefixes and references, and no
    /// declarations.
    #[inline]
    fn end_of_start_tag(&self, name_end: usize) -> Option<Tag> {
        let bytes = self.source.as_bytes();
        let (mut at, mut names, mut count) = (name_end, [""; MOST_ATTRIBUTES], 0);
        loop {
            match &bytes[at..] {
                [b'>', ..] => return Some(Tag::Opening(at + 1)),
                [b'/', b'>', ..] => return Some(Tag::Empty(at + 2)),
                [b' ', ..] if count < names.len().min(self.limits.attributes) => {}
                _ => return None,
            }
            let name = ascii_ncname(&self.source[at + 1..])?;
            at += 1 + name.len();
            let [b'=', quote @ (b'"' | b'\''), value @ ..] = &bytes[at..] else { return None };
            let length = words::plain_value(value, *quote);
            let is_plain = value.get(length) == Some(quote) && length <= self.limits.text;
            if !is_plain || name == "xmlns" || names[..count].contains(&name) {
                return None;
            }
            names[count] = name;
            count += 1;
            at += "=''".len() + length;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{
        Limits, ReadError,
        xml::{Element, Event, Reader, Start},
    };

    proptest! {
        /// What is passed over is wrong where it is wrong when it is read, and ends where it ends.
        #[test]
        fn passing_over_and_reading_agree(inside in "((</?(p:|q:)?[ab]( x=\"1\"| y='&lt;'| y='é'| p:x=''| xmlns='v'| xmlns:q='w'){0,3} ?/?>)|[x&;#1\\]> é\r]|&amp;|<!---->){0,12}") {
            let source = format!("<r xmlns:p='u'><a>{inside}</a><c/></r>");
            let limits = Limits { depth: 4, elements: 9, ..Limits::default() };
            let end = |pass: for<'a> fn(&mut Reader<'a>, Start<'a>) -> Result<(), ReadError>| {
                let mut reader = Reader::within(&source, &limits);
                reader.root()?;
                let Some(Event::Start(start)) = reader.next()? else { panic!("`a` begins here") };
                pass(&mut reader, start)?;
                Ok::<_, ReadError>((reader.offset(), reader.depth(), reader.next()?.is_some()))
            };
            let passed = end(|reader, _| reader.skip());
            prop_assert_eq!(passed, end(|reader, start| Element::read_from(reader, start).map(drop)));
        }
    }

    /// As many elements stay open as are to, and a tag that is wanted is not passed.
    #[test]
    fn passing_stops_where_it_is_told_to() {
        let source = "<r><a x='1' y=\"2\"><b>1 &gt; 0</b>text<wanted/></a><wanted></wanted><c/></r>";
        let mut reader = Reader::new(source);
        let stops = |reader: &mut Reader<'_>, least, is_passed: fn(usize, Option<&str>, &str) -> bool| {
            reader.pass(least, is_passed);
            source[usize::try_from(reader.offset()).unwrap()..].to_owned()
        };
        reader.root().unwrap();
        let until_wanted = |around, _: Option<&str>, local: &str| around > 1 || local != "wanted";
        assert_eq!(stops(&mut reader.clone(), 1, until_wanted), "<wanted></wanted><c/></r>");
        assert_eq!(
            stops(&mut reader.clone(), 1, |_, _, local| local != "wanted"),
            "<wanted/></a><wanted></wanted><c/></r>"
        );
        assert_eq!(stops(&mut reader.clone(), 1, |_, _, _| true), "");
        assert!(matches!(reader.next(), Ok(Some(Event::Start(_)))));
        assert_eq!(stops(&mut reader.clone(), 2, |_, _, _| true), "<wanted></wanted><c/></r>");
    }
}
