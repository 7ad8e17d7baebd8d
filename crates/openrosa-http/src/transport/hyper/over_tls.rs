//! Over TLS, against a server that is not ours: HTTP/2 frame by frame, so that it can do what servers should not.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use http::{Request, Uri, Version};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::*;
use crate::Client;
use crate::client::Verdict;
use crate::transport::Untrusted;

/// For `localhost`, from 2020 to 2120, signed with its own key.
pub(super) const SERVER: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/key.pem");

/// The same, but for `CA:TRUE`, as plain `openssl req -x509` makes them.
const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");

/// A transport that trusts this alone.
pub(super) fn trusting(certificates: &[&[u8]], proxies: Matcher) -> Hyper {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    Hyper::over(tls::offering_http2(builder.with_no_client_auth()), proxies)
}

fn none() -> Matcher {
    Matcher::builder().build()
}

/// What becomes of a request.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Answered,
    /// RST_STREAM with REFUSED_STREAM: it was not looked at (RFC 9113, 8.7).
    Refused,
    /// GOAWAY without an error, and this as the last request that was looked at; then the end.
    Last,
    /// The same, and this as the first that was not.
    First,
    /// RST_STREAM with HTTP_1_1_REQUIRED (RFC 9113, 7).
    Http1,
    /// Nothing, and nothing after it on this connection.
    Silence,
    /// Content, and nothing after it on this connection.
    Stall,
    /// A head of more than 16 KiB, and no content.
    LongHead,
    /// Content, and RST_STREAM with NO_ERROR in place of its end.
    Cut,
    /// The same content, and the connection ends without the word of TLS for it.
    HungUp,
    /// All of the content before the request has ended, and then RST_STREAM with NO_ERROR (RFC 9113, 8.1).
    Early,
}

/// A server that speaks HTTP/2, or HTTP/1.1 to who wants that, and does this with one request after the other; and how many there
/// were.
pub(super) async fn server(fates: Vec<Fate>) -> (Uri, Arc<AtomicUsize>) {
    server_as(SERVER, fates).await
}

/// The same, with this certificate.
async fn server_as(certificate: &[u8], fates: Vec<Fate>) -> (Uri, Arc<AtomicUsize>) {
    let acceptor = accepting(certificate, WebPkiClientVerifier::no_client_auth(), &[b"h2", b"http/1.1"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://localhost:{}/submission", listener.local_addr().unwrap().port());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        let fates = Arc::new(Mutex::new(VecDeque::from(fates)));
        loop {
            if let Ok(connection) = acceptor.accept(listener.accept().await.unwrap().0).await {
                tokio::spawn(serve(connection, Arc::clone(&fates), Arc::clone(&requests)));
            }
        }
    });
    (uri.parse().unwrap(), counted)
}

/// With this certificate for who asks, with one that is known here, in one of these protocols.
fn accepting(certificate: &[u8], clients: Arc<dyn ClientCertVerifier>, protocols: &[&[u8]]) -> TlsAcceptor {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_client_cert_verifier(clients);
    let chain = vec![CertificateDer::from_pem_slice(certificate).unwrap()];
    let mut config = builder.with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY).unwrap()).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The heads `:status: 200` and `:status: 204` (RFC 7541, appendix A).
const OK: u8 = 0x88;
const NO_CONTENT: u8 = 0x89;

/// Frames as in RFC 9113, 4.1: three bytes of length, then type, flags, and four of the stream.
async fn serve(
    mut connection: TlsStream<TcpStream>,
    fates: Arc<Mutex<VecDeque<Fate>>>,
    requests: Arc<AtomicUsize>,
) {
    if connection.get_ref().1.alpn_protocol() != Some(b"h2") {
        return serve_http1(connection, &requests).await;
    }
    let mut preface = [0; 24];
    connection.read_exact(&mut preface).await.unwrap();
    send(&mut connection, SETTINGS, 0, [0; 4], &[]).await;
    let mut head = [0; 9];
    while connection.read_exact(&mut head).await.is_ok() {
        let mut payload = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
        connection.read_exact(&mut payload).await.unwrap();
        let stream = [head[5], head[6], head[7], head[8]];
        let is_early = matches!(fates.lock().unwrap().front(), Some(Fate::Early));
        match (head[3], head[4]) {
            (SETTINGS, 0) => send(&mut connection, SETTINGS, 1, [0; 4], &[]).await,
            (DATA | HEADERS, flags) if flags & END_STREAM != 0 || (head[3] == HEADERS && is_early) => {
                requests.fetch_add(1, Ordering::Relaxed);
                let fate = fates.lock().unwrap().pop_front().unwrap();
                if !meet(&mut connection, stream, fate).await {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// What becomes of the request on this stream, and whether the connection goes on.
async fn meet(connection: &mut TlsStream<TcpStream>, stream: [u8; 4], fate: Fate) -> bool {
    let content = async |connection: &mut _, flags| {
        send(connection, HEADERS, END_HEADERS, stream, &[OK]).await;
        send(connection, DATA, flags, stream, b"all of it").await;
    };
    match fate {
        Fate::Answered => {
            send(connection, HEADERS, END_HEADERS | END_STREAM, stream, &[NO_CONTENT]).await;
        }
        Fate::Refused => send(connection, RST_STREAM, 0, stream, &[0, 0, 0, 7]).await,
        Fate::Http1 => send(connection, RST_STREAM, 0, stream, &[0, 0, 0, 13]).await,
        Fate::Last | Fate::First => {
            let last = if matches!(fate, Fate::Last) { stream } else { [0; 4] };
            send(connection, GOAWAY, 0, [0; 4], &[last, [0; 4]].concat()).await;
            return false;
        }
        Fate::Silence => std::future::pending().await,
        Fate::Stall => {
            content(connection, 0).await;
            std::future::pending().await
        }
        Fate::LongHead => {
            // A name of one byte and a value of a hundred, as they are (RFC 7541, 6.2.2).
            let field = [&[0, 1, b'x', 100][..], &[b'x'; 100]].concat();
            send(connection, HEADERS, END_STREAM, stream, &[NO_CONTENT]).await;
            send(connection, CONTINUATION, 0, stream, &field.repeat(150)).await;
            send(connection, CONTINUATION, END_HEADERS, stream, &field.repeat(150)).await;
        }
        Fate::Cut => {
            content(connection, 0).await;
            send(connection, RST_STREAM, 0, stream, &[0; 4]).await;
        }
        Fate::HungUp => {
            content(connection, 0).await;
            return false;
        }
        Fate::Early => {
            content(connection, END_STREAM).await;
            send(connection, RST_STREAM, 0, stream, &[0; 4]).await;
        }
    }
    true
}

/// Answers one request with 204.
async fn serve_http1(mut connection: TlsStream<TcpStream>, requests: &AtomicUsize) {
    let mut request = Vec::new();
    while !request.ends_with(b"<data/>") {
        request.push(connection.read_u8().await.unwrap());
    }
    requests.fetch_add(1, Ordering::Relaxed);
    connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    connection.shutdown().await.unwrap();
}

async fn send(connection: &mut TlsStream<TcpStream>, kind: u8, flags: u8, stream: [u8; 4], payload: &[u8]) {
    let [_, _, a, b] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [0, a, b, kind, flags];
    connection.write_all(&[&head[..], &stream, payload].concat()).await.unwrap();
    connection.flush().await.unwrap();
}

pub(super) fn post(uri: &Uri) -> Request<Body> {
    Request::post(uri).body(Body::from("<data/>")).unwrap()
}

#[tokio::test]
async fn http_2_is_spoken_with_a_server_that_speaks_it() {
    let (uri, requests) = server(vec![Fate::Answered; 2]).await;
    let transport = trusting(&[SERVER], none());
    for _ in 0..2 {
        let answer = transport.send(post(&uri)).await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, 204));
        assert!(transport.is_http2.load(Ordering::Relaxed));
    }
    assert_eq!(requests.load(Ordering::Relaxed), 2);
}

/// A request whose content is read as it goes, as that with a file is.
fn streamed() -> Request<Body> {
    let chunks = futures_util::stream::iter([Ok("<data/>".into())]);
    Request::post("/").body(Body::from_stream(Some(7), chunks)).unwrap()
}

/// What the server says it has not looked at goes once more, with its files, and by HTTP/1.1 if it wants that. What it may have
/// looked at does not, however it takes its leave.
#[tokio::test]
async fn a_form_is_not_sent_twice_behind_the_callers_back() {
    let sent = async |fates| {
        let (uri, requests) = server(fates).await;
        let url = uri.to_string().parse().unwrap();
        let answer = Client::new(trusting(&[SERVER], none())).send(&url, &streamed).await;
        let outcome = answer.map(|answer| answer.version());
        (outcome.map_err(|error| (error.verdict(), error.to_string())), requests.load(Ordering::Relaxed))
    };
    for fate in [Fate::Refused, Fate::First] {
        assert_eq!(sent(vec![fate, Fate::Answered]).await, (Ok(Version::HTTP_2), 2));
    }
    assert_eq!(sent(vec![Fate::Http1]).await, (Ok(Version::HTTP_11), 2));

    let (outcome, requests) = sent(vec![Fate::Last, Fate::Answered]).await;
    assert_eq!((outcome.unwrap_err().0, requests), (Verdict::Unknown, 1));
    let (outcome, requests) = sent(vec![Fate::Refused; 3]).await;
    let (verdict, words) = outcome.unwrap_err();
    assert_eq!((verdict, requests), (Verdict::TryAgain { after: None }, 2));
    insta::assert_snapshot!(words, @"the server did not look at the request: http2 error: stream error received: refused stream before processing any application logic");
}

/// A connection on which nothing came is left to itself: it is dead, or may be.
#[tokio::test]
async fn a_silent_connection_is_not_used_again() {
    let (uri, requests) = server(vec![Fate::Stall, Fate::Silence, Fate::Answered]).await;
    let transport = trusting(&[SERVER], none());
    let stalled = transport.send(post(&uri)).await.unwrap().into_body();
    time::pause();
    assert_eq!(stalled.read_up_to(usize::MAX).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    time::resume();

    let waiting = tokio::spawn({
        let (transport, request) = (transport.clone(), post(&uri));
        async move { transport.send(request).await }
    });
    while requests.load(Ordering::Relaxed) < 2 {
        time::sleep(Duration::from_millis(1)).await;
    }
    time::pause();
    let error = waiting.await.unwrap().unwrap_err();
    time::resume();
    assert_eq!(error.sent(), Sent::Perhaps, "{error}");
    assert_eq!(transport.send(post(&uri)).await.unwrap().status(), 204);
}

/// What ends without END_STREAM is cut, whatever is said in its place. What has it is whole, though the request was not.
#[tokio::test]
async fn content_that_the_server_did_not_end_is_cut() {
    let (uri, _) = server(vec![Fate::Cut, Fate::HungUp, Fate::Early]).await;
    let transport = trusting(&[SERVER], none());
    for _ in 0..2 {
        let answer = transport.send(post(&uri)).await.unwrap();
        let error = answer.into_body().read_up_to(usize::MAX).await.unwrap_err();
        assert_eq!(error.to_string(), "the server hung up in the middle");
    }
    let begun = futures_util::stream::once(async { Ok("<data".into()) });
    let begun = Body::from_stream(Some(7), begun.chain(futures_util::stream::pending()));
    let answer = transport.send(Request::post(&uri).body(begun).unwrap()).await.unwrap();
    assert_eq!(answer.into_body().read_up_to(usize::MAX).await.unwrap(), "all of it");
}

/// Cookies may be longer than h2 thinks.
#[tokio::test]
async fn a_long_head_is_read() {
    let (uri, _) = server(vec![Fate::LongHead]).await;
    let answer = trusting(&[SERVER], none()).send(post(&uri)).await.unwrap();
    assert_eq!(answer.headers().get_all("x").iter().count(), 300);
}

/// What is told of a server that is not trusted; nothing was sent.
#[tokio::test]
async fn who_is_not_trusted_is_told_in_words() {
    let mut told = String::new();
    for (certificate, transport) in
        [(SERVER, trusting(&[], none())), (AUTHORITY, trusting(&[AUTHORITY], none()))]
    {
        let (uri, _) = server_as(certificate, Vec::new()).await;
        let error = transport.send(post(&uri)).await.unwrap_err();
        assert_eq!(error.sent(), Sent::No);
        told += &format!("{:?}: {error}\n", error.untrusted().unwrap());
    }
    let (uri, _) = server(Vec::new()).await;
    let here = uri.to_string().replace("localhost", "127.0.0.1").parse().unwrap();
    told += &trusting(&[SERVER], none()).send(post(&here)).await.unwrap_err().to_string();
    insta::assert_snapshot!(told, @r"
    Authority: no connection to the server: its certificate is signed by nobody whom this system trusts
    OfAuthority: no connection to the server: its certificate is one of an authority (`CA:TRUE`), with which a server cannot show who it is
    no connection to the server: its certificate is not for this host, but for `localhost`
    ");
}

/// An https address where plain http is spoken.
#[tokio::test]
async fn a_server_without_tls_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://localhost:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
    let answering = tokio::spawn(async move {
        let mut connection = listener.accept().await.unwrap().0;
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        connection
    });
    let error = trusting(&[], none()).send(post(&uri)).await.unwrap_err();
    insta::assert_snapshot!(error, @"no connection to the server: what answers there does not speak TLS; is it an http address?");
    answering.await.unwrap();
}

/// TLS 1.3 tells it after the client is done with its part, when the request is on its way: nobody has read it.
#[tokio::test]
async fn who_has_no_certificate_to_show_is_told_that_one_is_wanted() {
    let mut known = RootCertStore::empty();
    known.add(CertificateDer::from_pem_slice(SERVER).unwrap()).unwrap();
    let provider = Arc::new(default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(known), provider).build().unwrap();
    for protocol in [&b"h2"[..], b"http/1.1"] {
        let acceptor = accepting(SERVER, Arc::clone(&clients), &[protocol]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("https://localhost:{}/submission", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            let connection = listener.accept().await.unwrap().0;
            let Err((_, mut connection)) = acceptor.accept(connection).into_fallible().await else {
                panic!("a client without a certificate was let in");
            };
            // Hung up on before all is read, the client might hear of that alone.
            tokio::io::copy(&mut connection, &mut tokio::io::sink()).await
        });
        let error = trusting(&[SERVER], none()).send(post(&uri.parse().unwrap())).await.unwrap_err();
        assert_eq!((error.sent(), error.untrusted()), (Sent::No, Some(Untrusted::Server)));
        insta::allow_duplicates!(
            insta::assert_snapshot!(error, @"no connection to the server: the server wants to know by a certificate who asks, and there is none to show")
        );
    }
}
