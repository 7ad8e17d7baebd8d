//! Raw HTTP over a loopback socket: bytes go out exactly as given.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::exchange::Answer;

/// Serves these routes from a thread of this process, on a free loopback port, until the process ends.
pub fn serve(routes: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    listener.set_nonblocking(true).expect("a fresh listener can be set up");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
            axum::serve(listener, routes).await.expect("serving never ends");
        });
    });
    address
}

/// Sends these bytes and reads the answer to them.
///
/// The sending end stays open, as a device keeps it: a server must not need its closing to know the end of a body.
/// A request that expects `100 Continue` keeps its body back until it is told to go on, and for good when it is not.
pub fn send_raw(server: SocketAddr, request: &[u8], method: &str) -> Result<Answer, String> {
    let say = |error: std::io::Error| error.to_string();
    let mut socket = TcpStream::connect(server).map_err(say)?;
    socket.set_read_timeout(Some(Duration::from_secs(30))).map_err(say)?;
    let mut answer = Vec::new();
    let (head, body) = request.split_at(head_length(request));
    socket.write_all(head).map_err(say)?;
    if expects_continue(head) {
        read_until(&mut socket, &mut answer, |answer| answer.windows(4).any(|end| end == b"\r\n\r\n"))?;
    }
    if !expects_continue(head) || answer.starts_with(b"HTTP/1.1 100 ") {
        socket.write_all(body).map_err(say)?;
    }
    read_until(&mut socket, &mut answer, |answer| {
        Answer::parse(answer, method).is_ok_and(|answer| answer.complete)
    })?;
    Answer::parse(&answer, method)
}

fn head_length(request: &[u8]) -> usize {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n");
    end.map_or(request.len(), |end| end + 4)
}

fn expects_continue(head: &[u8]) -> bool {
    String::from_utf8_lossy(head).to_ascii_lowercase().contains("\r\nexpect: 100-continue\r\n")
}

/// Reads on until `enough` says so or the server closes.
fn read_until(
    socket: &mut TcpStream,
    read: &mut Vec<u8>,
    enough: impl Fn(&[u8]) -> bool,
) -> Result<(), String> {
    let mut chunk = [0; 8192];
    while !enough(read) {
        match socket.read(&mut chunk).map_err(|error| error.to_string())? {
            0 => return Ok(()),
            length => read.extend_from_slice(&chunk[..length]),
        }
    }
    Ok(())
}
