//! Lines that come behind the first one, which says where the server listens: whoever reads them waits for that.

use std::sync::{Arc, Mutex, PoisonError};

use super::lines::Lines;

/// Where such lines go. Clones wait for the same first line.
#[derive(Clone)]
pub(super) struct Behind {
    lines: Lines,
    /// What was said before it; nothing waits any more once it is said.
    waiting: Arc<Mutex<Option<Vec<String>>>>,
}

impl Behind {
    pub(super) fn of(lines: Lines) -> Self {
        Self { lines, waiting: Arc::new(Mutex::new(Some(Vec::new()))) }
    }

    pub(super) fn say(&self, line: String) {
        match &mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(waiting) => waiting.push(line),
            None => self.lines.say(line),
        }
    }

    /// Says the first, and what has waited for it.
    pub(super) fn begin(&self, first: String) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for line in std::iter::once(first).chain(waiting.take().unwrap_or_default()) {
            self.lines.say(line);
        }
    }
}
