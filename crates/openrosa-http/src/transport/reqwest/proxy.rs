//! A proxy between here and the server, which the environment or the system names.

use std::env;
use std::error::Error as StdError;

use ::reqwest as lib;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::{Error, Sent, tls};

const VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Fails where the environment names one that cannot be read: it would be passed by in silence.
pub(super) fn check() -> Result<(), Error> {
    let unreadable = |name: &&str| env::var(name).is_ok_and(|said| !is_readable(&said));
    match VARIABLES.iter().find(|name| unreadable(name)) {
        // What it says may hold a password.
        Some(name) => {
            Err(Error::new(Sent::No, format!("`{name}` in the environment is no address of a proxy")))
        }
        None => Ok(()),
    }
}

/// By the reading of the library that goes through it.
fn is_readable(said: &str) -> bool {
    let anywhere = Uri::from_static("http://example.org/");
    said.is_empty() || Matcher::builder().all(said).build().intercept(&anywhere).is_some()
}

/// It would let the request pass if it knew who asks: 407, which it said before there was a connection to the server.
pub(super) fn wants_login(error: &lib::Error) -> bool {
    // The type is not to be had.
    error.is_connect()
        && tls::causes(error).any(|cause| cause.to_string() == "tunnel error: proxy authorization required")
}

/// A request that came no further than to the proxy, if it goes through one.
#[derive(Debug, thiserror::Error)]
#[error("through the proxy `{proxy}`")]
pub(super) struct Through {
    proxy: String,
    source: lib::Error,
}

impl Through {
    pub(super) fn of(uri: &Uri, source: lib::Error) -> Box<dyn StdError + Send + Sync> {
        let proxy = Matcher::from_system().intercept(uri);
        match proxy.as_ref().and_then(|proxy| proxy.uri().authority()) {
            Some(proxy) => Box::new(Self { proxy: proxy.to_string(), source }),
            None => source.into(),
        }
    }
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
    }
}
