//! Credentials, and the challenges that ask for them.
//!
//! OpenRosa knows Basic and a subset of Digest (OpenRosa Authentication); CommCare HQ also takes keys of its API and bearer
//! tokens, ODK Central tokens in the address. Whatever is secret is shown as `[redacted]` by `Debug`, and nothing here has a
//! `Display`.

pub mod api_key;
pub mod basic;
pub mod bearer;
pub mod challenge;
pub mod digest;
mod secret;
#[cfg(feature = "client")]
mod token;

use std::fmt;

pub use api_key::ApiKey;
pub use challenge::Challenge;
pub use secret::Secret;
#[cfg(feature = "client")]
pub use token::{AddressToken, path_parts};

/// A user name and its password.
///
/// ```
/// use openrosa_http::auth::Credentials;
///
/// let amina = Credentials::new("amina", "correct horse");
/// assert_eq!(format!("{amina:?}"), r#"Credentials { user: "amina", password: [redacted] }"#);
/// ```
#[derive(Clone)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// A user name and its password, as the person typed them. The password is [composed](Secret::composed).
    pub fn new(user: impl Into<String>, password: impl AsRef<str>) -> Self {
        Self { user: user.into(), password: secret::composed(password.as_ref()) }
    }

    /// The user name: no secret, it is written into logs and records.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password itself, for whoever hashes it or hands it on; never for showing.
    pub fn expose_password(&self) -> &str {
        &self.password
    }

    /// Whether both name and password are those of `other`, in a time that tells nothing but their lengths.
    #[cfg(feature = "server")]
    pub fn matches(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;

        let same_user = self.user.as_bytes().ct_eq(other.user.as_bytes());
        let same_password = self.password.as_bytes().ct_eq(other.password.as_bytes());
        (same_user & same_password).into()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("password", &format_args!("[redacted]"))
            .finish()
    }
}

/// `bytes` as a quoted string (RFC 9110, 5.6.4): backslash and quote are escaped, the rest stands as it is.
fn write_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for &byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// A header value that `Debug` and any log that follows it leave out.
pub(crate) fn secret_header(bytes: &[u8]) -> Option<http::HeaderValue> {
    let mut value = http::HeaderValue::from_bytes(bytes).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;

    #[test]
    fn both_name_and_password_must_match() {
        let amina = Credentials::new("amina", "secret");
        assert!(amina.matches(&Credentials::new("amina", "secret")));
        assert!(!amina.matches(&Credentials::new("amina", "secre")));
        assert!(!amina.matches(&Credentials::new("Amina", "secret")));
    }

    /// R-028, R-029: servers that ask for UTF-8 know a password in its composed form (RFC 7616, 4; RFC 7617, 2.1), and a phone
    /// may give its letters and their marks apart.
    #[test]
    fn a_password_is_one_however_its_marks_were_typed() {
        let challenge = "Digest realm=a, nonce=n, qop=auth, charset=UTF-8";
        let sent = |password: &str| {
            let headers = http::HeaderMap::from_iter([(
                http::header::WWW_AUTHENTICATE,
                http::HeaderValue::from_static(challenge),
            )]);
            let Some(Challenge::Digest(asked)) = Challenge::read(&headers).pop() else {
                panic!("{challenge}")
            };
            let (amina, cnonce) = (Credentials::new("amina", password), digest::ClientNonce::fixed("c"));
            let digest =
                digest::Nonce::new(asked).authorization(&amina, &http::Method::GET, "/", &cnonce).unwrap();
            [basic::authorization(&amina).unwrap(), digest]
        };
        assert_eq!(sent("cafe\u{301}"), sent("caf\u{e9}"));
        assert_eq!(sent("caf\u{e9}")[0], "Basic YW1pbmE6Y2Fmw6k=");
        assert!(Credentials::new("amina", "cafe\u{301}").matches(&Credentials::new("amina", "caf\u{e9}")));
    }
}
