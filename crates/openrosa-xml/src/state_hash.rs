//! The hash by which a server knows whether a device holds the cases that it should.

use std::fmt;

/// The state of a device as its restore request states it: a hash over the ids of all cases that it holds.
///
/// This crate computes none; it carries and writes what others computed. The digest is compared exactly, so one in capital
/// letters is another; an empty one is that of a device without cases, which is not the same as no state at all.
///
/// *Wire:* the query parameter `state` of a restore request. *Spec:* ota-restore.md 3.2; case-xml.md 6.
///
/// ```
/// use openrosa_xml::StateHash;
///
/// let state = StateHash::parse("CCSH:0f3c").unwrap();
/// assert_eq!(state.digest(), "0f3c");
/// assert_eq!(state.to_string(), "ccsh:0f3c");
/// assert_eq!(StateHash::parse("0f3c"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StateHash {
    digest: Box<str>,
}

const PREFIX: &str = "ccsh:";

impl StateHash {
    /// The hash with this digest: 32 hexadecimal digits in lower case, or nothing for a device without cases.
    #[must_use]
    pub fn from_digest(digest: impl Into<Box<str>>) -> Self {
        Self { digest: digest.into() }
    }

    /// Reads the parameter. The prefix may have letters of either case; `None` where it is missing, which is the sender's
    /// mistake (S-091) and never a reason to fail.
    #[must_use]
    pub fn parse(parameter: &str) -> Option<Self> {
        let (prefix, digest) = parameter.split_at_checked(PREFIX.len())?;
        prefix.eq_ignore_ascii_case(PREFIX).then(|| Self::from_digest(digest))
    }

    /// What stands behind the prefix, as written.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "409c5c597fa2c2a693b769f0d2ad432b";

    /// C-103: the prefix `ccsh:` is read whatever the case of its letters, the digest compared exactly.
    #[test]
    fn the_prefix_is_read_loosely_and_the_digest_exactly() {
        let state = StateHash::from_digest(DIGEST);
        for prefix in ["ccsh:", "CCSH:", "cCsH:"] {
            assert_eq!(StateHash::parse(&format!("{prefix}{DIGEST}")), Some(state.clone()));
        }
        assert_ne!(StateHash::parse(&format!("ccsh:{}", DIGEST.to_uppercase())), Some(state.clone()));
        assert_ne!(StateHash::parse(&format!("ccsh: {DIGEST}")), Some(state.clone()));
        assert_eq!(StateHash::parse(&state.to_string()), Some(state));
    }

    #[test]
    fn an_empty_digest_is_a_hash_and_a_missing_prefix_is_none() {
        assert_eq!(StateHash::parse("ccsh:"), Some(StateHash::from_digest("")));
        assert_eq!(StateHash::from_digest("").to_string(), "ccsh:");
        for none in ["", "ccsh", DIGEST, "ccsé:", "sha1:0"] {
            assert_eq!(StateHash::parse(none), None, "{none}");
        }
    }
}
