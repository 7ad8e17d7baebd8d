//! What goes on inside the server, told on standard error: answers that break off, connections that fail, files that stay.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
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
    // A word alone that is no level would be a part that tells everything, and all others nothing.
    let words: Vec<&str> = said.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let is_level = |word: &str| word.contains('=') || word.parse::<LevelFilter>().is_ok();
    if let Some(word) = words.iter().find(|word| !is_level(word)) {
        let failure = Failure::new(format!("`{}` is no level of what is to be told", word.escape_debug()));
        return Err(failure.remedy(remedy(word)));
    }
    let levels: Targets = words.join(",").parse().map_err(|_| {
        let failure =
            Failure::new(format!("`{}` says of nothing how much of it is to be told", said.escape_debug()));
        failure.remedy(LEVELS)
    })?;
    Ok(match levels.default_level() {
        Some(_) => levels,
        None => levels.with_default(Level::WARN),
    })
}

const LEVELS: &str = "error, warn, info, debug or trace; or for parts, as in warn,openrosa_store=debug";

/// The level that was meant, where a letter or two make it one; a name of ours is a part.
fn remedy(word: &str) -> String {
    let far = |level: &&str| strsim::osa_distance(level, &word.to_lowercase());
    match ["error", "warn", "info", "debug", "trace"].into_iter().min_by_key(far) {
        Some(near) if far(&near) <= 2 => format!("`{near}`"),
        _ => LEVELS.to_owned(),
    }
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

    #[test]
    fn a_mistyped_level_is_no_part() {
        for typo in ["wran", "inof", "nonsense", "warn,deubg", "openrosa_store"] {
            assert!(levels(Some(typo), None).is_err(), "{typo}");
            assert!(levels(None, Some(typo)).is_err(), "{typo}");
        }
        assert_eq!([remedy("wran"), remedy("INOF")], ["`warn`", "`info`"]);
        assert_eq!(remedy("nonsense"), LEVELS);
    }

    #[test]
    fn nobody_is_told_to_switch_it_off() {
        assert_eq!([remedy("of"), remedy("inof")], [LEVELS, "`info`"]);
    }

    #[test]
    fn spaces_mean_nothing() {
        let levels = levels(Some("WARN, openrosa_store=debug,"), None).unwrap();
        assert!(levels.would_enable("openrosa_store", &Level::DEBUG));
    }

    #[test]
    fn one_part_switches_no_other_off() {
        let tells = |asked, part, level: Level| levels(Some(asked), None).unwrap().would_enable(part, &level);
        assert!(tells("openrosa_store=debug", "openrosa_http", Level::WARN));
        assert!(!tells("openrosa_store=debug", "openrosa_http", Level::INFO));
        assert!(!tells("off,openrosa_store=debug", "openrosa_http", Level::ERROR));
    }
}
