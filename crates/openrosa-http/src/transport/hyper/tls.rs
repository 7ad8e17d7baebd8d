//! TLS by rustls, trusting what the platform trusts; and why it came to nothing, in words for those who run devices and servers,
//! where rustls speaks to programmers.

use std::env;
use std::error::Error as StdError;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::UnixTime;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ConfigBuilder, OtherError, RootCertStore, WantsVerifier,
};
use rustls_platform_verifier::BuilderVerifierExt;

use super::{Error, Sent};
use crate::transport::Untrusted;

/// Where the platform has no certificates at all, as in a bare container, plain http still works and every
/// https connection is refused.
pub(in crate::transport) fn config() -> Result<ClientConfig, Error> {
    let config = match builder()?.with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(_) => builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    };
    Ok(offering_http2(config))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    builder.with_safe_default_protocol_versions().map_err(|error| Error::new(Sent::No, error))
}

/// What is said of a connection that ended before what it carried did.
pub(super) const CUT: &str = "the server hung up in the middle";

/// HTTP/2 is spoken where a server chooses it (ALPN, RFC 9113, 3.2). A configuration from here is used as it is.
pub(super) fn offering_http2(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

pub(super) fn offer_http1_alone(config: &mut ClientConfig) {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
}

/// What TLS has to say about a failure, and whether it is that the server is not to be trusted.
pub(super) fn words(error: &(dyn StdError + 'static)) -> Option<(String, Option<Untrusted>)> {
    let mut causes = causes(error);
    causes.find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(error) => of_rustls(error).or_else(|| of_words(&error.to_string())),
        None => of_words(&cause.to_string()),
    })
}

/// A failure and what is behind it. An error of input and output would leave out the one that it was made of.
pub(super) fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn StdError + 'static) = *error;
        let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        within.map(|within| within as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

/// What comes over HTTP/2 has lost its type.
fn of_words(error: &str) -> Option<(String, Option<Untrusted>)> {
    match error {
        // rustls says so with an address of its own documentation: the connection ended without the word of TLS for it.
        _ if error.contains("close_notify") => Some((CUT.to_owned(), None)),
        _ if error.contains(WANTS_CERTIFICATE) => Some((
            "the server wants to know by a certificate who asks, and there is none to show".to_owned(),
            Some(Untrusted::Server),
        )),
        _ => None,
    }
}

/// In TLS 1.3 a server says so when the client is done with its part, and hears nothing of a request before (RFC 8446, 4.4.2.4).
pub(super) fn wants_certificate(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| cause.to_string().contains(WANTS_CERTIFICATE))
}

/// In the words of rustls.
const WANTS_CERTIFICATE: &str = "received fatal alert: CertificateRequired";

fn of_rustls(error: &rustls::Error) -> Option<(String, Option<Untrusted>)> {
    let (words, why) = match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
        ) => (
            "the server speaks no TLS that is spoken here, which is 1.2 and 1.3".to_owned(),
            Untrusted::Server,
        ),
        rustls::Error::InvalidMessage(_) => {
            ("what answers there does not speak TLS; is it an http address?".to_owned(), Untrusted::Server)
        }
        _ => return None,
    };
    Some((words, Some(why)))
}

/// So many names of a certificate say whose it is. Some have hundreds.
const NAMES: usize = 3;

fn of_certificate(error: &CertificateError) -> (String, Untrusted) {
    use CertificateError as E;
    let (words, why) = match error {
        E::UnknownIssuer => {
            (format!("is signed by nobody whom this system trusts{}", missed()), Untrusted::Authority)
        }
        // It says that it was signed with a key that did not sign it.
        E::BadSignature | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            "is signed by nobody whom this system trusts, but by one of the same name".to_owned(),
            Untrusted::Authority,
        ),
        E::ExpiredContext { time, not_after } => (
            format!("expired on {}, and the clock here says {}", date(not_after), date(time)),
            Untrusted::Clock,
        ),
        E::NotValidYetContext { time, not_before } => (
            format!("is not valid before {}, and the clock here says {}", date(not_before), date(time)),
            Untrusted::Clock,
        ),
        E::Expired => ("expired, by the clock here".to_owned(), Untrusted::Clock),
        E::NotValidYet => ("is not valid yet, by the clock here".to_owned(), Untrusted::Clock),
        E::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            let names: Vec<_> = presented.iter().take(NAMES).map(|name| plain(name)).collect();
            let more = match presented.len() - names.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            (format!("is not for this host, but for `{}`{more}", names.join("`, `")), Untrusted::Server)
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            ("is not for this host".to_owned(), Untrusted::Server)
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            ("is not for servers".to_owned(), Untrusted::Server)
        }
        E::Revoked => ("was revoked".to_owned(), Untrusted::Server),
        // The type is webpki's, which says its own name.
        E::Other(OtherError(error)) if error.to_string() == "CaUsedAsEndEntity" => (
            "is one of an authority (`CA:TRUE`), with which a server cannot show who it is".to_owned(),
            Untrusted::OfAuthority,
        ),
        E::Other(OtherError(error)) => (format!("is not accepted: {error}"), Untrusted::Server),
        other => (format!("is not accepted: {other}"), Untrusted::Server),
    };
    (format!("its certificate {words}"), why)
}

/// What was to be trusted and is not there: a file beside others that are, or all that there could be.
fn missed() -> String {
    let named = |name| env::var_os(name).map(PathBuf::from);
    let file = named("SSL_CERT_FILE");
    let unread = file.as_ref().and_then(|path| File::open(path).err().map(|error| (path, error)));
    if let Some((path, error)) = unread {
        return format!("; `{}`, as SSL_CERT_FILE says, cannot be read: {error}", path.display());
    }
    if builder().is_ok_and(|builder| builder.with_platform_verifier().is_ok()) {
        return String::new();
    }
    match file.or_else(|| named("SSL_CERT_DIR")) {
        Some(path) => format!(
            "; there is no certificate to be read in `{}`, as SSL_CERT_FILE or SSL_CERT_DIR says",
            path.display()
        ),
        None => "; there is no certificate where systems keep them".to_owned(),
    }
}

/// As in `example.org`, of `DnsName("example.org")`.
fn plain(name: &str) -> &str {
    let within = name.split_once('(').and_then(|(_, name)| name.strip_suffix(')'));
    within.unwrap_or(name).trim_matches('"')
}

/// As HTTP has it. No certificate lasts longer than to the end of the year 9999 (RFC 5280, 4.1.2.5).
fn date(time: &UnixTime) -> String {
    const END: u64 = 253_402_300_799;
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(time.as_secs().min(END)))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use rustls::{InvalidMessage, PeerIncompatible};

    use super::*;

    fn told(error: rustls::Error) -> String {
        // As they come, within an error of input and output.
        let (words, why) = words(&io::Error::other(error)).unwrap();
        format!("{:?}: {words}", why.unwrap())
    }

    #[test]
    fn what_is_wrong_with_a_connection_is_told_in_words() {
        let errors = [
            rustls::Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion),
            rustls::Error::AlertReceived(AlertDescription::HandshakeFailure),
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType),
        ];
        insta::assert_snapshot!(errors.map(told).join("\n"), @r"
        Server: the server speaks no TLS that is spoken here, which is 1.2 and 1.3
        Server: the server speaks no TLS that is spoken here, which is 1.2 and 1.3
        Server: the server speaks no TLS that is spoken here, which is 1.2 and 1.3
        Server: what answers there does not speak TLS; is it an http address?
        ");
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_in_words() {
        let time = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let (time, later) = (time(1_000_000_000), time(u64::MAX));
        let errors = [
            CertificateError::ExpiredContext { time: later, not_after: time },
            CertificateError::NotValidYetContext { time, not_before: later },
            CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("example.org").unwrap(),
                presented: vec!["DnsName(\"a.example\")".to_owned(), "IpAddress(10.0.0.1)".to_owned()],
            },
            CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("example.org").unwrap(),
                presented: (1..=151).map(|number| format!("DnsName(\"{number}.example\")")).collect(),
            },
            CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("example.org").unwrap(),
                presented: Vec::new(),
            },
            CertificateError::BadSignature,
            CertificateError::Revoked,
            CertificateError::BadEncoding,
            CertificateError::Other(OtherError(Arc::new(io::Error::other("odd")))),
        ];
        let told = errors.map(|error| told(rustls::Error::InvalidCertificate(error)));
        insta::assert_snapshot!(told.join("\n"), @r"
        Clock: its certificate expired on Sun, 09 Sep 2001 01:46:40 GMT, and the clock here says Fri, 31 Dec 9999 23:59:59 GMT
        Clock: its certificate is not valid before Fri, 31 Dec 9999 23:59:59 GMT, and the clock here says Sun, 09 Sep 2001 01:46:40 GMT
        Server: its certificate is not for this host, but for `a.example`, `10.0.0.1`
        Server: its certificate is not for this host, but for `1.example`, `2.example`, `3.example`, and 148 more
        Server: its certificate is not for this host
        Authority: its certificate is signed by nobody whom this system trusts, but by one of the same name
        Server: its certificate was revoked
        Server: its certificate is not accepted: BadEncoding
        Server: its certificate is not accepted: odd
        ");
    }

    #[test]
    fn the_end_of_tls_is_told_without_an_address() {
        let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "no close_notify: https://example.org/eof");
        assert_eq!(
            words(&io::Error::other(cut)).unwrap(),
            ("the server hung up in the middle".to_owned(), None)
        );
        // As it comes over HTTP/2, where the kind of an error and its text are left.
        let cut = io::Error::other("peer closed without sending TLS close_notify: https://example.org/eof");
        assert_eq!(words(&cut), Some((CUT.to_owned(), None)));
        assert_eq!(words(&io::Error::other("reset")), None);
    }
}
