//! Somebody who looks without a browser.

use std::thread::sleep;
use std::time::Duration;

use super::super::site::{Server, Site};

/// A browser's jar of cookies and its way through forms, in `curl`.
pub(crate) struct Visitor<'a> {
    site: &'a Site,
    server: &'a Server,
}

impl<'a> Visitor<'a> {
    pub(crate) const fn new(site: &'a Site, server: &'a Server) -> Self {
        Self { site, server }
    }

    pub(crate) fn get(&self, path: &str) -> (String, String) {
        self.server.curl(self.site.path(), &["--cookie", "jar", "--cookie-jar", "jar"], path)
    }

    /// The same, for so many seconds at most.
    pub(crate) fn get_for(&self, path: &str, seconds: u32) -> (String, String) {
        let most = seconds.to_string();
        let arguments = ["--cookie", "jar", "--cookie-jar", "jar", "--max-time", &most];
        self.server.curl(self.site.path(), &arguments, path)
    }

    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)], more: &[&str]) -> (String, String) {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut arguments = vec!["--cookie", "jar", "--cookie-jar", "jar"];
        for field in &fields {
            arguments.extend(["--data-urlencode", field]);
        }
        arguments.extend(more);
        self.server.curl(self.site.path(), &arguments, path)
    }

    /// The status of a form with parts.
    pub(crate) fn send(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut arguments = vec!["--cookie", "jar"];
        for field in &fields {
            arguments.extend(["--form-string", field]);
        }
        self.server.curl(self.site.path(), &arguments, path).0
    }

    /// The token of a page's forms.
    pub(crate) fn token(&self, path: &str) -> String {
        let page = self.get(path).1;
        let after = page.split_once("name=\"token\" value=\"").unwrap_or_else(|| panic!("no form: {page}")).1;
        after.split_once('"').expect("it ends").0.to_owned()
    }

    pub(crate) fn sign_in(&self, name: &str, domain: &str, password: &str) -> String {
        let token = self.token("/look/sign-in?to=/look/1/people");
        let fields = [
            ("token", &*token),
            ("to", "/look/1/people"),
            ("name", name),
            ("domain", domain),
            ("password", password),
        ];
        self.post("/look/sign-in", &fields, &[]).0
    }

    /// The addresses of what was refused, the last first. What was seen is written down a moment later.
    pub(crate) fn refused(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for _ in 0..20 {
            sleep(Duration::from_millis(250));
            let (status, page) = self.get("/look/1/refused");
            assert_eq!(status, "200", "{page}");
            let links = page.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let links = links.filter(|link| link.starts_with("/look/1/refused/")).map(str::to_owned);
            let now: Vec<_> = links.collect();
            // As soon as no more come.
            if !now.is_empty() && now == seen {
                break;
            }
            seen = now;
        }
        seen
    }
}
