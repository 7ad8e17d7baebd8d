//! The servers in use, and where each departs from the standard.

use http::header::{self, HeaderMap};
use http::response;

use crate::headers::{ACCEPT_CONTENT_LENGTH, AcceptLength, Version};

/// A kind of server, as far as a client has to know it.
///
/// [`Client::for_peer`](crate::Client::for_peer) sets a client up for one. What none of these fields says is the same for all.
///
/// ```
/// use openrosa_http::peer::{self, Peer};
///
/// assert!(peer::COMMCARE_HQ.departures.iter().any(|departure| departure.what.contains("405")));
/// assert_eq!(Peer::named("odk-central"), Some(&peer::ODK_CENTRAL));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// What it is called on a command line.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What to say in `X-OpenRosa-Version`.
    pub version: Version,
    /// Whether HEAD tells anything.
    pub answers_head: bool,
    /// Whether it asks for credentials wherever it has a use for them; otherwise they are sent unasked.
    pub challenges: bool,
    /// Into how many POSTs a submission may be split.
    pub splitting: Splitting,
    /// The places where it does not do what the standard says.
    pub departures: &'static [Departure],
}

/// Into how many POSTs a submission may be split (openrosa.md 2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a server merges them or it does not")]
pub enum Splitting {
    /// As many as the server's limit makes necessary: it merges them by `instanceID`.
    #[default]
    UnderLimit,
    /// One, whatever its size and however many its files: a second would be taken for something else.
    Never,
}

/// One place where a server departs from the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a sentence and where it is from")]
pub struct Departure {
    /// What it does.
    pub what: &'static str,
    /// The section of openrosa.md with the evidence.
    pub section: &'static str,
}

const fn departure(section: &'static str, what: &'static str) -> Departure {
    Departure { what, section }
}

/// A server that does what the standard says.
pub const OPENROSA: Peer = Peer {
    name: "openrosa",
    title: "OpenRosa 1.0",
    version: Version::OPENROSA_1,
    answers_head: true,
    challenges: true,
    splitting: Splitting::UnderLimit,
    departures: &[],
};

/// CommCare HQ.
pub const COMMCARE_HQ: Peer = Peer {
    name: "commcare-hq",
    title: "CommCare HQ",
    version: Version::COMMCARE_3,
    answers_head: false,
    challenges: false,
    splitting: Splitting::Never,
    departures: &[
        departure("1.6", "answers 405 to HEAD"),
        departure("1.5", "takes version 3.0 in requests, and refuses forms with 422 only then"),
        departure(
            "1.5",
            "writes the header of its answers as HTTP_X_OPENROSA_VERSION, so that they have no version",
        ),
        departure("0.4", "announces no limit"),
        departure("1.5", "sends envelopes as text/html"),
        departure("2.8", "answers 400 to text fields beside the form"),
        departure("2.5", "takes other content under a known instanceID for an edit"),
        departure("2.5", "merges no POSTs: of a submission that is split, the first is kept"),
        departure(
            "2.8",
            "may ask nobody who sends a form, and then keeps it as nobody's: credentials are sent unasked",
        ),
        departure("4.5", "has no form list"),
    ],
};

/// ODK Central.
pub const ODK_CENTRAL: Peer = Peer {
    name: "odk-central",
    title: "ODK Central",
    version: Version::OPENROSA_1,
    answers_head: true,
    challenges: false,
    splitting: Splitting::UnderLimit,
    departures: &[
        departure(
            "5.2",
            "never asks for credentials: Basic is sent unasked, or a token stands in the address",
        ),
        departure(
            "5.2",
            "answers 403 to a token that it does not know, so that no phone asks for a password",
        ),
        departure("1.5", "answers 400 to any version but 1.0, and looks at it before the credentials"),
        departure("1.5", "has no OpenRosa headers on 400 for the version, 401 and 403"),
        departure("2.5", "answers 409 to other content under a known instanceID"),
        departure("1.2", "writes items=\"0\" on every envelope"),
    ],
};

/// ODK Aggregate.
pub const AGGREGATE: Peer = Peer {
    name: "aggregate",
    title: "ODK Aggregate",
    version: Version::OPENROSA_1,
    answers_head: true,
    challenges: true,
    splitting: Splitting::UnderLimit,
    departures: &[
        departure("1.5", "answers HTML without the version header, and on errors"),
        departure("1.6", "names the address of the POST in the Location of every HEAD"),
        departure("2.5", "ignores other content under a known instanceID"),
        departure("2.9", "appends submissionMetadata to its envelopes"),
    ],
};

/// KoBoToolbox.
pub const KOBOTOOLBOX: Peer = Peer {
    name: "kobotoolbox",
    title: "KoBoToolbox",
    version: Version::OPENROSA_1,
    answers_head: true,
    challenges: true,
    splitting: Splitting::UnderLimit,
    departures: &[
        departure("1.5", "ends its Date in UTC"),
        departure("1.5", "has no envelope on errors raised before its handler"),
        departure("1.4", "answers 402 over quota, 423 while the same form is looked at"),
        departure(
            "2.10",
            "answers 409 to other content under a known instanceID, or once made a double of it",
        ),
        departure("4.5", "always lists descriptions"),
    ],
};

impl Peer {
    /// All that are known.
    pub const ALL: &[Self] = &[OPENROSA, COMMCARE_HQ, ODK_CENTRAL, AGGREGATE, KOBOTOOLBOX];

    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|peer| peer.name == name)
    }

    /// Who answered, as far as an answer gives it away; `None` where it does not. For telling people, and for setting a client
    /// up the next time; nothing is proved by it.
    pub fn detect(answer: &response::Parts) -> Option<&'static Self> {
        let headers = &answer.headers;
        if headers.contains_key("http_x_openrosa_version") || headers.contains_key("x-commcarehq-formid") {
            return Some(&COMMCARE_HQ);
        }
        if text(headers, header::DATE.as_str()).is_some_and(|date| date.trim_end().ends_with("UTC")) {
            return Some(&KOBOTOOLBOX);
        }
        match AcceptLength::read(headers).filter(|_| headers.contains_key(ACCEPT_CONTENT_LENGTH)) {
            Some(AcceptLength(100_000_000)) => Some(&ODK_CENTRAL),
            Some(AcceptLength(10_485_760)) => Some(&AGGREGATE),
            _ => None,
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(headers: &[(&str, &str)]) -> Option<&'static str> {
        let mut answer = http::Response::builder();
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        Peer::detect(&answer.body(()).unwrap().into_parts().0).map(|peer| peer.name)
    }

    #[test]
    fn servers_give_themselves_away() {
        assert_eq!(detected(&[("HTTP_X_OPENROSA_VERSION", "1.0")]), Some("commcare-hq"));
        assert_eq!(detected(&[("X-OpenRosa-Accept-Content-Length", "100000000")]), Some("odk-central"));
        assert_eq!(detected(&[("X-OpenRosa-Accept-Content-Length", "10485760")]), Some("aggregate"));
        let kobo =
            [("Date", "Mon, 14 Feb 2011 16:48:15 UTC"), ("X-OpenRosa-Accept-Content-Length", "10000000")];
        assert_eq!(detected(&kobo), Some("kobotoolbox"));
        assert_eq!(
            detected(&[("X-OpenRosa-Version", "1.0"), ("Date", "Mon, 14 Feb 2011 16:48:15 GMT")]),
            None
        );
    }

    #[test]
    fn each_has_a_name_of_its_own() {
        for peer in Peer::ALL {
            assert_eq!(Peer::named(peer.name), Some(peer));
        }
    }
}
