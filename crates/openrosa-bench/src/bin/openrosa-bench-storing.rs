//! Fetches a restore from an address into the database of a device and prints the peak of its memory, in bytes.
//!
//! A binary of its own, because the code of all the others would be counted with it.

use openrosa_bench::{Failure, memory};

fn main() -> Result<(), Failure> {
    println!("{}", memory::store(&std::env::args().nth(1).ok_or("from where?")?)?);
    Ok(())
}
