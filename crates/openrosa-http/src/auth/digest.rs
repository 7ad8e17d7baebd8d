//! Digest: the password stays home, a hash over a server's nonce goes out (RFC 2617, RFC 7616).
//!
//! What OpenRosa asks for (OpenRosa Authentication, Digest): `algorithm` absent or `MD5`, `qop` absent or
//! `auth`, `domain`, `opaque`, `stale`. `MD5-sess`, `SHA-256` and `SHA-256-sess` are answered too.

mod answer;
mod formula;
#[cfg(feature = "server")]
pub mod verifier;

pub use answer::{ClientNonce, Nonce};

use super::challenge::Parameters;
use formula::Algorithm;

/// A Digest challenge we can answer.
///
/// *Wire*: `WWW-Authenticate: Digest …`. *Spec*: RFC 2617, 3.2.1; RFC 7616, 3.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    /// As written, to be echoed; absent is echoed by absence, as some servers compare.
    algorithm_text: Option<String>,
    algorithm: Algorithm,
    qop_auth: bool,
    stale: bool,
    domain: Vec<String>,
}

impl Challenge {
    /// `None` without a realm and nonce, with an algorithm we do not know, or with no qop but `auth-int`.
    pub(super) fn from_parameters(parameters: &Parameters) -> Option<Self> {
        let algorithm_text = parameters.text("algorithm").map(str::to_owned);
        let domain = parameters.text("domain").unwrap_or_default();
        Some(Self {
            realm: parameters.get("realm")?.to_vec(),
            nonce: parameters.get("nonce")?.to_vec(),
            opaque: parameters.get("opaque").map(<[u8]>::to_vec),
            algorithm: Algorithm::named(algorithm_text.as_deref())?,
            algorithm_text,
            qop_auth: offers_auth(parameters)?,
            stale: parameters.text("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            domain: domain.split_ascii_whitespace().map(str::to_owned).collect(),
        })
    }

    /// `realm`, for a person to see; what is not UTF-8 in it is replaced.
    pub fn realm(&self) -> String {
        String::from_utf8_lossy(&self.realm).into_owned()
    }

    /// `stale=true`: the password was right, only the nonce is spent. Answer anew and ask nobody.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Whether both came with one nonce.
    #[cfg(feature = "client")]
    pub(crate) fn has_nonce_of(&self, other: &Self) -> bool {
        self.nonce == other.nonce
    }

    /// Whether the answer may be given unasked for this path of the same server: `domain` lists the
    /// paths it holds for, by their beginnings; without one it holds for all.
    ///
    /// Addresses on other servers are in nobody's interest here: credentials stay with one server.
    pub fn covers(&self, path: &str) -> bool {
        let mut paths = self.domain.iter().map(|uri| path_of(uri)).peekable();
        paths.peek().is_none() || paths.any(|prefix| path.starts_with(prefix))
    }
}

/// Whether `qop` lists `auth`; `Some(false)` where there is no `qop`, `None` where it lists only others.
fn offers_auth(parameters: &Parameters) -> Option<bool> {
    let Some(qop) = parameters.text("qop") else {
        return Some(false);
    };
    let mut offers = qop.split(',').map(str::trim).filter(|offer| !offer.is_empty()).peekable();
    if offers.peek().is_none() {
        return Some(false);
    }
    offers.any(|offer| offer.eq_ignore_ascii_case("auth")).then_some(true)
}

fn path_of(uri: &str) -> &str {
    let Some((_, rest)) = uri.split_once("://") else {
        return uri;
    };
    rest.find('/').map_or("/", |at| &rest[at..])
}
