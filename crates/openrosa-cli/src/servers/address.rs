//! Tokens that stand in addresses, and the addresses without them.
//!
//! *Wire*: `?st={token}`, and in paths as [`path_parts`] has them. *Spec*: openrosa.md 2.7, 2.10, 5.2.

use openrosa_http::auth::path_parts;
use url::{Url, form_urlencoded};

/// What stands in an address where its token goes.
pub(crate) const PLACE: &str = "TOKEN";

/// The address with a place in it for each token, and the tokens. A name and a password before the host are left out.
pub(crate) fn taken_out(url: &Url) -> (Url, Vec<String>) {
    let (mut bare, mut tokens) = (url.clone(), Vec::new());
    // An address that has no host has neither.
    let _ = bare.set_username("").and_then(|()| bare.set_password(None));
    let path = path_of(url.path(), &mut tokens);
    if path != url.path() {
        bare.set_path(&path);
    }
    if let Some(query) = url.query() {
        bare.set_query(Some(&query_of(query, &mut tokens)));
    }
    tokens.retain(|token| token != PLACE);
    (bare, tokens)
}

/// The same of an address that a server gave, which may be none.
pub(crate) fn shown(address: &str) -> String {
    match address.parse() {
        Ok(url) => taken_out(&url).0.into(),
        Err(_) => path_of(address, &mut Vec::new()),
    }
}

fn path_of(path: &str, tokens: &mut Vec<String>) -> String {
    let bare = path_parts(path).map(|(part, is_token)| {
        if is_token {
            tokens.push(part.to_owned());
        }
        if is_token { PLACE } else { part }
    });
    bare.collect::<Vec<_>>().join("/")
}

fn query_of(query: &str, tokens: &mut Vec<String>) -> String {
    let bare = query.split('&').map(|argument| match form_urlencoded::parse(argument.as_bytes()).next() {
        Some((name, token)) if name == "st" && !token.is_empty() => {
            tokens.push(token.into_owned());
            format!("st={PLACE}")
        }
        _ => argument.to_owned(),
    });
    bare.collect::<Vec<_>>().join("&")
}

/// Whether the address has a place for a token.
pub(crate) fn has_place(url: &Url) -> bool {
    put_in(url, "") != *url
}

/// The address with its token.
pub(crate) fn put_in(url: &Url, token: &str) -> Url {
    let mut whole = url.clone();
    let parts = url.path().split('/').map(|part| if part == PLACE { token } else { part });
    whole.set_path(&parts.collect::<Vec<_>>().join("/"));
    if let Some(query) = url.query() {
        let place = format!("st={PLACE}");
        let encoded = || form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>();
        let arguments = query.split('&').map(|argument| match argument == place {
            true => format!("st={}", encoded()),
            false => argument.to_owned(),
        });
        whole.set_query(Some(&arguments.collect::<Vec<_>>().join("&")));
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> String {
        let url: Url = address.parse().unwrap();
        let (bare, tokens) = taken_out(&url);
        if let [token] = &*tokens {
            assert_eq!(put_in(&bare, token), url);
        }
        assert_eq!(has_place(&bare), !tokens.is_empty() || has_place(&url));
        format!("{} {}", bare.as_str().strip_prefix("https://h").unwrap(), tokens.join(" "))
    }

    #[test]
    fn nobody_is_named_in_what_is_shown() {
        let url = "https://amina:s3cret@h/v1/key/T1/projects/1".parse().unwrap();
        assert_eq!(taken_out(&url).0.as_str(), "https://h/v1/key/TOKEN/projects/1");
        assert_eq!(super::shown("//h/v1/key/T1/projects/1"), "//h/v1/key/TOKEN/projects/1");
    }

    #[test]
    fn a_token_is_found_wherever_it_stands() {
        let told: Vec<_> = [
            "https://h/v1/key/T1!$/projects/1",
            "https://h/odk/v1/key/T1/projects/1",
            "https://h/v1/test/T1/projects/1/forms/f/draft",
            "https://h/odk/test/0123456789abcdef0123/projects/1",
            "https://h/v1/projects/1?a=b%20c&st=T%211",
            "https://h/v1/key/T1",
            "https://h/key//T1/",
            "https://h/collector/T1",
            "https://h/v1/key/T1/projects/1?st=T2",
            "https://h/v1/key/TOKEN/projects/1",
            "https://h/a/test/",
            "https://h/test/amina?station=1",
            "https://h/keys/amina/key",
        ]
        .map(shown)
        .into();
        insta::assert_snapshot!(told.join("\n"), @r"
        /v1/key/TOKEN/projects/1 T1!$
        /odk/v1/key/TOKEN/projects/1 T1
        /v1/test/TOKEN/projects/1/forms/f/draft T1
        /odk/test/TOKEN/projects/1 0123456789abcdef0123
        /v1/projects/1?a=b%20c&st=TOKEN T!1
        /v1/key/TOKEN T1
        /key//TOKEN/ T1
        /collector/TOKEN T1
        /v1/key/TOKEN/projects/1?st=TOKEN T1 T2
        /v1/key/TOKEN/projects/1 
        /a/test/ 
        /test/amina?station=1 
        /keys/amina/key
        ");
    }
}
