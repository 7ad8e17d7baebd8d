//! The names that blocks share.

use std::collections::HashMap;

use crate::text::Text;

/// The names of properties, links and files of many kept blocks, each once.
///
/// It only grows, with every name that was not there before.
#[derive(Clone, Debug, Default)]
pub struct Names {
    list: Vec<Known>,
    numbers: HashMap<Text<'static>, u32>,
    /// The number of the last name asked for.
    last: u32,
    /// Where blocks are packed before they are cut to size.
    pub(super) texts: String,
    pub(super) fields: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Known {
    name: Text<'static>,
    /// The number of the name that came after this one the last time.
    next: u32,
}

impl Names {
    /// No names yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The name with this number; blocks of other names get the empty one.
    pub(super) fn name(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("", |known| &known.name)
    }

    /// The number of a name that some block has.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The number of a name, which it gets if it has none. Cases of one type have their names in one order, so the guess
    /// that the name is the one which came here the last time is nearly always right.
    pub(super) fn take_in(&mut self, name: &str) -> u32 {
        let guess = self.list.get(self.last as usize).map_or(0, |known| known.next);
        if self.list.get(guess as usize).is_some_and(|known| known.name == name) {
            self.last = guess;
            return guess;
        }
        let number = self.number(name).unwrap_or_else(|| self.add(name));
        if let Some(known) = self.list.get_mut(self.last as usize) {
            known.next = number;
        }
        self.last = number;
        number
    }

    fn add(&mut self, name: &str) -> u32 {
        // Four thousand million names do not fit into the memory in which they would have to be.
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let name = Text::from(name).into_owned();
        self.list.push(Known { name: name.clone(), next: 0 });
        self.numbers.insert(name, number);
        number
    }
}
