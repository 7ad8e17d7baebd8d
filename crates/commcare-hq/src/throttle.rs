//! How many requests a project has, and keeping to them.

mod book;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use book::Book;

/// How many requests a project has in each span of time.
///
/// What HQ's page promises is the floor; what its source computes is a little more, and is what projects meet.
///
/// ```
/// use commcare_hq::throttle::Rates;
///
/// assert_eq!(Rates::promised(125).minute, 375.0);
/// assert_eq!((Rates::computed(125).minute * 10.0).round() / 10.0, 390.4);
/// ```
///
/// *Spec*: commcare-hq-api.md 6.1, 6.2.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the server has these five windows; what is not limited is infinite"
)]
pub struct Rates {
    /// In a second.
    pub second: f64,
    /// In a minute.
    pub minute: f64,
    /// In an hour.
    pub hour: f64,
    /// In a day.
    pub day: f64,
    /// In a week.
    pub week: f64,
}

/// Requests of a worker in a day, to which the other windows stand in the ratio 115 : 23 : 3 : 0.07 : 0.005.
const A_DAY: f64 = 1000.0 / 23.0;

impl Rates {
    /// No limit at all.
    pub const UNLIMITED: Self = Self {
        second: f64::INFINITY,
        minute: f64::INFINITY,
        hour: f64::INFINITY,
        day: f64::INFINITY,
        week: f64::INFINITY,
    };

    /// What the page promises a project with so many mobile workers: 3 a minute, 130 an hour and 1000 a day for each.
    pub fn promised(workers: u32) -> Self {
        let workers = f64::from(workers);
        Self { minute: 3.0 * workers, hour: 130.0 * workers, day: 1000.0 * workers, ..Self::UNLIMITED }
    }

    /// What the source computes for so many mobile workers: a ratio for each, and a base.
    pub fn computed(workers: u32) -> Self {
        let of = |ratio: f64, base: f64| ratio * A_DAY * f64::from(workers) + base;
        Self {
            second: of(0.005, 1.0),
            minute: of(0.07, 10.0),
            hour: of(3.0, 30.0),
            day: of(23.0, 50.0),
            week: of(115.0, 100.0),
        }
    }

    /// A share of them, as when several programs work for one project.
    #[must_use]
    pub fn share(self, part: f64) -> Self {
        Self {
            second: self.second * part,
            minute: self.minute * part,
            hour: self.hour * part,
            day: self.day * part,
            week: self.week * part,
        }
    }
}

/// Keeps to [`Rates`]. Clones share the count, as HQ counts by project: one for all tasks of a project.
///
/// In no span as long as a window are there more requests than that window has; a window always has at least one.
///
/// ```
/// use commcare_hq::throttle::{Limiter, Rates};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let limiter = Limiter::new(Rates { minute: 2.0, ..Rates::UNLIMITED });
/// let start = tokio::time::Instant::now();
/// for _ in 0..3 {
///     limiter.permit().await;
/// }
/// assert!(start.elapsed().as_secs() >= 60);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Limiter {
    book: Arc<Mutex<Book>>,
    start: Instant,
}

impl Limiter {
    /// A count that begins now.
    pub fn new(rates: Rates) -> Self {
        Self { book: Arc::new(Mutex::new(Book::new(rates))), start: Instant::now() }
    }

    /// Waits until there may be another request, and counts it.
    pub async fn permit(&self) {
        while let Err(wait) = self.take() {
            tokio::time::sleep(wait).await;
        }
    }

    fn take(&self) -> Result<(), std::time::Duration> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).take(self.start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 0.06
    }

    /// H-021: the table of the page and the formula of the source: 125 workers have 375 and 390.4 a minute.
    #[test]
    fn the_tables_are_reproduced() {
        for (workers, minute, hour, day) in [
            (125, 375.0, 16_250.0, 125_000.0),
            (250, 750.0, 32_500.0, 250_000.0),
            (500, 1_500.0, 65_000.0, 500_000.0),
            (1000, 3_000.0, 130_000.0, 1_000_000.0),
        ] {
            let rates = Rates::promised(workers);
            assert_eq!((rates.minute, rates.hour, rates.day), (minute, hour, day));
        }
        for (workers, second, minute, hour, day, week) in [
            (10, 3.2, 40.4, 1_334.3, 10_050.0, 50_100.0),
            (125, 28.2, 390.4, 16_334.3, 125_050.0, 625_100.0),
            (1000, 218.4, 3_053.5, 130_464.8, 1_000_050.0, 5_000_100.0),
        ] {
            let rates = Rates::computed(workers);
            assert!(near(rates.second, second) && near(rates.minute, minute), "{rates:?}");
            assert!(near(rates.hour, hour) && near(rates.day, day) && near(rates.week, week), "{rates:?}");
        }
        assert!(near(Rates::computed(2).minute, 16.1));
    }

    /// H-017: one instance is shared by all tasks of a project.
    #[tokio::test(start_paused = true)]
    async fn tasks_share_a_count() {
        let limiter = Limiter::new(Rates { minute: 10.0, ..Rates::UNLIMITED });
        let start = Instant::now();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let limiter = limiter.clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        limiter.permit().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!((180..=200).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }
}
