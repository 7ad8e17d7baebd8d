//! Many at once: who follows the page for people takes nobody's place, and is counted.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::site::{Server, Site};

/// How many may follow, and how many pages there are at once.
const READERS: usize = 100;
const PAGES: usize = 200;

fn address(server: &Server) -> &str {
    server.url.trim_start_matches("http://")
}

/// A connection on which this was said, and what came first.
fn said(address: &str, what: &str) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(address).expect("a server");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
    socket.write_all(what.as_bytes()).expect("it is said");
    let mut first = [0; 2_048];
    let length = socket.read(&mut first).expect("an answer");
    (socket, String::from_utf8_lossy(&first[..length]).into_owned())
}

fn follow(server: &Server) -> (TcpStream, String) {
    let host = address(server);
    said(host, &format!("GET /look/1/live HTTP/1.1\r\nHost: {host}\r\n\r\n"))
}

/// A sign-in of which nothing comes.
fn stuck(server: &Server) -> TcpStream {
    let host = address(server);
    let mut socket = TcpStream::connect(host).expect("a server");
    let head = format!(
        "POST /look/sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).expect("it is said");
    socket
}

fn until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..600 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what}");
}

#[test]
fn followers_are_bounded_and_take_no_devices_place() {
    let site = Site::new();
    let metrics = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let server = site.serve(&format!(" --metrics {metrics}"));
    let told = || {
        let ask = format!("GET /metrics HTTP/1.1\r\nHost: {metrics}\r\nConnection: close\r\n\r\n");
        let (mut socket, mut text) = said(&metrics.to_string(), &ask);
        socket.read_to_string(&mut text).expect("text");
        text
    };
    let followers: Vec<_> = (0..READERS).map(|_| follow(&server)).collect();
    assert!(followers.iter().all(|(_, answer)| answer.starts_with("HTTP/1.1 200 ")));
    let (_, answer) = follow(&server);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 30"), "{answer}");
    assert!(answer.contains("Too many are looking"), "{answer}");
    let look = || server.curl(site.path(), &[], "/look/1/overview");
    assert_eq!(look().0, "200", "who does not follow may look");

    let others: Vec<_> = (READERS..PAGES).map(|_| stuck(&server)).collect();
    until("they are all there", || told().contains(&format!("openrosa_http_open {PAGES}\n")));
    let (status, text) = look();
    assert_eq!(status, "503", "{text}");
    let form = site.creates("f1", "c1");
    site.out(&format!("submit {form} --to {}/submission", server.url));
    drop(others);
    until("there is room again", || look().0 == "200");
    drop(followers);
    until("one more may follow", || follow(&server).1.starts_with("HTTP/1.1 200 "));
    let text = told();
    for line in [
        "requests_total{method=\"GET\",route=\"/look/{domain}/live\",status=\"503\"} ",
        "requests_total{method=\"GET\",route=\"/look/{domain}/overview\",status=\"200\"} ",
        "requests_total{method=\"POST\",route=\"/submission\",status=\"201\"} 1\n",
    ] {
        assert!(text.contains(&format!("openrosa_http_{line}")), "{line}: {text}");
    }
}

/// Lines that nobody takes, as behind a pager or after Ctrl-S, keep neither devices waiting nor the end.
#[test]
fn a_server_whose_lines_nobody_reads_serves_on() {
    let site = Site::new();
    let mut server = site.serve("");
    let host = address(&server).to_owned();
    let post = |id: &str| {
        let boundary =
            "Content-Type: multipart/form-data; boundary=b\r\nX-OpenRosa-Version: 1.0\r\nConnection: close";
        let form = format!("<data id='f'><meta><instanceID>{id}</instanceID></meta></data>");
        let part = "Content-Disposition: form-data; name=\"xml_submission_file\"; filename=\"f.xml\"";
        let body = format!("--b\r\n{part}\r\n\r\n{form}\r\n--b--\r\n");
        let head = format!("POST /submission HTTP/1.1\r\nHost: {host}\r\n{boundary}");
        said(&host, &format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())).1
    };
    // More than a pipe holds.
    for number in 0..200 {
        let answer = post(&format!("{number}-{}", "x".repeat(700)));
        assert!(answer.starts_with("HTTP/1.1 201"), "{number}: {answer}");
    }
    let well = said(&host, &format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n")).1;
    assert!(well.starts_with("HTTP/1.1 200"), "{well}");
    server.signal("TERM");
    assert!(server.ends(), "it was asked to");
}
