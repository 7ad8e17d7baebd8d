//! What stands between a device and its server, and what people are told of it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
};

use super::site::Site;

const LIST: &str = "forms list --url https://forms.example";

const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A folder whose commands go through this proxy.
fn behind(proxy: &str) -> Site {
    let variables = ["https_proxy", "HTTPS_PROXY"].map(|name| (name, proxy.to_owned()));
    Site::amid(variables.into_iter().chain([("NO_PROXY", String::new())]).collect())
}

/// Whoever says this to everybody, one after the other whatever is said in between.
fn saying<const N: usize>(answers: [&'static str; N]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            for answer in answers {
                let mut asked = [0; 1024];
                let _ = connection.read(&mut asked).expect("a request");
                connection.write_all(answer.as_bytes()).expect("an answer");
            }
        }
    });
    address
}

/// RFC 9110, 15.5.8: a proxy asks for its own credentials, over https before there is a server.
#[test]
fn a_proxy_that_wants_a_login_is_the_networks() {
    let proxy = saying(["HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"]);
    insta::assert_snapshot!(behind(&format!("http://{proxy}")).err(LIST), @"openrosa: the network answered 407, and not the server; does it want a login first?");
}

/// One fact in one layer of words.
#[test]
fn where_nobody_listens_it_is_said_once() {
    let dead = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    insta::assert_snapshot!(Site::new().err(&format!("forms list --url http://{dead}")), @r"
    openrosa: no connection to the server: Connection refused (os error 111)
      try: the same again later
    ");
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    // A port that was free a moment ago.
    let dead = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let told = behind(&format!("http://amina:secret@{dead}")).err(LIST).replace(&dead.to_string(), "PROXY");
    insta::assert_snapshot!(told, @r"
    openrosa: no connection to the server: at the proxy `PROXY`: Connection refused (os error 111)
      try: the same again later
    ");
}

#[test]
fn a_proxy_that_refuses_is_named() {
    let proxy = saying(["HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"]);
    let told = behind(&format!("http://{proxy}")).err(LIST).replace(&proxy.to_string(), "PROXY");
    insta::assert_snapshot!(told, @r"
    openrosa: no connection to the server: through the proxy `PROXY`: it does not lead to the server, or may not
      try: the same again later
    ");
}

/// TLS that comes to nothing may be the server's or the proxy's own.
#[test]
fn a_proxy_in_the_way_of_tls_is_named() {
    let through = saying(["HTTP/1.1 200 OK\r\n\r\n", PLAIN]);
    let told = behind(&format!("http://{through}")).err(LIST).replace(&through.to_string(), "PROXY");
    insta::assert_snapshot!(told, @r"
    openrosa: no connection to the server: through the proxy `PROXY`: what answers there does not speak TLS; is it an http address?
      try: the address; if it is right, whoever looks after the server, or after this network
    ");
    let itself = saying([PLAIN]);
    let told = behind(&format!("https://{itself}")).err(LIST).replace(&itself.to_string(), "PROXY");
    insta::assert_snapshot!(told, @r"
    openrosa: no connection to the server: at the proxy `PROXY`: what answers there does not speak TLS; is it an http address?
      try: the address; if it is right, whoever looks after the server, or after this network
    ");
}

/// Passed by, it would have requests go where they must not, or nowhere.
#[test]
fn a_proxy_that_cannot_be_read_is_refused() {
    insta::assert_snapshot!(behind("::garbage:secret::").err(LIST), @"openrosa: no connection to the server: `HTTPS_PROXY` in the environment is no address of a proxy (in a password `@`, `/`, `?` and `#` are %40, %2F, %3F and %23)");
}

/// An https address where http is spoken.
#[test]
fn a_server_without_tls_is_told() {
    let plain = saying([PLAIN]);
    insta::assert_snapshot!(Site::new().err(&format!("forms list --url https://{plain}")), @r"
    openrosa: no connection to the server: what answers there does not speak TLS; is it an http address?
      try: the address; if it is right, whoever looks after the server, or after this network
    ");
}
