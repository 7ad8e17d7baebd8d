//! Flags out of a file: the same names, the same values. A flag on the command line wins over the same in the file.
//!
//! ```toml
//! database = "/var/lib/openrosa/server.db"
//! listen = "0.0.0.0:8080"
//! behind-proxy = true
//! ```

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use toml::{Spanned, Value};

use super::Args;
use crate::exit::Failure;
use crate::input::Input;

type Settings = BTreeMap<Spanned<String>, Value>;

/// The arguments of this process, and what the file says beside them.
pub(super) fn read(path: &Path) -> Result<Args, Failure> {
    let line: Vec<OsString> = std::env::args_os().skip(1).collect();
    with(path, line)
}

/// The same for any command line, which begins with the name of the subcommand.
fn with(path: &Path, line: Vec<OsString>) -> Result<Args, Failure> {
    let name = path.display();
    let input = Input::open_small(path)?;
    let text = input.text()?;
    let settings: Settings = toml::from_str(text).map_err(|error| unread(path, text, &error))?;
    let command = Args::augment_args(Command::new("serve"));
    let given = command.clone().get_matches_from(&line);
    let mut all = line;
    for (key, value) in &settings {
        known(path, text, &command, key)?;
        if !is_given(&given, &command, key.get_ref()) {
            let told = || at(path, text, key.span().start, &format!("`{}` cannot be that", key.get_ref()));
            all.extend(arguments(key.get_ref(), value).ok_or_else(told)?);
        }
    }
    let wrong = |error: clap::Error| {
        let text = error.render().to_string();
        let text = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Failure::new(format!("`{name}` and the command line together: {text}"))
            .remedy("openrosa serve --help")
    };
    let matches = command.try_get_matches_from(all).map_err(wrong)?;
    Args::from_arg_matches(&matches).map_err(wrong)
}

/// A name that no flag has is a misunderstanding.
fn known(path: &Path, text: &str, command: &Command, key: &Spanned<String>) -> Result<(), Failure> {
    let flags = || command.get_arguments().filter_map(clap::Arg::get_long).filter(|flag| *flag != "config");
    let name = key.get_ref();
    if flags().any(|flag| flag == name) {
        return Ok(());
    }
    let failure = at(path, text, key.span().start, &format!("there is no setting `{name}`"));
    match flags().min_by_key(|flag| strsim::osa_distance(flag, name)) {
        Some(near) if strsim::osa_distance(near, name) * 2 <= name.chars().count().max(4) => {
            Err(failure.remedy(format!("`{near}`")))
        }
        _ => Err(failure.remedy("the names are those of the flags: openrosa serve --help")),
    }
}

fn is_given(given: &ArgMatches, command: &Command, long: &str) -> bool {
    let argument = command.get_arguments().find(|argument| argument.get_long() == Some(long));
    argument.is_some_and(|argument| {
        given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    })
}

/// As it would stand on the command line; `None` for what a flag cannot be.
fn arguments(key: &str, value: &Value) -> Option<Vec<OsString>> {
    let flag = |value: &dyn std::fmt::Display| vec![OsString::from(format!("--{key}={value}"))];
    match value {
        Value::Boolean(true) => Some(vec![format!("--{key}").into()]),
        Value::Boolean(false) => Some(Vec::new()),
        Value::String(text) => Some(flag(text)),
        Value::Integer(number) => Some(flag(number)),
        _ => None,
    }
}

fn unread(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let start = error.span().map_or(0, |span| span.start);
    at(path, text, start, error.message())
}

/// What is wrong, and in which line.
fn at(path: &Path, text: &str, start: usize, what: &str) -> Failure {
    let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
    Failure::new(format!("`{}`, line {line}: {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_text(text: &str, line: &str) -> Result<Args, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        std::fs::write(&path, text).unwrap();
        with(&path, line.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let text = "listen = '127.0.0.1:1'\nmax-body = 7\njson = true\nkeep-unknown-edits = false\n";
        let args = with_text(text, "serve --listen 127.0.0.1:2").unwrap();
        assert_eq!(args.listen, "127.0.0.1:2".parse().unwrap());
        assert_eq!((args.max_body, args.json, args.keep_unknown_edits), (7, true, false));
    }

    #[test]
    fn a_server_is_known_by_an_address_of_the_web() {
        for known in ["https://forms.example", "http://forms.example:8080/forms/"] {
            assert!(with_text(&format!("known-as = '{known}'"), "serve").is_ok(), "{known}");
        }
        for odd in
            ["foo", "ftp://forms.example", "/forms", "https://forms.example/?a=1", "https://forms.example/#a"]
        {
            assert!(with_text(&format!("known-as = '{odd}'"), "serve").is_err(), "{odd}");
        }
    }

    #[test]
    fn what_was_meant_is_told_where_it_is_near() {
        let told = |name: &str| {
            let text = format!("{name} = 1");
            let failure = with_text(&text, "serve").err().expect("there is no such setting");
            format!("{failure:?}")
        };
        assert!(told("listn").contains("`listen`"));
        assert!(told("bogus").contains("--help"), "{}", told("bogus"));
    }

    #[test]
    fn what_no_flag_could_be_is_refused() {
        for text in [
            "listn = '127.0.0.1:1'",
            "listen = 5.5",
            "listen = 'x'",
            "listen",
            "max-body = 'x'",
            "max-body = 0",
        ] {
            assert!(with_text(text, "serve").is_err(), "{text}");
        }
    }
}
