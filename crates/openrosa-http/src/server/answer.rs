//! Every answer of the server, good or bad, with what OpenRosa wants on it.

use std::time::SystemTime;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use openrosa_xml::Envelope;

use super::{Arrival, Policy, Rejection, Taken};
use crate::api::Preamble;
use crate::api::submission::{self, PreflightAnswer};
use crate::headers::AcceptLength;

/// What a HEAD is answered with: nothing but headers (openrosa.md 1.6). It names no `Location`: forms are posted to
/// where the client already is, and some old clients take any other for another server.
pub(crate) fn ready(policy: &Policy) -> Response {
    PreflightAnswer::new(AcceptLength(policy.limits.body)).write(SystemTime::now()).map(Body::from)
}

/// What a POST that was stored is answered with.
pub(crate) fn accepted(taken: &Taken, preamble: &Preamble, policy: &Policy) -> Response {
    let status = match taken {
        // 202: received, not processed (openrosa.md 1.4).
        Taken { quarantined: Some(_), .. } => StatusCode::ACCEPTED,
        Taken { arrival: Arrival::Duplicate, .. } => policy.duplicates.status(),
        _ => StatusCode::CREATED,
    };
    let message = match &taken.quarantined {
        Some(reason) => format!("{}; it is in quarantine: {reason}", message(&taken.arrival)),
        None => message(&taken.arrival),
    };
    enveloped(status, &message, "submit_success", preamble, policy)
}

/// What a refusal is answered with.
pub(crate) fn refused(rejection: &Rejection, preamble: &Preamble, policy: &Policy) -> Response {
    let mut response =
        enveloped(rejection.status(), &rejection.to_string(), rejection.nature(), preamble, policy);
    let headers = response.headers_mut();
    match rejection {
        Rejection::Unauthenticated { challenges } => {
            for challenge in challenges {
                headers.append(header::WWW_AUTHENTICATE, challenge.clone());
            }
        }
        Rejection::Method => {
            headers.insert(header::ALLOW, HeaderValue::from_static("HEAD, POST"));
        }
        _ => {}
    }
    response
}

/// For the person at the device: clients show it and do not look into it.
fn message(arrival: &Arrival) -> String {
    match arrival {
        Arrival::New => "the form was received".into(),
        Arrival::Duplicate => "the form was already received; there was nothing new in it".into(),
        Arrival::MoreFiles { added } if added.len() == 1 => {
            "the form was already received; 1 file added".into()
        }
        Arrival::MoreFiles { added } => format!("the form was already received; {} files added", added.len()),
        Arrival::Edit { of } => format!("the form was received and replaces `{of}`"),
    }
}

fn enveloped(
    status: StatusCode,
    message: &str,
    nature: &'static str,
    preamble: &Preamble,
    policy: &Policy,
) -> Response {
    let envelope = Envelope::new(writable(message)).with_nature(nature);
    let envelope = if preamble.items { envelope.counting_items() } else { envelope };
    let mut answer = submission::Response::new(status, envelope);
    answer.accept_length = Some(AcceptLength(policy.limits.body));
    let written = answer.write(SystemTime::now()).expect("only characters that XML can hold are left");
    let mut response = written.map(Body::from);
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    response
}

/// A message quotes what came over the wire: names and ids may hold what XML 1.0 cannot.
fn writable(message: &str) -> String {
    let illegal = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    message.replace(illegal, "\u{FFFD}")
}
