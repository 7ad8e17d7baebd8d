//! A transport over a `reqwest` client of one's own.

use std::time::Duration;

use ::reqwest as lib;
use http::{Request, Response};
use http_body::Body as _;
use hyper_util::client::proxy::matcher::Matcher;

use super::hyper::{self, http2, proxy, tls};
use super::{Body, Error, Sent, Transport, coding};

/// Carries requests by a client that was made elsewhere, with the certificate, the proxy or the roots that its maker has set.
///
/// Where there is none, [`Hyper`](super::hyper::Hyper) is for most: here nobody listens for silence, which is the affair of
/// whoever made the client, and nothing is done about a connection on which nothing came.
///
/// ```
/// use std::time::Duration;
///
/// use openrosa_http::{Client, transport::reqwest::Reqwest};
///
/// // Or `reqwest::Client::builder()`, with what there is to be set.
/// let own = Reqwest::client(Duration::from_secs(60))?;
/// let client = Client::new(Reqwest::from_client(own));
/// # Ok::<(), openrosa_http::transport::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reqwest(lib::Client);

impl Reqwest {
    /// A transport over this client. It must not follow redirects or keep cookies, and must verify certificates: none of that can
    /// be seen from here.
    pub fn from_client(client: lib::Client) -> Self {
        Self(client)
    }

    /// A client for what else speaks HTTP, which trusts the certificates the platform trusts. It gives up after so long a silence,
    /// in which a request has to go, too.
    pub fn client(silence: Duration) -> Result<lib::Client, Error> {
        proxy::check()?;
        let client = lib::Client::builder()
            .tls_backend_preconfigured(tls::config()?)
            .redirect(lib::redirect::Policy::none())
            .referer(false)
            .connect_timeout(hyper::CONNECT)
            .read_timeout(silence)
            .user_agent(hyper::AGENT.clone());
        // How long is waited is said here. By itself it has the system give up a connection of which nothing has arrived for half
        // a minute, and even one whose server takes a little at a time.
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        let client = client.tcp_user_timeout(None);
        client.build().map_err(|error| Error::new(Sent::No, error.without_url()))
    }
}

impl Transport for Reqwest {
    async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, Error> {
        coding::ask(request.headers_mut());
        let uri = request.uri().clone();
        let unsent = |error: lib::Error| Error::new(Sent::No, error.without_url());
        let request = lib::Request::try_from(request.map(lib::Body::wrap)).map_err(unsent)?;
        let answer = match self.0.execute(request).await.map_err(lib::Error::without_url) {
            Ok(answer) => Response::<lib::Body>::from(answer),
            Err(error) if proxy::wants_login(&error) => return Ok(hyper::of_the_proxy()),
            Err(error) => {
                let is_unconnected = error.is_connect() || error.is_builder();
                return Err(hyper::failed(&error, is_unconnected, &uri, &Matcher::from_system()));
            }
        };
        let (mut parts, body) = answer.into_parts();
        let len = body.size_hint().exact();
        let pieces = http2::pieces(parts.version, body, |error| hyper::broken(&error.without_url()));
        let body = coding::undo(&mut parts, Body::from_stream(len, pieces));
        Ok(Response::from_parts(parts, body))
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// With what its maker has set, as here a name.
    #[tokio::test]
    async fn a_client_made_elsewhere_carries_requests() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/token/submission", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let mut connection = listener.accept().await.unwrap().0;
            let mut seen = Vec::new();
            while !seen.ends_with(b"<data/>") {
                seen.push(connection.read_u8().await.unwrap());
            }
            connection.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone").await.unwrap();
            String::from_utf8(seen).unwrap()
        });
        let named = lib::Client::builder()
            .tls_backend_preconfigured(tls::config().unwrap())
            .user_agent("clinic/7")
            .no_proxy()
            .build();
        let transport = Reqwest::from_client(named.unwrap());
        let answer = transport.send(Request::post(&uri).body(Body::from("<data/>")).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.into_body().read_up_to(10).await.unwrap(), "none");
        let seen = serving.await.unwrap();
        assert!(
            seen.contains("\r\nuser-agent: clinic/7\r\n") && seen.contains("content-length: 7"),
            "{seen}"
        );

        // Nobody listens there any more.
        let error = transport.send(Request::get(&uri).body(Body::empty()).unwrap()).await.unwrap_err();
        assert_eq!(error.sent(), Sent::No);
        assert!(!error.to_string().contains("token"), "{error}");
    }
}
