//! Lines for whoever reads our standard output.

use std::fmt::Display;
use std::io::Write as _;

/// Prints a line, in color where that is wanted. That nobody reads on, as behind `head`, is no failure of the work that is reported.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(anstream::stdout(), "{line}");
}

/// Prints a text as it is, in color where that is wanted.
pub(crate) fn print(text: &str) {
    let _ = write!(anstream::stdout(), "{text}");
}
