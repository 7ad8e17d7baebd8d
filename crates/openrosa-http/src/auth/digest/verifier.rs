//! The server's side: nonces that are minted, counted and expire.

mod count;
mod received;
mod secret;

use std::collections::HashMap;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Method, Uri};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::formula::hex;
use crate::auth::write_quoted;
use count::{Minted, Use, seconds};
use received::{Answer, parameters};

pub use secret::DigestSecret;

/// How many nonces in use are remembered.
const REMEMBERED: usize = 65_536;

/// Mints Digest nonces and judges what comes back.
///
/// A nonce is signed, not stored: being asked for challenges costs no memory. Only one that came back with a
/// right answer is remembered, until it expires, so that no answer is taken twice. It reads no clock.
///
/// ```
/// use std::time::SystemTime;
/// use http::{Method, Uri};
/// use openrosa_http::auth::digest::verifier::{Refusal, Verifier};
///
/// let mut verifier = Verifier::new("clinic")?;
/// let now = SystemTime::now();
/// assert!(verifier.challenge(now, false).to_str().unwrap().starts_with("Digest realm=\"clinic\""));
/// let basic = http::HeaderValue::from_static("Basic QTpi");
/// let verdict = verifier.verify(&Method::HEAD, &Uri::from_static("/"), &basic, now, |_| None);
/// assert_eq!(verdict, Err(Refusal::NotDigest));
/// # Ok::<(), openrosa_http::RandomError>(())
/// ```
#[derive(Debug)]
pub struct Verifier {
    realm: String,
    key: Key,
    minted: u64,
    /// Nonces up to this one are expired, whatever their age.
    forgotten: u64,
    used: HashMap<String, Use>,
}

/// Signs nonces; not shown.
struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Why an `Authorization` was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is of another scheme, or lacks what Digest needs.
    NotDigest,
    /// It was made for another request: another `uri`, another realm.
    OtherRequest,
    /// Nobody of that name, or not that password.
    Credentials,
    /// The password is right and the nonce has expired, or was minted before the server was started anew.
    Stale,
    /// The password is right, and this very answer was given before.
    Replayed,
}

impl Refusal {
    /// Whether the next challenge says `stale=true`: only to those who have shown that they know the password.
    pub fn is_stale(self) -> bool {
        matches!(self, Self::Stale | Self::Replayed)
    }
}

/// Who an `Authorization` says it is from, by Digest; nothing is proved by that.
pub fn claimed_user(authorization: &HeaderValue) -> Option<String> {
    let parameters = parameters(authorization)?;
    Some(String::from_utf8_lossy(Answer::read(&parameters)?.user).into_owned())
}

impl Verifier {
    /// A verifier for one realm, with a fresh key. Control characters cannot stand in a realm and are left out.
    pub fn new(realm: &str) -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let realm = realm.chars().filter(|char| !char.is_control()).collect();
        Ok(Self { realm, key: Key(key), minted: 0, forgotten: 0, used: HashMap::new() })
    }

    /// The `WWW-Authenticate` value, with a nonce of its own.
    pub fn challenge(&mut self, now: SystemTime, stale: bool) -> HeaderValue {
        self.minted += 1;
        let nonce = self.sign(Minted { number: self.minted, at: seconds(now) });
        let mut value = b"Digest realm=".to_vec();
        write_quoted(&mut value, self.realm.as_bytes());
        value.extend(format!(", qop=\"auth\", nonce=\"{nonce}\"").bytes());
        if stale {
            value.extend(b", stale=true");
        }
        HeaderValue::from_bytes(&value).expect("a realm without control characters is a header value")
    }

    /// The user who sent `authorization` with this request, or why it is not accepted. `secret` finds what that user
    /// knows.
    pub fn verify(
        &mut self,
        method: &Method,
        uri: &Uri,
        authorization: &HeaderValue,
        now: SystemTime,
        secret: impl FnOnce(&str) -> Option<DigestSecret>,
    ) -> Result<String, Refusal> {
        let parameters = parameters(authorization).ok_or(Refusal::NotDigest)?;
        let answer = Answer::read(&parameters).ok_or(Refusal::NotDigest)?;
        if answer.realm != self.realm.as_bytes() || !answer.is_for(uri) {
            return Err(Refusal::OtherRequest);
        }
        let user = String::from_utf8_lossy(answer.user).into_owned();
        // An unknown user costs the same arithmetic as a known one.
        let secret = secret(&user);
        let known = secret.is_some();
        let secret = secret.unwrap_or_else(|| DigestSecret::of_password(""));
        if !(answer.is_right(method, &secret) & known) {
            return Err(Refusal::Credentials);
        }
        self.count(&answer, now)?;
        Ok(user)
    }

    fn count(&mut self, answer: &Answer<'_>, now: SystemTime) -> Result<(), Refusal> {
        let nonce = std::str::from_utf8(answer.nonce).map_err(|_| Refusal::Stale)?;
        let minted = self.read(nonce).ok_or(Refusal::Stale)?;
        if minted.number <= self.forgotten || minted.has_expired(now) {
            return Err(Refusal::Stale);
        }
        self.make_room(now);
        let used = self.used.entry(nonce.to_owned()).or_insert_with(|| Use::of(minted));
        used.count(answer.nc).then_some(()).ok_or(Refusal::Replayed)
    }

    /// When too many nonces are in use, all are expired: clients ask once more, and nothing can be replayed.
    fn make_room(&mut self, now: SystemTime) {
        if self.used.len() < REMEMBERED {
            return;
        }
        self.used.retain(|_, used| !used.minted.has_expired(now));
        if self.used.len() >= REMEMBERED {
            self.used.clear();
            self.forgotten = self.minted;
        }
    }

    fn sign(&self, minted: Minted) -> String {
        let text = format!("{:016x}{:016x}", minted.number, minted.at);
        let signature = hex(&self.mac(&text).finalize().into_bytes());
        text + &signature
    }

    /// What we signed; `None` for a nonce of somebody else's.
    fn read(&self, nonce: &str) -> Option<Minted> {
        let (text, _) = nonce.split_at_checked(32)?;
        let number = u64::from_str_radix(text.get(..16)?, 16).ok()?;
        let at = u64::from_str_radix(text.get(16..)?, 16).ok()?;
        let minted = Minted { number, at };
        bool::from(self.sign(minted).as_bytes().ct_eq(nonce.as_bytes())).then_some(minted)
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mac = Hmac::new_from_slice(&self.key.0).expect("HMAC takes keys of any length");
        mac.chain_update(text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;
    use http::header::WWW_AUTHENTICATE;

    use super::count::LIFETIME;
    use super::*;
    use crate::auth::digest::{ClientNonce, Nonce};
    use crate::auth::{Challenge, Credentials};

    const TARGET: &str = "/submission?deviceID=a%20b";

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    fn nonce(challenge: HeaderValue) -> Nonce {
        match Challenge::read(&HeaderMap::from_iter([(WWW_AUTHENTICATE, challenge)])).pop() {
            Some(Challenge::Digest(challenge)) => Nonce::new(challenge),
            other => panic!("{other:?} is no digest challenge"),
        }
    }

    fn answer(nonce: &mut Nonce, password: &str) -> HeaderValue {
        let amina = Credentials::new("amina", password);
        nonce.authorization(&amina, &Method::POST, TARGET, &ClientNonce::fixed("c")).unwrap()
    }

    fn verdict(verifier: &mut Verifier, answer: &HeaderValue, now: SystemTime) -> Result<String, Refusal> {
        let password = |user: &str| (user == "amina").then(|| DigestSecret::of_password("secret"));
        verifier.verify(&Method::POST, &Uri::from_static(TARGET), answer, now, password)
    }

    #[test]
    fn who_knows_the_password_comes_in() {
        let mut verifier = Verifier::new(r#"the "clinic""#).unwrap();
        let mut nonce = nonce(verifier.challenge(at(0), false));
        for _ in 0..3 {
            assert_eq!(verdict(&mut verifier, &answer(&mut nonce, "secret"), at(1)), Ok("amina".to_owned()));
        }
        assert_eq!(verdict(&mut verifier, &answer(&mut nonce, "Secret"), at(1)), Err(Refusal::Credentials));
    }

    #[test]
    fn ha1_is_as_good_as_the_password() {
        let ha1 = |text: &str| hex(&<md5::Md5 as sha2::Digest>::digest(text));
        let mut verifier = Verifier::new("clinic").unwrap();
        let mut nonce = nonce(verifier.challenge(at(0), false));
        for (known, comes_in) in [("amina:clinic:secret", true), ("amina:other:secret", false)] {
            let answer = answer(&mut nonce, "secret");
            assert_eq!(claimed_user(&answer).as_deref(), Some("amina"));
            let secret = |_: &str| Some(DigestSecret::of_ha1(ha1(known)));
            let verdict = verifier.verify(&Method::POST, &Uri::from_static(TARGET), &answer, at(0), secret);
            assert_eq!(verdict.is_ok(), comes_in, "{known}");
        }
    }

    #[test]
    fn nobody_comes_in_with_an_empty_password() {
        let mut verifier = Verifier::new("clinic").unwrap();
        let mut nonce = nonce(verifier.challenge(at(0), false));
        let nobody = nonce
            .authorization(&Credentials::new("nobody", ""), &Method::POST, TARGET, &ClientNonce::fixed("c"))
            .unwrap();
        assert_eq!(verdict(&mut verifier, &nobody, at(0)), Err(Refusal::Credentials));
    }

    /// R-081: nonces expire with `stale=true`.
    #[test]
    fn a_nonce_expires() {
        let mut verifier = Verifier::new("clinic").unwrap();
        let mut nonce = nonce(verifier.challenge(at(0), false));
        assert!(verdict(&mut verifier, &answer(&mut nonce, "secret"), at(1800)).is_ok());
        let refusal = verdict(&mut verifier, &answer(&mut nonce, "secret"), at(1801)).unwrap_err();
        assert_eq!(refusal, Refusal::Stale);
        let next = verifier.challenge(at(1801), refusal.is_stale());
        assert!(next.to_str().unwrap().ends_with(", stale=true"));
        let wrong = verdict(&mut verifier, &answer(&mut nonce, "wrong"), at(1801)).unwrap_err();
        assert!(!wrong.is_stale(), "only who knows the password learns that the nonce is stale");
        assert_eq!(
            verdict(&mut verifier, &answer(&mut nonce, "secret"), at(0) - LIFETIME),
            Err(Refusal::Stale)
        );
    }

    /// R-081: a replayed `nc` is refused.
    #[test]
    fn an_answer_is_taken_once() {
        let mut verifier = Verifier::new("clinic").unwrap();
        let mut nonce = nonce(verifier.challenge(at(0), false));
        let answers: Vec<HeaderValue> = (0..70).map(|_| answer(&mut nonce, "secret")).collect();
        assert!(verdict(&mut verifier, &answers[0], at(0)).is_ok());
        assert_eq!(verdict(&mut verifier, &answers[0], at(0)), Err(Refusal::Replayed));
        assert!(verdict(&mut verifier, &answers[2], at(0)).is_ok());
        assert!(verdict(&mut verifier, &answers[1], at(0)).is_ok(), "requests overtake each other");
        assert_eq!(verdict(&mut verifier, &answers[1], at(0)), Err(Refusal::Replayed));
        assert!(verdict(&mut verifier, &answers[69], at(0)).is_ok());
        assert_eq!(
            verdict(&mut verifier, &answers[3], at(0)),
            Err(Refusal::Replayed),
            "too far behind to know"
        );
    }

    /// R-081: without `qop` there is no count, so such an answer is taken once for each nonce.
    #[test]
    fn an_answer_without_a_count_spends_its_nonce() {
        let mut verifier = Verifier::new("clinic").unwrap();
        let challenge = verifier.challenge(at(0), false).to_str().unwrap().replace(", qop=\"auth\"", "");
        let mut nonce = nonce(HeaderValue::from_str(&challenge).unwrap());
        let old = answer(&mut nonce, "secret");
        assert!(verdict(&mut verifier, &old, at(0)).is_ok());
        assert_eq!(verdict(&mut verifier, &old, at(0)), Err(Refusal::Replayed));
    }

    #[test]
    fn a_nonce_of_another_server_is_stale() {
        let mut verifier = Verifier::new("clinic").unwrap();
        let mut nonce = nonce(Verifier::new("clinic").unwrap().challenge(at(0), false));
        assert_eq!(verdict(&mut verifier, &answer(&mut nonce, "secret"), at(0)), Err(Refusal::Stale));
        assert_eq!(verdict(&mut verifier, &answer(&mut nonce, "wrong"), at(0)), Err(Refusal::Credentials));
    }

    #[test]
    fn an_answer_to_another_request_is_refused() {
        let mut verifier = Verifier::new("clinic").unwrap();
        let answer = answer(&mut nonce(verifier.challenge(at(0), false)), "secret");
        let mut ask = |method: Method, uri| {
            let password = |_: &str| Some(DigestSecret::of_password("secret"));
            verifier.verify(&method, &Uri::from_static(uri), &answer, at(0), password)
        };
        assert_eq!(ask(Method::POST, "/submission"), Err(Refusal::OtherRequest));
        assert_eq!(ask(Method::PUT, TARGET), Err(Refusal::Credentials));
        assert!(ask(Method::POST, "http://host/submission?deviceID=a%20b").is_ok());
    }

    #[test]
    fn when_too_many_nonces_are_in_use_all_are_stale() {
        let mut verifier = Verifier::new("clinic").unwrap();
        let mut early = nonce(verifier.challenge(at(0), false));
        assert!(verdict(&mut verifier, &answer(&mut early, "secret"), at(0)).is_ok());
        let filler = Minted { number: 0, at: seconds(at(0)) };
        verifier.used.extend((0..REMEMBERED).map(|number| (number.to_string(), Use::of(filler))));
        let mut late = nonce(verifier.challenge(at(0), false));
        assert!(verdict(&mut verifier, &answer(&mut late, "secret"), at(0)).is_ok());
        assert_eq!(verdict(&mut verifier, &answer(&mut early, "secret"), at(0)), Err(Refusal::Stale));
        assert!(verifier.used.len() < 3);
    }

    #[test]
    fn the_key_is_not_shown() {
        assert!(format!("{:?}", Verifier::new("clinic").unwrap()).contains("key: [redacted]"));
    }
}
