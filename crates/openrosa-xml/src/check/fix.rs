//! How a document is put right.

use std::collections::BTreeMap;

use crate::position::Span;

/// Edits that put a document right, certain enough to be made without asking.
///
/// A fix never changes what every reader would have made of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fix {
    /// What it does, as an order.
    pub title: &'static str,
    /// The edits, in the order of the document, apart from each other.
    pub edits: Vec<Edit>,
}

/// One stretch of text and what is put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edit {
    /// The bytes that go.
    pub span: Span,
    /// What comes, as XML: escaped already.
    pub text: String,
}

/// The document with all fixes made that do not touch the same bytes; the first of two that do wins, and the other can be
/// made in a second round.
#[must_use]
pub fn apply<'f>(source: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> String {
    let mut taken: BTreeMap<(u64, u64), &Edit> = BTreeMap::new();
    for fix in fixes {
        if fix.edits.iter().all(|edit| is_apart_from_all(edit.span, &taken)) {
            taken.extend(fix.edits.iter().map(|edit| ((edit.span.start, edit.span.end), edit)));
        }
    }
    let mut fixed = String::with_capacity(source.len());
    let mut at = 0;
    for edit in taken.into_values() {
        let (start, end) = (clamped(source, edit.span.start), clamped(source, edit.span.end));
        fixed.push_str(&source[at..start]);
        fixed.push_str(&edit.text);
        at = end;
    }
    fixed.push_str(&source[at..]);
    fixed
}

/// Those taken are apart from each other, so only the neighbors on either side can touch it.
fn is_apart_from_all(span: Span, taken: &BTreeMap<(u64, u64), &Edit>) -> bool {
    let key = (span.start, span.end);
    let neighbors = [taken.range(..=key).next_back(), taken.range(key..).next()];
    neighbors.into_iter().flatten().all(|(_, other)| are_apart(span, other.span))
}

/// Two insertions at one place are not apart: their order would be a matter of chance.
const fn are_apart(a: Span, b: Span) -> bool {
    let same = a.start == b.start && a.end == b.end;
    !same && (a.end <= b.start || b.end <= a.start)
}

fn clamped(source: &str, offset: u64) -> usize {
    usize::try_from(offset).map_or(source.len(), |offset| source.floor_char_boundary(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(start: u64, end: u64, text: &str) -> Fix {
        Fix { title: "mend", edits: vec![Edit { span: Span { start, end }, text: text.to_owned() }] }
    }

    #[test]
    fn fixes_that_touch_each_other_are_not_made_together() {
        let fixes = [fix(4, 5, "X"), fix(0, 2, ""), fix(1, 3, "no"), fix(6, 6, "!"), fix(6, 6, "?")];
        assert_eq!(apply("abcdef", &fixes), "cdXf!");
    }
}
