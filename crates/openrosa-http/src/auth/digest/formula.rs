//! The arithmetic both ends share (openrosa.md 5.1; RFC 7616, 3.4).

use std::fmt::Write;

use md5::Md5;
use sha2::{Digest, Sha256};

/// Which hash, and whether HA1 is bound to the nonces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm {
    hash: Hash,
    session: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
}

impl Algorithm {
    /// The algorithm of that name, in any case; MD5 where none is named.
    pub(super) fn named(name: Option<&str>) -> Option<Self> {
        let name = name.unwrap_or("md5").to_ascii_lowercase();
        let (hash, session) = match name.strip_suffix("-sess") {
            Some(hash) => (hash, true),
            None => (&*name, false),
        };
        let hash = match hash {
            "md5" => Hash::Md5,
            "sha-256" => Hash::Sha256,
            _ => return None,
        };
        Some(Self { hash, session })
    }

    /// Whether it is what a challenge means that names none, and what a stored HA1 is made by.
    #[cfg(feature = "server")]
    pub(super) fn is_plain_md5(self) -> bool {
        self == Self { hash: Hash::Md5, session: false }
    }

    /// HA1 of the `-sess` kind hashes the client's nonce, so the server must be told it.
    pub(super) fn needs_cnonce(self) -> bool {
        self.session
    }

    /// The hash of the parts with colons between them, in lower-case hex.
    fn of(self, parts: &[&[u8]]) -> String {
        let text = parts.join(&b':');
        match self.hash {
            Hash::Md5 => hex(&Md5::digest(text)),
            Hash::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

/// Bytes as lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Everything a `response` is made of.
pub(super) struct Formula<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) user: &'a [u8],
    pub(super) realm: &'a [u8],
    pub(super) password: &'a [u8],
    pub(super) method: &'a str,
    pub(super) uri: &'a [u8],
    pub(super) nonce: &'a [u8],
    pub(super) cnonce: &'a [u8],
    /// `nc` where `qop=auth` is in force; `None` is the form of RFC 2069, which knows no `qop`.
    pub(super) auth: Option<&'a [u8]>,
}

impl Formula<'_> {
    pub(super) fn response(&self) -> String {
        self.response_with(&self.ha1())
    }

    /// The response of one who knows HA1 instead of the password.
    pub(super) fn response_with(&self, ha1: &str) -> String {
        let ha2 = self.algorithm.of(&[self.method.as_bytes(), self.uri]);
        let (ha1, ha2) = (ha1.as_bytes(), ha2.as_bytes());
        match self.auth {
            Some(nc) => self.algorithm.of(&[ha1, self.nonce, nc, self.cnonce, b"auth", ha2]),
            None => self.algorithm.of(&[ha1, self.nonce, ha2]),
        }
    }

    fn ha1(&self) -> String {
        let secret = self.algorithm.of(&[self.user, self.realm, self.password]);
        if self.algorithm.session {
            self.algorithm.of(&[secret.as_bytes(), self.nonce, self.cnonce])
        } else {
            secret
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_rfc_2617() -> Formula<'static> {
        Formula {
            algorithm: Algorithm::named(None).unwrap(),
            user: b"Mufasa",
            realm: b"testrealm@host.com",
            password: b"Circle Of Life",
            method: "GET",
            uri: b"/dir/index.html",
            nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
            cnonce: b"0a4f113b",
            auth: Some(b"00000001"),
        }
    }

    /// Digest passes the RFC 2617 vector.
    #[test]
    fn the_vector_of_rfc_2617() {
        let formula = of_rfc_2617();
        assert_eq!(formula.ha1(), "939e7578ed9e3c518a452acee763bce9");
        assert_eq!(formula.algorithm.of(&[b"GET", b"/dir/index.html"]), "39aff3a2bab6126f332b942af96d3366");
        assert_eq!(formula.response(), "6629fae49393a05397450978507c4ef1");
    }

    /// without `qop` it is H(HA1:nonce:HA2), as RFC 2069 has it.
    #[test]
    fn the_form_without_qop() {
        let formula = Formula { auth: None, ..of_rfc_2617() };
        assert_eq!(formula.response(), "670fd8c2df070c60b045671b8b24ff02");
    }

    #[test]
    fn the_vectors_of_rfc_7616() {
        let response = |name| {
            let formula = Formula {
                algorithm: Algorithm::named(Some(name)).unwrap(),
                realm: b"http-auth@example.org",
                password: b"Circle of Life",
                nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                cnonce: b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                ..of_rfc_2617()
            };
            formula.response()
        };
        assert_eq!(response("MD5"), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(response("sha-256"), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }

    #[test]
    fn unknown_algorithms_are_none() {
        for name in ["", "SHA-512-256", "token", "-sess", "md5-"] {
            assert_eq!(Algorithm::named(Some(name)), None, "{name}");
        }
    }
}
