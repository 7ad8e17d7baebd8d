//! What nobody asks for, passed over: every tag and every text is looked at, and nothing is made of any.
//!
//! A tag, a leaf or a text is a step. Whatever is not as plain as most are ends the passing where it stands, and is read, or refused, on
//! the long way.

use std::borrow::Cow;

use super::Reader;
use crate::xml::{
    attributes::reference_at, chars::begins_name, name::Declaration, namespaces::is_forbidden, runs,
};

/// So many attributes are compared with one another; an element that has more goes the long way.
const MOST_ATTRIBUTES: usize = 8;

/// A start tag, of which it is asked whether it is passed.
pub(crate) struct Passed<'t> {
    /// How many elements are around it.
    pub(crate) around: usize,
    pub(crate) has_prefix: bool,
    pub(crate) local: &'t [u8],
}

/// Whether elements are passed that declare namespaces. Inside and behind such a one a name may mean something else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declaring {
    Passed,
    NotPassed,
}

/// A start tag from the end of its name.
struct RestOfTag {
    end: usize,
    is_empty: bool,
}

impl<'a> Reader<'a> {
    /// Passes over what comes next as long as so many elements stay open, up to a start tag that is not to be passed, or to
    /// something that is not plain. The elements that are open, and what prefixes stand for, are those of the place that is reached.
    pub(crate) fn pass(
        &mut self,
        least: usize,
        declaring: Declaring,
        is_passed: impl Fn(&Passed<'_>) -> bool,
    ) {
        if self.is_between_events() {
            return;
        }
        while self.open.len() >= least.max(1) {
            let Some(end) = self.step_over(declaring, &is_passed) else { return };
            self.at = end;
        }
    }

    /// Where what begins here ends, if it is plain.
    #[inline]
    fn step_over(&mut self, declaring: Declaring, is_passed: impl Fn(&Passed<'_>) -> bool) -> Option<usize> {
        match self.source.as_bytes().get(self.at..)? {
            [b'<', b'/', rest @ ..] => self.end_of_end_tag(declaring, rest),
            [b'<', rest @ ..] => self.end_of_beginning(declaring, is_passed, rest),
            _ => self.end_of_text(self.at),
        }
    }

    #[inline]
    fn end_of_end_tag(&mut self, declaring: Declaring, rest: &[u8]) -> Option<usize> {
        let name = *self.open.last()?;
        if !runs::ends(rest, name.as_bytes()) {
            return None;
        }
        if self.scope.has_declarations_of(self.open.len()) {
            if declaring == Declaring::NotPassed {
                return None;
            }
            self.scope.leave(self.open.len());
        }
        self.open.pop();
        Some(self.at + "</>".len() + name.len())
    }

    /// Goes into an element or past a leaf.
    #[inline]
    fn end_of_beginning(
        &mut self,
        declaring: Declaring,
        is_passed: impl Fn(&Passed<'_>) -> bool,
        written: &'a [u8],
    ) -> Option<usize> {
        let mut length = ncname(written)?;
        let (mut prefix, mut local) = (None, &written[..length]);
        if written.get(length) == Some(&b':') {
            let after = &written[length + 1..];
            prefix = Some(local);
            local = &after[..ncname(after)?];
            length += 1 + local.len();
        }
        let tag = Passed { around: self.open.len(), has_prefix: prefix.is_some(), local };
        if !self.has_room() || !is_passed(&tag) {
            return None;
        }
        let end = self.at + 1 + length;
        if written.get(length) != Some(&b'>') {
            return self.end_of_long_beginning(declaring, prefix, end);
        }
        if prefix.is_some_and(|prefix| !self.has_prefix(prefix)) {
            return None;
        }
        self.elements += 1;
        let inside = end + 1;
        let leaf = self.end_of_leaf(inside, &written[..length]);
        if leaf.is_none() {
            self.open.push(&self.source[self.at + 1..end]);
        }
        Some(leaf.unwrap_or(inside))
    }

    /// The same where more than its name is in the start tag.
    fn end_of_long_beginning(
        &mut self,
        declaring: Declaring,
        prefix: Option<&[u8]>,
        name_end: usize,
    ) -> Option<usize> {
        let depth = self.open.len() + 1;
        let rest = self.rest_of_plain_tag(declaring, depth, name_end).filter(|_| {
            // Where the element declares its own prefix, that has been read by now.
            prefix.is_none_or(|prefix| self.has_prefix(prefix) || self.is_bound(prefix))
        });
        let Some(RestOfTag { end, is_empty }) = rest else {
            self.scope.leave(depth);
            return None;
        };
        self.elements += 1;
        if is_empty {
            self.scope.leave(depth);
            return Some(end);
        }
        let name = &self.source[self.at + 1..name_end];
        let leaf = self.end_of_leaf(end, name.as_bytes());
        match leaf {
            Some(_) => self.scope.leave(depth),
            None => self.open.push(name),
        }
        Some(leaf.unwrap_or(end))
    }

    /// Whether the open element has this prefix, which therefore stands for something.
    fn has_prefix(&self, prefix: &[u8]) -> bool {
        self.open.last().is_some_and(|name| {
            let name = name.as_bytes();
            name.get(prefix.len()) == Some(&b':') && runs::are_same(&name[..prefix.len()], prefix)
        })
    }

    /// Whether this prefix stands for something here.
    fn is_bound(&self, prefix: &[u8]) -> bool {
        std::str::from_utf8(prefix).is_ok_and(|prefix| self.scope.resolve(prefix).is_some())
    }

    /// Where an element ends that holds nothing but text from this offset on.
    #[inline]
    fn end_of_leaf(&self, inside: usize, name: &[u8]) -> Option<usize> {
        let end = self.end_of_text(inside)?;
        match &self.source.as_bytes()[end..] {
            [b'<', b'/', rest @ ..] if runs::ends(rest, name) && end - inside <= self.limits.text => {
                Some(end + "</>".len() + name.len())
            }
            _ => None,
        }
    }

    /// Where the text ends in front of a tag, if there is no mistake in it.
    #[inline]
    fn end_of_text(&self, start: usize) -> Option<usize> {
        let bytes = self.source.as_bytes();
        let end = start + runs::passed_text(&bytes[start..]);
        if *bytes.get(end)? == b'<' { Some(end) } else { self.end_of_rest_of_text(start, end) }
    }

    /// The same from a reference or a `>` on.
    #[inline(never)]
    fn end_of_rest_of_text(&self, start: usize, mut end: usize) -> Option<usize> {
        let bytes = self.source.as_bytes();
        loop {
            match bytes.get(end)? {
                b'<' => return Some(end),
                b'&' => end = reference_at(self.source, end).ok()?.1,
                _ if bytes[start..end].ends_with(b"]]") => return None,
                _ => end += 1,
            }
            end += runs::passed_text(&bytes[end..]);
        }
    }

    /// A start tag from the end of its name, if it has few attributes, all of them without references, and without prefixes but
    /// for those that declare one. What it declares holds from then on, also if it turns out not to be plain.
    fn rest_of_plain_tag(
        &mut self,
        declaring: Declaring,
        depth: usize,
        name_end: usize,
    ) -> Option<RestOfTag> {
        let bytes = self.source.as_bytes();
        let (mut end, mut names, mut count) = (name_end, [&b""[..]; MOST_ATTRIBUTES], 0);
        loop {
            let written = match &bytes[end..] {
                [b'>', ..] => return Some(RestOfTag { end: end + 1, is_empty: false }),
                [b'/', b'>', ..] => return Some(RestOfTag { end: end + 2, is_empty: true }),
                [b' ', rest @ ..] if count < names.len().min(self.limits.attributes) => rest,
                _ => return None,
            };
            let mut length = ncname(written)?;
            let declares = &written[..length] == b"xmlns";
            if declares && written.get(length) == Some(&b':') {
                length += 1 + ncname(&written[length + 1..])?;
            }
            let (name, value) = written.split_at(length);
            let [b'=', quote @ (b'"' | b'\''), value @ ..] = value else { return None };
            let plain = runs::passed_value(value, *quote);
            if value.get(plain) != Some(quote)
                || plain > self.limits.text
                || names[..count].iter().any(|other| runs::are_same(other, name))
            {
                return None;
            }
            names[count] = name;
            count += 1;
            let value_start = end + " =\"".len() + length;
            if declares {
                let prefix = self.source[end + 1..][..length].strip_prefix("xmlns:");
                let namespace = &self.source[value_start..value_start + plain];
                // Layout in it would stand for spaces.
                let is_plain = !namespace.bytes().any(|byte| byte < b' ');
                if declaring == Declaring::NotPassed || !is_plain || is_forbidden(prefix, namespace) {
                    return None;
                }
                let (prefix, namespace) = (prefix.map(Cow::Borrowed), Cow::Borrowed(namespace));
                self.scope.declare(Declaration { prefix, namespace }, depth);
            }
            end = value_start + plain + 1;
        }
    }
}

/// The length of the name without a colon that begins here, if one of ASCII characters does.
#[inline]
fn ncname(bytes: &[u8]) -> Option<usize> {
    begins_name(*bytes.first()?).then(|| runs::name(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Limits, ReadError,
        xml::{Element, Event, Start},
    };

    proptest! {
        /// What is passed over is wrong where it is wrong when it is read, and ends where it ends.
        #[test]
        fn passing_over_and_reading_agree(inside in "((</?(p:|q:)?[ab]( x=\"1\"| y='&lt;'| y='é'| p:x=''| xmlns='v'| xmlns:q='w\n'| xmlns:q='w'){0,3} ?/?>)|[x&;#1\\]> é\r]|&amp;|<!---->){0,12}") {
            let source = format!("<r xmlns:p='u'><a>{inside}</a><c/></r>");
            let limits = Limits { depth: 4, elements: 9, attributes: 2, ..Limits::default() };
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
        let stops = |reader: &mut Reader<'_>, least, is_passed: fn(&Passed<'_>) -> bool| {
            reader.pass(least, Declaring::Passed, is_passed);
            source[usize::try_from(reader.offset()).unwrap()..].to_owned()
        };
        reader.root().unwrap();
        let until_wanted = |tag: &Passed<'_>| tag.around > 1 || tag.local != b"wanted";
        assert_eq!(stops(&mut reader.clone(), 1, until_wanted), "<wanted></wanted><c/></r>");
        assert_eq!(
            stops(&mut reader.clone(), 1, |tag| tag.local != b"wanted"),
            "<wanted/></a><wanted></wanted><c/></r>"
        );
        assert_eq!(stops(&mut reader.clone(), 1, |_| true), "");
        assert!(matches!(reader.next(), Ok(Some(Event::Start(_)))));
        assert_eq!(stops(&mut reader.clone(), 2, |_| true), "<wanted></wanted><c/></r>");
    }
}
