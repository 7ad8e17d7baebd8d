//! The transport of most: hyper, with TLS by rustls.

mod going;
pub(super) mod http2;
#[cfg(test)]
mod over_proxy;
#[cfg(test)]
mod over_tls;
mod pool;
pub(super) mod proxy;
mod silence;
pub(super) mod tls;
mod way;

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use http::header::{ACCEPT, PROXY_AUTHORIZATION, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body::Body as _;
use http_body_util::{Either, Full};
use hyper_util::client::legacy;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::ClientConfig;

use super::{Body, Error, Sent, Transport, coding};
use going::{Going, Last};
use pool::{Pool, Sending};
use proxy::Through;
use silence::{Clocks, TooLong};

/// ODK Collect's patience (openrosa.md 1.8).
pub(super) const CONNECT: Duration = Duration::from_secs(30);
const READ: Duration = Duration::from_secs(60);
/// How long a request that is being sent may stand still. The system keeps some of it where nobody sees it go: 180
/// kilobytes take that long on a line of one a second.
const WRITE: Duration = Duration::from_secs(180);
/// The same over HTTP/2, of which another MiB is kept between.
const WRITE_HTTP2: Duration = Duration::from_secs(180 + 1024);
/// How large the head of an answer may be over HTTP/2, where its usual bound is 16 KiB, and some cookies are larger. Over HTTP/1.1
/// it may have as much.
const HEAD: u32 = 256 << 10;
/// How long nothing comes over HTTP/2 until the other end is asked for a sign of life, for which it then has [`WRITE`]. A request
/// that is given up there leaves its connection to others, and one that is dead has to be found out.
const PING: Duration = Duration::from_secs(30);

/// What is said of who asks, where the request does not say it.
pub(super) static AGENT: HeaderValue =
    HeaderValue::from_static(concat!("openrosa-http/", env!("CARGO_PKG_VERSION")));

/// Carries requests over HTTP/1.1, HTTP/2 and TLS, trusting the certificates the platform trusts.
///
/// It follows no redirect and keeps no cookie; `HTTP_PROXY` and its kin are obeyed, as are `SSL_CERT_FILE` and `SSL_CERT_DIR` where
/// the system has no other place for certificates. What is compressed by gzip comes as it was before.
#[derive(Clone, Debug)]
pub struct Hyper {
    pool: Pool,
    proxies: Arc<Matcher>,
    clocks: Clocks,
    /// Whether the last answer came over HTTP/2. Most requests go to the same server.
    is_http2: Arc<AtomicBool>,
}

impl Hyper {
    /// A transport with the timeouts of ODK Collect: 30 seconds to connect, 60 for every silence; and 180 for every standstill
    /// of a request with more than 16 KiB, which may take as long as it takes. Over HTTP/2, which keeps more of a request where
    /// nobody sees it go, a standstill may last twenty minutes, but a connection on which nothing comes for 30 seconds is asked for
    /// a sign of life, and has 180 to give one. That waits behind what the system has still to send.
    ///
    /// A connection on which an answer did not come in time is not used again.
    ///
    /// A proxy that the environment names and that cannot be read is an error.
    ///
    /// *Spec*: openrosa.md 1.8.
    pub fn new() -> Result<Self, Error> {
        proxy::check()?;
        Ok(Self::over(tls::config()?, Matcher::from_system()))
    }

    fn over(tls: ClientConfig, proxies: Matcher) -> Self {
        let proxies = Arc::new(proxies);
        Self {
            pool: Pool::new(tls, Arc::clone(&proxies)),
            proxies,
            clocks: Clocks::default(),
            is_http2: Arc::default(),
        }
    }

    /// As it goes to the server, or to a proxy that reads it.
    fn request(&self, request: Request<Body>, last: &Last) -> Request<Sending> {
        let (mut head, body) = request.into_parts();
        coding::ask(&mut head.headers);
        head.headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        head.headers.entry(USER_AGENT).or_insert_with(|| AGENT.clone());
        if head.uri.scheme() == Some(&Scheme::HTTP)
            && let Some(proxy) = self.proxies.intercept(&head.uri)
            && let Some(login) = proxy.basic_auth()
        {
            head.headers.entry(PROXY_AUTHORIZATION).or_insert_with(|| login.clone());
        }
        let body = match body.whole() {
            Ok(bytes) if Going::is_small(&bytes) => Either::Left(Full::new(bytes)),
            Ok(bytes) => Either::Right(Going::new(bytes.into(), last.clone())),
            Err(body) => Either::Right(Going::new(body, last.clone())),
        };
        Request::from_parts(head, body)
    }

    fn silent(&self, error: TooLong) -> Error {
        self.pool.leave();
        Error::new(Sent::Perhaps, error)
    }

    fn failed(&self, error: &legacy::Error, uri: &Uri) -> Error {
        if http2::wants_http1(error) {
            self.pool.leave_http2();
        }
        failed(error, error.is_connect(), uri, &self.proxies)
    }
}

impl Transport for Hyper {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Error> {
        let is_http2 = self.is_http2.load(Ordering::Relaxed);
        let last = Last::new(if is_http2 { WRITE_HTTP2 } else { WRITE });
        let uri = request.uri().clone();
        if uri.scheme().is_none() || uri.authority().is_none() {
            return Err(Error::new(Sent::No, "the address does not say which server it is of"));
        }
        let answer = self.pool.connections().request(self.request(request, &last));
        let mut silence = self.clocks.begin();
        let response = match silence.until(answer, &last).await.map_err(|late| self.silent(late))? {
            Ok(response) => response,
            // It is the same answer as to a request by plain http, which it would have passed on itself.
            Err(error) if proxy::wants_login(&error) => return Ok(of_the_proxy()),
            Err(error) => return Err(self.failed(&error, &uri)),
        };
        let (mut parts, body) = response.into_parts();
        self.is_http2.store(parts.version == Version::HTTP_2, Ordering::Relaxed);
        let len = body.size_hint().exact();
        let pieces = silence.between(http2::pieces(parts.version, body, |error| broken(&error)));
        let pool = self.pool.clone();
        let pieces = pieces.inspect_err(move |error| {
            if error.kind() == io::ErrorKind::TimedOut {
                pool.leave();
            }
        });
        let body = coding::undo(&mut parts, Body::from_stream(len, pieces));
        Ok(Response::from_parts(parts, body))
    }
}

/// Why a request came to nothing.
pub(super) fn failed(
    error: &(dyn StdError + 'static),
    is_unconnected: bool,
    uri: &Uri,
    proxies: &Matcher,
) -> Error {
    if http2::is_passed_over(error) {
        return Error::passed_over(in_words(error));
    }
    let sent = if is_unconnected || tls::wants_certificate(error) { Sent::No } else { Sent::Perhaps };
    let words = tls::words(error);
    let why = words.as_ref().and_then(|(_, why)| *why);
    let source: Box<dyn StdError + Send + Sync> = match words {
        Some((words, _)) => words.into(),
        None if proxy::refuses(error) => proxy::REFUSED.into(),
        None => in_words(error).into(),
    };
    let failed = match proxy::named(uri, error, proxies).filter(|_| is_unconnected) {
        Some(proxy) => Error::new(sent, Through::new(proxy, source)),
        None => Error::new(sent, source),
    };
    why.into_iter().fold(failed, Error::as_untrusted)
}

/// A failure and what is behind it. The libraries beneath pack one into another: of a server that does not listen, five layers say
/// one thing.
fn in_words(error: &(dyn StdError + 'static)) -> String {
    let (mut told, mut next) = (Vec::new(), Some(error));
    while let Some(error) = next {
        told.push(error.to_string());
        next = error.source();
    }
    told.retain(|words| !is_wrapping(words));
    if told.is_empty() { error.to_string() } else { told.join(": ") }
}

/// Words that say only that there is something beneath.
fn is_wrapping(words: &str) -> bool {
    words.starts_with("client error (")
        || matches!(words, "error sending request" | "tcp connect error" | proxy::UNREACHED)
}

/// Why an answer broke off.
pub(super) fn broken(error: &(dyn StdError + 'static)) -> io::Error {
    io::Error::other(tls::words(error).map_or_else(|| in_words(error), |(words, _)| words))
}

pub(super) fn of_the_proxy() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use http::Method;
    use http::header::{COOKIE, LOCATION};
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::Client;
    use crate::api::submission::{Attachment, Request as Submission};
    use crate::client::{Receipt, Verdict};

    /// A server on a real socket that gives each of these answers to one request, and what it was sent.
    async fn server(answers: Vec<String>) -> (SocketAddr, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut seen = Vec::new();
            for answer in answers {
                let mut connection = BufReader::new(listener.accept().await.unwrap().0);
                seen.push(request(&mut connection).await);
                connection.write_all(answer.as_bytes()).await.unwrap();
                connection.shutdown().await.unwrap();
            }
            seen
        });
        (address, serving)
    }

    async fn request(connection: &mut BufReader<TcpStream>) -> String {
        let mut seen = String::new();
        while !seen.ends_with("\r\n\r\n") {
            assert_ne!(connection.read_line(&mut seen).await.unwrap(), 0, "{seen}");
        }
        let length = seen.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        connection.read_exact(&mut body).await.unwrap();
        seen + &String::from_utf8_lossy(&body)
    }

    fn answer(head: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "HTTP/1.1 {head}\r\nX-OpenRosa-Version: 1.0\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }

    fn bare(method: Method, address: SocketAddr) -> Request<Body> {
        let uri = format!("http://{address}/key/secret-token/submission");
        Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()
    }

    /// over a real connection the form is the first part.
    /// a file from disk follows under its name.
    #[tokio::test]
    async fn a_submission_goes_over_a_socket_with_its_exact_length() {
        let envelope = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Saved.</message></OpenRosaResponse>";
        let (address, serving) =
            server(vec![answer("204 No Content", ""), answer("201 Created", envelope)]).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("p"), vec![b'x'; 200_000]).unwrap();

        let photo = Attachment::file("bäume 1.jpg", folder.path().join("p")).unwrap();
        let submission = Submission::new("<data id='f'/>").attach(photo).unwrap();
        let url = format!("http://{address}/submission").parse().unwrap();
        let receipt = Client::new(Hyper::new().unwrap()).submit(&url, &submission).await.unwrap();
        assert!(matches!(receipt, Receipt::Stored(envelope) if envelope.message() == Some("Saved.")));

        let seen = serving.await.unwrap();
        assert!(seen[0].starts_with("HEAD /submission HTTP/1.1\r\n"), "{}", seen[0]);
        let (head, body) = seen[1].split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("transfer-encoding"), "{head}");
        let form = body.find("name=\"xml_submission_file\"; filename=\"submission.xml\"").unwrap();
        let file = body.find("name=\"bäume 1.jpg\"; filename=\"bäume 1.jpg\"").unwrap();
        assert!(form < file);
        assert!(body.contains(&"x".repeat(200_000)) && body.ends_with("--\r\n"));
    }

    /// the transport follows no redirect of its own accord.
    #[tokio::test]
    async fn redirects_and_cookies_are_left_alone() {
        let moved = answer("302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=b", "");
        let (address, serving) = server(vec![moved, answer("200 OK", "")]).await;
        let transport = Hyper::new().unwrap();
        let response = transport.send(bare(Method::POST, address)).await.unwrap();
        assert_eq!(response.status(), 302);
        assert_eq!(response.headers()[LOCATION], "/elsewhere");
        transport.send(bare(Method::HEAD, address)).await.unwrap();
        assert!(!transport.is_http2.load(Ordering::Relaxed));
        assert!(!serving.await.unwrap()[1].to_lowercase().contains(COOKIE.as_str()));
    }

    /// Digest's `uri` is the request target as it stands on the wire, whatever the address was made of.
    #[tokio::test]
    async fn the_target_hashed_is_the_target_sent() {
        let challenge = answer("401 Unauthorized\r\nWWW-Authenticate: Digest realm=a, nonce=n, qop=auth", "");
        let (address, serving) =
            server(vec![challenge, answer("204 No Content", ""), answer("500 No", "")]).await;
        let url = format!("http://{address}/key/a$!'b%2Fc/{{x}}|^`é/s?q='\"<>`{{}}|^é %zz&r=a+b%20c#f")
            .parse()
            .unwrap();
        let client = Client::new(Hyper::new().unwrap())
            .credentials(&url, crate::auth::Credentials::new("amina", "secret"))
            .device_id("häuser & bäume");
        assert!(client.submit(&url, &Submission::new("<a/>")).await.is_err());
        for seen in &serving.await.unwrap()[1..] {
            let target = seen.split(' ').nth(1).unwrap();
            assert!(target.contains("&r=a+b%20c&deviceID=h%C3%A4user%20%26%20b%C3%A4ume"), "{target}");
            assert!(seen.contains(&format!("uri=\"{target}\"")), "{seen}");
        }
    }

    #[tokio::test]
    async fn where_nobody_listens_nothing_was_sent() {
        // Bound and not listening: nobody else gets the port meanwhile.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let error = Hyper::new().unwrap().send(bare(Method::POST, address)).await.unwrap_err();
        assert_eq!(error.sent(), Sent::No);
        assert!(!error.to_string().contains("secret-token"), "{error}");
        // The system's own words, and once.
        let refused = std::net::TcpStream::connect(address).unwrap_err();
        assert_eq!(error.to_string(), format!("no connection to the server: {refused}"));
    }

    #[tokio::test]
    async fn an_address_without_a_server_goes_nowhere() {
        for address in ["/submission", "example.org:80"] {
            let request = Request::post(address).body(Body::empty()).unwrap();
            let error = Hyper::new().unwrap().send(request).await.unwrap_err();
            assert_eq!(error.sent(), Sent::No);
            let words = "no connection to the server: the address does not say which server it is of";
            assert_eq!(error.to_string(), words);
        }
    }

    /// What is small is gone before anybody could ask whether it goes.
    #[test]
    fn a_large_request_is_watched_as_it_goes() {
        let transport = Hyper::new().unwrap();
        for (length, is_watched) in [(0, false), (16 << 10, false), ((16 << 10) + 1, true)] {
            let request = Request::new(Body::from(vec![b'x'; length]));
            let body = transport.request(request, &Last::new(WRITE)).into_body();
            assert_eq!(matches!(body, Either::Right(_)), is_watched, "{length}");
        }
    }

    #[tokio::test]
    async fn where_the_answer_breaks_off_everything_may_have_been_sent() {
        let (address, _serving) = server(vec!["HTTP/1.1 ".to_owned()]).await;
        let error = Hyper::new().unwrap().send(bare(Method::POST, address)).await.unwrap_err();
        assert_eq!(error.sent(), Sent::Perhaps);
        assert!(!error.to_string().contains("secret-token"), "{error}");

        let short = "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n<OpenRosaResponse".to_owned();
        let (address, _serving) = server(vec![answer("405 Method Not Allowed", ""), short]).await;
        let url = format!("http://{address}/submission").parse().unwrap();
        let client = Client::new(Hyper::new().unwrap());
        let error = client.submit(&url, &Submission::new("<a/>")).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Unknown);
    }
}
