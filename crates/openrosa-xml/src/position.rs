//! Where something stands in a document.

use std::fmt;

use memchr::{memchr_iter, memrchr};

/// A place in a document: what an editor needs to put the cursor there.
///
/// Lines and columns count from 1, columns in characters (Unicode scalar values), and only a line feed ends a line.
/// Offsets count bytes from 0, a byte order mark included. A document that was not UTF-8 is counted in the UTF-8 text
/// that [`decode`](crate::xml::decode) made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Position {
    /// Byte offset from the start of the document, from 0.
    pub offset: u64,
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

impl Position {
    /// Where every document begins.
    pub const START: Self = Self { offset: 0, line: 1, column: 1 };

    /// The position in the whole, given a position in a part of it that begins here.
    pub(crate) const fn then(self, within: Self) -> Self {
        let column = if within.line == 1 { self.column + within.column - 1 } else { within.column };
        Self { offset: self.offset + within.offset, line: self.line + within.line - 1, column }
    }

    /// The position of a byte offset in a text; an offset past the end means the end.
    ///
    /// ```
    /// # use openrosa_xml::Position;
    /// let at = Position::of("<a>\n  <b/>", 6);
    /// assert_eq!((at.line, at.column), (2, 3));
    /// ```
    #[must_use]
    pub fn of(source: &str, offset: u64) -> Self {
        let end = floor_char_boundary(source, usize::try_from(offset).unwrap_or(usize::MAX));
        let before = &source[..end];
        let line_start = memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
        Self {
            offset: end as u64,
            line: 1 + memchr_iter(b'\n', before.as_bytes()).count() as u64,
            column: 1 + count_characters(&before[line_start..]) as u64,
        }
    }
}

/// What `chars().count()` gives, at a fifth of the instructions: every item of a restore is counted, so that errors after it
/// can say their column.
fn count_characters(text: &str) -> usize {
    const BLOCK: usize = 192;
    let begins_one = |byte: u8| u8::from(byte & 0xC0 != 0x80);
    // A block's count fits into a byte, which lets the compiler count many bytes at once.
    let in_block = |block: &[u8]| block.iter().fold(0_u8, |count, &byte| count + begins_one(byte));
    text.as_bytes().chunks(BLOCK).map(|block| usize::from(in_block(block))).sum()
}

fn floor_char_boundary(source: &str, offset: usize) -> usize {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    end
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The bytes that something takes up in a document: from `start`, up to but without `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "two ends are all a span will ever have")]
pub struct Span {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset after the last byte.
    pub end: u64,
}

/// Where a value stood in the document it was read from; nothing for a value that was built.
///
/// Marks never make two values differ: a case block read from line 3 equals the same block read from line 30.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark(Option<Span>);

impl Mark {
    /// The mark of something that was read.
    #[must_use]
    pub const fn at(start: u64, end: u64) -> Self {
        Self(Some(Span { start, end }))
    }

    /// The mark of something that was built rather than read.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Where the value stood, if it was read.
    #[must_use]
    pub const fn span(self) -> Option<Span> {
        self.0
    }
}

impl PartialEq for Mark {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Mark {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_count_bytes() {
        let at = Position::of("é\n日本x", 9);
        assert_eq!((at.offset, at.line, at.column), (9, 2, 3));
    }

    #[test]
    fn characters_are_counted_as_the_standard_library_does() {
        for text in ["", "a", "é", "日本", "😀", "a\u{301}"] {
            for times in [1, 47, 48, 63, 64, 95, 96, 97, 191, 192, 193, 1000] {
                let long = text.repeat(times);
                assert_eq!(count_characters(&long), long.chars().count(), "{text} {times}");
            }
        }
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_is_brought_back() {
        assert_eq!(Position::of("é", 1).offset, 0);
        assert_eq!(Position::of("é", 9).offset, 2);
    }

    #[test]
    fn marks_never_make_values_differ() {
        assert_eq!(Mark::at(1, 2), Mark::none());
    }
}
