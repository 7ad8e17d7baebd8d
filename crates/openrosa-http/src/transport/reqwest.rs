//! The transport of most: reqwest, with TLS by rustls.

mod going;
mod http2;
#[cfg(test)]
mod over_tls;
mod pool;
mod proxy;
mod silence;
mod tls;

use std::error::Error as StdError;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::reqwest as lib;
use futures_util::TryStreamExt;
use http::{Request, Response, StatusCode, Uri, Version};
use http_body::Body as _;
use rustls::ClientConfig;

use super::{Body, Error, Sent, Transport, coding};
use going::{Going, Last};
use pool::Pool;
use proxy::Through;
use silence::{Clocks, TooLong};

/// ODK Collect's patience (openrosa.md 1.8).
const CONNECT: Duration = Duration::from_secs(30);
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

/// Carries requests over HTTP/1.1, HTTP/2 and TLS, trusting the certificates the platform trusts.
///
/// It follows no redirect and keeps no cookie; `HTTP_PROXY` and its kin are obeyed, as are `SSL_CERT_FILE` and `SSL_CERT_DIR` where
/// the system has no other place for certificates. What is compressed by gzip comes as it was before.
#[derive(Clone, Debug)]
pub struct Reqwest {
    pool: Pool,
    /// Nobody listens for silence where the client was made elsewhere: that is its maker's affair.
    clocks: Option<Clocks>,
    /// Whether the last answer came over HTTP/2. Most requests go to the same server.
    is_http2: Arc<AtomicBool>,
    /// The last address, taken apart: most requests go to the same.
    last: Arc<Mutex<Option<(Uri, lib::Url)>>>,
}

impl Reqwest {
    /// A transport with the timeouts of ODK Collect: 30 seconds to connect, 60 for every silence; and 180 for every standstill
    /// of a request with more than 16 KiB, which may take as long as it takes. Over HTTP/2, which keeps more of a request where
    /// nobody sees it go, a standstill may last twenty minutes, but a connection on which nothing comes for 30 seconds is asked for
    /// a sign of life, and has 180 to give one. That waits behind what the system has still to send.
    ///
    /// A connection on which an answer did not come in time is not used again.
    ///
    /// A proxy that the environment names and that cannot be read is an error.
    pub fn new() -> Result<Self, Error> {
        proxy::check()?;
        Self::over(tls::config()?)
    }

    fn over(tls: ClientConfig) -> Result<Self, Error> {
        Ok(Self { clocks: Some(Clocks::default()), ..Self::through(Pool::new(tls)?) })
    }

    /// A client like the one underneath, for what else speaks HTTP. It gives up after so long a silence, in which a request has to
    /// go, too.
    pub fn client(silence: Duration) -> Result<lib::Client, Error> {
        proxy::check()?;
        builder(tls::config()?).read_timeout(silence).build().map_err(unsent)
    }

    /// A transport over a client made elsewhere. It must not follow redirects or keep cookies, and must verify
    /// certificates: none of that can be seen from here.
    pub fn from_client(client: lib::Client) -> Self {
        Self::through(Pool::of(client))
    }

    fn through(pool: Pool) -> Self {
        Self { pool, clocks: None, is_http2: Arc::default(), last: Arc::default() }
    }

    fn url(&self, uri: &Uri) -> Result<lib::Url, Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, url)) = &*last
            && known == uri
        {
            return Ok(url.clone());
        }
        let url = lib::Url::parse(&uri.to_string()).map_err(|error| Error::new(Sent::No, error))?;
        *last = Some((uri.clone(), url.clone()));
        Ok(url)
    }

    fn silent(&self, error: TooLong) -> Error {
        self.pool.leave();
        Error::new(Sent::Perhaps, error)
    }

    fn failed(&self, error: lib::Error, uri: &Uri) -> Error {
        if http2::wants_http1(&error) {
            self.pool.leave_http2();
        }
        if http2::is_passed_over(&error) {
            return Error::passed_over(in_words(error));
        }
        let is_unsent = error.is_connect() || error.is_builder() || tls::wants_certificate(&error);
        let sent = if is_unsent { Sent::No } else { Sent::Perhaps };
        let (words, proxy) = (tls::words(&error), proxy::named(uri, &error));
        let why = words.as_ref().and_then(|(_, why)| *why);
        let source: Box<dyn StdError + Send + Sync> = match words {
            Some((words, _)) => words.into(),
            None if proxy::refuses(&error) => proxy::REFUSED.into(),
            None => in_words(error).into(),
        };
        let failed = match proxy {
            Some(proxy) => Error::new(sent, Through::new(proxy, source)),
            None => Error::new(sent, source),
        };
        why.into_iter().fold(failed, Error::as_untrusted)
    }

    fn request(&self, request: Request<Body>, last: &Last) -> Result<lib::Request, Error> {
        let (head, body) = request.into_parts();
        let mut request = lib::Request::new(head.method, self.url(&head.uri)?);
        *request.headers_mut() = head.headers;
        *request.version_mut() = head.version;
        // What is small goes as it lies in memory: a stream of one piece would be asked for the next on every layer.
        *request.body_mut() = Some(match body.whole() {
            Ok(bytes) if Going::is_small(&bytes) => bytes.into(),
            Ok(bytes) => lib::Body::wrap(Going::new(bytes.into(), last.clone())),
            Err(body) => lib::Body::wrap(Going::new(body, last.clone())),
        });
        Ok(request)
    }
}

fn builder(tls: ClientConfig) -> lib::ClientBuilder {
    let client = lib::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(lib::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .http2_max_header_list_size(HEAD)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(WRITE)
        .user_agent(concat!("openrosa-http/", env!("CARGO_PKG_VERSION")));
    // How long is waited is said here. By itself it has the system give up a connection of which nothing has arrived for half
    // a minute, and even one whose server takes a little at a time.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let client = client.tcp_user_timeout(None);
    client
}

impl Transport for Reqwest {
    async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, Error> {
        let is_http2 = self.is_http2.load(Ordering::Relaxed);
        let last = Last::new(if is_http2 { WRITE_HTTP2 } else { WRITE });
        coding::ask(request.headers_mut());
        let uri = request.uri().clone();
        let client = self.pool.client();
        let answer = client.execute(self.request(request, &last)?);
        let mut silence = self.clocks.as_ref().map(Clocks::begin);
        let response = match &mut silence {
            Some(silence) => silence.until(answer, &last).await.map_err(|late| self.silent(late))?,
            None => answer.await,
        };
        let response = match response {
            Ok(response) => Response::<lib::Body>::from(response),
            // It is the same answer as to a request by plain http, which it would have passed on itself.
            Err(error) if proxy::wants_login(&error) => return Ok(of_the_proxy()),
            Err(error) => return Err(self.failed(error, &uri)),
        };
        let (mut parts, body) = response.into_parts();
        self.is_http2.store(parts.version == Version::HTTP_2, Ordering::Relaxed);
        let len = body.size_hint().exact();
        let chunks = http2::pieces(parts.version, body);
        let body = match silence {
            Some(silence) => {
                let pool = self.pool.clone();
                let leave = move |error: &io::Error| {
                    if error.kind() == io::ErrorKind::TimedOut {
                        pool.leave();
                    }
                };
                Body::from_stream(len, silence.between(chunks).inspect_err(leave))
            }
            None => Body::from_stream(len, chunks),
        };
        let body = coding::undo(&mut parts, body);
        Ok(Response::from_parts(parts, body))
    }
}

fn unsent(error: lib::Error) -> Error {
    Error::new(Sent::No, error.without_url())
}

/// A failure and what is behind it. The libraries beneath pack one into another: of a server that does not listen, five layers say
/// one thing.
fn in_words(error: lib::Error) -> String {
    let error = error.without_url();
    let (mut told, mut next) = (Vec::new(), Some(&error as &dyn StdError));
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

fn of_the_proxy() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    response
}

fn broken(error: lib::Error) -> io::Error {
    match tls::words(&error) {
        Some((words, _)) => io::Error::other(words),
        None => io::Error::other(error.without_url()),
    }
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
        let receipt = Client::new(Reqwest::new().unwrap()).submit(&url, &submission).await.unwrap();
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

    /// With what its maker has set, as here a name.
    #[tokio::test]
    async fn a_client_made_elsewhere_carries_requests() {
        let (address, serving) = server(vec![answer("404 Not Found", "none")]).await;
        let named = builder(tls::config().unwrap()).user_agent("clinic/7").build().unwrap();
        let transport = Reqwest::from_client(named);
        let answer = transport.send(bare(Method::GET, address)).await.unwrap();
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.into_body().read_up_to(10).await.unwrap(), "none");
        let seen = serving.await.unwrap();
        assert!(seen[0].contains("\r\nuser-agent: clinic/7\r\n"), "{}", seen[0]);
    }

    /// the transport follows no redirect of its own accord.
    #[tokio::test]
    async fn redirects_and_cookies_are_left_alone() {
        let moved = answer("302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=b", "");
        let (address, serving) = server(vec![moved, answer("200 OK", "")]).await;
        let transport = Reqwest::new().unwrap();
        let response = transport.send(bare(Method::POST, address)).await.unwrap();
        assert_eq!(response.status(), 302);
        assert_eq!(response.headers()[LOCATION], "/elsewhere");
        transport.send(bare(Method::HEAD, address)).await.unwrap();
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
        let client = Client::new(Reqwest::new().unwrap())
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
        let error = Reqwest::new().unwrap().send(bare(Method::POST, address)).await.unwrap_err();
        assert_eq!(error.sent(), Sent::No);
        assert!(!error.to_string().contains("secret-token"), "{error}");
        // The system's own words, and once.
        let refused = std::net::TcpStream::connect(address).unwrap_err();
        assert_eq!(error.to_string(), format!("no connection to the server: {refused}"));
    }

    #[tokio::test]
    async fn where_the_answer_breaks_off_everything_may_have_been_sent() {
        let (address, _serving) = server(vec!["HTTP/1.1 ".to_owned()]).await;
        let error = Reqwest::new().unwrap().send(bare(Method::POST, address)).await.unwrap_err();
        assert_eq!(error.sent(), Sent::Perhaps);
        assert!(!error.to_string().contains("secret-token"), "{error}");

        let short = "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n<OpenRosaResponse".to_owned();
        let (address, _serving) = server(vec![answer("405 Method Not Allowed", ""), short]).await;
        let url = format!("http://{address}/submission").parse().unwrap();
        let client = Client::new(Reqwest::new().unwrap());
        let error = client.submit(&url, &Submission::new("<a/>")).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Unknown);
    }
}
