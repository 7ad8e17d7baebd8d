//! What became of each form, as a line for a person and as one for a program.

use std::collections::BTreeMap;
use std::time::Duration;

use openrosa_http::client::{Error, Receipt, Verdict};
use serde_json::{Map, Value, json};

use super::faults::Faults;
use super::find::Found;
use crate::page::{escaped, span};
use crate::unfetched::helps;

/// What became of a form.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The server answered with a yes, or something like it.
    Received(Receipt),
    /// It was not handed over.
    Failed(Error),
    /// It cannot be read, so it was not sent.
    Unreadable { reason: String },
    /// There are errors in it, so it was not sent.
    Faulty(Faults),
    /// A form before it showed that there was no point.
    NotTried,
}

impl Outcome {
    pub(super) fn of(result: Result<Receipt, Error>) -> Self {
        result.map_or_else(Self::Failed, Self::Received)
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Received(receipt) => Some(receipt.verdict()),
            Self::Failed(error) => Some(error.verdict()),
            Self::Unreadable { .. } | Self::Faulty(_) | Self::NotTried => None,
        }
    }

    /// The word a program reads.
    fn word(&self) -> &'static str {
        match (self, self.verdict()) {
            (_, Some(Verdict::Delivered)) => "delivered",
            (_, Some(Verdict::TryAgain { .. })) => "try_again",
            (_, Some(Verdict::Refused)) => "refused",
            (_, Some(Verdict::Unknown)) => "unknown",
            (Self::Unreadable { .. }, None) => "unreadable",
            (Self::Faulty(_), None) => "faulty",
            (_, None) => "not_tried",
        }
    }

    fn status(&self) -> Option<u16> {
        match self {
            Self::Received(Receipt::Stored(_)) => Some(201),
            Self::Received(Receipt::Accepted(_)) => Some(202),
            Self::Received(Receipt::Unconfirmed(unconfirmed)) => Some(unconfirmed.status.as_u16()),
            // A portal's status is in its words: the server has said nothing.
            Self::Failed(error) => error.response().map(|response| response.status.as_u16()),
            _ => None,
        }
    }

    /// The server's own words.
    fn message(&self) -> Option<String> {
        match self {
            Self::Received(receipt) => receipt.message().map(str::to_owned),
            Self::Failed(error) => error.message(),
            _ => None,
        }
    }

    /// Whether the server keeps it and says that it did not process it.
    fn is_unprocessed(&self) -> bool {
        matches!(self, Self::Received(receipt) if receipt.is_unprocessed())
    }

    /// Whether the server has the form all the same, without all of its files.
    fn is_in_part(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_in_part())
    }

    /// What is wrong, in a sentence.
    fn error(&self) -> Option<String> {
        match self {
            Self::Received(receipt) if receipt.is_unprocessed() => {
                Some(unprocessed(receipt.message().unwrap_or_default()))
            }
            Self::Received(Receipt::Unconfirmed(unconfirmed)) => Some(unconfirmed.to_string()),
            Self::Failed(error) if error.is_in_part() => Some(format!("{IN_PART}: {error}")),
            Self::Failed(error) => Some(error.to_string()),
            Self::Unreadable { reason } => Some(reason.clone()),
            Self::Faulty(faults) => Some(faults.reason.clone()),
            _ => None,
        }
    }

    fn nature(&self) -> Option<&str> {
        match self {
            Self::Received(receipt) => receipt.nature(),
            Self::Failed(error) => error.response()?.nature(),
            _ => None,
        }
    }

    fn findings(&self) -> Option<Vec<Value>> {
        match self {
            Self::Faulty(faults) => Some(faults.findings.clone()),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self.verdict() {
            Some(Verdict::TryAgain { after }) => after,
            _ => None,
        }
    }
}

/// One form and its outcome.
pub(super) struct Sent {
    form: String,
    outcome: Outcome,
    /// What the form was to take the place of, where it may be that which the server does not know.
    replaced: Option<String>,
}

impl Sent {
    pub(super) fn new(form: &Found, outcome: Outcome) -> Self {
        // R-077: so a server answers an edit of what it does not have.
        let replaced = if outcome.status() == Some(404) { form.replaced() } else { None };
        Self { form: form.name(), outcome, replaced }
    }

    pub(super) fn not_tried(form: &Found) -> Self {
        Self::new(form, Outcome::NotTried)
    }

    /// Whether the next form would fare no better: the trouble is with the server or the way to it.
    pub(super) fn ends_the_run(&self) -> bool {
        let Outcome::Failed(error) = &self.outcome else { return false };
        let unreachable = error.is_transport() && matches!(error.verdict(), Verdict::TryAgain { .. });
        let unavailable = error.status().is_some_and(|status| status.as_u16() == 503);
        error.is_auth() || error.is_captive_portal() || error.is_rate_limited() || unreachable || unavailable
    }

    /// As in `delivered  visit.xml  Saved.`
    pub(super) fn line(&self) -> String {
        let word = self.outcome.word().replace('_', " ");
        let mut line = format!("{word:10}  {}", visible(&self.form));
        if let Some(words) = self.outcome.error().or_else(|| self.outcome.message()) {
            line += "  ";
            line += &visible(&words);
        }
        if let Some(after) = self.outcome.retry_after() {
            line += &format!("  (try again in {})", span(after));
        }
        if let Outcome::Failed(error) = &self.outcome
            && let Some(remedy) = helps(error)
        {
            line += &format!("  (try {remedy})");
        }
        if let Some(replaced) = &self.replaced {
            line += &format!(
                "  (it is an edit: where the server has the blank form, it lacks `{}`, which this one replaces; send that one \
                 first, or, if there is none any more, this one without its deprecatedID)",
                visible(replaced)
            );
        }
        if let Outcome::Faulty(faults) = &self.outcome {
            line += &format!("\n\n{}", faults.told.trim_end());
        }
        line
    }

    /// The same as one JSON object; what is not known is left out.
    pub(super) fn json(&self) -> String {
        let fields = [
            ("form", Some(json!(self.form))),
            ("outcome", Some(json!(self.outcome.word()))),
            ("status", self.outcome.status().map(Value::from)),
            ("message", self.outcome.message().map(Value::from)),
            ("nature", self.outcome.nature().map(Value::from)),
            ("error", self.outcome.error().map(Value::from)),
            ("in_part", self.outcome.is_in_part().then_some(Value::Bool(true))),
            ("retry_after", self.outcome.retry_after().map(|after| after.as_secs().into())),
            ("findings", self.outcome.findings().map(Value::from)),
        ];
        let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(known.collect::<Map<_, _>>()).to_string()
    }
}

/// What a person is told of a form that went in several POSTs, of which not all were taken.
pub(in crate::cmd) const IN_PART: &str = "the server has the form, without all of its files";

/// What a person is told of a form that its server keeps and did not process.
pub(in crate::cmd) fn unprocessed(words: &str) -> String {
    let words = if words.trim().is_empty() { "it does not say why" } else { words };
    format!("the server kept it and did not process it: {words}")
}

/// A stranger's words on one line, without what a terminal would obey.
pub(in crate::cmd) fn visible(text: &str) -> String {
    let printable: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    escaped(&printable.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// How many forms came to what.
#[derive(Default)]
pub(super) struct Tally {
    counts: BTreeMap<&'static str, usize>,
    unprocessed: usize,
}

impl Tally {
    pub(super) fn count(&mut self, sent: &Sent) {
        self.count_word(sent.outcome.word(), sent.outcome.is_unprocessed());
    }

    pub(super) fn count_word(&mut self, word: &'static str, is_unprocessed: bool) {
        *self.counts.entry(word).or_default() += 1;
        self.unprocessed += usize::from(is_unprocessed);
    }

    /// All are with the server, and it says nothing against any of them.
    pub(super) fn is_all_well(&self) -> bool {
        self.unprocessed == 0 && self.counts.keys().all(|word| *word == "delivered")
    }

    /// As in `3 forms: 2 delivered (1 not processed), 1 refused`.
    pub(super) fn summary(&self) -> String {
        let count = |(word, count): (&&str, &usize)| match (*word, self.unprocessed) {
            ("delivered", unprocessed @ 1..) => format!("{count} delivered ({unprocessed} not processed)"),
            _ => format!("{count} {}", word.replace('_', " ")),
        };
        let counts: Vec<String> = self.counts.iter().map(count).collect();
        let forms: usize = self.counts.values().sum();
        format!("{forms} {}: {}", if forms == 1 { "form" } else { "forms" }, counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use openrosa_http::api::submission::Request;
    use openrosa_http::client::Client;
    use openrosa_http::headers::AcceptLength;
    use openrosa_http::transport::{self, Body, Sent as Reached};

    use super::*;

    /// What a form comes to whose POST is answered so.
    fn sent(status: u16, body: &'static str) -> Sent {
        let answer = move |_: http::Request<Body>| async move {
            let answer = http::Response::builder().status(status).header("Retry-After", "30");
            Ok(answer.body(Body::from(body)).unwrap())
        };
        sent_over(answer)
    }

    fn sent_over(transport: impl transport::Transport) -> Sent {
        sent_by(&Client::new(transport).without_preflight(AcceptLength::DEFAULT))
    }

    fn sent_by<T: transport::Transport>(client: &Client<T>) -> Sent {
        let url = "https://odk.example/submission".parse().unwrap();
        let submit = async { client.submit(&url, &Request::new("<a/>")).await };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Sent { form: "visit.xml".to_owned(), outcome: Outcome::of(runtime.block_on(submit)), replaced: None }
    }

    const SAVED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
         <message nature='submit_success'>Sav\u{e9}d,\n\t thank\u{9b}you.</message></OpenRosaResponse>";

    const PLAIN: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
         <message nature=''>Kept.</message></OpenRosaResponse>";

    #[test]
    fn a_line_shows_the_servers_own_words() {
        insta::assert_snapshot!(sent(201, SAVED).line(), @"delivered   visit.xml  Savéd, thank you.");
        insta::assert_snapshot!(sent(404, "no such form").line(), @"refused     visit.xml  the server answered 404: no such form");
        insta::assert_snapshot!(sent(200, "<html>\u{1b}[2J").line(), @"unknown     visit.xml  status 200 without proof of delivery; does this network want a login first?");
        insta::assert_snapshot!(sent(429, "").line(), @"try again   visit.xml  the server answered 429: Too Many Requests  (try again in 30 s)");
        let later = |seconds: &'static str| {
            sent_over(move |_| async move {
                let answer = http::Response::builder().status(503).header("Retry-After", seconds);
                Ok(answer.body(Body::empty()).unwrap())
            })
        };
        assert!(later("0").line().ends_with("(try again in 1 s)"), "{}", later("0").line());
        assert!(later("251606496309").line().ends_with("(try again in 24 h)"));
        assert!(!sent(400, "\u{1b}[2J").line().contains('\u{1b}'));
        assert_eq!(visible("no\u{202e} such\nform"), "no\\u{202e} such form");
    }

    #[test]
    fn who_has_only_an_address_in_the_clear_is_told_what_helps() {
        use openrosa_http::auth::Credentials;
        let asks = |_: http::Request<Body>| async {
            let answer = http::Response::builder().status(401);
            Ok(answer.header("WWW-Authenticate", "Basic realm=\"x\"").body(Body::empty()).unwrap())
        };
        let url = "http://odk.example/submission".parse().unwrap();
        let client = Client::new(asks).without_preflight(AcceptLength::DEFAULT);
        let client = client.credentials(&url, Credentials::new("amina", "secret"));
        let submit = async { client.submit(&url, &Request::new("<a/>")).await };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let sent =
            Sent { form: "a.xml".to_owned(), outcome: Outcome::of(runtime.block_on(submit)), replaced: None };
        assert!(sent.line().contains("--allow-basic-over-http"), "{}", sent.line());
    }

    #[test]
    fn who_did_not_sign_in_is_told_how() {
        let line = sent(401, "").line();
        let told = "the server wants credentials and none are set for it: Unauthorized";
        let remedy = "(try openrosa login, or --user and --password-env)";
        assert!(line.contains(told) && line.ends_with(remedy), "{line}");
    }

    const KEPT: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
         <message nature='submit_error'>No such case type.</message></OpenRosaResponse>";

    /// R-021: a form of which one POST was taken is there, and is sent again as a whole.
    #[test]
    fn what_is_there_in_part_is_told() {
        use openrosa_http::api::submission::Attachment;
        let posts = std::sync::atomic::AtomicUsize::new(0);
        let answer = move |_: http::Request<Body>| {
            let (status, said) = match posts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => (201, SAVED),
                _ => (500, ""),
            };
            async move { Ok(http::Response::builder().status(status).body(Body::from(said)).unwrap()) }
        };
        let client = Client::new(answer).without_preflight(AcceptLength(100));
        let photo = |name| Attachment::bytes(name, vec![b'x'; 100]);
        let form = Request::new("<a/>").attach(photo("1.jpg")).unwrap().attach(photo("2.jpg")).unwrap();
        let url = "https://odk.example/submission".parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let outcome = Outcome::of(runtime.block_on(client.submit(&url, &form)));
        let sent = Sent { form: "visit.xml".to_owned(), outcome, replaced: None };
        insta::assert_snapshot!(sent.line(), @"unknown     visit.xml  the server has the form, without all of its files: the server answered 500: Internal Server Error");
        assert!(sent.json().ends_with("\"in_part\":true}"), "{}", sent.json());
    }

    /// R-011: what the server has is delivered, whatever it says of it, and a person hears what it says.
    #[test]
    fn what_is_kept_and_not_processed_is_told() {
        let kept = sent(201, KEPT);
        insta::assert_snapshot!(kept.line(), @"delivered   visit.xml  the server kept it and did not process it: No such case type.");
        insta::assert_snapshot!(kept.json(), @r#"{"form":"visit.xml","outcome":"delivered","status":201,"message":"No such case type.","nature":"submit_error","error":"the server kept it and did not process it: No such case type."}"#);
        let mut tally = Tally::default();
        tally.count(&sent(201, SAVED));
        tally.count(&kept);
        insta::assert_snapshot!(tally.summary(), @"2 forms: 2 delivered (1 not processed)");
        assert!(!tally.is_all_well());
    }

    #[test]
    fn a_program_reads_what_is_known() {
        insta::assert_snapshot!(sent(202, PLAIN).json(), @r#"{"form":"visit.xml","outcome":"delivered","status":202,"message":"Kept.","nature":""}"#);
        insta::assert_snapshot!(sent(503, "").json(), @r#"{"form":"visit.xml","outcome":"try_again","status":503,"message":"Service Unavailable","error":"the server answered 503: Service Unavailable","retry_after":30}"#);
        let page = sent(403, "<!doctype html><title>Denied</title>").json();
        assert!(
            page.contains("answered 403 (`Denied`)") && !page.contains("\"status\""),
            "not the server: {page}"
        );
        let skipped = Sent { form: "b.xml".to_owned(), outcome: Outcome::NotTried, replaced: None };
        insta::assert_snapshot!(skipped.json(), @r#"{"form":"b.xml","outcome":"not_tried"}"#);
    }

    #[test]
    fn trouble_with_the_server_ends_the_run_and_a_bad_form_does_not() {
        for status in [401, 429, 503] {
            assert!(sent(status, "").ends_the_run(), "{status}");
        }
        for status in [200, 201, 400, 404, 409, 413, 422, 500] {
            assert!(!sent(status, "").ends_the_run(), "{status}");
        }
        let broken =
            |reached| sent_over(move |_| async move { Err(transport::Error::new(reached, "reset")) });
        assert!(broken(Reached::No).ends_the_run());
        assert!(!broken(Reached::Perhaps).ends_the_run());
        assert!(sent(407, "").ends_the_run() && sent(511, "").ends_the_run(), "the network wants a login");
        let client = Client::new(async |_| Err(transport::Error::new(Reached::Perhaps, "too long")));
        assert!(sent_by(&client).ends_the_run(), "nobody answers");
    }

    #[test]
    fn the_summary_counts() {
        let mut tally = Tally::default();
        tally.count(&sent(201, SAVED));
        assert_eq!((tally.summary(), tally.is_all_well()), ("1 form: 1 delivered".to_owned(), true));
        tally.count(&sent(200, ""));
        tally.count(&sent(429, ""));
        tally.count(&sent(429, ""));
        insta::assert_snapshot!(tally.summary(), @"4 forms: 1 delivered, 2 try again, 1 unknown");
        assert!(!tally.is_all_well());
    }
}
