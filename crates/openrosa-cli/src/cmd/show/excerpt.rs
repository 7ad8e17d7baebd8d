//! A document that could not be read: the reason, and the place under its own line.

use std::fmt::Write;

use openrosa_xml::ReadError;

use super::{
    input::Input,
    page::{ERROR, LABEL, Page, TITLE, escaped, grouped, steers},
};

/// Says why reading stopped and shows the line where it did.
pub(super) fn unreadable(input: &Input, source: &str, error: &ReadError, page: &Page) -> String {
    let at = error.position();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{TITLE}{}{TITLE:#} · {} bytes · {ERROR}not readable{ERROR:#}",
        escaped(input.title()),
        grouped(input.bytes.len() as u64)
    );
    page.wrapped(&mut out, "  ", "  ", &escaped(&error.to_string()));
    let Some(excerpt) = Excerpt::around(source, error, page.width_or(100)) else {
        return out;
    };
    let number = at.line.to_string();
    let gutter = " ".repeat(number.len());
    let _ = writeln!(out, "\n  {LABEL}{number} |{LABEL:#} {}", excerpt.line);
    let _ = writeln!(out, "  {LABEL}{gutter} |{LABEL:#} {}{ERROR}^{ERROR:#}", " ".repeat(excerpt.caret));
    out
}

/// Says why reading stopped where the text around the place is gone, as it is in a stream.
pub(super) fn stopped(out: &mut String, name: &str, error: &ReadError, page: &Page) {
    let first = format!("{ERROR}{} is not readable to its end{ERROR:#}: ", escaped(name));
    page.wrapped(out, &first, "  ", &escaped(&error.to_string()));
}

/// The part of a line that fits on a page, and the column of the culprit in it.
#[derive(Debug, PartialEq, Eq)]
struct Excerpt {
    line: String,
    caret: usize,
}

impl Excerpt {
    /// `None` for a line without anything to see.
    fn around(source: &str, error: &ReadError, width: usize) -> Option<Self> {
        let at = error.position();
        let before = usize::try_from(at.column).ok()?.checked_sub(1)?;
        let line = source.split('\n').nth(usize::try_from(at.line).ok()?.checked_sub(1)?)?;
        if line.trim().is_empty() {
            return None;
        }
        let room = width.saturating_sub(12 + at.line.to_string().len()).max(20);
        // Of what stands before the culprit two thirds of the room at most, so that some of what follows is seen.
        let from = before.saturating_sub(room * 2 / 3);
        let mut shown: Vec<char> = line.chars().skip(from).take(room).map(harmless).collect();
        if line.chars().nth(from + room).is_some() {
            shown.push('…');
        }
        let cut = if from > 0 { "…" } else { "" };
        let caret = columns(&shown[..(before - from).min(shown.len())]) + cut.chars().count();
        Some(Self { line: format!("{cut}{}", shown.into_iter().collect::<String>().trim_end()), caret })
    }
}

/// A tab would move the caret, and other control characters the terminal.
fn harmless(c: char) -> char {
    match c {
        '\t' | '\r' | '\u{FEFF}' => ' ',
        c if steers(c) => '\u{FFFD}',
        c => c,
    }
}

/// How far the caret has to move to stand under what follows these characters.
fn columns(shown: &[char]) -> usize {
    textwrap::core::display_width(&shown.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use openrosa_xml::Instance;

    use super::*;

    /// The excerpt for a document, its caret on a second line.
    fn excerpt(source: &str, width: usize) -> String {
        let error = Instance::read(source).expect_err("the document is not well-formed");
        let excerpt = Excerpt::around(source, &error, width).expect("there is something to see");
        format!("{}\n{}^", excerpt.line, " ".repeat(excerpt.caret))
    }

    #[test]
    fn the_caret_stands_under_the_culprit() {
        insta::assert_snapshot!(excerpt("<data>\n\t<a>1 & 2</a>\n</data>", 80), @r"
         <a>1 & 2</a>
              ^
        ");
    }

    #[test]
    fn wide_characters_move_the_caret_as_far_as_they_are_wide() {
        insta::assert_snapshot!(excerpt("<a>日本語&</a>", 80), @r"
        <a>日本語&</a>
                 ^
        ");
    }

    #[test]
    fn of_a_huge_line_only_the_surroundings_are_shown() {
        let source = format!("<a>{}&{}</a>", "x".repeat(100_000), "y".repeat(100_000));
        insta::assert_snapshot!(excerpt(&source, 60), @r"
        …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx&yyyyyyyyyyyyyyy…
                                        ^
        ");
    }

    #[test]
    fn an_empty_document_has_nothing_to_see() {
        let error = Instance::read("").expect_err("there is no element");
        assert_eq!(Excerpt::around("", &error, 80), None);
    }
}
