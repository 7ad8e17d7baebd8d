//! Those who guess passwords have to wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// How often somebody may be wrong before a wait.
const TRIES: u32 = 5;
/// How long the wait is.
const WAIT: Duration = Duration::from_secs(30);
/// Of how many names is known that somebody guessed.
const NAMES: usize = 1_000;
/// How many passwords are tried at once: each takes a processor and some memory.
const AT_ONCE: usize = 2;

/// Who was wrong lately.
pub(super) struct Throttle {
    wrong: Mutex<HashMap<String, (u32, Instant)>>,
    room: Semaphore,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { wrong: Mutex::default(), room: Semaphore::new(AT_ONCE) }
    }
}

impl Throttle {
    /// Whether this name may be tried now.
    pub(super) fn admits(&self, name: &str, now: Instant) -> bool {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.get(name).is_none_or(|(tries, last)| *tries < TRIES || now.duration_since(*last) >= WAIT)
    }

    /// A place among those who are tried.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.room.acquire().await.ok()
    }

    pub(super) fn was_wrong(&self, name: &str, now: Instant) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= NAMES {
            wrong.retain(|_, (_, last)| now.duration_since(*last) < WAIT);
        }
        // Were there that many at once, the next are not remembered: those at work slow them down.
        if wrong.len() < NAMES || wrong.contains_key(name) {
            let entry = wrong.entry(name.to_owned()).or_insert((0, now));
            let tries = if now.duration_since(entry.1) >= WAIT { 1 } else { entry.0 + 1 };
            *entry = (tries, now);
        }
    }

    pub(super) fn was_right(&self, name: &str) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_wrong_passwords_a_name_waits_and_others_do_not() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..TRIES {
            assert!(throttle.admits("amina", now));
            throttle.was_wrong("amina", now);
        }
        assert!(!throttle.admits("amina", now));
        assert!(throttle.admits("juma", now));
        assert!(throttle.admits("amina", now + WAIT));
    }

    #[test]
    fn whoever_is_right_starts_over() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        (0..TRIES).for_each(|_| throttle.was_wrong("amina", now));
        throttle.was_right("amina");
        assert!(throttle.admits("amina", now));
    }
}
