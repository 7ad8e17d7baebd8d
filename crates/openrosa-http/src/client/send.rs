//! Requests of somebody else's making: other protocols of a server whose OpenRosa is spoken here.

use http::Response;
use url::Url;

use super::{Client, address, pace};
use crate::error::{Error, Kind};
use crate::transport::{Body, Transport};

impl<T: Transport> Client<T> {
    /// Sends a request with the credentials that are set for its server, once more where the server asks for them, and brings
    /// whatever is answered.
    ///
    /// `write` gives the request all but its address, and is called anew for the second time. No redirect is followed and no
    /// status judged but 401, which is an error of which [`Error::unanswerable`] says the reason and [`Error::response`] the
    /// body. The body of an answer has to keep a pace, as slow as the slowest line.
    ///
    /// ```
    /// use openrosa_http::{Client, auth::{ApiKey, Secret}, transport::Body};
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = async |request: http::Request<Body>| {
    ///     assert_eq!(request.headers()["Authorization"], "ApiKey amina@example.org:0123");
    ///     Ok(http::Response::new(Body::from("{}")))
    /// };
    /// let url = "https://hq.example/a/demo/api/v0.5/group/".parse()?;
    /// let client = Client::new(server).api_key(&url, ApiKey::new("amina@example.org", Secret::new("0123")));
    /// let answer = client.send(&url, &|| http::Request::new(Body::empty())).await?;
    /// assert_eq!(answer.into_body().read_up_to(100).await?, "{}");
    /// # Ok(()) }
    /// ```
    pub async fn send(
        &self,
        url: &Url,
        write: &(dyn Fn() -> http::Request<Body> + Sync),
    ) -> Result<Response<Body>, Error> {
        address::check(url)?;
        let addressed = |url: &Url| {
            let mut request = write();
            *request.uri_mut() = address::uri(url)?;
            Ok(request)
        };
        Ok(self.authenticated(url, &addressed).await?.map(pace::paced))
    }
}

/// Reads a body of at most so many bytes to its end; one whose end is missing is an error. `what` is what to call it there.
///
/// A connection that ends before all bytes came that were announced has lost some of them, whatever it calls itself.
pub async fn read_whole(mut body: Body, limit: usize, what: &'static str) -> Result<bytes::Bytes, Error> {
    let announced = body.len();
    let mut read = bytes::BytesMut::new();
    while let Some(chunk) = body.chunk().await.map_err(super::broken)? {
        if read.len() + chunk.len() > limit {
            return Err(Kind::TooLarge { what, limit }.into());
        }
        read.extend_from_slice(&chunk);
    }
    super::download::whole(announced, read.len() as u64)?;
    Ok(read.freeze())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Seen, amina, answer, server, url};
    use super::*;
    use crate::auth::Credentials;
    use crate::client::Unanswerable;

    #[tokio::test]
    async fn a_challenge_is_met_and_a_redirect_is_not_followed() {
        let (server, seen) = server(|seen: &Seen| match seen.authorization() {
            "" => answer(401, &[("WWW-Authenticate", "Basic realm=\"DJANGO\"")], ""),
            _ => answer(302, &[("Location", "/accounts/login/")], ""),
        });
        let client = Client::new(server).credentials(&url(), amina());
        let got = client.send(&url(), &|| http::Request::new(Body::from("x"))).await.unwrap();
        assert_eq!(got.status(), 302);
        assert_eq!(seen.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_words() {
        let (server, _) = server(|_: &Seen| answer(401, &[], r#"{"error": "not authorized"}"#));
        let client = Client::new(server).credentials(&url(), Credentials::new("a", "b")).preemptive_basic();
        let error = client.send(&url(), &|| http::Request::new(Body::empty())).await.unwrap_err();
        assert_eq!(error.unanswerable(), Some(&Unanswerable::Refused));
        assert_eq!(error.message().as_deref(), Some(r#"{"error": "not authorized"}"#));
    }

    /// What drips is given up here, too.
    #[tokio::test(start_paused = true)]
    async fn an_answer_has_to_keep_a_pace() {
        let silent = async |_: http::Request<Body>| {
            Ok(Response::new(Body::from_stream(None, futures_util::stream::pending())))
        };
        let answer = Client::new(silent).send(&url(), &|| http::Request::new(Body::empty())).await.unwrap();
        let error = read_whole(answer.into_body(), 10, "page").await.unwrap_err();
        assert!(error.to_string().ends_with("100 bytes a second"), "{error}");
    }

    #[tokio::test]
    async fn a_body_without_its_end_is_none() {
        let chunks = futures_util::stream::iter([Ok(bytes::Bytes::from_static(b"abc"))]);
        assert!(read_whole(Body::from_stream(Some(4), chunks), 10, "page").await.unwrap_err().is_transport());
        assert!(read_whole(Body::from("abc"), 2, "page").await.is_err());
        assert_eq!(read_whole(Body::from("abc"), 3, "page").await.unwrap(), "abc");
    }
}
