//! Every answer of the server, good or bad, with what OpenRosa wants on it.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use openrosa_xml::Envelope;

use super::{Arrival, Policy, Rejection, Taken};
use crate::api::submission::{self, PreflightAnswer};
use crate::api::{Preamble, XML};
use crate::headers::{AcceptLength, Announced, COMMCARE_FORM_ID, RetryAfter, Version};

/// How refusals are put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// In an envelope, with this nature where the refusal has none that means something.
    Envelope(&'static str),
    /// In plain words, as CommCare's servers do at most addresses.
    Plain,
}

/// What a HEAD is answered with: nothing but headers (openrosa.md 1.6). It names no `Location`: forms are posted to
/// where the client already is, and some old clients take any other for another server.
pub(crate) fn ready(policy: &Policy) -> Response {
    PreflightAnswer::new(AcceptLength(policy.limits.body)).write(SystemTime::now()).map(Body::from)
}

/// What a HEAD is answered with where nothing is posted.
pub(crate) fn ready_to_list() -> Response {
    let mut answer = PreflightAnswer::new(AcceptLength(0));
    answer.accept_length = None;
    answer.write(SystemTime::now()).map(Body::from)
}

/// What a POST that was stored is answered with.
pub(crate) fn accepted(taken: &Taken, preamble: &Preamble, policy: &Policy) -> Response {
    let kept = taken.quarantined.is_some() && policy.keeps_for(preamble.version);
    let status = match taken {
        _ if kept => StatusCode::CREATED,
        // 202: received, not processed (openrosa.md 1.4).
        Taken { quarantined: Some(_), .. } => StatusCode::ACCEPTED,
        Taken { arrival: Arrival::Duplicate, .. } => policy.duplicates.status(),
        _ => StatusCode::CREATED,
    };
    let limit = AcceptLength(policy.limits.body);
    let mut response = match (&taken.quarantined, usual(&taken.arrival)) {
        (None, Some(envelope)) if !preamble.items => {
            let version = Announced::Version(Version::OPENROSA_1);
            let mut answer = submission::respond(status, version, Some(limit), SystemTime::now());
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
            in_english(answer.map(|()| envelope))
        }
        (quarantined, _) => {
            let message = match quarantined {
                Some(reason) => {
                    format!("{}; it is in quarantine: {reason}", kept_message(&taken.arrival)).into()
                }
                None => message(&taken.arrival),
            };
            let nature = if kept { "submit_error" } else { TAKEN };
            said(enveloped(status, message, nature, preamble), Some(limit))
        }
    };
    if let Some(Ok(id)) = taken.instance_id.as_ref().map(HeaderValue::try_from) {
        response.headers_mut().insert(COMMCARE_FORM_ID, id);
    }
    response
}

/// The nature of what was taken in.
const TAKEN: &str = "submit_success";

/// The envelope of most answers, written once.
fn usual(arrival: &Arrival) -> Option<Bytes> {
    static NEW: LazyLock<Bytes> = LazyLock::new(|| usually(&Arrival::New));
    static DUPLICATE: LazyLock<Bytes> = LazyLock::new(|| usually(&Arrival::Duplicate));
    match arrival {
        Arrival::New => Some(NEW.clone()),
        Arrival::Duplicate => Some(DUPLICATE.clone()),
        Arrival::MoreFiles { .. } | Arrival::Edit { .. } => None,
    }
}

fn usually(arrival: &Arrival) -> Bytes {
    Envelope::new(message(arrival)).with_nature(TAKEN).write().expect("the words are ours").into()
}

/// What a refusal is answered with.
pub(crate) fn refused(
    rejection: &Rejection,
    voice: Voice,
    preamble: &Preamble,
    limit: Option<AcceptLength>,
) -> Response {
    let (status, words) = (rejection.status(), rejection.to_string());
    let mut answer = match (rejection, voice) {
        (Rejection::Inactive(inactive), _) => inactive.response(),
        (_, Voice::Envelope(nature)) => {
            enveloped(status, words, rejection.nature().unwrap_or(nature), preamble)
        }
        (_, Voice::Plain) => submission::Response::plain(status, words),
    };
    answer.retry_after = rejection.retry_after().map(RetryAfter::Delay);
    let mut response = said(answer, limit);
    let headers = response.headers_mut();
    match rejection {
        Rejection::Unauthenticated { challenges } => {
            for challenge in challenges {
                headers.append(header::WWW_AUTHENTICATE, challenge.clone());
            }
        }
        Rejection::Method { allowed } => {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        _ => {}
    }
    response
}

impl Rejection {
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { after } => *after,
            Self::Busy { after, .. } => Some(*after),
            _ => None,
        }
    }
}

/// For the person at the device: clients show it and do not look into it.
fn message(arrival: &Arrival) -> Cow<'static, str> {
    match arrival {
        Arrival::New => "the form was received".into(),
        Arrival::Duplicate => "the form was already received; there was nothing new in it".into(),
        Arrival::MoreFiles { added } if added.len() == 1 => {
            "the form was already received; 1 file added".into()
        }
        Arrival::MoreFiles { added } => {
            format!("the form was already received; {} files added", added.len()).into()
        }
        Arrival::Edit { of } => format!("the form was received and replaces `{of}`").into(),
    }
}

/// The same of a form in quarantine. Whether an edit there has taken a place is the host's affair: a server of cases leaves in
/// force what was edited.
fn kept_message(arrival: &Arrival) -> Cow<'static, str> {
    match arrival {
        Arrival::Edit { of } => format!("the form was received as an edit of `{of}`").into(),
        _ => message(arrival),
    }
}

pub(crate) fn enveloped(
    status: StatusCode,
    message: impl Into<Cow<'static, str>>,
    nature: &'static str,
    preamble: &Preamble,
) -> submission::Response {
    let envelope = Envelope::new(writable(message.into())).with_nature(nature);
    let envelope = if preamble.items { envelope.counting_items() } else { envelope };
    submission::Response::new(status, envelope)
}

/// An answer in words, on its way out.
pub(crate) fn said(mut answer: submission::Response, limit: Option<AcceptLength>) -> Response {
    answer.accept_length = limit;
    in_english(answer.write(SystemTime::now()).expect("only characters that XML can hold are left"))
}

fn in_english(answer: http::Response<Bytes>) -> Response {
    let mut response = answer.map(Body::from);
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    response
}

/// A message quotes what came over the wire: names and ids may hold what XML 1.0 cannot.
pub(crate) fn writable(message: Cow<'static, str>) -> Cow<'static, str> {
    let illegal = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    match message.contains(illegal) {
        true => message.replace(illegal, "\u{FFFD}").into(),
        false => message,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use http::request;

    use super::*;

    /// What was written once is what would be written.
    #[tokio::test]
    async fn a_usual_answer_is_like_any_other() {
        let (head, ()) = request::Request::new(()).into_parts();
        let (preamble, policy) = (Preamble::read(&head), Policy::default());
        for arrival in [Arrival::New, Arrival::Duplicate] {
            let (limit, said_of_it) = (Some(AcceptLength(policy.limits.body)), message(&arrival));
            let long_way = said(enveloped(StatusCode::CREATED, said_of_it, TAKEN, &preamble), limit);
            let taken = Taken { arrival, quarantined: None, instance_id: None };
            let [usual, long_way] =
                [accepted(&taken, &preamble, &policy), long_way].map(|answer| answer.into_parts());
            let headers = [&usual, &long_way].map(|(head, _)| {
                let others = head.headers.iter().filter(|(name, _)| *name != header::DATE);
                let mut others: Vec<_> = others.map(|(name, value)| (name.as_str(), value.clone())).collect();
                others.sort();
                (head.status, others, head.headers.contains_key(header::DATE))
            });
            assert_eq!(headers[0], headers[1]);
            let [usual, long_way] = [usual.1, long_way.1].map(|body| to_bytes(body, usize::MAX));
            assert_eq!(usual.await.unwrap(), long_way.await.unwrap());
        }
    }
}
