//! Lines for whoever reads our standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Failure;
use crate::page::{escaped, inert};

/// What became of the first output that was lost. Work that is under way, a form that is being sent, ends as it would have.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Whether anything was printed here. If not, nothing is waited for: somebody else may be at work on the output, in vain.
static HAS_SAID: AtomicBool = AtomicBool::new(false);

/// Prints a line, of text in color where that is wanted, or of JSON.
pub(crate) fn say(line: impl Display) {
    remember(writeln!(anstream::stdout(), "{}", inert(&line.to_string())));
}

/// Prints a text as it is, in color where that is wanted.
pub(crate) fn print(text: &str) {
    remember(write!(anstream::stdout(), "{text}"));
}

/// Prints bytes, and nothing but them.
pub(crate) fn print_bytes(bytes: &[u8]) {
    remember(io::stdout().write_all(bytes));
}

/// Prints where something is: to a program by its very name, to a terminal without what that would obey.
pub(crate) fn say_path(path: &Path) {
    let mut out = io::stdout();
    remember(match out.is_terminal() {
        true => writeln!(out, "{}", escaped(&path.display().to_string())),
        false => out.write_all(&[path.as_os_str().as_encoded_bytes(), b"\n"].concat()),
    });
}

/// Prints a line to standard error, in color where that is wanted. Where it cannot be written there is nobody to tell, and the work
/// that is under way ends as it would have.
pub(crate) fn tell(line: impl Display) {
    let _ = anstream::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// Fails if anything was lost of what was to be printed.
pub(crate) fn all_said() -> Result<(), Failure> {
    if HAS_SAID.load(Ordering::Relaxed) {
        remember(io::stdout().flush());
    }
    LOST.get().map_or(Ok(()), |error| Err(unwritten(error)))
}

/// Whoever reads our output may stop early, as `head` does; that is no failure.
pub(crate) fn or_reader_is_gone(error: &io::Error) -> Result<(), Failure> {
    if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(unwritten(error)) }
}

fn remember(written: io::Result<()>) {
    HAS_SAID.store(true, Ordering::Relaxed);
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error);
    }
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::new(format!("cannot write the output: {error}"))
}
