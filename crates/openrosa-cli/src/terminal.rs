//! Lines for whoever reads our standard output.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Prints a line. That nobody reads on, as behind `head`, is no failure of the work that is reported.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
