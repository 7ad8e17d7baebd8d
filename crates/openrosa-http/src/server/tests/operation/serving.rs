//! On a socket.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::server::Pace;
use crate::server::operation::{Serving, serve};

/// Answers at once, after a while, never, and without end.
fn routes() -> Router {
    let after = |time: u64| move || async move { sleep(Duration::from_millis(time)).await };
    let endless = || async {
        Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 65536]))))
    };
    let at_once = Router::new().route("/", get(|| async { "here" })).route("/endless", get(endless));
    at_once.route("/slow", get(after(300))).route("/never", get(after(1_000_000)))
}

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<usize>,
}

async fn start(settings: Serving) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { drop(stopped.await) };
    Server { address, stop, running: tokio::spawn(serve(listener, routes(), settings, stopped)) }
}

impl Server {
    async fn connect(&self, sent: &[u8]) -> TcpStream {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(sent).await.unwrap();
        socket
    }

    async fn stop(self) -> usize {
        self.stop.send(()).unwrap();
        timeout(Duration::from_secs(30), self.running).await.unwrap().unwrap()
    }
}

/// What came, up to the end of the connection.
async fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    // How it ends, orderly or not, is the system's affair.
    let _ = timeout(Duration::from_secs(30), socket.read_to_end(&mut read)).await.unwrap();
    read
}

async fn text(mut socket: TcpStream) -> String {
    String::from_utf8(rest(&mut socket).await).unwrap()
}

fn quick() -> Serving {
    Serving { head: Duration::from_millis(200), idle: Duration::from_millis(200), ..Serving::default() }
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let server = start(Serving::default()).await;
    let old = server.connect(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(text(old).await.ends_with("here"));
    // The preface, and settings of which none differ (RFC 9113, 3.4).
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let mut new = server.connect(preface).await;
    let mut frame = [0; 9];
    timeout(Duration::from_secs(30), new.read_exact(&mut frame)).await.unwrap().unwrap();
    assert_eq!((frame[3], &frame[5..]), (4, &[0; 4][..]), "settings, of the connection");
    drop(new);
    assert_eq!(server.stop().await, 0);
}

/// Whoever begins and does not go on, in either version, before a version or within a head, is not waited for.
#[tokio::test]
async fn who_falls_silent_before_the_end_of_a_head_is_hung_up_on() {
    let server = start(quick()).await;
    for sent in
        ["", "G", "P", "PRI * HTTP", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX"]
    {
        let mut socket = server.connect(sent.as_bytes()).await;
        rest(&mut socket).await;
    }
    let idle = server.connect(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(text(idle).await.ends_with("here"), "one request, and no other in time");
}

#[tokio::test]
async fn a_head_is_bounded() {
    let server = start(Serving { head_size: 16 * 1024, ..quick() }).await;
    let many: String = (0..101).map(|n| format!("X-{n}: 1\r\n")).collect();
    let large = format!("X: {}\r\n", "x".repeat(20_000));
    let long = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(20_000));
    for headers in [many, large] {
        let socket = server.connect(format!("GET / HTTP/1.1\r\n{headers}\r\n").as_bytes()).await;
        let answer = text(socket).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let answer = text(server.connect(long.as_bytes()).await).await;
    assert!(answer.starts_with("HTTP/1.1 414 ") || answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn who_does_not_read_is_hung_up_on() {
    let server = start(quick()).await;
    let mut socket = server.connect(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n").await;
    sleep(Duration::from_millis(1500)).await;
    let read = rest(&mut socket).await.len();
    assert!(read < 64 * 1024 * 1024, "the rest is not sent any more: {read}");
}

/// On a slow line megabytes may wait in the system's own buffer, and long pass before it has room again. Nobody is silent then.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[tokio::test]
async fn who_reads_slowly_all_the_time_is_not_hung_up_on() {
    let server = start(Serving { idle: Duration::from_millis(600), ..Serving::default() }).await;
    let mut socket = server.connect(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let mut some = vec![0; 16_000];
    for _ in 0..150 {
        sleep(Duration::from_millis(20)).await;
        socket.read_exact(&mut some).await.unwrap();
    }
    let mut more = vec![0; 64 * 1024 * 1024];
    timeout(Duration::from_secs(30), socket.read_exact(&mut more)).await.unwrap().unwrap();
}

/// Ten times as quick as the socket is read below, and with little slack.
fn in_step() -> Serving {
    let pace = Pace { rate: NonZeroU32::new(100_000_000).unwrap(), slack: Duration::from_millis(300) };
    Serving { pace, ..Serving::default() }
}

/// How often something is read of what never ends, eight thousand bytes each millisecond, of so many times at most.
async fn dripped(settings: Serving, reads: usize) -> usize {
    let server = start(settings).await;
    let mut socket = server.connect(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let mut some = [0; 8000];
    for read in 0..reads {
        sleep(Duration::from_millis(1)).await;
        match timeout(Duration::from_secs(30), socket.read(&mut some)).await.unwrap() {
            Ok(1..) => {}
            _ => return read,
        }
    }
    reads
}

/// Whoever takes some all the time, but less than it has to, keeps nobody's place either.
#[tokio::test]
async fn who_reads_too_slowly_is_hung_up_on() {
    let pace = Pace { slack: Duration::from_millis(300), ..Pace::default() };
    assert_eq!(dripped(Serving { pace, ..Serving::default() }, 2000).await, 2000, "a hundred bytes a second");
    assert!(dripped(in_step(), 20_000).await < 20_000, "a hundred million");
}

/// A client of HTTP/2 that lets nothing of an answer come, but is there whenever it is asked.
#[tokio::test]
async fn who_opens_no_window_is_hung_up_on() {
    // Windows of no bytes at first (RFC 9113, 6.5.2); then `GET /`, by numbers of the static table (RFC 7541, A).
    let settings = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";
    let request = *b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01h";
    let server = start(Serving { head: Duration::from_millis(100), ..in_step() }).await;
    let mut socket = server.connect(&[&settings[..], &request].concat()).await;
    let pings = timeout(Duration::from_secs(30), answering_pings(&mut socket)).await.unwrap();
    assert!(pings > 0, "it was asked whether it is there");
    assert_eq!(server.stop().await, 0);
}

/// Answers every ping until the connection ends, and says how many there were.
async fn answering_pings(socket: &mut TcpStream) -> usize {
    let mut pings = 0;
    while let Ok(is_ping) = frame(socket).await {
        pings += usize::from(is_ping);
    }
    pings
}

/// Reads the next frame. If it is a PING, it is answered.
async fn frame(socket: &mut TcpStream) -> std::io::Result<bool> {
    const PING: u8 = 6;
    let mut head = [0; 9];
    socket.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    socket.read_exact(&mut payload).await?;
    let is_ping = (head[3], head[4]) == (PING, 0);
    if is_ping {
        head[4] = 1;
        socket.write_all(&[&head[..], &payload].concat()).await?;
    }
    Ok(is_ping)
}

/// A client of HTTP/2 that takes all it can, from a line on which a question comes long after it was asked.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[tokio::test]
async fn who_hears_a_question_late_is_waited_for() {
    // A window as large as there is for the stream, and for the connection some more than is read of it slowly (RFC 9113, 6.5.2 and
    // 6.9); then `GET /endless`.
    let settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\x7f\xff\xff\xff";
    let window = b"\0\0\x04\x08\0\0\0\0\0\0\x08\0\0";
    let request = b"\0\0\x0f\x01\x05\0\0\0\x01\x82\x86\x04\x08/endless\x41\x01h";
    let pace = Pace { rate: NonZeroU32::new(20_000).unwrap(), ..Pace::default() };
    let head = Duration::from_millis(200);
    let server = start(Serving { head, pace, ..Serving::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(server.address).await.unwrap();
    socket.write_all(&[&settings[..], window, request].concat()).await.unwrap();
    let mut pings = 0;
    for _ in 0..30 {
        sleep(head).await;
        let is_ping = timeout(Duration::from_secs(30), frame(&mut socket)).await.unwrap();
        pings += usize::from(is_ping.unwrap());
    }
    assert!(pings > 0, "it was asked whether it is there");
    // But whoever takes what it is sent, and does not answer, is gone.
    rest(&mut socket).await;
}

/// What is being answered when the server stops is answered; nothing new is.
#[tokio::test]
async fn a_server_ends_what_it_has_begun() {
    let server = start(Serving::default()).await;
    let address = server.address;
    let slow = server.connect(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let idle = server.connect(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(server.stop().await, 0);
    assert!(text(slow).await.starts_with("HTTP/1.1 200 "));
    assert!(text(idle).await.ends_with("here"));
    assert!(TcpStream::connect(address).await.is_err());
}

/// The time of grace ends.
#[tokio::test]
async fn what_never_ends_is_cut() {
    let server = start(Serving { grace: Duration::from_millis(200), ..Serving::default() }).await;
    let stuck = server.connect(b"GET /never HTTP/1.1\r\nHost: h\r\n\r\n").await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(server.stop().await, 1);
    assert_eq!(text(stuck).await, "");
}

/// Who comes when there are connections enough waits until one ends.
#[tokio::test]
async fn connections_are_bounded() {
    let server = start(Serving { connections: 1, ..Serving::default() }).await;
    let first = server.connect(b"GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    sleep(Duration::from_millis(100)).await;
    let mut second = server.connect(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    let early = timeout(Duration::from_millis(50), second.read_u8()).await;
    assert!(early.is_err(), "nobody answers yet");
    assert!(text(first).await.starts_with("HTTP/1.1 200 "));
    assert!(text(second).await.ends_with("here"));
}

/// No setting is too large for a clock.
#[tokio::test]
async fn a_client_may_have_all_the_time_there_is() {
    let pace = Pace { slack: Duration::MAX, ..Pace::default() };
    let server =
        start(Serving { head: Duration::MAX, idle: Duration::MAX, pace, ..Serving::default() }).await;
    let old = server.connect(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(text(old).await.ends_with("here"));
    let mut endless = server.connect(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n").await;
    // More than the system keeps, so that the server has to wait for its client.
    sleep(Duration::from_millis(100)).await;
    let mut read = vec![0; 10_000_000];
    timeout(Duration::from_secs(30), endless.read_exact(&mut read)).await.unwrap().unwrap();
    let mut new = server.connect(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let mut frame = [0; 9];
    timeout(Duration::from_secs(30), new.read_exact(&mut frame)).await.unwrap().unwrap();
}
