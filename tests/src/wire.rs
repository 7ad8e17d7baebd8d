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
pub fn send_raw(server: SocketAddr, request: &[u8], method: &str) -> Result<Answer, String> {
    let say = |error: std::io::Error| error.to_string();
    let mut socket = TcpStream::connect(server).map_err(say)?;
    socket.set_read_timeout(Some(Duration::from_secs(30))).map_err(say)?;
    socket.write_all(request).map_err(say)?;
    let (mut answer, mut chunk) = (Vec::new(), [0; 8192]);
    loop {
        match socket.read(&mut chunk).map_err(say)? {
            0 => return Answer::parse(&answer, method),
            length => answer.extend_from_slice(&chunk[..length]),
        }
        match Answer::parse(&answer, method) {
            Ok(parsed) if parsed.complete => return Ok(parsed),
            _ => {}
        }
    }
}
