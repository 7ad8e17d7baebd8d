//! How a request came, as far as that can be told: by http or https, from this machine or from elsewhere, to which name.

use axum::http::{HeaderMap, Uri};
use http::header;

/// How people come to the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Road {
    /// Straight, by http.
    Http,
    /// Straight, by https: the server speaks it itself, and says so in each request as a proxy would.
    Https,
    /// Through a proxy that is trusted to say by what.
    Proxy,
}

const PROTOCOL: &str = "x-forwarded-proto";

/// What proxies say of those they speak for.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", PROTOCOL, "via"];

impl Road {
    /// Whether the browser came by https, as far as this road tells.
    pub(super) fn is_secret(self, headers: &HeaderMap) -> bool {
        match self {
            Self::Http => false,
            Self::Https => true,
            Self::Proxy => headers
                .get(PROTOCOL)
                .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https")),
        }
    }

    /// Whether the browser is on this machine and means this machine: a name that somebody lets lead here is not believed, and
    /// neither is a proxy.
    pub(super) fn is_near(self, uri: &Uri, headers: &HeaderMap) -> bool {
        let is_ours = |name: &str| self == Self::Https && name == PROTOCOL;
        let was_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name) && !is_ours(name));
        let mut named = names(uri, headers).peekable();
        self != Self::Proxy && !was_forwarded && named.peek().is_some() && named.all(is_this_machine)
    }
}

/// The name and the port that a request is for: HTTP/2 has them in the address, HTTP/1.1 in the header `Host`.
pub(super) fn asked_for<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    names(uri, headers).next()
}

/// What is said of that, the address first.
fn names<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> impl Iterator<Item = &'r str> {
    let in_header = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    uri.authority().map(|authority| authority.as_str()).into_iter().chain(in_header)
}

fn is_this_machine(host: &str) -> bool {
    let host = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(host, _)| host);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        HeaderMap::from_iter(headers)
    }

    fn is_near(road: Road, uri: &'static str, said: &[(&'static str, &'static str)]) -> bool {
        road.is_near(&Uri::from_static(uri), &headers(said))
    }

    #[test]
    fn a_name_that_somebody_lets_lead_here_is_not_believed() {
        for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "[::1]:8080", "127.0.0.1"] {
            assert!(is_near(Road::Http, "/look", &[("host", host)]), "{host}");
        }
        for host in ["evil.example:8080", "127.0.0.1.evil.example", "a@127.0.0.1", "192.168.1.2:8080", ""] {
            assert!(!is_near(Road::Http, "/look", &[("host", host)]), "{host}");
        }
        assert!(!is_near(Road::Http, "/look", &[]));
    }

    #[test]
    fn http_2_has_the_name_in_the_address() {
        assert!(is_near(Road::Https, "https://127.0.0.1:8443/look", &[]));
        assert!(is_near(Road::Https, "https://[::1]:8443/look", &[("host", "[::1]:8443")]));
        assert!(!is_near(Road::Https, "https://evil.example/look", &[]));
        assert!(!is_near(Road::Https, "https://localhost/look", &[("host", "evil.example")]));
        assert!(!is_near(Road::Https, "https://evil.example/look", &[("host", "localhost")]));
        let none = HeaderMap::new();
        assert_eq!(asked_for(&Uri::from_static("https://a.example:1/x"), &none), Some("a.example:1"));
        assert_eq!(asked_for(&Uri::from_static("/x"), &headers(&[("host", "b")])), Some("b"));
        assert_eq!(asked_for(&Uri::from_static("/x"), &none), None);
    }

    #[test]
    fn a_proxy_is_not_this_machine() {
        for header in FORWARDED {
            assert!(!is_near(Road::Http, "/", &[("host", "localhost"), (header, "127.0.0.1")]), "{header}");
        }
        let said = [("host", "localhost"), ("x-forwarded-proto", "https")];
        assert!(is_near(Road::Https, "/", &said), "that says the server itself");
        assert!(!is_near(Road::Https, "/", &[&said[..], &[("x-forwarded-for", "10.0.0.1")]].concat()));
        assert!(!is_near(Road::Proxy, "/", &[("host", "localhost")]));
    }

    #[test]
    fn what_a_proxy_says_of_https_counts_where_it_is_trusted() {
        let by = |road: Road, protocol| road.is_secret(&headers(&[("x-forwarded-proto", protocol)]));
        assert!(by(Road::Proxy, "https") && by(Road::Proxy, "HTTPS"));
        assert!(!by(Road::Proxy, "http") && !by(Road::Http, "https"));
        assert!(Road::Https.is_secret(&HeaderMap::new()) && !Road::Proxy.is_secret(&HeaderMap::new()));
    }
}
