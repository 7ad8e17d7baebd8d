//! Streams a restore that it makes itself and prints the peak of its memory, in bytes: `[--checked] SHAPE`.
//!
//! A binary of its own, because the code of all the others would be counted with it.

use openrosa_bench::{Failure, memory};

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let peak = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [shape] => memory::stream(memory::shape_from(shape)?)?,
        ["--checked", shape] => memory::check(memory::shape_from(shape)?)?,
        _ => return Err("what shape does the restore have?".into()),
    };
    println!("{peak}");
    Ok(())
}
