//! The peak memory of a process that streams a restore: a child of its own, so that nothing else is counted.

use std::process::Command;

use openrosa_xml::{
    check::{self, Options},
    restore::RestoreReader,
};

use crate::{
    Failure,
    inputs::{Restore, Shape},
};

/// What the child does: makes a restore as it reads it, and says what it held at most, in bytes.
pub fn stream(shape: Shape) -> Result<u64, Failure> {
    let mut reader = RestoreReader::new(Restore::new(shape));
    while reader.next_with(|item| std::hint::black_box(item.span))?.is_some() {}
    peak()
}

/// The same, and the restore is checked on the way.
pub fn check(shape: Shape) -> Result<u64, Failure> {
    check::restore(Restore::new(shape), &Options::default(), |finding| drop(std::hint::black_box(finding)))?;
    peak()
}

/// The largest resident set of this process so far, as Linux counts it.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 =
        line.ok_or("no `VmHWM` in /proc/self/status")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// The peak of a child that streams this restore, given the program that does so when it is asked.
pub fn peak_of_child(program: &std::path::Path, shape: Shape) -> Result<u64, Failure> {
    peak_of(Command::new(program), shape)
}

/// The peak of a child that checks this restore as well.
pub fn peak_of_checking_child(program: &std::path::Path, shape: Shape) -> Result<u64, Failure> {
    let mut command = Command::new(program);
    command.arg("--checked");
    peak_of(command, shape)
}

fn peak_of(mut command: Command, shape: Shape) -> Result<u64, Failure> {
    let Shape { cases, ledgers, fixtures, fixture_bytes } = shape;
    let numbers = [cases, ledgers, fixtures, fixture_bytes as u64].map(|number| number.to_string());
    let output = command.arg("--stream").arg(numbers.join(",")).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// A shape as the child is told it.
pub fn shape_from(text: &str) -> Result<Shape, Failure> {
    let numbers = text.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let [cases, ledgers, fixtures, fixture_bytes] = numbers[..] else {
        return Err(format!("four numbers expected, not `{text}`").into());
    };
    Ok(Shape { cases, ledgers, fixtures, fixture_bytes: usize::try_from(fixture_bytes)? })
}
