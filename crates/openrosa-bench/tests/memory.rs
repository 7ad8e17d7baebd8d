//! Peak memory, seen from outside.
#![cfg(target_os = "linux")]

use std::path::Path;

use openrosa_bench::{
    inputs::Shape,
    memory::{peak_of_checking_child, peak_of_child, peak_of_fetching_child},
};

const STREAMING: &str = env!("CARGO_BIN_EXE_openrosa-bench-streaming");
const FETCHING: &str = env!("CARGO_BIN_EXE_openrosa-bench-fetching");
const STORING: &str = env!("CARGO_BIN_EXE_openrosa-bench-storing");

fn shape(cases: u64, fixtures: u64, fixture_bytes: usize) -> Shape {
    Shape { cases, ledgers: 0, fixtures, fixture_bytes }
}

fn peak(cases: u64, fixtures: u64, fixture_bytes: usize) -> u64 {
    peak_of_child(Path::new(STREAMING), shape(cases, fixtures, fixture_bytes)).expect("the child streams").own
}

fn peak_checked(cases: u64, fixtures: u64, fixture_bytes: usize) -> u64 {
    let shape = shape(cases, fixtures, fixture_bytes);
    peak_of_checking_child(Path::new(STREAMING), shape).expect("the child checks").own
}

/// S-036: peak memory follows the largest fixture and not the number of cases.
#[test]
fn memory_follows_the_largest_fixture_and_not_the_restore() {
    const FIXTURE: usize = 1_200_000;
    let nothing = peak(1, 0, 0);
    let small = peak(2_500, 1, FIXTURE);
    assert!(small - nothing < 4 * FIXTURE as u64, "{nothing} {small}");
    let ten_times_the_cases = peak(25_000, 1, FIXTURE);
    assert!(ten_times_the_cases.abs_diff(small) < 512 << 10, "{small} {ten_times_the_cases}");
    let ten_fixtures = peak(2_500, 10, FIXTURE);
    assert!(ten_fixtures.abs_diff(small) < 1 << 20, "{small} {ten_fixtures}");
    let ten_times_the_fixture = peak(2_500, 1, 10 * FIXTURE);
    assert!(
        ten_times_the_fixture > small + 5 * FIXTURE as u64,
        "what is measured does grow with what it should"
    );
}

/// A restore that is checked takes 16 bytes of memory for an id, twice that with the room of the table and three times
/// while the table grows, and otherwise what a restore takes that is only read.
#[test]
fn memory_of_a_check_follows_the_largest_item_and_the_ids() {
    const FIXTURE: usize = 1_200_000;
    let read = peak(2_500, 1, FIXTURE);
    let checked = peak_checked(2_500, 1, FIXTURE);
    assert!(checked < read + (1 << 20), "{read} {checked}");
    let ten_fixtures = peak_checked(2_500, 10, FIXTURE);
    assert!(ten_fixtures.abs_diff(checked) < 1 << 20, "{checked} {ten_fixtures}");
    let ten_times_the_cases = peak_checked(25_000, 1, FIXTURE);
    assert!(ten_times_the_cases < checked + 22_500 * 17 * 4, "{checked} {ten_times_the_cases}");
}

/// A restore that is fetched takes what one takes that is read, and what a connection takes: whether it has a few megabytes
/// or fifty, it is never here as a whole.
#[test]
fn memory_of_a_fetch_does_not_follow_the_restore() {
    let fetched = |cases| {
        let shape = shape(cases, 1, 100_000);
        peak_of_fetching_child(Path::new(FETCHING), shape).expect("the child fetches")
    };
    let (small, few) = fetched(2_500);
    let (large, many) = fetched(57_000);
    assert!(many > 50_000_000 && few < many / 10, "{few} {many}");
    assert!(large.own.abs_diff(small.own) < 3 << 20, "{small} {large} for {few} and {many} bytes");
}

/// A restore that is stored takes batches on their way and what SQLite holds of the file and to sort indices, which is a few
/// megabytes each, and never the restore.
#[test]
fn memory_of_storing_does_not_follow_the_restore() {
    let stored = |cases| {
        let shape = shape(cases, 1, 100_000);
        peak_of_fetching_child(Path::new(STORING), shape).expect("the child stores")
    };
    let (small, few) = stored(2_500);
    let (large, many) = stored(57_000);
    assert!(many > 50_000_000 && few < many / 10, "{few} {many}");
    assert!(large.own < small.own + (6 << 20), "{small} {large} for {few} and {many} bytes");
}

/// A long fixture is here as it came and as it is written, and never so often that SQLite's copies of it count.
#[test]
fn memory_of_storing_follows_the_largest_fixture() {
    const FIXTURE: usize = 10_000_000;
    let stored = |fixtures| {
        let shape = shape(1, fixtures, FIXTURE);
        peak_of_fetching_child(Path::new(STORING), shape).expect("the child stores").0.own
    };
    let (none, one, many) = (stored(0), stored(1), stored(6));
    assert!(one - none < 5 * FIXTURE as u64 / 2, "{none} {one}");
    // What was let go is not always where the next has room.
    assert!(many < one + 2 * FIXTURE as u64, "{one} {many}");
}
