//! Over TLS, against a server that is not ours: HTTP/2 frame by frame, so that it can do what servers should not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Uri, Version};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::*;

/// For `localhost`, from 2020 to 2120, signed with its own key.
const SERVER: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/key.pem");

/// The same, but for `CA:TRUE`, as plain `openssl req -x509` makes them.
const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");

/// A transport that trusts this alone.
fn trusting(certificates: &[&[u8]]) -> Reqwest {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    Reqwest::over(tls::offering_http2(builder.with_no_client_auth())).unwrap()
}

/// What becomes of a request.
#[derive(Clone, Copy)]
enum Fate {
    Answered,
    /// RST_STREAM with REFUSED_STREAM: it was not looked at (RFC 9113, 8.7).
    Refused,
    /// GOAWAY without an error, and this as the last request that was looked at; then the end.
    Last,
}

/// A server that speaks HTTP/2 alone and does this with one request after the other, and how many there were.
async fn server(fates: Vec<Fate>) -> (Uri, Arc<AtomicUsize>) {
    server_as(SERVER, fates).await
}

/// The same, with this certificate.
async fn server_as(certificate: &[u8], fates: Vec<Fate>) -> (Uri, Arc<AtomicUsize>) {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let chain = vec![CertificateDer::from_pem_slice(certificate).unwrap()];
    let mut config = builder.with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY).unwrap()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://localhost:{}/submission", listener.local_addr().unwrap().port());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        let mut fates = fates.into_iter();
        loop {
            if let Ok(connection) = acceptor.accept(listener.accept().await.unwrap().0).await {
                serve(connection, &mut fates, &requests).await;
            }
        }
    });
    (uri.parse().unwrap(), counted)
}

/// Frames as in RFC 9113, 4.1: three bytes of length, then type, flags, and four of the stream.
async fn serve(
    mut connection: TlsStream<TcpStream>,
    fates: &mut impl Iterator<Item = Fate>,
    requests: &AtomicUsize,
) {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const END_STREAM: u8 = 1;
    let mut preface = [0; 24];
    connection.read_exact(&mut preface).await.unwrap();
    send(&mut connection, SETTINGS, 0, [0; 4], &[]).await;
    let mut head = [0; 9];
    while connection.read_exact(&mut head).await.is_ok() {
        let mut payload = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
        connection.read_exact(&mut payload).await.unwrap();
        let stream = [head[5], head[6], head[7], head[8]];
        match (head[3], head[4]) {
            (SETTINGS, 0) => send(&mut connection, SETTINGS, 1, [0; 4], &[]).await,
            (0 | HEADERS, flags) if flags & END_STREAM != 0 => {
                requests.fetch_add(1, Ordering::Relaxed);
                match fates.next().unwrap() {
                    // The head `:status: 204` (RFC 7541, appendix A).
                    Fate::Answered => send(&mut connection, HEADERS, 5, stream, &[0x89]).await,
                    Fate::Refused => send(&mut connection, RST_STREAM, 0, stream, &[0, 0, 0, 7]).await,
                    Fate::Last => {
                        let last = [stream, [0; 4]].concat();
                        send(&mut connection, GOAWAY, 0, [0; 4], &last).await;
                        return;
                    }
                }
            }
            _ => {}
        }
    }
}

async fn send(connection: &mut TlsStream<TcpStream>, kind: u8, flags: u8, stream: [u8; 4], payload: &[u8]) {
    let head = [0, 0, payload.len() as u8, kind, flags];
    connection.write_all(&[&head[..], &stream, payload].concat()).await.unwrap();
    connection.flush().await.unwrap();
}

fn post(uri: &Uri) -> Request<Body> {
    Request::post(uri).body(Body::from("<data/>")).unwrap()
}

#[tokio::test]
async fn http_2_is_spoken_with_a_server_that_speaks_it() {
    let (uri, requests) = server(vec![Fate::Answered; 2]).await;
    let transport = trusting(&[SERVER]);
    for _ in 0..2 {
        let answer = transport.send(post(&uri)).await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, 204));
    }
    assert_eq!(requests.load(Ordering::Relaxed), 2);
}

/// What the server says it has not looked at goes once more. What it may have looked at does not, however it takes its leave.
#[tokio::test]
async fn a_form_is_not_sent_twice_behind_the_callers_back() {
    let (uri, requests) = server(vec![Fate::Refused, Fate::Answered]).await;
    assert_eq!(trusting(&[SERVER]).send(post(&uri)).await.unwrap().status(), 204);
    assert_eq!(requests.load(Ordering::Relaxed), 2);

    let (uri, requests) = server(vec![Fate::Last, Fate::Answered]).await;
    let error = trusting(&[SERVER]).send(post(&uri)).await.unwrap_err();
    assert_eq!((error.sent(), requests.load(Ordering::Relaxed)), (Sent::Perhaps, 1), "{error}");
}

/// What is told of a server that is not trusted; nothing was sent.
#[tokio::test]
async fn who_is_not_trusted_is_told_in_words() {
    let mut told = String::new();
    for (certificate, transport) in [(SERVER, trusting(&[])), (AUTHORITY, trusting(&[AUTHORITY]))] {
        let (uri, _) = server_as(certificate, Vec::new()).await;
        let error = transport.send(post(&uri)).await.unwrap_err();
        assert_eq!(error.sent(), Sent::No);
        told += &format!("{:?}: {error}\n", error.untrusted().unwrap());
    }
    let (uri, _) = server(Vec::new()).await;
    let here = uri.to_string().replace("localhost", "127.0.0.1").parse().unwrap();
    told += &trusting(&[SERVER]).send(post(&here)).await.unwrap_err().to_string();
    insta::assert_snapshot!(told, @r"
    Authority: no connection to the server: its certificate is signed by nobody whom this system trusts
    Server: no connection to the server: its certificate is one of an authority (`CA:TRUE`), with which a server cannot show who it is
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
    let error = trusting(&[]).send(post(&uri)).await.unwrap_err();
    insta::assert_snapshot!(error, @"no connection to the server: what answers there does not speak TLS; is it an http address?");
    answering.await.unwrap();
}
