//! `WWW-Authenticate`: what a server asks for, however it quotes, spaces and lists it.

use http::header::{HeaderMap, WWW_AUTHENTICATE};

use super::digest;

/// One thing a server would be content with.
///
/// *Wire*: `WWW-Authenticate`, several in one header or one in each of several. *Spec*: RFC 9110, 11.6.1;
/// OpenRosa Authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// Basic.
    Basic,
    /// Digest, in a flavor we can answer.
    Digest(digest::Challenge),
    /// Anything else, by its scheme: a Bearer token, Negotiate, or a Digest that wants what we have not.
    Other(String),
}

impl Challenge {
    /// Every challenge of an answer, in the order the server wrote them.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue, header::WWW_AUTHENTICATE};
    /// use openrosa_http::auth::Challenge;
    ///
    /// let mut headers = HeaderMap::new();
    /// let both = r#"Basic realm="a, b", Digest realm="c", nonce="d", qop="auth,auth-int""#;
    /// headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(both));
    /// let challenges = Challenge::read(&headers);
    /// assert!(matches!(&*challenges, [Challenge::Basic, Challenge::Digest(_)]));
    /// ```
    pub fn read(headers: &HeaderMap) -> Vec<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter();
        values.flat_map(|value| schemes(value.as_bytes())).map(Self::from_scheme).collect()
    }

    fn from_scheme(scheme: Scheme) -> Self {
        match &*scheme.name.to_ascii_lowercase() {
            "basic" => Self::Basic,
            "digest" => digest::Challenge::from_parameters(&scheme.parameters)
                .map_or(Self::Other(scheme.name), Self::Digest),
            _ => Self::Other(scheme.name),
        }
    }
}

/// A scheme and its parameters; also the shape of a Digest `Authorization`.
pub(super) struct Scheme {
    pub(super) name: String,
    pub(super) parameters: Parameters,
}

/// Parameters in written order. Values are bytes: a realm in ISO 8859-1 is hashed and echoed as it came.
#[derive(Default)]
pub(super) struct Parameters(Vec<(String, Vec<u8>)>);

impl Parameters {
    /// The first of that name, whose case is nothing.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// The same as text; `None` too where it is not UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }
}

/// Splits a list of challenges. The comma parts both parameters and challenges: a word that no `=` follows
/// is the next scheme. Never fails; what makes no sense is passed over.
pub(super) fn schemes(value: &[u8]) -> Vec<Scheme> {
    let mut rest = Scanner(value);
    let mut found: Vec<Scheme> = Vec::new();
    while rest.skip_separators() {
        let word = rest.word();
        if word.is_empty() {
            rest.skip_one();
        } else if let Some(value) = rest.value() {
            if let Some(scheme) = found.last_mut() {
                scheme.parameters.0.push((word, value));
            }
        } else {
            found.push(Scheme { name: word, parameters: Parameters::default() });
        }
    }
    found
}

struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    /// Whether anything is left behind the white space and commas.
    fn skip_separators(&mut self) -> bool {
        self.skip(|byte| byte == b',' || byte.is_ascii_whitespace());
        !self.0.is_empty()
    }

    fn skip(&mut self, of: impl Fn(u8) -> bool) {
        while let [first, rest @ ..] = self.0
            && of(*first)
        {
            self.0 = rest;
        }
    }

    fn skip_one(&mut self) {
        self.0 = self.0.get(1..).unwrap_or_default();
    }

    /// A token (RFC 9110, 5.6.2), perhaps none.
    fn word(&mut self) -> String {
        let of_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let end = self.0.iter().position(|byte| !of_token(byte)).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        word.iter().map(|&byte| char::from(byte)).collect()
    }

    /// What stands behind `=`, if that comes next.
    fn value(&mut self) -> Option<Vec<u8>> {
        let at_word_end = self.0;
        self.skip(|byte| byte.is_ascii_whitespace());
        if self.0.first() != Some(&b'=') {
            self.0 = at_word_end;
            return None;
        }
        self.skip_one();
        self.skip(|byte| byte.is_ascii_whitespace());
        Some(if self.0.first() == Some(&b'"') { self.quoted() } else { self.unquoted() })
    }

    /// Without its quotes and escapes. One that never closes ends with the header.
    fn quoted(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        self.skip_one();
        while let [first, rest @ ..] = self.0 {
            self.0 = rest;
            match (first, rest) {
                (b'"', _) => break,
                (b'\\', [escaped, rest @ ..]) => {
                    value.push(*escaped);
                    self.0 = rest;
                }
                _ => value.push(*first),
            }
        }
        value
    }

    /// Up to the next comma: servers forget to quote what is no token, a nonce ending in `=` for one.
    fn unquoted(&mut self) -> Vec<u8> {
        let end = self.0.iter().position(|&byte| byte == b',').unwrap_or(self.0.len());
        let (value, rest) = self.0.split_at(end);
        self.0 = rest;
        value.trim_ascii_end().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn shown(value: &[u8]) -> Vec<String> {
        let parameter = |(name, value): &(String, Vec<u8>)| format!(" {name}={}", value.escape_ascii());
        schemes(value)
            .iter()
            .map(|scheme| {
                scheme.name.clone() + &scheme.parameters.0.iter().map(parameter).collect::<String>()
            })
            .collect()
    }

    #[test]
    fn commas_part_parameters_and_challenges() {
        assert_eq!(
            shown(br#"Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple""#),
            [r#"Newauth realm=apps type=1 title=Login to \"apps\""#, "Basic realm=simple"]
        );
        assert_eq!(shown(b"Negotiate, ,Basic realm = x ,, NTLM"), ["Negotiate", "Basic realm=x", "NTLM"]);
        assert_eq!(shown(br#"Digest qop="auth,auth-int", realm="""#), ["Digest qop=auth,auth-int realm="]);
    }

    #[test]
    fn careless_quoting_still_reads() {
        assert_eq!(
            shown(b"Digest realm=two words, nonce=abc==, qop=auth"),
            ["Digest realm=two words nonce=abc== qop=auth"]
        );
        assert_eq!(shown(br#"Digest realm="never closed, nonce="#), ["Digest realm=never closed, nonce="]);
        assert_eq!(shown(b"Digest realm=\"caf\xe9\""), [r"Digest realm=caf\xe9"]);
        assert_eq!(shown(br#"realm="of nobody", ="#), [""; 0]);
    }

    #[test]
    fn several_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("BASIC realm=\"a\""));
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        assert_eq!(Challenge::read(&headers), [Challenge::Basic, Challenge::Other("Bearer".to_owned())]);
        assert_eq!(Challenge::read(&HeaderMap::new()), []);
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_some_list(bytes in any::<Vec<u8>>()) {
            schemes(&bytes);
        }
    }
}
