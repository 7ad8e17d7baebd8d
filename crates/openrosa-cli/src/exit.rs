//! How every subcommand ends: 0 clean, 1 findings, 2 could not run.

use std::process::ExitCode;

use crate::page::escaped;
use crate::terminal::tell;

/// What a subcommand that ran to its end has to say to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to complain about: 0.
    Clean,
    /// The work was done and something is wrong with its subject (an undelivered form, a broken file): 1.
    Findings,
}

/// Why a subcommand could not do its work at all: a line for a person, and where there is one, the remedy.
#[derive(Debug)]
pub(crate) struct Failure {
    reason: String,
    remedy: Option<String>,
}

impl Failure {
    /// A failure with its reason; lowercase, no period, names in backticks.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: None }
    }

    /// Adds what the person can do about it.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl std::fmt::Display for Failure {
    /// The reason alone.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Prints a failure to standard error and turns the result into the exit status.
pub(crate) fn report(result: Result<Exit, Failure>) -> ExitCode {
    match result {
        Ok(Exit::Clean) => ExitCode::SUCCESS,
        Ok(Exit::Findings) => ExitCode::from(1),
        Err(failure) => {
            complain(&failure.reason);
            if let Some(remedy) = failure.remedy {
                tell(format_args!("  try: {}", harmless(&remedy)));
            }
            ExitCode::from(2)
        }
    }
}

/// Prints what is wrong to standard error, also while the work goes on.
pub(crate) fn complain(fault: &str) {
    tell(format_args!("openrosa: {}", harmless(fault)));
}

/// Whoever has put words into a text, a server or a file, steers no terminal with them, and none of their lines passes for one
/// of ours. What was made so before stays as it is.
fn harmless(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n    ")
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn words_of_others_only_show() {
        let shown = harmless("no form `\u{1b}[2J\u{1b}]0;x\u{7}`\nopenrosa: all delivered\r\u{202e}");
        assert_eq!(shown, "no form `\\u{1b}[2J\\u{1b}]0;x\\u{7}`\n    openrosa: all delivered\\r\\u{202e}");
        assert_eq!(harmless(&shown.replace("\n    ", "\n")), shown, "once is enough");
        assert_eq!(harmless("C:\\new `é`"), "C:\\new `é`");
    }
}
