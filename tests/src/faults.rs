//! A proxy that stands between a client and a server, and does to each exchange what networks do.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it goes through.
    None,
    /// It goes through, late.
    Delay,
    /// The connection is taken and closed at once.
    Closed,
    /// So many bytes of the request reach the server.
    RequestCut(usize),
    /// The server gets all of it, and its answer gets nowhere.
    NoAnswer,
    /// The server gets all of it, and so many bytes of its answer come back.
    AnswerCut(usize),
    /// The server gets it twice; the second answer comes back.
    Twice,
    /// The network answers in the server's stead: a page with this status.
    Portal(u16),
    /// A gateway answers in the server's stead, with this status and perhaps when to ask again.
    Gateway(u16, Option<u64>),
    /// The same, after the server got all of it.
    GatewayBehind(u16),
    /// The network leads to a host of its own.
    Elsewhere(u16),
}

/// A proxy before a server.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    faults: Arc<Mutex<Vec<Fault>>>,
}

impl Proxy {
    /// Stands before this server from now on, until the process ends.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let faults = Arc::new(Mutex::new(Vec::new()));
        let schedule = Arc::clone(&faults);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let fault = schedule.lock().expect("no panic").pop().unwrap_or(Fault::None);
                // What breaks here broke because that was asked for, or because the other end had enough.
                let _ = exchange(&client, server, fault);
                let _ = client.shutdown(Shutdown::Both);
            }
        });
        Self { address, faults }
    }

    /// What happens to the exchanges to come, the first one first; those after them go through.
    pub fn schedule(&self, faults: &[Fault]) {
        *self.faults.lock().expect("no panic") = faults.iter().rev().copied().collect();
    }
}

fn exchange(client: &TcpStream, server: SocketAddr, fault: Fault) -> std::io::Result<()> {
    let page = |status: u16, more: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status} Status\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n{body}"
        )
    };
    if fault == Fault::Closed {
        return Ok(());
    }
    let request = read_request(client)?;
    let mut client = client;
    match fault {
        Fault::None => client.write_all(&ask(server, &request)?),
        Fault::Delay => {
            std::thread::sleep(Duration::from_millis(20));
            client.write_all(&ask(server, &request)?)
        }
        Fault::Closed => Ok(()),
        Fault::RequestCut(bytes) => {
            let server = TcpStream::connect(server)?;
            (&server).write_all(&request[..bytes.min(request.len().saturating_sub(1))])?;
            server.shutdown(Shutdown::Both)
        }
        Fault::NoAnswer => ask(server, &request).map(drop),
        Fault::AnswerCut(bytes) => {
            let answer = ask(server, &request)?;
            client.write_all(&answer[..bytes.min(answer.len().saturating_sub(1))])
        }
        Fault::Twice => {
            ask(server, &request)?;
            client.write_all(&ask(server, &request)?)
        }
        Fault::Portal(status) => client.write_all(
            page(status, "Content-Type: text/html\r\n", "<html><body>Log in</body></html>").as_bytes(),
        ),
        Fault::Gateway(status, after) => {
            let after = after.map_or(String::new(), |seconds| format!("Retry-After: {seconds}\r\n"));
            client.write_all(page(status, &after, "").as_bytes())
        }
        Fault::GatewayBehind(status) => {
            ask(server, &request)?;
            client.write_all(page(status, "", "upstream timed out").as_bytes())
        }
        Fault::Elsewhere(status) => {
            client.write_all(page(status, "Location: http://portal.invalid/login\r\n", "").as_bytes())
        }
    }
}

/// The server's answer, to its last byte.
fn ask(server: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(server)?;
    server.write_all(request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

/// A request to its last byte, by its `Content-Length`; it asks the server to close the connection behind its answer.
fn read_request(mut client: &TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut request, mut chunk) = (Vec::new(), [0; 64 << 10]);
    loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if request.len() >= end + 4 + length.unwrap_or(0) {
                let body = request.split_off(end + 4);
                request.truncate(end);
                request.extend_from_slice(b"\r\nConnection: close\r\n\r\n");
                request.extend_from_slice(&body);
                return Ok(request);
            }
        }
        match client.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => request.extend_from_slice(&chunk[..read]),
        }
    }
}
