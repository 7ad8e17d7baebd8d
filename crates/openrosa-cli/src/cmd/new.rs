//! `openrosa new`

use crate::exit::{Exit, Failure};

/// new
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args) -> Result<Exit, Failure> {
    Err(Failure::new("not written yet").remedy("wait"))
}
