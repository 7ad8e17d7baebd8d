//! Tokens that stand in an address: the app users and public links of ODK Central.

use std::fmt;

use url::Url;

use super::Secret;

/// Any token is at least so long. `test` may be the name of anything, unless it is Central's.
const SHORTEST: usize = 20;

/// The parts of a path between its slashes, each with whether it is a token, by where it stands.
///
/// *Wire*: `/v1/key/{token}/…` for app users and public links of ODK Central, `/v1/test/{token}/…` for drafts,
/// `/collector/{token}/…` for KoboToolbox; a proxy may put anything before them. *Spec*: openrosa.md 2.7, 2.10, 5.2.
///
/// ```
/// use openrosa_http::auth::path_parts;
///
/// let shown: Vec<_> =
///     path_parts("/v1/key/0f3c/projects/7").map(|(part, is_token)| if is_token { "…" } else { part }).collect();
/// assert_eq!(shown.join("/"), "/v1/key/…/projects/7");
/// ```
pub fn path_parts(path: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut before = [""; 2];
    path.split('/').map(move |part| {
        let is_token = !part.is_empty()
            && match before {
                [_, "key" | "collector"] => true,
                [version, "test"] => version == "v1" || part.len() >= SHORTEST,
                _ => false,
            };
        if !part.is_empty() {
            before = [before[1], part];
        }
        (part, is_token)
    })
}

/// A token by which whoever has the address comes in.
#[derive(Clone, PartialEq, Eq)]
pub struct AddressToken(Secret);

impl AddressToken {
    /// `None` where it is no such token: 64 letters, digits, `!` or `$`.
    pub fn new(text: &str) -> Option<Self> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'$');
        (text.len() == 64 && text.bytes().all(is_one)).then(|| Self(Secret::new(text)))
    }
}

impl fmt::Debug for AddressToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl AddressToken {
    /// The address of a project for an app user, below that of the server: a proxy may put anything before `/v1`. From that or
    /// `/projects` on it is left out.
    ///
    /// *Wire*: `/v1/key/{token}/projects/{project}`, below which are `formList` and `submission`. The address is as secret as
    /// the token. *Spec*: openrosa.md 5.2.
    ///
    /// ```
    /// use openrosa_http::auth::AddressToken;
    ///
    /// let token = AddressToken::new(&"a".repeat(64)).unwrap();
    /// let project = token.project(&"https://odk.example/".parse().unwrap(), 7);
    /// assert!(project.path().starts_with("/v1/key/aaaa") && project.path().ends_with("/projects/7"));
    /// ```
    pub fn project(&self, server: &Url, project: u64) -> Url {
        let mut url = server.clone();
        let parts: Vec<_> = server.path().split('/').collect();
        // A folder of a server may be called so, too.
        let is_list =
            |at: &usize| parts.get(at + 1).is_none_or(|next| next.bytes().all(|b| b.is_ascii_digit()));
        let version = parts.iter().rposition(|part| *part == "v1");
        let projects = || parts.iter().rposition(|part| *part == "projects").filter(is_list);
        let end = version.or_else(projects).unwrap_or(parts.len());
        let path = parts[..end].join("/");
        let path = path.trim_end_matches('/');
        url.set_path(&format!("{path}/v1/key/{}/projects/{project}", self.0.expose()));
        url
    }

    /// An address with the token as an argument, as public links have it.
    ///
    /// *Wire*: `?st={token}`.
    pub fn query(&self, address: &Url) -> Url {
        let mut url = address.clone();
        url.query_pairs_mut().append_pair("st", self.0.expose());
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_stand_behind_a_proxy() {
        let token = AddressToken::new(&"a".repeat(64)).unwrap();
        for (server, before) in [
            ("https://h", ""),
            ("https://h/odk", "/odk"),
            ("https://h/odk//", "/odk"),
            ("https://h/odk/v1/projects/1", "/odk"),
            ("https://h/v1", ""),
            ("https://h/v1/", ""),
            ("https://h/projects/3", ""),
            ("https://h/odk/projects", "/odk"),
            ("https://h/projects/odk", "/projects/odk"),
            ("https://h/projects/odk/v1/projects/4", "/projects/odk"),
        ] {
            let project = token.project(&server.parse().unwrap(), 7);
            assert_eq!(project.path(), format!("{before}/v1/key/{}/projects/7", "a".repeat(64)), "{server}");
        }
    }
}
