//! The figures to reach.

use serde::Serialize;

/// One of them.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "a row of a table")]
pub struct Target {
    /// Its number.
    pub target: u8,
    /// The contender or measurement that is held to it.
    #[serde(skip)]
    pub name: &'static str,
    /// What `value` counts.
    pub unit: &'static str,
    /// What should be reached now.
    pub reach_now: f64,
    /// What should be reached some day.
    pub horizon: f64,
}

/// The speed of the bare quick-xml loop over the same bytes.
const B: &str = "B";

const fn target(target: u8, name: &'static str, unit: &'static str, reach_now: f64, horizon: f64) -> Target {
    Target { target, name, unit, reach_now, horizon }
}

/// All that are measured.
pub const TARGETS: [Target; 23] = [
    target(1, "restore", B, 0.62, 1.5),
    target(2, "restore-file", B, 0.55, 1.4),
    target(3, "check", "of the speed of plain reading", 0.8, 0.87),
    target(4, "restore-owned", B, 0.50, 1.2),
    target(5, "restore-kept", B, 0.45, 1.2),
    target(5, "kept-memory", "bytes of heap per byte of restore", 0.6, 0.5),
    target(6, "peak-memory", "MiB", 8.0, 4.0),
    target(6, "peak-memory-growth", "MiB", 1.0, 0.0),
    target(6, "fetched-memory", "MiB", 8.0, 4.0),
    target(6, "fetched-memory-growth", "MiB", 1.0, 0.0),
    target(
        6,
        "stored-memory",
        "MiB without pages of code, with the 2 that SQLite may hold of the file",
        10.0,
        6.0,
    ),
    target(7, "allocations-borrowed", "allocations per case", 5.0, 0.5),
    target(7, "allocations-owned", "allocations per case", 12.0, 3.0),
    target(8, "submissions", B, 0.55, 1.7),
    target(9, "writing", "x quick-xml's writer", 2.5, 4.0),
    target(10, "restore-applied", B, 0.35, 0.75),
    target(11, "purge-time", "x the time to hash every id", 3.0, 2.0),
    target(11, "purge-growth", "x the time of a tenth of the cases", 11.0, 10.0),
    target(12, "receiver", "of the speed of a bare handler", 0.60, 0.75),
    target(13, "stored-in-groups", "x the speed of one after the other", 6.0, 8.0),
    target(14, "client", "of the speed of reqwest by hand", 0.9, 0.97),
    target(15, "restore-stored", B, 0.20, 0.5),
    target(15, "restore-stored-growth", "x the time of a tenth of the cases", 11.0, 10.0),
];

impl Target {
    /// The one for a contender or measurement.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// Whether the value is what should be reached now: more is better where the horizon is above, else less.
    #[must_use]
    pub fn is_reached_by(&self, value: f64) -> bool {
        if self.horizon > self.reach_now { value >= self.reach_now } else { value <= self.reach_now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_should_be_high_and_memory_low() {
        let speed = Target::named("restore").unwrap();
        assert!(speed.is_reached_by(0.7) && !speed.is_reached_by(0.6));
        let memory = Target::named("peak-memory").unwrap();
        assert!(memory.is_reached_by(7.9) && !memory.is_reached_by(8.1));
    }
}
