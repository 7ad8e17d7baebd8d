//! How every subcommand ends: 0 clean, 1 findings, 2 could not run.

use std::process::ExitCode;

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
            eprintln!("openrosa: {}", failure.reason);
            if let Some(remedy) = failure.remedy {
                eprintln!("  try: {remedy}");
            }
            ExitCode::from(2)
        }
    }
}
