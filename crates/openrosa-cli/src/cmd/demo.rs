//! `openrosa demo`

use crate::exit::{Exit, Failure};

/// demo
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args) -> Result<Exit, Failure> {
    Err(Failure::new("not written yet").remedy("wait"))
}
