//! What only shows on a socket: framing, silence, and answers to those who are still sending.

use std::convert::Infallible;
use std::iter::{once, repeat_with};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::iter;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::super::{Authentication, Front, Limits, MemoryForms, MemoryRestores, Pace, Policy};
use super::{Server, ask, file, form, multipart, request, xml};

/// Serves on a free port until the test ends.
pub(super) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Sends all of `request`, only then reads, as the plainest of clients do; the answer, up to the closing.
pub(super) async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request).await.unwrap();
    read(&mut socket).await
}

async fn read(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(Duration::from_secs(30), socket.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

pub(super) fn head(length: usize) -> String {
    format!(
        "POST /submission HTTP/1.1\r\nHost: h\r\nX-OpenRosa-Version: 1.0\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n"
    )
}

/// a client that reads nothing before it has sent all of a large body still gets to read its refusal.
#[tokio::test]
async fn a_refusal_waits_for_the_end_of_the_body() {
    let asking = Authentication::accounts("clinic", []).unwrap();
    let limits = Limits { body: 12_000_000, ..Limits::default() };
    let small = Limits { body: 6_000_000, ..Limits::default() };
    let photo = file("1.jpg", &"x".repeat(10_000_000));
    let rows = [
        (Server::of(|receiver| receiver.with_authentication(asking)), xml(&form("1", "a")), "401"),
        (Server::with(Policy { limits, ..Policy::default() }), xml("<f id='f'>"), "400"),
        (Server::with(Policy { limits: small, ..Policy::default() }), xml(&form("1", "a")), "413"),
    ];
    for (server, form, status) in rows {
        let address = serve(server.router.clone()).await;
        let body = multipart(&[form, photo.clone()]);
        let answer = exchange(address, format!("{}\r\n{body}", head(body.len())).as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains("</OpenRosaResponse>"), "{answer}");
        assert!(server.backend.is_empty());
    }
}

/// the draining is bounded: of a body that never ends no more is read than the policy says.
#[tokio::test]
async fn an_endless_body_is_not_drained_for_ever() {
    let limits = Limits { body: 100_000, drain: 200_000, ..Limits::default() };
    let server = Server::with(Policy { limits, ..Policy::default() });
    let photo = "--b\r\n".to_owned() + &file("1.jpg", &"x".repeat(10_000));
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    let rest = repeat_with(move || {
        count.fetch_add(10_000, Ordering::Relaxed);
        Bytes::from_static(&[b'x'; 10_000])
    });
    // It ends after all, lest the test does not.
    let body = once(Bytes::from(photo)).chain(rest.take(1_000)).map(Ok::<_, Infallible>);
    let answer =
        server.send(request("POST", "/submission").body(Body::from_stream(iter(body))).unwrap()).await;
    assert_eq!(answer.status, 413);
    let taken = taken.load(Ordering::Relaxed);
    assert!((290_000..=310_000).contains(&taken), "as far as the limit, and 200,000 more, not {taken}");
}

/// nor for long, where its sender was not let in, at whatever pace it comes.
#[tokio::test(start_paused = true)]
async fn strangers_are_not_heard_out_for_ever() {
    let asking = Authentication::accounts("clinic", []).unwrap();
    let front = Front::new(asking.clone());
    let receiver = Server::of(|receiver| receiver.with_authentication(asking)).router;
    for (routes, path) in [
        (receiver.clone(), "/submission"),
        (receiver, "/nowhere"),
        (front.intake(MemoryForms::new()), "/formUpload"),
        (front.restores(MemoryRestores::new()), "/a/demo/phone/restore/"),
    ] {
        let begun = tokio::time::Instant::now();
        let drip = futures_util::stream::unfold((), |()| async {
            sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 200])), ()))
        });
        let answer = ask(&routes, request("POST", path).body(Body::from_stream(drip)).unwrap()).await;
        assert!(matches!(answer.status, 401 | 404 | 405), "{path}: {answer:?}");
        assert!(begun.elapsed() <= Limits::default().strangers, "{path}");
    }
}

#[tokio::test]
async fn who_waits_to_be_told_to_go_on_is_told_otherwise() {
    let limits = Limits { body: 1_000, ..Limits::default() };
    let server = Server::with(Policy { limits, ..Policy::default() });
    let address = serve(server.router.clone()).await;
    let answer = exchange(address, format!("{}Expect: 100-continue\r\n\r\n", head(2_000)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn who_falls_silent_is_not_waited_for() {
    let limits = Limits { idle: Duration::from_millis(200), ..Limits::default() };
    let server = Server::with(Policy { limits, ..Policy::default() });
    let address = serve(server.router.clone()).await;
    let body = multipart(&[xml(&form("1", "a"))]);
    let answer = exchange(address, format!("{}\r\n{}", head(body.len()), &body[..60]).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(server.backend.is_empty());
}

/// Says this, and then a byte every 20 ms, until it is answered; the answer.
pub(super) async fn drip(address: SocketAddr, said: &[u8], byte: u8) -> String {
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    to.write_all(said).await.unwrap();
    let dripping = tokio::spawn(async move {
        while to.write_all(&[byte]).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    // How the connection ends is the system's affair: it was hung up on while bytes were on their way.
    let _ = timeout(Duration::from_secs(30), from.read_to_end(&mut answer)).await.expect("it is answered");
    dripping.abort();
    String::from_utf8(answer).unwrap()
}

/// At least 1,000 bytes a second, of which 50 come.
pub(super) fn quick() -> Policy {
    let pace = Pace { rate: NonZeroU32::new(1_000).unwrap(), slack: Duration::from_millis(300) };
    Policy { limits: Limits { pace: Some(pace), ..Limits::default() }, ..Policy::default() }
}

/// Neither in what is to be stored nor in what is refused and only thrown away.
#[tokio::test]
async fn who_drips_is_not_heard_out() {
    let server = Server::with(quick());
    let address = serve(server.router.clone()).await;
    let start = multipart(&[xml(&form("1", "a")), file("1.jpg", "photo")]);
    let start = &start[..start.len() - 10];
    let answer = drip(address, format!("{}\r\n{start}", head(1_000_000)).as_bytes(), b'x').await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("did not come in time"), "{answer}");
    let refused = head(1_000_000).replace("POST /submission", "PUT /submission");
    let answer = drip(address, format!("{refused}\r\n").as_bytes(), b'x').await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(server.backend.is_empty());
}

/// It stops again and again, and makes up for it.
#[tokio::test]
async fn who_is_slow_for_a_while_is_heard_out() {
    let server = Server::with(quick());
    let address = serve(server.router.clone()).await;
    let body = multipart(&[xml(&form("1", "a")), file("1.jpg", &"x".repeat(2_000))]);
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(format!("{}\r\n", head(body.len())).as_bytes()).await.unwrap();
    for some in body.as_bytes().chunks(200) {
        sleep(Duration::from_millis(50)).await;
        socket.write_all(some).await.unwrap();
    }
    let answer = read(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[tokio::test]
async fn who_hangs_up_leaves_nothing() {
    let server = Server::new();
    let address = serve(server.router.clone()).await;
    let body = multipart(&[xml(&form("1", "a")), file("1.jpg", "photo")]);
    for end in [10, 120, 250, body.len() - 8] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(format!("{}\r\n{}", head(body.len()), &body[..end]).as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        let answer = read(&mut socket).await;
        assert!(!answer.contains(" 201 "), "{end}: {answer}");
    }
    assert!(server.backend.is_empty());
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let server = Server::new();
    let address = serve(server.router.clone()).await;
    let (good, bad) = (multipart(&[xml(&form("1", "a"))]), multipart(&[xml("<f>"), file("1.jpg", "x")]));
    let keep = |body: &str| head(body.len()).replace("Connection: close\r\n", "") + "\r\n" + body;
    let last = format!("{}\r\n{good}", head(good.len()));
    let answers = exchange(address, (keep(&bad) + &keep(&good) + &last).as_bytes()).await;
    let statuses: Vec<_> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["400", "201", "201"]);
}
