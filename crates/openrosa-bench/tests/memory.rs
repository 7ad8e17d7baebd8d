//! Peak memory, seen from outside.
#![cfg(target_os = "linux")]

use std::path::Path;

use openrosa_bench::{inputs::Shape, memory::peak_of_child};

fn peak(cases: u64, fixtures: u64, fixture_bytes: usize) -> u64 {
    let program = Path::new(env!("CARGO_BIN_EXE_openrosa-bench"));
    peak_of_child(program, Shape { cases, ledgers: 0, fixtures, fixture_bytes }).expect("the child streams")
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
