//! How a document is put right.

use std::collections::BTreeMap;

use super::finding::Place;
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
    /// What goes; nothing where something is only put in.
    pub place: Place,
    /// What comes, as XML: escaped already.
    pub text: String,
}

/// The document with all fixes made that do not touch the same bytes; the first of two that do wins, and the other can be
/// made in a second round.
#[must_use]
pub fn apply<'f>(source: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> String {
    let mut taken: BTreeMap<(u64, u64), &Edit> = BTreeMap::new();
    for fix in fixes {
        if fix.edits.iter().all(|edit| is_apart_from_all(edit.place.span(), &taken)) {
            taken.extend(
                fix.edits.iter().map(|edit| ((edit.place.start.offset, edit.place.end.offset), edit)),
            );
        }
    }
    let mut fixed = String::with_capacity(source.len());
    let mut at = 0;
    for edit in taken.into_values() {
        let (start, end) = (clamped(source, edit.place.start.offset), clamped(source, edit.place.end.offset));
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
    neighbors.into_iter().flatten().all(|(_, other)| are_apart(span, other.place.span()))
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
    use crate::position::Position;

    fn fix(start: u64, end: u64, text: &str) -> Fix {
        let at = |offset| Position::of("abcdef", offset);
        let edit = Edit { place: Place { start: at(start), end: at(end) }, text: text.to_owned() };
        Fix { title: "mend", edits: vec![edit] }
    }

    #[test]
    fn fixes_that_touch_each_other_are_not_made_together() {
        let fixes = [fix(4, 5, "X"), fix(0, 2, ""), fix(1, 3, "no"), fix(6, 6, "!"), fix(6, 6, "?")];
        assert_eq!(apply("abcdef", &fixes), "cdXf!");
    }
}
