//! The codes of rules as people type them.

use openrosa_xml::check::{self, Rule};

use crate::exit::Failure;

/// The rule of this code; of a code that no rule has, the nearest is told.
pub(crate) fn rule(code: &str) -> Result<&'static Rule, Failure> {
    check::rule(code).ok_or_else(|| unknown(code, "code", &[]))
}

/// How many codes that begin as a word does are told.
const SHOWN: usize = 3;

/// Why a word is not taken, with what was probably meant: one of the words or codes of rules, those that begin with it before the
/// nearest.
pub(crate) fn unknown(word: &str, what: &str, words: &[&'static str]) -> Failure {
    let known = || words.iter().copied().chain(check::rules().map(|rule| rule.code));
    let mut meant: Vec<_> = known().filter(|known| !word.is_empty() && known.starts_with(word)).collect();
    if meant.is_empty() {
        let nearest = known().min_by_key(|known| strsim::osa_distance(known, word));
        let is_near = |known: &&str| strsim::osa_distance(known, word) * 2 <= word.chars().count().max(4);
        meant.extend(nearest.filter(is_near));
    }
    let more = if meant.len() > SHOWN { ", …" } else { "" };
    let meant: Vec<_> = meant.iter().take(SHOWN).map(|meant| format!("`{meant}`")).collect();
    let failure = Failure::new(format!("there is no {what} `{word}`"));
    match &*meant {
        [] => failure.remedy("all codes: openrosa explain"),
        _ => failure.remedy(format!("{}{more}; all codes: openrosa explain", meant.join(", "))),
    }
}
