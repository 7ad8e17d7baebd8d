//! Counts the allocations that one case takes, visited where it stands and owned, and the bytes of heap that a byte of a
//! restore takes when all its cases are kept; and the bytes of heap of the state after as many cases as it is told, with one
//! and a half indices each, and of a tenth of them. Prints the five, the tenth first, as a JSON array.
//!
//! A binary of its own, because an allocator that counts would slow down what the other one times.

use std::alloc::System;

use openrosa_bench::{
    Failure,
    inputs::{Household, Restore, Shape},
    suites::restore::{apply_all, keep_all},
};
use openrosa_case::store::Memory;
use openrosa_xml::restore::RestoreReader;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const FEW: u64 = 1_000;
const MANY: u64 = 3_000;

fn main() -> Result<(), Failure> {
    let cases = std::env::args().nth(1).ok_or("how many cases?")?.parse()?;
    let figures = [per_case(visit), per_case(own), kept(), applied(cases / 10), applied(cases)];
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// From the difference of two restores, so that what a reader takes once does not count.
fn per_case(read: fn(&str)) -> f64 {
    (allocations(read, MANY) - allocations(read, FEW)) / (MANY - FEW) as f64
}

/// Of a restore in which there is little but cases, so that nothing that is not kept makes the figure smaller.
fn kept() -> f64 {
    let restore = cases(MANY);
    let region = Region::new(ALLOCATOR);
    let kept = keep_all(restore.as_bytes());
    let change = region.change();
    drop(std::hint::black_box(kept));
    (change.bytes_allocated - change.bytes_deallocated) as f64 / restore.len() as f64
}

/// Of each case in the state; what staging and reading took has gone by then.
fn applied(count: usize) -> f64 {
    let (cases, mut state) = (Household::all(count), Memory::new());
    let region = Region::new(ALLOCATOR);
    apply_all(&mut state, Household::restore(&cases));
    let change = region.change();
    drop(std::hint::black_box(state));
    (change.bytes_allocated as f64 - change.bytes_deallocated as f64) / count as f64
}

fn cases(cases: u64) -> String {
    Restore::whole(Shape { cases, ledgers: 0, fixtures: 0, fixture_bytes: 0 })
}

fn allocations(read: fn(&str), number: u64) -> f64 {
    let restore = cases(number);
    let region = Region::new(ALLOCATOR);
    read(&restore);
    let change = region.change();
    // A vector that grows asks the allocator again.
    (change.allocations + change.reallocations) as f64
}

fn visit(restore: &str) {
    let mut reader = RestoreReader::new(restore.as_bytes());
    while reader.next_with(|item| std::hint::black_box(item.span)).expect("well-formed").is_some() {}
}

fn own(restore: &str) {
    for item in RestoreReader::new(restore.as_bytes()) {
        std::hint::black_box(item.expect("well-formed"));
    }
}
