//! What is told of one POST, as a line for a person or as JSON.

use std::error::Error as _;
use std::fmt::Write as _;

use chrono::{DateTime, Local, Utc};
use openrosa_http::server::{Arrival, Outcome, Rejection, Submission};
use openrosa_xml::Instance;
use openrosa_xml::check::Finding;
use openrosa_xml::xml::decode;
use serde::Serialize;

use crate::page::{counted, escaped};

/// How one POST ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Notice {
    event: &'static str,
    time: DateTime<Utc>,
    /// `new`, `duplicate`, `more_files`, `edit` or `refused`.
    pub(crate) outcome: &'static str,
    /// Of a refusal.
    pub(crate) status: Option<u16>,
    /// Of a refusal, as the sender was told.
    pub(crate) message: Option<String>,
    /// What the sender was not told.
    cause: Option<String>,
    pub(crate) form: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) instance_id: Option<String>,
    /// The version an edit took the place of.
    pub(crate) replaces: Option<String>,
    pub(crate) cases: Vec<Case>,
    /// The files that came with this request.
    pub(crate) files: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) device_id: Option<String>,
    domain: Option<String>,
    app_id: Option<String>,
    /// What was found wrong with the form, where that was looked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Noted>,
    /// Why it is in quarantine, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<String>,
}

/// A finding of `openrosa check`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Noted {
    code: String,
    severity: String,
    line: u64,
    column: u64,
    message: String,
}

impl Noted {
    fn of(finding: &Finding) -> Self {
        Self {
            code: finding.code().to_owned(),
            severity: finding.severity.name().to_owned(),
            line: finding.place.start.line,
            column: finding.place.start.column,
            message: finding.message().to_string(),
        }
    }
}

/// One case block of the form.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Case {
    pub(crate) case_id: Option<String>,
    /// The local names of its actions, in their order.
    pub(crate) actions: Vec<String>,
}

impl Notice {
    pub(super) fn of(outcome: &Outcome<'_>) -> Self {
        let (submission, sender) = (outcome.submission, outcome.sender.clone());
        let refusal = outcome.result.err();
        Self {
            event: "arrival",
            time: Utc::now(),
            outcome: outcome.result.map_or("refused", word),
            status: refusal.map(|refusal| refusal.status().as_u16()),
            message: refusal.map(ToString::to_string),
            cause: refusal.and_then(cause),
            form: submission.and_then(|submission| submission.form.id.clone()),
            version: submission.and_then(|submission| submission.form.version.clone()),
            instance_id: submission.map(|submission| submission.instance_id.to_string()),
            replaces: match outcome.result {
                Ok(Arrival::Edit { of }) => Some(of.clone()),
                _ => None,
            },
            cases: submission.map(cases).unwrap_or_default(),
            files: submission.into_iter().flat_map(|s| &s.files).map(|file| file.name.to_string()).collect(),
            user: sender.user,
            device_id: sender.device_id,
            domain: sender.domain,
            app_id: sender.app_id,
            findings: submission.into_iter().flat_map(|s| &s.findings).map(Noted::of).collect(),
            quarantined: outcome.quarantined.map(str::to_owned),
        }
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers are always JSON")
    }

    /// One line, whatever the form says.
    pub(super) fn line(&self) -> String {
        let mut line =
            format!("{}  {:<12}", self.time.with_timezone(&Local).format("%H:%M:%S"), self.verdict());
        for what in [self.form.as_deref(), self.instance_id.as_deref()].into_iter().flatten() {
            let _ = write!(line, "  {}", escaped(what));
        }
        if let Some(replaced) = &self.replaces {
            let _ = write!(line, "  replaces {}", escaped(replaced));
        }
        for (number, what) in [(self.cases.len(), "case"), (self.files.len(), "file")] {
            if number > 0 {
                let _ = write!(line, "  {}", counted(number, what));
            }
        }
        for (by, who) in [("by", &self.user), ("from", &self.device_id)] {
            if let Some(who) = who {
                let _ = write!(line, "  {by} {}", escaped(who));
            }
        }
        if !self.findings.is_empty() {
            let _ = write!(line, "  {}", counted(self.findings.len(), "finding"));
        }
        if let Some(reason) = &self.quarantined {
            let _ = write!(line, "  {}", escaped(reason));
        }
        if let (Some(status), Some(message)) = (self.status, &self.message) {
            let _ = write!(line, "  {status}: {}", escaped(self.cause.as_ref().unwrap_or(message)));
        }
        line
    }

    fn verdict(&self) -> &'static str {
        match self.outcome {
            "new" if self.quarantined.is_some() => "quarantined",
            "new" => "received",
            "duplicate" => "known",
            "more_files" => "files added",
            "edit" => "edited",
            other => other,
        }
    }
}

/// As it is told in JSON, and noted for the page for people.
pub(crate) const fn word(arrival: &Arrival) -> &'static str {
    match arrival {
        Arrival::New => "new",
        Arrival::Duplicate => "duplicate",
        Arrival::MoreFiles { .. } => "more_files",
        Arrival::Edit { .. } => "edit",
    }
}

/// A failure of this server is told here and nowhere else.
fn cause(refusal: &Rejection) -> Option<String> {
    refusal.status().is_server_error().then(|| refusal.source().map(ToString::to_string))?
}

fn cases(submission: &Submission) -> Vec<Case> {
    let Ok(source) = decode(&submission.xml) else { return Vec::new() };
    let Ok(instance) = Instance::read(&source) else { return Vec::new() };
    let case = |found: &openrosa_xml::instance::FoundCase<'_>| Case {
        case_id: found.block.case_id.as_deref().map(ToOwned::to_owned),
        actions: found.block.actions.iter().map(|action| action.name().local_name().to_owned()).collect(),
    };
    instance.cases().iter().map(case).collect()
}
