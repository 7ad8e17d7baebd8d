//! Tokens that stand in addresses, and the addresses without them.
//!
//! *Wire*: `/v1/key/{token}/…` for app users and public links of ODK Central, `/v1/test/{token}/…` for drafts, `?st={token}`,
//! `/collector/{token}/…` for KoboToolbox; a proxy may put anything before them. *Spec*: openrosa.md 2.7, 2.10, 5.2.

use url::{Url, form_urlencoded};

/// What stands in an address where its token goes.
pub(crate) const PLACE: &str = "TOKEN";

/// Any token is at least so long. `test` may be the name of anything, unless it is Central's.
const SHORTEST: usize = 20;

/// The address with a place in it for each token, and the tokens.
pub(crate) fn taken_out(url: &Url) -> (Url, Vec<String>) {
    let (mut bare, mut tokens) = (url.clone(), Vec::new());
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

fn path_of(path: &str, tokens: &mut Vec<String>) -> String {
    let (mut before, mut parts) = ([""; 2], Vec::new());
    for part in path.split('/') {
        let is_token = !part.is_empty()
            && match before {
                [_, "key" | "collector"] => true,
                [version, "test"] => version == "v1" || part.len() >= SHORTEST,
                _ => false,
            };
        if is_token {
            tokens.push(part.to_owned());
        }
        if !part.is_empty() {
            before = [before[1], part];
        }
        parts.push(if is_token { PLACE } else { part });
    }
    parts.join("/")
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
