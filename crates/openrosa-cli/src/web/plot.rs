//! Bars, as a drawing without a script and as the table behind it.

use chrono::{Days, NaiveDate};
use openrosa_store::server::{DELAYS, DayCount};

use super::seen::grouped;

/// How many days are shown.
pub(super) const DAYS: u64 = 30;

const WIDTH: u64 = 600;
const HEIGHT: u64 = 140;

/// What is told apart, from the bottom up, each with the states that it is made of.
const KINDS: [(&str, &str, &[&str]); 4] = [
    ("normal", "received", &["normal", "deprecated"]),
    ("archived", "archived", &["archived"]),
    ("quarantined", "set apart", &["quarantined", "error"]),
    ("refused", "refused", &["refused"]),
];

/// Arrivals of a month.
pub(super) struct Month {
    pub(super) bars: Vec<Bar>,
    pub(super) rows: Vec<(String, Vec<String>)>,
    pub(super) kinds: Vec<(&'static str, &'static str, String)>,
    pub(super) most: String,
    pub(super) first: String,
    pub(super) last: String,
}

/// A part of a bar.
pub(super) struct Bar {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) class: &'static str,
    pub(super) title: String,
}

impl Month {
    /// That which ends today.
    pub(super) fn of(counts: &[DayCount], today: NaiveDate) -> Self {
        let days: Vec<NaiveDate> =
            (0..DAYS).rev().filter_map(|back| today.checked_sub_days(Days::new(back))).collect();
        let of = |day: NaiveDate, states: &[&str]| -> u64 {
            let of_day = counts.iter().filter(|count| count.day == day && states.contains(&&*count.state));
            of_day.map(|count| count.forms).sum()
        };
        let table: Vec<(NaiveDate, [u64; 4])> =
            days.iter().map(|day| (*day, KINDS.map(|(_, _, states)| of(*day, states)))).collect();
        let most = table.iter().map(|(_, counts)| counts.iter().sum::<u64>()).max().unwrap_or_default();
        let total = |kind: usize| grouped(table.iter().map(|(_, counts)| counts[kind]).sum());
        let kinds = KINDS.iter().enumerate().map(|(at, (class, text, _))| (*class, *text, total(at)));
        Self {
            bars: bars(&table, most),
            kinds: kinds.collect(),
            most: grouped(most),
            first: days.first().map(ToString::to_string).unwrap_or_default(),
            last: today.to_string(),
            rows: table
                .iter()
                .rev()
                .map(|(day, counts)| (day.to_string(), counts.iter().map(|count| grouped(*count)).collect()))
                .collect(),
        }
    }
}

fn bars(table: &[(NaiveDate, [u64; 4])], most: u64) -> Vec<Bar> {
    let step = WIDTH / DAYS;
    let mut bars = Vec::new();
    for (at, (day, counts)) in (0_u64..).zip(table) {
        let mut top = HEIGHT;
        for ((class, text, _), count) in KINDS.iter().zip(counts).filter(|(_, count)| **count > 0) {
            // What there is is seen, however little of the whole it is.
            let height = (count * (HEIGHT - 10) / most.max(1)).max(2);
            top = top.saturating_sub(height);
            let title = format!("{day}: {} {text}", grouped(*count));
            bars.push(Bar { x: at * step + 2, y: top, width: step - 4, height, class, title });
        }
    }
    bars
}

/// One step of the time from phone to server.
pub(super) struct Delay {
    pub(super) text: &'static str,
    pub(super) count: String,
    /// Of a hundred.
    pub(super) width: u64,
}

/// What the steps are called.
const CALLED: [&str; DELAYS.len() + 1] = [
    "within a minute",
    "within 10 minutes",
    "within an hour",
    "within 6 hours",
    "within a day",
    "within a week",
    "within 30 days",
    "later",
];

pub(super) fn delays(counts: &[u64]) -> Vec<Delay> {
    let most = counts.iter().max().copied().unwrap_or_default().max(1);
    let step = |(text, count): (&&'static str, &u64)| Delay {
        text,
        count: grouped(*count),
        width: if *count == 0 { 0 } else { (count * 100 / most).max(1) },
    };
    CALLED.iter().zip(counts).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_without_anything_has_no_bars_and_all_its_days() {
        let month = Month::of(&[], NaiveDate::from_ymd_opt(2026, 5, 1).unwrap());
        assert!(month.bars.is_empty());
        assert_eq!((month.rows.len(), month.first.as_str()), (30, "2026-04-02"));
    }
}
