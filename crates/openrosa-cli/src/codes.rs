//! The codes of rules as people type them.

use openrosa_xml::check::{self, Rule};

use crate::exit::Failure;

/// The rule of this code; of a code that no rule has, the nearest is told.
pub(crate) fn rule(code: &str) -> Result<&'static Rule, Failure> {
    check::rule(code).ok_or_else(|| unknown(code, "code", &[]))
}

/// Why a word is not taken, with what was probably meant: one of the words or the code of a rule.
pub(crate) fn unknown(word: &str, what: &str, words: &[&'static str]) -> Failure {
    let known = words.iter().copied().chain(check::rules().map(|rule| rule.code));
    let nearest = known.min_by_key(|known| strsim::osa_distance(known, word));
    let failure = Failure::new(format!("there is no {what} `{word}`"));
    match nearest.filter(|known| strsim::osa_distance(known, word) * 2 <= word.chars().count().max(4)) {
        Some(nearest) => failure.remedy(format!("`{nearest}`; all codes: openrosa explain")),
        None => failure.remedy("all codes: openrosa explain"),
    }
}
