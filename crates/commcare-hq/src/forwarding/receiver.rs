//! A router that takes deliveries in.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http_body_util::LengthLimitError;

use super::Delivery;

/// A form with many cases has some megabytes.
const BODY_LIMIT: usize = 64 << 20;

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "HQ knows these three")]
pub enum Verdict {
    /// It is taken in: 200. HQ takes 204 for nothing sent, so that is never answered.
    Taken,
    /// It will never be: 422, after which HQ does not send it again.
    Rejected,
    /// Not now: 503, after which HQ sends it again in an hour or more.
    Later,
}

impl Verdict {
    fn status(self) -> StatusCode {
        match self {
            Self::Taken => StatusCode::OK,
            Self::Rejected => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Later => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Takes whatever is sent to it, by any method and at any path below where it is mounted. Answer soon and work later: HQ waits for
/// a minute. [`Verdict::Taken`] is for what is durable: HQ forgets it then.
///
/// What makes no sense, and what has more than 64 MiB, is rejected without asking; the answer's body says why, and HQ shows that
/// beside its record. A [`Receiver`] has another limit. Who may send is for a layer before it.
///
/// ```
/// use commcare_hq::forwarding::{Delivery, Verdict, router};
///
/// let app = axum::Router::new().nest_service("/hq", router(async |delivery: Delivery| {
///     println!("{:?}", delivery.payload);
///     Verdict::Taken
/// }));
/// # let _: axum::Router = app;
/// ```
pub fn router<H, F>(take: H) -> Router
where
    H: Fn(Delivery) -> F + Send + Sync + 'static,
    F: Future<Output = Verdict> + Send,
{
    Receiver::new(take).router()
}

/// What [`router`] makes its router of, to be set otherwise.
///
/// ```
/// use commcare_hq::forwarding::{Receiver, Verdict};
///
/// let router = Receiver::new(async |_| Verdict::Taken).body_limit(4 << 20).router();
/// # let _: axum::Router = router;
/// ```
#[derive(Clone, Debug)]
pub struct Receiver<H> {
    take: H,
    body_limit: usize,
}

impl<H, F> Receiver<H>
where
    H: Fn(Delivery) -> F + Send + Sync + 'static,
    F: Future<Output = Verdict> + Send,
{
    /// One that asks what becomes of each delivery.
    pub fn new(take: H) -> Self {
        Self { take, body_limit: BODY_LIMIT }
    }

    /// How many bytes a delivery may have; 64 MiB unless said.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The router.
    pub fn router(self) -> Router {
        let receiver = Arc::new(self);
        Router::new().fallback(move |request: Request| {
            let receiver = Arc::clone(&receiver);
            async move { receiver.receive(request).await }
        })
    }

    async fn receive(&self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let body = match to_bytes(body, self.body_limit).await {
            Ok(body) => body,
            Err(error) if is_too_long(&error) => {
                return rejected(format!("it has more than {} bytes", self.body_limit));
            }
            // A body that broke off may come whole another time.
            Err(_) => return answer(Verdict::Later, String::new()),
        };
        match Delivery::read(&head, body) {
            Ok(delivery) => answer((self.take)(delivery).await, String::new()),
            Err(error) => rejected(error.to_string()),
        }
    }
}

/// Told from a connection that broke by what is behind the error.
fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|why| why.is::<LengthLimitError>())
}

fn rejected(why: String) -> Response {
    answer(Verdict::Rejected, why)
}

fn answer(verdict: Verdict, why: String) -> Response {
    let mut answer = Response::new(Body::from(why));
    *answer.status_mut() = verdict.status();
    answer
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt as _;

    use super::*;

    async fn status(verdict: Verdict, body: &'static str) -> u16 {
        let router = router(move |_| async move { verdict });
        let request = http::Request::post("/hook").body(Body::from(body)).unwrap();
        router.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn a_rejection_says_why() {
        let router = router(async |_| Verdict::Taken);
        let long = http::Request::post("/hook").body(Body::from(vec![b' '; BODY_LIMIT + 1])).unwrap();
        let answer = router.clone().oneshot(long).await.unwrap();
        assert_eq!(answer.status(), 422);
        let wrong = http::Request::post("/hook").body(Body::from("two words")).unwrap();
        let answer = router.oneshot(wrong).await.unwrap();
        let said = to_bytes(answer.into_body(), BODY_LIMIT).await.unwrap();
        assert!(String::from_utf8_lossy(&said).contains("anything but XML, JSON or an id"), "{said:?}");
    }

    #[tokio::test]
    async fn a_delivery_may_be_as_long_as_its_receiver_says() {
        let router = Receiver::new(async |_| Verdict::Taken).body_limit(4).router();
        for (body, status) in [("0f3c", 200), ("0f3c9", 422)] {
            let request = http::Request::post("/hook").body(Body::from(body)).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status, "{body}");
            if status == 422 {
                let said = to_bytes(answer.into_body(), BODY_LIMIT).await.unwrap();
                assert_eq!(said, "it has more than 4 bytes");
            }
        }
    }

    /// H-092: success is answered with 200, never 204; a rejection with 422; trouble with 503.
    #[tokio::test]
    async fn each_verdict_has_its_status() {
        assert_eq!(status(Verdict::Taken, "0f3c").await, 200);
        assert_eq!(status(Verdict::Rejected, "0f3c").await, 422);
        assert_eq!(status(Verdict::Later, "0f3c").await, 503);
        assert_eq!(status(Verdict::Taken, "<broken").await, 422);
    }
}
