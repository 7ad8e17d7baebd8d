//! The line of a document on which something is wrong, with a mark under the culprit.

use std::{fmt::Write, ops::Range};

use anstyle::Style;
use openrosa_xml::ReadError;

use crate::{
    input::Input,
    page::{ERROR, LABEL, Page, TITLE, escaped, grouped, steers},
};

/// Says why reading stopped and shows the line where it did.
pub(crate) fn unreadable(input: &Input, source: &str, error: &ReadError, page: &Page) -> String {
    let at = error.position();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{TITLE}{}{TITLE:#} · {} bytes · {ERROR}not readable{ERROR:#}",
        escaped(input.title()),
        grouped(input.bytes.len() as u64)
    );
    page.wrapped(&mut out, "  ", "  ", &escaped(&error.to_string()));
    let number = at.line.to_string();
    let Some(excerpt) = Excerpt::around(source, at.offset..at.offset, room(page, number.len())) else {
        return out;
    };
    out.push('\n');
    excerpt.draw(&mut out, &number, number.len(), ERROR, '^', "");
    out
}

/// Says why reading stopped where the text around the place is gone, as it is in a stream.
pub(crate) fn stopped(out: &mut String, name: &str, error: &ReadError, page: &Page) {
    let first = format!("{ERROR}{} is not readable to its end{ERROR:#}: ", escaped(name));
    page.wrapped(out, &first, "  ", &escaped(&error.to_string()));
}

/// How many characters of a line fit beside its number.
pub(crate) fn room(page: &Page, number: usize) -> usize {
    page.width_or(100).saturating_sub(12 + number).max(20)
}

/// The part of a line that fits on a page, and where in it the culprit is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    line: String,
    /// The columns before the culprit.
    caret: usize,
    /// The columns of the culprit, or of what is seen of it.
    width: usize,
}

impl Excerpt {
    /// The line around some bytes of a text, in about as many characters as there is room for; `None` for a line without
    /// anything to see. Its cost follows the room, not the line: a document may be one line of a hundred megabytes.
    pub(crate) fn around(text: &str, bytes: Range<u64>, room: usize) -> Option<Self> {
        let start = text.floor_char_boundary(usize::try_from(bytes.start).ok()?);
        let end = text.floor_char_boundary(usize::try_from(bytes.end).ok()?).max(start);
        // Of what stands before the culprit two thirds of the room at most, so that some of what follows is seen.
        let before: Vec<char> =
            text[..start].chars().rev().take_while(|c| *c != '\n').take(room * 2 / 3 + 1).collect();
        let is_cut = before.len() > room * 2 / 3;
        let before: Vec<char> = before.into_iter().take(room * 2 / 3).rev().map(harmless).collect();
        let left = room - before.len();
        let rest = text[start..].chars().take_while(|c| *c != '\n');
        let mut after: Vec<char> = rest.take(left + 1).map(harmless).collect();
        let goes_on = after.len() > left;
        after.truncate(left);
        if before.iter().chain(&after).all(|c| c.is_whitespace()) {
            return None;
        }
        let culprit = text[start..end].chars().take(after.len()).count();
        let caret = columns(&before) + usize::from(is_cut);
        let width = columns(&after[..culprit]).max(1);
        let shown: String = before.iter().chain(&after).collect();
        let line = format!("{}{shown}{}", if is_cut { "…" } else { "" }, if goes_on { "…" } else { "" });
        Some(Self { line: line.trim_end().to_owned(), caret, width })
    }

    /// The line beside its number, in a gutter as wide as the widest number, and below it the mark with what is said of it.
    pub(crate) fn draw(
        &self,
        out: &mut String,
        number: &str,
        gutter: usize,
        style: Style,
        mark: char,
        label: &str,
    ) {
        let marks: String = std::iter::repeat_n(mark, self.width).collect();
        let _ = writeln!(out, "  {LABEL}{number:>gutter$} |{LABEL:#} {}", self.line);
        let _ = write!(out, "  {LABEL}{:>gutter$} |{LABEL:#} {}{style}{marks}", "", " ".repeat(self.caret));
        let space = if label.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{space}{label}{style:#}");
    }
}

/// A tab would move the mark, and other control characters the terminal.
fn harmless(c: char) -> char {
    match c {
        '\t' | '\r' | '\u{FEFF}' => ' ',
        c if steers(c) => '\u{FFFD}',
        c => c,
    }
}

/// How far the mark has to move to stand under what follows these characters.
fn columns(shown: &[char]) -> usize {
    textwrap::core::display_width(&shown.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The excerpt for the first place of a text in a document, marked on a second line.
    fn excerpt(source: &str, culprit: &str, room: usize) -> String {
        let start = source.find(culprit).expect("the culprit is there") as u64;
        let bytes = start..start + culprit.len() as u64;
        let excerpt = Excerpt::around(source, bytes, room).expect("there is something to see");
        format!("{}\n{}{}", excerpt.line, " ".repeat(excerpt.caret), "^".repeat(excerpt.width))
    }

    #[test]
    fn the_mark_stands_under_the_culprit() {
        insta::assert_snapshot!(excerpt("<data>\n\t<a>1 & 2</a>\r\n</data>", "& 2", 80), @r"
         <a>1 & 2</a>
              ^^^
        ");
    }

    #[test]
    fn wide_characters_move_and_widen_the_mark_as_far_as_they_are_wide() {
        insta::assert_snapshot!(excerpt("<a>日本語&本</a>", "&本", 80), @r"
        <a>日本語&本</a>
                 ^^^
        ");
    }

    #[test]
    fn of_a_huge_line_only_the_surroundings_are_shown() {
        let source = format!("<a>{}&{}</a>", "x".repeat(100_000), "y".repeat(100_000));
        insta::assert_snapshot!(excerpt(&source, "&", 48), @r"
        …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx&yyyyyyyyyyyyyyy…
                                         ^
        ");
    }

    #[test]
    fn of_a_culprit_of_several_lines_the_first_is_marked() {
        insta::assert_snapshot!(excerpt("<a>\n  <b\n  c='1'/>\n</a>", "<b\n  c='1'/>", 80), @r"
          <b
          ^^
        ");
    }

    #[test]
    fn an_empty_line_has_nothing_to_see() {
        assert_eq!(Excerpt::around("", 0..0, 80), None);
        assert_eq!(Excerpt::around("<a>\n\n", 4..5, 80), None);
    }
}
