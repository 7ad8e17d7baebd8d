//! Where a project is, and how its addresses are written.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::error::Invalid;

/// Everything but RFC 3986's unreserved characters is escaped, so that the server sees the original.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A project space of a CommCare HQ, and the style of addresses that it is asked with.
///
/// ```
/// use commcare_hq::site::{Site, Style};
///
/// let site = Site::new("https://hq.example/".parse().unwrap(), "riverside")?;
/// assert_eq!(site.project().as_str(), "https://hq.example/a/riverside/");
/// assert_eq!(Site::parse("https://hq.example/a/riverside/api/v0.5/")?, site);
/// assert!(Site::new("https://hq.example/".parse().unwrap(), "river/side").is_err());
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Spec*: commcare-hq-api.md 1.1, 1.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    base: Url,
    domain: String,
    style: Style,
}

/// How the addresses of one resource are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Style {
    /// `/a/{d}/api/v0.5/{resource}/`: what every existing client uses.
    #[default]
    Classic,
    /// `/a/{d}/api/{resource}/v1/`: what the present documents use.
    Current,
}

/// A resource by its name and its versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource {
    name: &'static str,
    /// `None` where the resource is younger than the classic style.
    classic: Option<&'static str>,
    /// `None` where no current address is known.
    current: Option<&'static str>,
}

impl Resource {
    /// One that is version `v0.5` of old and `v1` of late, as most are.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, classic: Some("v0.5"), current: Some("v1") }
    }

    /// The second version, which is also written: `v0.6`, `v2`.
    pub(crate) const fn second(name: &'static str) -> Self {
        Self { name, classic: Some("v0.6"), current: Some("v2") }
    }

    /// One whose current address is not known.
    pub(crate) const fn classic_only(name: &'static str) -> Self {
        Self { name, classic: Some("v0.5"), current: None }
    }

    /// One that has only a current address.
    pub(crate) const fn current_only(name: &'static str) -> Self {
        Self { name, classic: None, current: Some("v1") }
    }

    fn path(self, style: Style) -> String {
        match (style, self.classic, self.current) {
            (Style::Current, _, Some(version)) | (_, None, Some(version)) => {
                format!("{}/{version}", self.name)
            }
            (_, classic, _) => format!("{}/{}", classic.unwrap_or_default(), self.name),
        }
    }
}

impl Site {
    /// The project of this name below the address of a server. A path in that address is kept: a server may live below one.
    pub fn new(mut base: Url, domain: &str) -> Result<Self, crate::Error> {
        if !is_slug(domain) {
            return Err(Invalid::Domain { domain: domain.to_owned() }.into());
        }
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(Invalid::Address.into());
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(Invalid::CredentialsInAddress.into());
        }
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { base, domain: domain.to_owned(), style: Style::default() })
    }

    /// The project of any address below `/a/{d}/`, such as one from a browser.
    pub fn parse(address: &str) -> Result<Self, crate::Error> {
        let mut base: Url = address.trim().parse().map_err(|_| Invalid::Address)?;
        let path = base.path().to_owned();
        let (before, after) = path.split_once("/a/").ok_or(Invalid::Address)?;
        let domain = after.split('/').next().unwrap_or_default();
        let domain = percent_encoding::percent_decode_str(domain).decode_utf8_lossy().into_owned();
        base.set_path(before);
        Self::new(base, &domain)
    }

    /// The same project, with addresses of this style.
    #[must_use]
    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// The address of the server.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The name of the project, as addresses have it.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The address of the project: `/a/{d}/`.
    pub fn project(&self) -> Url {
        self.below_project("")
    }

    /// An address below the project.
    pub(crate) fn below_project(&self, path: &str) -> Url {
        self.at(&format!("a/{}/{path}", escape(&self.domain)))
    }

    /// The list of a resource.
    pub(crate) fn list(&self, resource: Resource) -> Url {
        self.below_project(&format!("api/{}/", resource.path(self.style)))
    }

    /// One item of a resource.
    pub(crate) fn item(&self, resource: Resource, id: &str) -> Url {
        self.below_project(&format!("api/{}/{}/", resource.path(self.style), escape(id)))
    }

    /// A resource that belongs to an account and not to a project.
    pub(crate) fn account(&self, resource: Resource) -> Url {
        self.at(&format!("api/{}/", resource.path(self.style)))
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }
}

/// One segment of a path.
pub(crate) fn escape(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// `[\w.:-]+`, and nothing that a path would take for a step.
fn is_slug(domain: &str) -> bool {
    let is_one = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    !domain.is_empty() && domain.chars().all(is_one) && !matches!(domain, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(base: &str) -> Site {
        Site::new(base.parse().unwrap(), "riverside").unwrap()
    }

    /// H-001: no host name is compiled into any path: every address begins with the one that was given.
    #[test]
    fn every_address_is_below_the_one_given() {
        for base in ["https://www.commcarehq.org", "http://127.0.0.1:8000/hq"] {
            let site = site(base);
            for url in [
                site.list(Resource::new("user")),
                site.item(Resource::second("location"), "9f31"),
                site.account(Resource::new("user_domains")),
                site.below_project("receiver/api/"),
            ] {
                assert!(url.as_str().starts_with(base), "{url}");
            }
        }
    }

    /// H-002: both styles can be chosen.
    #[test]
    fn each_resource_has_its_address_in_either_style() {
        let addresses = |style| {
            let site = site("https://hq").style(style);
            [
                site.list(Resource::new("user")),
                site.item(Resource::second("location"), "9f"),
                site.account(Resource::classic_only("identity")),
                site.list(Resource::current_only("det_export_instance")),
            ]
            .map(|url| url.path().to_owned())
        };
        assert_eq!(
            addresses(Style::Classic),
            [
                "/a/riverside/api/v0.5/user/",
                "/a/riverside/api/v0.6/location/9f/",
                "/api/v0.5/identity/",
                "/a/riverside/api/det_export_instance/v1/",
            ]
        );
        assert_eq!(
            addresses(Style::Current),
            [
                "/a/riverside/api/user/v1/",
                "/a/riverside/api/location/v2/9f/",
                "/api/v0.5/identity/",
                "/a/riverside/api/det_export_instance/v1/",
            ]
        );
    }

    /// H-003: slugs of letters, digits, `_`, `.`, `:` and `-` pass; any other fails before a request is made.
    #[test]
    fn a_slug_that_is_none_fails_here() {
        let new = |domain| Site::new("https://hq".parse().unwrap(), domain);
        for good in ["demo", "a.b:c-d_e", "2024", "höhe"] {
            assert_eq!(new(good).unwrap().domain(), good);
        }
        for bad in ["", "a b", "a/b", "a?b", "..", "a%2Fb", "a\n"] {
            assert!(new(bad).unwrap_err().is_invalid(), "{bad}");
        }
    }

    #[test]
    fn an_address_with_credentials_is_refused() {
        for bad in ["https://u:p@hq/a/demo/", "ftp://hq/a/demo", "https://hq/demo", "demo"] {
            assert!(Site::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Site::parse("https://hq/a/demo").unwrap().project().as_str(), "https://hq/a/demo/");
    }
}
