//! A proxy between here and the server, which the environment or the system names.

use std::env;
use std::error::Error as StdError;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::proxy::matcher::Matcher;

use super::{Error, Sent, tls};

const VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Fails where the environment names one that cannot be read: it would be passed by in silence.
pub(in crate::transport) fn check() -> Result<(), Error> {
    let unreadable = |name: &&str| env::var(name).is_ok_and(|said| !is_readable(&said));
    match VARIABLES.iter().find(|name| unreadable(name)) {
        // What it says may hold a password.
        Some(name) => Err(Error::new(
            Sent::No,
            format!(
                "`{name}` in the environment is no address of a proxy (in a password `@`, `/`, `?` and `#` are %40, %2F, %3F and %23)"
            ),
        )),
        None => Ok(()),
    }
}

/// By the reading of the library that goes through it, which takes the host from behind the first `@`, or from before a `/`: where a
/// password has one of these, that would be a part of it.
fn is_readable(said: &str) -> bool {
    let anywhere = Uri::from_static("http://example.org/");
    let proxy = Matcher::builder().all(said).build().intercept(&anywhere);
    let host = proxy.as_ref().and_then(|proxy| proxy.uri().authority());
    let is_hosts = |(_, behind): (&str, &str)| host.is_some_and(|host| behind.starts_with(host.as_str()));
    said.is_empty() || (proxy.is_some() && said.rsplit_once('@').is_none_or(is_hosts))
}

/// It would let the request pass if it knew who asks: 407, which it said before there was a connection to the server.
pub(in crate::transport) fn wants_login(error: &(dyn StdError + 'static)) -> bool {
    // The type is not to be had.
    tls::causes(error).any(|cause| cause.to_string() == "tunnel error: proxy authorization required")
}

/// It was asked for a way to the server and said no, by whatever status: none is told.
pub(super) fn refuses(error: &(dyn StdError + 'static)) -> bool {
    tls::causes(error).any(|cause| cause.to_string() == "tunnel error: unsuccessful")
}

/// What is said of one that refuses.
pub(super) const REFUSED: &str = "it does not lead to the server, or may not";

/// A request that came no further than to the proxy, or to the end of the way through it.
#[derive(Debug, thiserror::Error)]
#[error("{proxy}")]
pub(super) struct Through {
    proxy: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl Through {
    pub(super) fn new(proxy: String, source: Box<dyn StdError + Send + Sync>) -> Self {
        Self { proxy, source }
    }
}

/// There was no connection to the proxy itself.
pub(super) const UNREACHED: &str = "tunnel error: failed to create underlying connection";

/// The proxy, if a request for which there was no connection was to go through one, or to one: what failed, TLS too, may have been
/// with the proxy itself, before there is a way through it, or for want of a server that speaks TLS.
pub(super) fn named(uri: &Uri, error: &(dyn StdError + 'static), proxies: &Matcher) -> Option<String> {
    let proxy = proxies.intercept(uri)?;
    let is_of_the_proxy =
        uri.scheme() == Some(&Scheme::HTTP) || tls::causes(error).any(|cause| cause.to_string() == UNREACHED);
    let way = if is_of_the_proxy { "at" } else { "through" };
    Some(format!("{way} the proxy `{}`", proxy.uri().authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses() {
        for said in ["", "proxy", "proxy:3128", "http://amina:secret@proxy:3128/", "[::1]:3128"] {
            assert!(is_readable(said), "{said}");
        }
        for said in ["::garbage::", "http//proxy:3128", "ftp://proxy", " "] {
            assert!(!is_readable(said), "{said}");
        }
        // A part of the password would be taken for the host, and shown.
        for password in ["se@cret", "se/cret", "12/34", "se?cret", "se#cret"] {
            assert!(!is_readable(&format!("http://amina:{password}@proxy:3128")), "{password}");
        }
        assert!(is_readable("http://amina:se%40cret@proxy:3128"));
    }
}
