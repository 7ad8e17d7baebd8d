//! What goes with every page, and what no change may lack.

use axum::extract::Request;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, header};

use super::failed::Failed;
use super::road::asked_for;

/// Nothing but what is ours: no script, style, picture or frame from elsewhere, none written into a page, and none of our pages
/// in one of theirs.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

pub(super) async fn around(request: Request, next: Next) -> Response {
    guarded(match is_ours(request.method(), request.uri(), request.headers()) {
        true => next.run(request).await,
        false => Failed::Forged.into_response(),
    })
}

/// The answer, with what goes with every page.
pub(super) fn guarded(mut answer: Response) -> Response {
    for (name, value) in HEADERS {
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}

/// Whether a request that changes something comes from where our pages are, as far as the browser says.
fn is_ours(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return true;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == asked_for(uri, headers)
        }
        // Old browsers say neither; the token in the form says it then.
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_comes_from_our_own_pages() {
        let ours = |headers: &[(&'static str, &'static str)]| {
            let headers = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_ours(&Method::POST, &Uri::from_static("/look"), &HeaderMap::from_iter(headers))
        };
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "https://forms.example"), ("host", "forms.example")]));
        assert!(!ours(&[("origin", "https://evil.example"), ("host", "forms.example")]));
        assert!(!ours(&[("origin", "null"), ("host", "null")]));
        let by_http_2 = |origin| {
            let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
            is_ours(&Method::POST, &Uri::from_static("https://forms.example/look"), &headers)
        };
        assert!(by_http_2("https://forms.example") && !by_http_2("https://evil.example"));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!ours(&[("sec-fetch-site", site), ("origin", "http://a"), ("host", "a")]), "{site}");
        }
    }
}
