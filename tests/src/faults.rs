//! A proxy that stands between a client and a server, and does to each exchange what networks do.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
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
    /// The same, where so many bytes at the answer's end do not.
    AnswerShort(usize),
    /// A byte of its answer's body, counted from the body's begin and round again, comes back as another.
    Damaged(usize),
    /// The server gets it twice; the second answer comes back.
    Twice,
    /// The network answers in the server's stead: a page with this status.
    Portal(u16),
    /// A gateway answers in the server's stead, with this status and perhaps when to ask again.
    Gateway(u16, Option<u64>),
    /// The same, after the server got all of it.
    GatewayBehind(u16),
    /// The network leads, with this status, to a server of its own that bears this name.
    Elsewhere(u16, &'static str),
}

/// The name of the network's own server that makes it another host than the proxy.
pub const OTHER_HOST: &str = "localhost";
/// The name that makes it another port of the same host.
pub const SAME_HOST: &str = "127.0.0.1";
/// What a network answers in everybody's stead.
pub const PORTAL: &str = "<html><body>Log in</body></html>";

/// A proxy before a server, and where it leads astray.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    ahead: Vec<Fault>,
    met: Vec<Fault>,
    speaks_1_0: bool,
    strayed: Vec<String>,
}

impl Proxy {
    /// Stands before this server from now on, until the process ends.
    pub fn before(server: SocketAddr) -> Self {
        let shared = Arc::<Mutex<Shared>>::default();
        let elsewhere = elsewhere(Arc::clone(&shared));
        let schedule = Arc::clone(&shared);
        let address = listen(move |client| {
            let (fault, speaks_1_0) = next(&schedule);
            let ways = Ways { server, elsewhere, speaks_1_0 };
            // What breaks here broke because that was asked for, or because the other end had enough.
            let _ = exchange(client, &ways, fault);
        });
        Self { address, shared }
    }

    /// What happens to the exchanges to come, the first one first; those after them go through.
    pub fn schedule(&self, faults: &[Fault]) {
        self.shared().ahead = faults.iter().rev().copied().collect();
    }

    /// Whether it asks the server by HTTP/1.0, as gateways do: an answer of unknown length then ends with its connection.
    pub fn speak_1_0(&self, speaks_1_0: bool) {
        self.shared().speaks_1_0 = speaks_1_0;
    }

    /// What happened to the exchanges since this was asked last.
    pub fn met(&self) -> Vec<Fault> {
        std::mem::take(&mut self.shared().met)
    }

    /// The heads of all requests that were made where the network led astray.
    pub fn strayed(&self) -> Vec<String> {
        self.shared().strayed.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no panic")
    }
}

/// What happens to this exchange, and whether it goes on by HTTP/1.0.
fn next(schedule: &Mutex<Shared>) -> (Fault, bool) {
    let mut shared = schedule.lock().expect("no panic");
    let fault = shared.ahead.pop().unwrap_or(Fault::None);
    shared.met.push(fault);
    (fault, shared.speaks_1_0)
}

/// Where exchanges go.
struct Ways {
    server: SocketAddr,
    elsewhere: SocketAddr,
    speaks_1_0: bool,
}

/// Hands each connection on, one after the other; they are closed then.
fn listen(mut take: impl FnMut(&TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            take(&client);
            let _ = client.shutdown(Shutdown::Both);
        }
    });
    address
}

/// A server that asks for credentials, or has a page, in turn.
fn elsewhere(shared: Arc<Mutex<Shared>>) -> SocketAddr {
    listen(move |mut client| {
        let Ok(request) = read_request(client, false) else { return };
        let mut shared = shared.lock().expect("no panic");
        shared.strayed.push(String::from_utf8_lossy(&request).to_ascii_lowercase());
        let answer = match shared.strayed.len() % 2 {
            0 => page(200, "Content-Type: text/html\r\n", PORTAL),
            _ => page(401, "WWW-Authenticate: Basic realm=\"Login\"\r\n", ""),
        };
        let _ = client.write_all(answer.as_bytes());
    })
}

fn page(status: u16, more: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n{body}")
}

fn exchange(mut client: &TcpStream, ways: &Ways, fault: Fault) -> std::io::Result<()> {
    if fault == Fault::Closed {
        return Ok(());
    }
    let request = read_request(client, ways.speaks_1_0)?;
    let ask = || ask(ways.server, &request);
    match fault {
        Fault::None => client.write_all(&ask()?),
        Fault::Delay => {
            std::thread::sleep(Duration::from_millis(5));
            client.write_all(&ask()?)
        }
        Fault::Closed => Ok(()),
        Fault::RequestCut(bytes) => {
            let server = TcpStream::connect(ways.server)?;
            (&server).write_all(&request[..bytes.min(request.len().saturating_sub(1))])?;
            server.shutdown(Shutdown::Both)
        }
        Fault::NoAnswer => ask().map(drop),
        Fault::AnswerCut(bytes) => {
            let answer = ask()?;
            client.write_all(&answer[..bytes.min(answer.len().saturating_sub(1))])
        }
        Fault::AnswerShort(bytes) => {
            let answer = ask()?;
            client.write_all(&answer[..answer.len().saturating_sub(bytes.max(1))])
        }
        Fault::Damaged(at) => client.write_all(&damaged(ask()?, at)),
        Fault::Twice => {
            ask()?;
            client.write_all(&ask()?)
        }
        Fault::Portal(status) => {
            client.write_all(page(status, "Content-Type: text/html\r\n", PORTAL).as_bytes())
        }
        Fault::Gateway(status, after) => {
            let after = after.map_or(String::new(), |seconds| format!("Retry-After: {seconds}\r\n"));
            client.write_all(page(status, &after, "").as_bytes())
        }
        Fault::GatewayBehind(status) => {
            ask()?;
            client.write_all(page(status, "", "upstream timed out").as_bytes())
        }
        Fault::Elsewhere(status, host) => {
            let to = format!("Location: http://{host}:{}/login\r\n", ways.elsewhere.port());
            client.write_all(page(status, &to, "").as_bytes())
        }
    }
}

fn damaged(mut answer: Vec<u8>, at: usize) -> Vec<u8> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |end| end + 4);
    let body = &mut answer[head..];
    if let Some(at) = at.checked_rem(body.len()) {
        body[at] ^= 1;
    }
    answer
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
fn read_request(mut client: &TcpStream, as_1_0: bool) -> std::io::Result<Vec<u8>> {
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
                if let (true, Some(version)) = (as_1_0, head.find(" HTTP/1.1")) {
                    request[version + 8] = b'0';
                }
                return Ok(request);
            }
        }
        match client.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => request.extend_from_slice(&chunk[..read]),
        }
    }
}
