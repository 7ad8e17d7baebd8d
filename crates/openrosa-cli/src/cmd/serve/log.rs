//! What goes on inside the server, told on standard error: answers that break off, connections that fail, files that stay.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use super::lines::Lines;
use crate::exit::Failure;

/// Begins to tell: by the flag, else by what the environment has as `RUST_LOG`, else warnings and errors.
///
/// What is told knows a request by its route, never its address: tokens and names stand in addresses.
pub(super) fn begin(asked: Option<&str>, json: bool, to: Lines) -> Result<(), Failure> {
    let environment = std::env::var("RUST_LOG").ok().filter(|said| !said.is_empty());
    let levels = levels(asked, environment.as_deref())?;
    let to = move || to.clone();
    let lines = match json {
        true => fmt::layer().json().flatten_event(true).with_writer(to).boxed(),
        false => fmt::layer().compact().with_ansi(false).with_target(false).with_writer(to).boxed(),
    };
    // Only tests begin twice in one process.
    let _ = tracing_subscriber::registry().with(lines.with_filter(levels)).try_init();
    Ok(())
}

fn levels(asked: Option<&str>, environment: Option<&str>) -> Result<Targets, Failure> {
    let Some(said) = asked.or(environment) else { return Ok(Targets::new().with_default(Level::WARN)) };
    let unknown = |_| {
        let failure =
            Failure::new(format!("`{}` says of nothing how much of it is to be told", said.escape_debug()));
        failure.remedy("error, warn, info, debug or trace; or for parts, as in warn,openrosa_store=debug")
    };
    said.parse().map_err(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_environment() {
        let tells = |asked, environment, level: Level| {
            levels(asked, environment).unwrap().would_enable("openrosa_http", &level)
        };
        assert!(tells(None, None, Level::WARN) && !tells(None, None, Level::INFO));
        assert!(tells(None, Some("info"), Level::INFO));
        assert!(!tells(Some("error"), Some("info"), Level::WARN));
        assert!(tells(Some("warn,openrosa_http=debug"), None, Level::DEBUG));
        assert!(levels(Some("warn=loud"), None).is_err());
    }
}
