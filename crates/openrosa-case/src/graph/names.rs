//! Texts by number.

use std::collections::HashMap;

/// Distinct texts, numbered in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Names<'a> {
    list: Vec<&'a str>,
    numbers: HashMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { list: Vec::with_capacity(capacity), numbers: HashMap::with_capacity(capacity) }
    }

    /// The number of a text, a new one if it has none.
    pub(super) fn number(&mut self, text: &'a str) -> u32 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.list.push(text);
            number(self.list.len() - 1)
        })
    }

    pub(super) fn get(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    pub(super) fn text(&self, number: u32) -> &'a str {
        self.list[number as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.list.iter().copied()
    }
}

/// A position as it is kept: 31 bits, which leaves one for a mark.
pub(crate) fn number(position: usize) -> u32 {
    let number = u32::try_from(position).ok().filter(|number| *number < 1 << 31);
    number.expect("two billion cases, or indices, would not have fitted into memory")
}
