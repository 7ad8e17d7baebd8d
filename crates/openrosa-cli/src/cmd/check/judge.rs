//! Which findings are shown, and which make the command end with status 1.

use std::collections::BTreeSet;

use openrosa_xml::check::{Finding, Severity};

use crate::{codes, exit::Failure};

/// What was denied and allowed.
#[derive(Debug)]
pub(crate) struct Judge {
    threshold: Severity,
    denied: BTreeSet<&'static str>,
    allowed: BTreeSet<&'static str>,
}

impl Default for Judge {
    /// Everything is shown, and errors are denied.
    fn default() -> Self {
        Self { threshold: Severity::Error, denied: BTreeSet::new(), allowed: BTreeSet::new() }
    }
}

impl Judge {
    pub(super) fn new(deny: &[String], allow: &[String]) -> Result<Self, Failure> {
        let mut judge = Self::default();
        for word in deny {
            match severity(word) {
                Some(severity) => judge.threshold = judge.threshold.min(severity),
                None => {
                    judge.denied.insert(denied(word)?);
                }
            }
        }
        for code in allow {
            let code = codes::rule(code)?.code;
            if judge.denied.contains(code) {
                return Err(Failure::new(format!("`{code}` is both denied and allowed")));
            }
            judge.allowed.insert(code);
        }
        Ok(judge)
    }

    /// Whether it is left out of everything but a count.
    pub(super) fn allows(&self, finding: &Finding) -> bool {
        self.allowed.contains(finding.code())
    }

    /// Whether it makes the command end with status 1.
    pub(super) fn denies(&self, finding: &Finding) -> bool {
        finding.severity >= self.threshold || self.denied.contains(finding.code())
    }
}

fn denied(word: &str) -> Result<&'static str, Failure> {
    let severities = ["notes", "portability", "warnings", "errors"];
    let rule = openrosa_xml::check::rule(word);
    rule.map(|rule| rule.code).ok_or_else(|| codes::unknown(word, "code or severity", &severities))
}

/// By its name, or as one speaks of several.
fn severity(word: &str) -> Option<Severity> {
    Severity::named(word).or_else(|| Severity::named(word.strip_suffix('s')?))
}

#[cfg(test)]
mod tests {
    use openrosa_xml::check::{self, Options};

    use super::*;

    fn judge(deny: &[&str], allow: &[&str]) -> Result<Judge, Failure> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Judge::new(&owned(deny), &owned(allow))
    }

    /// A finding that is an error for the standards and a matter of portability for CommCare HQ.
    fn self_index(audience: check::Audience) -> Finding {
        let source = check::rule("case-self-index").and_then(|rule| rule.triggers.document()).unwrap();
        let options = Options { audiences: Some(audience.into()), ..Options::default() };
        let found = check::document(&source, &options).into_findings();
        found.into_iter().find(|finding| finding.code() == "case-self-index").unwrap()
    }

    #[test]
    fn errors_are_denied_and_what_else_is_named() {
        let (error, milder) = (self_index(check::Audience::Spec), self_index(check::Audience::Hq));
        for (deny, expected) in [
            (&[][..], [true, false]),
            (&["warnings"], [true, false]),
            (&["portability"], [true, true]),
            (&["note"], [true, true]),
            (&["case-self-index"], [true, true]),
            (&["case-id-blank"], [true, false]),
        ] {
            let judge = judge(deny, &[]).unwrap();
            assert_eq!([judge.denies(&error), judge.denies(&milder)], expected, "{deny:?}");
        }
        assert!(judge(&[], &["case-self-index"]).unwrap().allows(&error));
    }

    #[test]
    fn a_code_is_not_both_and_not_unknown() {
        assert!(judge(&["case-id-blank"], &["case-id-blank"]).is_err());
        assert!(judge(&["case-id-blnk"], &[]).is_err());
        assert!(judge(&[], &["warnings"]).is_err(), "a severity is not allowed as a whole");
    }
}
