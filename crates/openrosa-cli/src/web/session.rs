//! Who somebody is, in a cookie that nobody else can write.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, header};
use openrosa_store::server::Database;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

const COOKIE: &str = "openrosa-look";

/// How long somebody stays signed in: a working day.
const LASTS: i64 = 12 * 3600;

/// With what the pages sign.
pub(super) struct Key(Vec<u8>);

impl Key {
    /// The one in the database, for all processes at it.
    pub(super) async fn of(database: &Database) -> Result<Self, openrosa_store::Error> {
        database.page_key("page", &random::<32>()).await.map(Self)
    }

    fn sign(&self, purpose: &str, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [purpose, "\0", text] {
            mac.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    fn is_signed(&self, purpose: &str, text: &str, signature: &str) -> bool {
        self.sign(purpose, text).as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

/// A user who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Visitor {
    /// The number of the domain.
    pub(super) domain: i64,
    pub(super) id: String,
    /// That of the password by which it was: with another one the visit is over.
    pub(super) mark: String,
}

/// A visit: of a user who signed in, or of whoever came from this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) user: Option<Visitor>,
    /// In seconds since 1970.
    until: i64,
    /// So that no two are the same.
    nonce: String,
}

impl Session {
    pub(super) fn new(user: Option<Visitor>, now: i64) -> Self {
        Self { user, until: now + LASTS, nonce: URL_SAFE_NO_PAD.encode(random::<16>()) }
    }

    /// The one that a request says it belongs to, if we have said so.
    pub(super) fn of(headers: &HeaderMap, key: &Key, now: i64) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut cookies = cookies.flat_map(|all| all.split(';')).filter_map(|one| one.trim().split_once('='));
        let (_, value) = cookies.find(|(name, _)| *name == COOKIE)?;
        let (text, signature) = value.split_once('.')?;
        if !key.is_signed("session", text, signature) {
            return None;
        }
        let session: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (session.until > now).then_some(session)
    }

    /// By this it is told from all others.
    pub(super) fn name(&self) -> &str {
        &self.nonce
    }

    /// When it is over, unless it is ended before.
    pub(super) fn until(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.until, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn text(&self) -> String {
        let json = serde_json::to_vec(self).expect("texts and numbers are JSON");
        URL_SAFE_NO_PAD.encode(json)
    }

    /// The header that has a browser keep it.
    pub(super) fn cookie(&self, key: &Key, secure: bool) -> HeaderValue {
        let text = self.text();
        let signature = key.sign("session", &text);
        cookie(&format!("{text}.{signature}"), LASTS, secure)
    }

    /// What every change has to say, so that it comes from a page of ours.
    pub(super) fn token(&self, key: &Key) -> String {
        key.sign("change", &self.text())
    }

    pub(super) fn is_token(&self, key: &Key, token: &str) -> bool {
        key.is_signed("change", &self.text(), token)
    }
}

/// The header that has a browser forget it.
pub(super) fn forget(secure: bool) -> HeaderValue {
    cookie("", 0, secure)
}

fn cookie(value: &str, age: i64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).expect("base64 is ASCII")
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &HeaderValue) -> HeaderMap {
        let value = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&format!("other=1; {value}")).unwrap())])
    }

    #[test]
    fn only_what_was_signed_here_is_believed_and_only_for_a_day() {
        let (key, other) = (Key(vec![1; 32]), Key(vec![2; 32]));
        let visitor = Visitor { domain: 1, id: "amina".into(), mark: "a".into() };
        let session = Session::new(Some(visitor), 1000);
        let headers = headers(&session.cookie(&key, true));
        assert_eq!(Session::of(&headers, &key, 1000), Some(session));
        assert_eq!(Session::of(&headers, &other, 1000), None, "another key");
        assert_eq!(Session::of(&headers, &key, 1000 + LASTS), None, "too late");
        assert_eq!(Session::of(&HeaderMap::new(), &key, 1000), None);
    }

    #[test]
    fn a_token_is_good_for_its_own_session() {
        let key = Key(vec![1; 32]);
        let (one, other) = (Session::new(None, 0), Session::new(None, 0));
        assert!(one.is_token(&key, &one.token(&key)));
        assert!(!other.is_token(&key, &one.token(&key)));
        assert!(!one.is_token(&key, ""));
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_the_cookie() {
        let cookie = Session::new(None, 0).cookie(&Key(vec![1; 32]), true);
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    }
}
