//! What an answer means for the copy still on the device.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use openrosa_xml::Envelope;

use crate::api::submission::{Response, Said, is_page, is_trouble};

/// What a 2xx answer allows (OpenRosa Form Submission, Server Status Codes).
#[derive(Clone, Debug, PartialEq)]
#[must_use = "not every receipt is a delivery"]
#[non_exhaustive]
pub enum Receipt {
    /// 201 and an envelope: stored; the copy may go.
    Stored(Envelope<'static>),
    /// 202 and an envelope: kept for later, or a duplicate of what is there; never to be sent again.
    Accepted(Envelope<'static>),
    /// Any other 2xx, or no envelope: perhaps a gateway's page. Nothing is known; the copy stays.
    Unconfirmed(Unconfirmed),
}

/// An answer that sounds like a yes and proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unconfirmed {
    /// The status.
    pub status: StatusCode,
    /// The server's own words when they are short, else the phrase of the status.
    pub said: String,
    /// What there was instead of a proof.
    pub instead: Instead,
}

/// What an answer had that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Instead {
    /// An envelope, under a status that is neither 201 nor 202.
    Envelope,
    /// A web page: often the login of a network.
    Page,
    /// No envelope.
    Nothing,
}

/// What an outcome means for the copy still held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an outbox must have an answer to each")]
pub enum Verdict {
    /// The server has it: the copy may go, and must not be sent again.
    Delivered,
    /// The server does not have it, and may take it later, or once credentials or network are set right.
    TryAgain {
        /// How long the server wants to be left alone.
        after: Option<Duration>,
    },
    /// The server will not have it as it is: the copy stays, for a person to look at.
    Refused,
    /// The server may have it or not: the copy stays and goes again, as doubles are recognized by their bytes.
    Unknown,
}

impl Receipt {
    /// The receipt a 2xx is; any other answer is handed back.
    pub(super) fn of(response: Response, trusts_status: bool) -> Result<Self, Box<Response>> {
        if !response.status.is_success() {
            return Err(Box::new(response));
        }
        let is_proof = matches!(response.said, Said::Envelope(_)) || trusts_status;
        let kept: fn(Envelope<'static>) -> Self = match response.status {
            StatusCode::CREATED if is_proof => Self::Stored,
            StatusCode::ACCEPTED if is_proof => Self::Accepted,
            status => {
                let (said, instead) = (response.message().into_owned(), Instead::of(&response.said));
                return Ok(Self::Unconfirmed(Unconfirmed { status, said, instead }));
            }
        };
        Ok(kept(match response.said {
            Said::Envelope(envelope) => envelope,
            Said::Text(_) => Envelope::new(response.message().into_owned()),
        }))
    }

    /// Whether the server has it.
    pub fn is_delivered(&self) -> bool {
        self.verdict() == Verdict::Delivered
    }

    /// Whether the server has it and says that it could not, or not wholly, make use of it: CommCare HQ keeps such forms with
    /// `submit_error` (openrosa.md 2.8). To send it again would change nothing; a person should know.
    pub fn is_unprocessed(&self) -> bool {
        let words = self.message().unwrap_or_default();
        self.is_delivered() && self.nature().is_some_and(|nature| is_trouble(nature, words))
    }

    /// What that means for the copy still held.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Stored(_) | Self::Accepted(_) => Verdict::Delivered,
            Self::Unconfirmed(_) => Verdict::Unknown,
        }
    }

    /// The server's own words; `None` where its envelope has none.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Stored(envelope) | Self::Accepted(envelope) => envelope.message(),
            Self::Unconfirmed(unconfirmed) => Some(&unconfirmed.said),
        }
    }

    /// The nature of the message.
    pub fn nature(&self) -> Option<&str> {
        match self {
            Self::Stored(envelope) | Self::Accepted(envelope) => envelope.nature(),
            Self::Unconfirmed(_) => None,
        }
    }
}

impl Instead {
    fn of(said: &Said) -> Self {
        match said {
            Said::Envelope(_) => Self::Envelope,
            Said::Text(text) if is_page(text) => Self::Page,
            Said::Text(_) => Self::Nothing,
        }
    }
}

impl fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, said) = (self.status.as_u16(), &self.said);
        match self.instead {
            Instead::Envelope => write!(f, "the server answered {status}, which proves no delivery: {said}"),
            Instead::Page => {
                write!(f, "status {status} without proof of delivery; does this network want a login first?")
            }
            Instead::Nothing => write!(f, "the server answered {status} without an envelope: {said}"),
        }
    }
}
