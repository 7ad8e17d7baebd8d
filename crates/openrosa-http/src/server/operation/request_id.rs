//! The name of one request, by which a person finds it in the logs.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of one request, in its extensions and on its answer: that of the proxy in front if there is a sane one, else a
/// fresh one.
///
/// *Wire*: `X-Request-Id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

/// A name is for logs, so it is short, and of letters that mean nothing to any of them.
const LONGEST: usize = 128;

impl RequestId {
    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        given.filter(|given| is_sane(given)).map_or_else(Self::fresh, |given| Self(given.to_owned()))
    }

    /// Two requests of one name are a nuisance and no more, so a system without random bytes still serves.
    fn fresh() -> Self {
        let mut bytes = [0; 16];
        let _ = getrandom::fill(&mut bytes);
        Self(bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    pub(super) fn to_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("a sane name is a header value")
    }
}

fn is_sane(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &str) -> RequestId {
        RequestId::of(&HeaderMap::from_iter([(
            REQUEST_ID,
            HeaderValue::from_bytes(given.as_bytes()).unwrap(),
        )]))
    }

    #[test]
    fn a_sane_name_is_kept_and_any_other_replaced() {
        assert_eq!(of("proxy-1.a_B").as_str(), "proxy-1.a_B");
        assert_eq!(of(&"x".repeat(128)).as_str().len(), 128);
        for other in ["", " ", "a b", "a\tb", "a;b", "<a>", "\u{e4}", &"x".repeat(129)] {
            let fresh = of(other);
            assert!(fresh.as_str().len() == 32 && fresh != of(other), "{other}");
        }
    }
}
