//! Tags that are written again and again: the name is checked and the tags are built once.

use std::ops::Range;

/// The tags of leaves written lately. A name that falls on the place of others takes it from one of them, so what a document
/// is made of decides only how often a name is checked anew.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// All tags, one after the other: `<p:a></p:a>`.
    text: String,
    places: Vec<Place>,
    /// The place that was found last.
    last: usize,
}

/// Where the tags of one name stand; nowhere, where nothing was written yet.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: usize,
    /// Where the end tag begins.
    middle: usize,
    end: usize,
    prefix: usize,
    /// The place that was found after this one the last time. Cases of one type have their properties in one order, so it is
    /// nearly always the one that is looked for next.
    next: usize,
}

const PLACES: usize = 64;

/// A longer name is not worth keeping.
const LONGEST: usize = 64;

/// When there are this many bytes of tags, all is forgotten: a document does not decide how much is kept.
const MOST: usize = 16_384;

impl Tags {
    /// The place of this name's tags, if they were written lately.
    #[inline]
    pub(super) fn find(&mut self, prefix: &str, local: &str) -> Option<usize> {
        let guess = self.places.get(self.last)?.next;
        if self.holds(guess, prefix, local) {
            self.last = guess;
            return Some(guess);
        }
        let place = self.search(prefix, local)?;
        self.follow(place);
        Some(place)
    }

    fn search(&self, prefix: &str, local: &str) -> Option<usize> {
        let place = place(local);
        if self.holds(place, prefix, local) {
            return Some(place);
        }
        self.holds(place ^ 1, prefix, local).then_some(place ^ 1)
    }

    fn follow(&mut self, place: usize) {
        self.places[self.last].next = place;
        self.last = place;
    }

    #[inline]
    fn holds(&self, place: usize, prefix: &str, local: &str) -> bool {
        let Some(&Place { start, middle, prefix: before, .. }) = self.places.get(place) else { return false };
        let name_start = if prefix.is_empty() { start + 1 } else { start + prefix.len() + 2 };
        before == prefix.len()
            && middle == name_start + local.len() + 1
            && self.text.as_bytes()[name_start..middle - 1] == *local.as_bytes()
            && (prefix.is_empty() || self.text.as_bytes()[start + 1..name_start - 1] == *prefix.as_bytes())
    }

    /// Keeps the tags of a name that has been checked.
    pub(super) fn keep(&mut self, prefix: &str, local: &str) -> Option<usize> {
        if prefix.len() + local.len() > LONGEST {
            return None;
        }
        if self.places.is_empty() || self.text.len() > MOST {
            self.text.clear();
            self.places.clear();
            self.places.resize(PLACES, Place::default());
        }
        let first = place(local);
        let is_taken = self.places[first].end > 0;
        // The one that was here goes to the second place, so that two names of one place do not take turns.
        if is_taken {
            self.places[first ^ 1] = self.places[first];
        }
        self.places[first] = self.push(prefix, local);
        self.follow(first);
        Some(first)
    }

    fn push(&mut self, prefix: &str, local: &str) -> Place {
        let colon = if prefix.is_empty() { "" } else { ":" };
        let start = self.text.len();
        for piece in ["<", prefix, colon, local, ">"] {
            self.text.push_str(piece);
        }
        let middle = self.text.len();
        for piece in ["</", prefix, colon, local, ">"] {
            self.text.push_str(piece);
        }
        Place { start, middle, end: self.text.len(), prefix: prefix.len(), next: 0 }
    }

    /// The start tag and the end tag in a place that was just found.
    #[inline]
    pub(super) fn at(&self, place: usize) -> (&str, &str) {
        let Place { start, middle, end, .. } = self.places[place];
        let tag = |range: Range<usize>| &self.text[range];
        (tag(start..middle), tag(middle..end))
    }
}

/// Properties of one case differ in their length or in one of a few letters.
fn place(local: &str) -> usize {
    let bytes = local.as_bytes();
    let length = bytes.len();
    let letter = |at: usize| bytes.get(at).map_or(0, |&byte| usize::from(byte));
    let letters = [letter(0), letter(length / 3), letter(length / 2), letter(length.saturating_sub(1))];
    let mixed = letters.into_iter().fold(length, |mixed, letter| mixed * 31 + letter);
    (mixed ^ (mixed >> 7)) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that fall on one place.
    fn rivals() -> Vec<String> {
        let names = (0..10_000).map(|number| format!("n{number}"));
        names.filter(|name| place(name) == place("rival")).take(4).collect()
    }

    fn found<'t>(tags: &'t mut Tags, prefix: &str, local: &str) -> Option<(&'t str, &'t str)> {
        tags.find(prefix, local).map(|place| tags.at(place))
    }

    #[test]
    fn only_exactly_this_name_is_found() {
        let mut tags = Tags::default();
        assert_eq!(tags.find("", ""), None);
        tags.keep("p", "ab");
        assert_eq!(found(&mut tags, "p", "ab"), Some(("<p:ab>", "</p:ab>")));
        for (prefix, local) in [
            ("", "ab"),
            ("q", "ab"),
            ("pp", "ab"),
            ("", "p:ab"),
            ("p", "ac"),
            ("p", "a"),
            ("p", "abb"),
            ("", ""),
        ] {
            assert_eq!(tags.find(prefix, local), None, "{prefix}:{local}");
        }
        tags.keep("", "ab");
        assert_eq!(found(&mut tags, "", "ab"), Some(("<ab>", "</ab>")));
        assert_eq!(found(&mut tags, "p", "ab"), Some(("<p:ab>", "</p:ab>")));
    }

    #[test]
    fn of_names_that_share_a_place_the_last_two_are_found() {
        let mut tags = Tags::default();
        let rivals = rivals();
        assert_eq!(rivals.len(), 4);
        for name in &rivals {
            tags.keep("", name);
            assert_eq!(found(&mut tags, "", name).unwrap().0, format!("<{name}>"));
        }
        let are_found: Vec<_> = rivals.iter().map(|name| tags.find("", name).is_some()).collect();
        assert_eq!(are_found, [false, false, true, true]);
    }

    #[test]
    fn neither_long_names_nor_many_take_room_for_good() {
        let mut tags = Tags::default();
        assert_eq!(tags.keep("", &"a".repeat(LONGEST + 1)), None);
        assert!(tags.places.is_empty());
        for number in 0..10_000 {
            let name = format!("n{number}");
            tags.keep("", &name);
            assert_eq!(found(&mut tags, "", &name).unwrap().1, format!("</{name}>"));
        }
        assert!(tags.text.len() < MOST + 2 * LONGEST + 16);
    }
}
