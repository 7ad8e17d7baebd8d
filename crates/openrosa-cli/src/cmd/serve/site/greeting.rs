//! What is said at the start: what there is, who may come, and what to do next.

use serde_json::json;

use super::{Settings, Started};
use crate::page::{counted, seen};
use crate::server_place::{Admin, FilesPlace};

impl Started {
    pub(super) fn text(&self, settings: &Settings) -> String {
        let (place, files) = (&settings.database, &settings.files);
        let mut lines = vec![format!("serving at {}", self.url())];
        lines.push(match self.is_new {
            true => match files {
                FilesPlace::Folder(_) => format!("made {}, with a folder for files, {files}", place.name()),
                FilesPlace::Bucket { .. } => format!("made {}; files in {files}", place.name()),
            },
            false => format!("{} in {}; files in {files}", self.holdings(), place.name()),
        });
        lines.push(self.told_of_forms(settings));
        if !self.domains.is_empty() {
            let urls = self.domains.iter().map(|domain| format!("{}/a/{}/", self.url(), seen(domain)));
            lines.push(format!("CommCare's devices: {}", urls.collect::<Vec<_>>().join(", ")));
        }
        lines.push(format!("for people: a page at {}/", self.url()));
        lines.push(self.who(settings));
        lines.extend(self.warning(settings));
        lines.push(self.try_it());
        lines.push("Ctrl-C ends it".to_owned());
        lines.join("\n  ")
    }

    pub(super) fn json(&self) -> String {
        let url = format!("{}/submission", self.url());
        let tally = self.tally;
        json!({
            "event": "listening", "address": self.address.to_string(), "url": url, "held": tally.forms,
            "cases": tally.cases, "users": tally.users, "blank_forms": self.forms,
        })
        .to_string()
    }

    pub(super) fn url(&self) -> String {
        format!("{}://{}", if self.is_secret { "https" } else { "http" }, self.address)
    }

    fn holdings(&self) -> String {
        let (forms, cases) = (counted(self.tally.forms, "form"), counted(self.tally.cases, "case"));
        format!("{forms}, {cases} and {}", counted(self.tally.users, "user"))
    }

    fn told_of_forms(&self, settings: &Settings) -> String {
        match (self.forms, &settings.forms) {
            (Some(0), Some(folder)) => {
                format!("no blank forms to fetch yet: drop them into {}", folder.path().display())
            }
            (Some(found), Some(folder)) => {
                format!("{} to fetch, from {}", counted(found as u64, "blank form"), folder.path().display())
            }
            _ => "no blank forms to fetch: --forms FOLDER".to_owned(),
        }
    }

    fn who(&self, settings: &Settings) -> String {
        match self.tally.users {
            0 => format!(
                "anybody may send, no device may fetch what was sent; users change both: {}",
                Admin::at(&settings.database, &settings.files).command("user add NAME")
            ),
            _ => "only users may send and read".to_owned(),
        }
    }

    fn try_it(&self) -> String {
        let signed_in = match self.tally.users {
            0 => "",
            _ if self.is_secret => " --user NAME --password-env VARIABLE",
            _ => " --user NAME --password-env VARIABLE --allow-basic-over-http",
        };
        format!("try: openrosa submit FORM.xml --to {}/submission{signed_in}", self.url())
    }

    /// Passwords that everybody on the way can read.
    fn warning(&self, settings: &Settings) -> Option<String> {
        let clear = !settings.behind_proxy && !self.is_secret && !self.address.ip().is_loopback();
        clear.then(|| {
            "warning: passwords travel in the clear; start this with --certificate FILE --key FILE, or put a proxy with https \
             in front and start this with --behind-proxy --listen 127.0.0.1:8080"
                .to_owned()
        })
    }
}
