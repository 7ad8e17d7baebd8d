//! Claims cases that a search found.

use http::Method;
use url::Url;

use super::{Client, address};
use crate::api::claim::{Answer, Request};
use crate::error::Error;
use crate::transport::{Body, Transport};

impl<T: Transport> Client<T> {
    /// Claims cases, once: nothing is tried again but for a challenge, and no redirect makes a GET of it.
    ///
    /// After that the device asks for a restore, where [`Answer::wants_sync`] says so. A case that the server does not know
    /// is [`Error::is_gone`].
    ///
    /// *Spec*: ota-restore.md 1.10.
    pub async fn claim(&self, url: &Url, claimed: &Request) -> Result<Answer, Error> {
        address::check(url)?;
        let write = |url: &Url| Ok(claimed.write(&self.preamble(), &address::uri(url)?).map(Body::from));
        let (_, response) = self.exchange(&Method::POST, url.clone(), &write).await?;
        let (answer, body) = response.into_parts();
        match Answer::read(answer.status) {
            Some(answer) => Ok(answer),
            None => Err(self.refused(answer, body).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{self, Seen, amina, answer, server, trail};
    use super::*;

    const CLAIM: &str = "https://hq.example/claim-case/";

    fn claimed() -> Request {
        Request::new(["c1"])
    }

    async fn outcome(
        rule: impl Fn(&Seen) -> tests::Answer + Send + Sync,
    ) -> (Result<Answer, Error>, Vec<String>) {
        let (host, seen) = server(rule);
        let client = Client::new(host).credentials(&CLAIM.parse().unwrap(), amina());
        let outcome = client.claim(&CLAIM.parse().unwrap(), &claimed()).await;
        (outcome, trail(&seen))
    }

    #[tokio::test]
    async fn a_claim_comes_to_what_the_status_says() {
        for (status, expected) in [
            (200, Answer::Claimed),
            (201, Answer::Claimed),
            (204, Answer::NothingToFetch),
            (409, Answer::AlreadyClaimed),
        ] {
            assert_eq!(outcome(|_| answer(status, &[], "")).await.0.unwrap(), expected);
        }
        let gone = outcome(|_| answer(410, &[], "No such case")).await.0.unwrap_err();
        assert!(gone.is_gone());
        assert_eq!(gone.to_string(), "the server answered 410: No such case");
        let bare = outcome(|_| answer(400, &[], "A case_id is required")).await.0.unwrap_err();
        assert_eq!(bare.message().unwrap(), "A case_id is required");
    }

    #[tokio::test]
    async fn a_claim_is_sent_once_and_stays_a_post() {
        for status in [301, 302, 303, 500, 502, 503, 429] {
            let headers = [("Location", "/elsewhere/"), ("Retry-After", "1")];
            let (outcome, trail) = outcome(|_| answer(status, &headers, "")).await;
            assert_eq!(outcome.unwrap_err().status().unwrap().as_u16(), status);
            assert_eq!(trail, [format!("POST {CLAIM}")], "{status}");
        }
        let moved = |seen: &Seen| match seen.uri.ends_with("/elsewhere/") {
            true => answer(201, &[], ""),
            false => answer(307, &[("Location", "/elsewhere/")], ""),
        };
        let (moved, trail) = outcome(moved).await;
        assert_eq!(moved.unwrap(), Answer::Claimed);
        assert_eq!(trail, [format!("POST {CLAIM}"), "POST https://hq.example/elsewhere/".to_owned()]);
    }

    #[tokio::test]
    async fn a_challenge_is_met_with_the_same_claim() {
        let asking = |seen: &Seen| match seen.authorization() {
            "" => answer(401, &[("WWW-Authenticate", "Basic realm=\"hq\"")], ""),
            _ => answer(204, &[], ""),
        };
        let (outcome, trail) = outcome(asking).await;
        assert_eq!((outcome.unwrap(), trail.len()), (Answer::NothingToFetch, 2));
    }
}
