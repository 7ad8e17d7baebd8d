//! The client's side: a nonce, counted up with every request it is used for.

use http::{HeaderValue, Method};

use super::Challenge;
use super::formula::{Formula, hex};
use crate::auth::{Credentials, secret_header, write_quoted};

/// The client's own random contribution to one answer.
#[derive(Debug)]
pub struct ClientNonce(String);

impl ClientNonce {
    /// 128 random bits from the operating system; OpenRosa asks for 48 or more.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex(&bytes)))
    }

    /// One that is known beforehand: for tests, and for nothing else.
    pub fn fixed(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A server's nonce in use. Every answer counts `nc` up by one, so nobody can send it twice.
#[derive(Debug)]
pub struct Nonce {
    challenge: Challenge,
    used: u32,
    /// The client's first, where HA1 is that of a session: it is made of this one for as long as the nonce is used (RFC 7616,
    /// 3.4.2), and a server that makes it anew of each answer is to find the same.
    session: Option<String>,
}

impl Nonce {
    /// The nonce of a challenge, not used yet.
    pub fn new(challenge: Challenge) -> Self {
        Self { challenge, used: 0, session: None }
    }

    /// The same nonce in another challenge, as of an address for which the first did not hold: it is counted on, as its server
    /// may have counted too.
    #[cfg(feature = "client")]
    pub(crate) fn challenged(&self, challenge: Challenge) -> Self {
        Self { challenge, used: self.used, session: self.session.clone() }
    }

    /// Where the nonce came from.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// The `Authorization` value for one request; `uri` is the request target exactly as it is sent, query
    /// included. With an algorithm of the `-sess` kind the first `cnonce` stands for all that follow. `None` where the user
    /// name cannot stand in a header.
    pub fn authorization(
        &mut self,
        credentials: &Credentials,
        method: &Method,
        uri: &str,
        cnonce: &ClientNonce,
    ) -> Option<HeaderValue> {
        self.used = self.used.wrapping_add(1);
        let ClientNonce(cnonce) = cnonce;
        let cnonce = match self.challenge.algorithm.needs_cnonce() {
            true => self.session.get_or_insert_with(|| cnonce.clone()),
            false => cnonce,
        };
        let nc = format!("{:08x}", self.used);
        let formula = Formula {
            algorithm: self.challenge.algorithm,
            user: credentials.user().as_bytes(),
            realm: &self.challenge.realm,
            password: credentials.expose_password().as_bytes(),
            method: method.as_str(),
            uri: uri.as_bytes(),
            nonce: &self.challenge.nonce,
            cnonce: cnonce.as_bytes(),
            auth: self.challenge.qop_auth.then_some(nc.as_bytes()),
        };
        self.challenge.written(&formula)
    }
}

impl Challenge {
    /// Which values are quoted is not ours to choose: RFC 7616, 3.4 quotes all but `algorithm`, `qop`, `nc`.
    fn written(&self, formula: &Formula<'_>) -> Option<HeaderValue> {
        let mut out = b"Digest username=".to_vec();
        write_quoted(&mut out, formula.user);
        let mut quoted = |name: &str, value: &[u8]| {
            out.extend_from_slice(name.as_bytes());
            write_quoted(&mut out, value);
        };
        quoted(", realm=", formula.realm);
        quoted(", nonce=", formula.nonce);
        quoted(", uri=", formula.uri);
        quoted(", response=", formula.response().as_bytes());
        if let Some(opaque) = &self.opaque {
            quoted(", opaque=", opaque);
        }
        if self.qop_auth || self.algorithm.needs_cnonce() {
            quoted(", cnonce=", formula.cnonce);
        }
        let mut plain = |name: &str, value: &[u8]| out.extend([name.as_bytes(), value].concat());
        if let Some(algorithm) = &self.algorithm_text {
            plain(", algorithm=", algorithm.as_bytes());
        }
        if let Some(nc) = formula.auth {
            plain(", qop=auth, nc=", nc);
        }
        secret_header(&out)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::WWW_AUTHENTICATE;

    use super::*;
    use crate::auth;

    fn challenges(value: &[u8]) -> Vec<auth::Challenge> {
        let value = HeaderValue::from_bytes(value).unwrap();
        auth::Challenge::read(&HeaderMap::from_iter([(WWW_AUTHENTICATE, value)]))
    }

    fn nonce(challenge: impl AsRef<[u8]>) -> Nonce {
        match challenges(challenge.as_ref()).pop() {
            Some(auth::Challenge::Digest(challenge)) => Nonce::new(challenge),
            other => panic!("{other:?} is no digest challenge"),
        }
    }

    fn answer(nonce: &mut Nonce, uri: &str) -> String {
        let mufasa = Credentials::new("Mufasa", "Circle Of Life");
        let value = nonce.authorization(&mufasa, &Method::GET, uri, &ClientNonce::fixed("0a4f113b")).unwrap();
        assert!(value.is_sensitive());
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    }

    /// R-029: the answer to the challenge of RFC 2617, 3.5, its `opaque` echoed.
    #[test]
    fn the_answer_of_rfc_2617() {
        let mut nonce = nonce(
            r#"Digest realm="testrealm@host.com", qop="auth,auth-int",
               nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#
                .replace('\n', ""),
        );
        insta::assert_snapshot!(answer(&mut nonce, "/dir/index.html").replace(", ", "\n"), @r#"
        Digest username="Mufasa"
        realm="testrealm@host.com"
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"
        uri="/dir/index.html"
        response="6629fae49393a05397450978507c4ef1"
        opaque="5ccc069c403ebaf9f0171e9517f40e41"
        cnonce="0a4f113b"
        qop=auth
        nc=00000001
        "#);
    }

    /// R-029: without `qop` there is no `nc` and no `cnonce`.
    #[test]
    fn the_answer_without_qop() {
        let mut nonce = nonce(r#"Digest realm="a\"b", nonce=n, algorithm="MD5""#);
        let answer = answer(&mut nonce, "/");
        assert!(answer.contains(r#"realm="a\"b""#), "{answer}");
        assert!(answer.ends_with(", algorithm=MD5"), "{answer}");
        for absent in ["cnonce", "nc=", "qop", "opaque"] {
            assert!(!answer.contains(absent), "{answer}");
        }
    }

    #[test]
    fn a_session_algorithm_tells_its_client_nonce() {
        let mut nonce = nonce(
            "Digest realm=testrealm@host.com, qop=auth, algorithm=MD5-sess, \
             nonce=dcd98b7102dd2f0e8b11d0f600bfb0c093",
        );
        let answer = answer(&mut nonce, "/dir/index.html");
        assert!(answer.contains(r#"response="8e3825c57e897f5a0dec6c2d4e5059d0""#), "{answer}");
    }

    /// R-029: HA1 of a session is that of its first answer (RFC 7616, 3.4.2).
    #[test]
    fn a_session_keeps_its_first_client_nonce() {
        let challenge = "Digest realm=a, qop=auth, algorithm=SHA-256-sess, nonce=n";
        let mufasa = Credentials::new("Mufasa", "Circle Of Life");
        let told = |nonce: &mut Nonce, cnonce: &str| {
            let value = nonce.authorization(&mufasa, &Method::GET, "/", &ClientNonce::fixed(cnonce)).unwrap();
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let mut session = nonce(challenge);
        told(&mut session, "one");
        let second = told(&mut session, "two");
        assert!(second.contains(r#"cnonce="one""#) && second.ends_with("nc=00000002"), "{second}");
        assert!(told(&mut nonce(challenge), "two").contains(r#"cnonce="two""#));
        let mut plain = nonce("Digest realm=a, qop=auth, nonce=n");
        told(&mut plain, "one");
        assert!(told(&mut plain, "two").contains(r#"cnonce="two""#));
    }

    /// R-030: `uri` is the request target, query included; `nc` increases per nonce.
    #[test]
    fn the_count_goes_up_with_every_answer() {
        let mut first = nonce("Digest realm=a, nonce=n, qop=auth");
        assert!(answer(&mut first, "/s?a=%20&b").contains(r#"uri="/s?a=%20&b""#));
        assert!(answer(&mut first, "/").ends_with("nc=00000002"));
        assert!(answer(&mut first, "/").ends_with("nc=00000003"));
        assert!(answer(&mut nonce("Digest realm=a, nonce=m, qop=auth"), "/").ends_with("nc=00000001"));
    }

    /// R-029: `domain` says where an answer may be given unasked.
    #[test]
    fn domain_is_a_list_of_beginnings() {
        let covers = |challenge: &str, path| nonce(challenge).challenge().covers(path);
        assert!(covers("Digest realm=a, nonce=n", "/anywhere"));
        assert!(covers(r#"Digest realm=a, nonce=n, domain="/x https://h/sub""#, "/submission"));
        assert!(covers(r#"Digest realm=a, nonce=n, domain="https://h""#, "/submission"));
        assert!(!covers(r#"Digest realm=a, nonce=n, domain="/x /y""#, "/submission"));
    }

    /// R-029: `stale` is read whatever its case and quotes.
    #[test]
    fn stale_is_read() {
        assert!(nonce("Digest realm=a, nonce=n, stale=TRUE").challenge().is_stale());
        assert!(nonce(r#"Digest realm=a, nonce=n, stale="true""#).challenge().is_stale());
        assert!(!nonce("Digest realm=a, nonce=n, stale=false").challenge().is_stale());
    }

    #[test]
    fn what_we_cannot_answer_is_another_scheme() {
        let unanswerable = [
            "Digest realm=a",
            "Digest realm=a, nonce=n, qop=auth-int",
            "Digest nonce=n, realm=a, algorithm=X",
        ];
        for text in unanswerable {
            assert!(matches!(&*challenges(text.as_bytes()), [auth::Challenge::Other(_)]), "{text}");
        }
    }

    #[test]
    fn two_client_nonces_differ() {
        let [ClientNonce(one), ClientNonce(other)] = [(); 2].map(|()| ClientNonce::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
    }

    #[test]
    fn a_realm_in_another_encoding_is_echoed_as_it_came() {
        let mut nonce = nonce(b"Digest realm=\"caf\xe9\", nonce=n");
        let answer =
            nonce.authorization(&Credentials::new("a", "b"), &Method::GET, "/", &ClientNonce::fixed("c"));
        assert!(answer.unwrap().as_bytes().windows(12).any(|part| part == b"realm=\"caf\xe9\""));
    }
}
