//! What a client answered: read, and held against the request and the password.

use http::{HeaderValue, Method, Uri};
use subtle::ConstantTimeEq;

use super::DigestSecret;
use crate::auth::challenge::{Parameters, schemes};
use crate::auth::digest::formula::{Algorithm, Formula};

/// The parameters of a Digest `Authorization`; `None` for any other scheme.
pub(super) fn parameters(authorization: &HeaderValue) -> Option<Parameters> {
    let scheme = schemes(authorization.as_bytes()).into_iter().next()?;
    scheme.name.eq_ignore_ascii_case("digest").then_some(scheme.parameters)
}

/// What a client sent.
pub(super) struct Answer<'a> {
    pub(super) user: &'a [u8],
    pub(super) realm: &'a [u8],
    pub(super) nonce: &'a [u8],
    uri: &'a [u8],
    response: &'a [u8],
    cnonce: &'a [u8],
    /// Its digits, as they are hashed, and its value; `None` in an answer without `qop`.
    pub(super) nc: Option<(&'a [u8], u32)>,
    algorithm: Algorithm,
}

impl<'a> Answer<'a> {
    /// `None` where something is missing, or the answer is to no challenge of ours.
    pub(super) fn read(parameters: &'a Parameters) -> Option<Self> {
        let algorithm = Algorithm::named(parameters.text("algorithm"))?;
        let nc = match parameters.text("qop") {
            None => None,
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let digits = parameters.text("nc")?;
                Some((digits.as_bytes(), u32::from_str_radix(digits, 16).ok()?))
            }
            Some(_) => return None,
        };
        let cnonce = parameters.get("cnonce");
        Some(Self {
            user: parameters.get("username")?,
            realm: parameters.get("realm")?,
            nonce: parameters.get("nonce")?,
            uri: parameters.get("uri")?,
            response: parameters.get("response")?,
            cnonce: if nc.is_some() { cnonce? } else { cnonce.unwrap_or_default() },
            nc,
            algorithm: (!algorithm.needs_cnonce()).then_some(algorithm)?,
        })
    }

    /// Whether `uri` names the request's target; some clients write the whole address.
    pub(super) fn is_for(&self, target: &Uri) -> bool {
        let wanted = target.path_and_query().map_or("/", |path| path.as_str());
        let same =
            |uri: Uri| uri.scheme().is_some() && uri.path_and_query().is_some_and(|path| path == wanted);
        self.uri == wanted.as_bytes() || Uri::try_from(self.uri).is_ok_and(same)
    }

    /// Whether it is what one would answer who knows the secret.
    pub(super) fn is_right(&self, method: &Method, secret: &DigestSecret) -> bool {
        let password = secret.password().unwrap_or_default();
        let formula = Formula {
            algorithm: self.algorithm,
            user: self.user,
            realm: self.realm,
            password: password.as_bytes(),
            method: method.as_str(),
            uri: self.uri,
            nonce: self.nonce,
            cnonce: self.cnonce,
            auth: self.nc.map(|(digits, _)| digits),
        };
        let (expected, applies) = match secret.ha1() {
            Some(ha1) => (formula.response_with(ha1), self.algorithm.is_plain_md5()),
            None => (formula.response(), true),
        };
        let response = self.response.to_ascii_lowercase();
        applies & bool::from(expected.as_bytes().ct_eq(&response))
    }
}
