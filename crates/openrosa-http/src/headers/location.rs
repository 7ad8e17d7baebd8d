//! `Location`: where a server wants a request to go, and where we let it.

use http::HeaderValue;
use percent_encoding::percent_decode;
use url::Url;

/// Why a `Location` is not followed. Addresses are not shown: their paths may hold tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Astray {
    /// It is no address.
    #[error("it is no address")]
    Unreadable,
    /// It leads to another host, where neither form nor credentials belong.
    #[error("it leads to another host, `{host}`")]
    OtherHost {
        /// That host.
        host: String,
    },
    /// It leads from https to http.
    #[error("it leads from https to plain http")]
    Downgrade,
    /// It carries a user name or a password.
    #[error("it carries credentials")]
    Credentials,
}

/// The address a `Location` stands for, seen from `original`.
///
/// *Spec*: openrosa.md 1.6, as ODK Collect reads it: the host must be the same in any case, and an address
/// without a query inherits the original one, still encoded. The scheme may rise to https and not fall; the
/// port may differ.
///
/// ```
/// use http::HeaderValue;
/// use openrosa_http::headers::location;
/// use url::Url;
///
/// let original = Url::parse("http://odk.example/submission?st=a%2Fb").unwrap();
/// let secure = HeaderValue::from_static("https://ODK.example/v1/submission");
/// let target = location::resolve(&original, &secure).unwrap();
/// assert_eq!(target.as_str(), "https://odk.example/v1/submission?st=a%2Fb");
/// ```
pub fn resolve(original: &Url, location: &HeaderValue) -> Result<Url, Astray> {
    let mut target = parse(original, location.as_bytes()).ok_or(Astray::Unreadable)?;
    permit(original, &target)?;
    if target.query().is_none() {
        target.set_query(original.query());
    }
    target.set_fragment(None);
    Ok(target)
}

/// The address to which a download leads on: another host, too, as an object store is.
///
/// From https it never leads to http, and never with credentials. An address at the same host inherits the query as in
/// [`resolve`]; one elsewhere is taken as it is, since whatever was asked here is not for them.
pub fn follow(original: &Url, location: &HeaderValue) -> Result<Url, Astray> {
    let mut target = parse(original, location.as_bytes()).ok_or(Astray::Unreadable)?;
    match permit(original, &target) {
        Err(Astray::OtherHost { .. }) => permit_elsewhere(original, &target)?,
        Err(astray) => return Err(astray),
        Ok(()) if target.query().is_none() => target.set_query(original.query()),
        Ok(()) => {}
    }
    target.set_fragment(None);
    Ok(target)
}

/// As written, if that is an address. ODK Collect decodes percent escapes first, which turns an encoded slash
/// in a token into a real one; so they are decoded only where the whole address was escaped.
fn parse(original: &Url, location: &[u8]) -> Option<Url> {
    let text = std::str::from_utf8(location).ok()?.trim();
    if text.is_empty() {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("http%3a") || lower.starts_with("https%3a") {
        let decoded = percent_decode(text.as_bytes()).decode_utf8().ok()?;
        return Url::parse(&decoded).ok();
    }
    original.join(text).ok()
}

fn permit(original: &Url, target: &Url) -> Result<(), Astray> {
    if !matches!(target.scheme(), "http" | "https") {
        return Err(Astray::Unreadable);
    }
    if target.host_str() != original.host_str() {
        let host = target.host_str().unwrap_or_default().to_owned();
        return Err(Astray::OtherHost { host });
    }
    permit_elsewhere(original, target)
}

fn permit_elsewhere(original: &Url, target: &Url) -> Result<(), Astray> {
    if original.scheme() == "https" && target.scheme() == "http" {
        return Err(Astray::Downgrade);
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Err(Astray::Credentials);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from(original: &str, location: &str) -> Result<String, Astray> {
        let location = HeaderValue::from_bytes(location.as_bytes()).unwrap();
        resolve(&Url::parse(original).unwrap(), &location).map(String::from)
    }

    /// R-007: the same host, in any case, redirects; another host is an error.
    #[test]
    fn the_host_must_be_the_same() {
        let original = "http://odk.example:8080/submission";
        assert_eq!(from(original, "https://ODK.Example/s").unwrap(), "https://odk.example/s");
        assert_eq!(from(original, "/v1/s").unwrap(), "http://odk.example:8080/v1/s");
        for other in ["http://odk.example.org/s", "//evil.example/s", "http://odk.example@evil.example/"] {
            assert!(matches!(from(original, other), Err(Astray::OtherHost { .. })), "{other}");
        }
        insta::assert_snapshot!(from(original, "https://b.example/").unwrap_err(), @"it leads to another host, `b.example`");
    }

    /// R-008: without a query the original one is inherited, still encoded; with one it is not.
    #[test]
    fn the_query_is_inherited_as_it_is() {
        let original = "https://h/s?st=a%2fb%20c&x=+";
        assert_eq!(from(original, "https://h/t").unwrap(), "https://h/t?st=a%2fb%20c&x=+");
        assert_eq!(from(original, "https://h/t?y=1").unwrap(), "https://h/t?y=1");
        assert_eq!(from("https://h/s", "https://h/t#part").unwrap(), "https://h/t");
    }

    #[test]
    fn a_download_may_lead_elsewhere_and_takes_nothing_along() {
        let follow = |original: &str, to: &'static str| {
            follow(&Url::parse(original).unwrap(), &HeaderValue::from_static(to)).map(String::from)
        };
        let original = "https://h/media/1?deviceID=d";
        assert_eq!(
            follow(original, "https://store.example/a?sig=b#c").unwrap(),
            "https://store.example/a?sig=b"
        );
        assert_eq!(follow(original, "https://store.example/a").unwrap(), "https://store.example/a");
        assert_eq!(follow(original, "/media/2").unwrap(), "https://h/media/2?deviceID=d");
        assert_eq!(follow(original, "http://store.example/a"), Err(Astray::Downgrade));
        assert_eq!(follow(original, "https://a:b@store.example/a"), Err(Astray::Credentials));
        assert_eq!(follow(original, "ftp://store.example/a"), Err(Astray::Unreadable));
    }

    #[test]
    fn a_wholly_escaped_address_is_decoded_and_no_other() {
        assert_eq!(from("http://h/s", "http%3A%2F%2Fh%2Fa%20b").unwrap(), "http://h/a%20b");
        assert_eq!(from("http://h/s", "http://h/key/a%2Fb/s").unwrap(), "http://h/key/a%2Fb/s");
    }

    /// R-031: https never becomes http.
    #[test]
    fn https_does_not_fall_to_http() {
        assert_eq!(from("https://h/s", "http://h/s"), Err(Astray::Downgrade));
        assert!(from("http://h/s", "https://h/s").is_ok());
    }

    /// R-027: no credentials in an address, whoever wrote it.
    #[test]
    fn an_address_with_credentials_is_refused() {
        assert_eq!(from("https://h/s", "https://user:pass@h/s"), Err(Astray::Credentials));
        assert_eq!(from("https://h/s", "https://user@h/s"), Err(Astray::Credentials));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "  ", "file:///etc/passwd", "javascript:x", "https://", "http%3A%2F%2F"] {
            assert_eq!(from("http://h/s", text), Err(Astray::Unreadable), "{text}");
        }
    }

    proptest! {
        /// R-113: any id survives in the path of a `Location`.
        #[test]
        fn ids_survive_the_path(id in any::<Vec<char>>().prop_map(|id| id.into_iter().take(249).collect::<String>())) {
            let mut target = Url::parse("https://h/key").unwrap();
            target.path_segments_mut().unwrap().push(&id).push("submission");
            let followed = from("https://h/submission", target.as_str()).unwrap();
            prop_assert_eq!(followed, target.as_str());
        }
    }
}
