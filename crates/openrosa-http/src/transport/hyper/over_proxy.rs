//! Through proxies that are not ours, over real sockets.

use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::over_tls::{Fate, post, server, trusting};
use super::*;

/// Answers each request with this, and after a 200 leads to where it was asked to; and what it was asked.
async fn proxy(answer: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        loop {
            tokio::spawn(serve(listener.accept().await.unwrap().0, answer, Arc::clone(&seen)));
        }
    });
    (address, heads)
}

async fn serve(mut connection: TcpStream, answer: &str, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    connection.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await.unwrap();
    if let Some(server) = head.strip_prefix("CONNECT ").filter(|_| answer.starts_with("200")) {
        let mut server = TcpStream::connect(server.split(' ').next().unwrap()).await.unwrap();
        // Either of them may hang up as it likes.
        let _ = copy_bidirectional(&mut connection, &mut server).await;
    }
}

fn through(proxy: SocketAddr) -> Matcher {
    Matcher::builder().all(format!("http://amina:secret@{proxy}")).build()
}

const LOGIN: &str = "Basic YW1pbmE6c2VjcmV0";

/// It is told which server is meant, and who asks.
#[tokio::test]
async fn a_proxy_reads_what_goes_by_plain_http() {
    let (address, heads) = proxy("204 No Content\r\nVia: 1.1 gate").await;
    let transport = Hyper::over(tls::config().unwrap(), through(address));
    let uri = "http://example.org/a/submission?x=1".parse().unwrap();
    let answer = transport.send(post(&uri)).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["via"]), (204, &"1.1 gate".parse().unwrap()));

    let head = heads.lock().unwrap().concat();
    assert!(head.starts_with("POST http://example.org/a/submission?x=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: example.org\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nproxy-authorization: {LOGIN}\r\n")), "{head}");
}

/// It learns no more than where the way goes; what goes there is between client and server, by HTTP/2 if they like.
#[tokio::test]
async fn a_proxy_leads_to_a_server_with_tls() {
    let (uri, requests) = server(vec![Fate::Answered; 2]).await;
    let (address, heads) = proxy("200 Connection established").await;
    let transport = trusting(&[super::over_tls::SERVER], through(address));
    for _ in 0..2 {
        let answer = transport.send(post(&uri)).await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, 204));
    }
    assert_eq!(requests.load(Ordering::Relaxed), 2);

    let heads = heads.lock().unwrap();
    let [head] = &heads[..] else { panic!("{heads:?}") };
    let server = uri.authority().unwrap();
    let (line, fields) = head.split_once("\r\n").unwrap();
    assert_eq!(line, format!("CONNECT {server} HTTP/1.1"));
    assert!(fields.contains(&format!("proxy-authorization: {LOGIN}\r\n")), "{head}");
    assert!(fields.contains(&format!("user-agent: {}\r\n", AGENT.to_str().unwrap())), "{head}");
}

/// Whatever it is asked for, a proxy that wants to know who asks is heard as one; one that refuses has sent nothing on.
#[tokio::test]
async fn a_proxy_that_does_not_lead_there_is_told() {
    let (address, _) = proxy("407 Proxy Authentication Required").await;
    for uri in ["http://example.org/", "https://example.org/"] {
        let transport = Hyper::over(tls::config().unwrap(), through(address));
        assert_eq!(transport.send(post(&uri.parse().unwrap())).await.unwrap().status(), 407, "{uri}");
    }

    let (address, _) = proxy("502 Bad Gateway").await;
    let transport = Hyper::over(tls::config().unwrap(), through(address));
    let error = transport.send(post(&Uri::from_static("https://example.org/"))).await.unwrap_err();
    assert_eq!(error.sent(), Sent::No);
    assert_eq!(
        error.to_string(),
        format!(
            "no connection to the server: through the proxy `{address}`: it does not lead to the server, or may not"
        )
    );
}

/// What is not spoken here is said, and not passed by.
#[tokio::test]
async fn a_proxy_of_another_kind_is_told() {
    for uri in ["http://example.org/", "https://example.org/"] {
        let proxies = Matcher::builder().all("socks5://127.0.0.1:1080").build();
        let transport = Hyper::over(tls::config().unwrap(), proxies);
        let error = transport.send(post(&uri.parse().unwrap())).await.unwrap_err();
        assert_eq!(
            (error.sent(), &*error.to_string()),
            (
                Sent::No,
                "no connection to the server: at the proxy `127.0.0.1:1080`: unsupported scheme socks5"
            )
        );
    }
}

/// Nobody waits for ever for one who takes a connection and says nothing.
#[tokio::test]
async fn who_does_not_greet_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let transport = Hyper::over(tls::config().unwrap(), Matcher::builder().build());
    let waiting = tokio::spawn(async move { transport.send(post(&uri)).await });
    let _silent = listener.accept().await.unwrap();
    let began = tokio::time::Instant::now();
    tokio::time::pause();
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(error.sent(), Sent::No);
    assert_eq!(error.to_string(), "no connection to the server: nobody answered in 30 seconds");
    assert_eq!(began.elapsed().as_secs(), CONNECT.as_secs());
}
