//! The peak memory of a process that streams a restore, fetches or stores one, or purges cases: a child of its own, so that nothing else is counted.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    str::FromStr,
    thread,
};

use openrosa_case::purge::{Purge, Spread};
use openrosa_http::{
    Client, api,
    client::restore::{self as fetched, Outcome},
    transport::hyper::Hyper,
};
use openrosa_store::device::Database;
use openrosa_xml::{
    check::{self, Options},
    restore::RestoreReader,
};

use crate::{
    Failure,
    inputs::{Household, Restore, Shape, owners},
};

/// What the child does: makes a restore as it reads it, and says what it held at most, in bytes.
pub fn stream(shape: Shape) -> Result<Peak, Failure> {
    let mut reader = RestoreReader::new(Restore::new(shape));
    while reader.next_with(|item| std::hint::black_box(item.span))?.is_some() {}
    peak()
}

/// The same, and the restore is checked on the way.
pub fn check(shape: Shape) -> Result<Peak, Failure> {
    check::restore(Restore::new(shape), &Options::default(), |finding| drop(std::hint::black_box(finding)))?;
    peak()
}

/// What the child does: fetches a restore, and says what it held at most, in bytes.
pub fn fetch(url: &str) -> Result<Peak, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut restore = asked_for(url).await?;
        while restore.next_with(|item| std::hint::black_box(item.span)).await?.is_some() {}
        peak()
    })
}

/// What the child does: fetches a restore into the database of a device, and says what it held at most, in bytes.
pub fn store(url: &str) -> Result<Peak, Failure> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let database = Database::open(folder.path().join("device.db")).await?;
        std::hint::black_box(database.apply_restore(asked_for(url).await?).await?);
        database.close().await;
        peak()
    })
}

async fn asked_for(url: &str) -> Result<fetched::Restore, Failure> {
    let client = Client::new(Hyper::new()?);
    match client.restore(&url.parse()?, &api::restore::Request::new()).await? {
        Outcome::Ready(restore) => Ok(*restore),
        _ => Err("the restore is not ready".into()),
    }
}

/// The largest resident set of a process, in bytes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "measurements say what they measured")]
pub struct Peak {
    /// All of it, as Linux counts it.
    pub whole: u64,
    /// Without the pages of files, code above all: how many of those are here is up to the system, which takes them back when it
    /// wants to. It differs by a megabyte and more from one run to the next, and by four from one kernel to another.
    pub own: u64,
}

/// So far.
fn peak() -> Result<Peak, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let bytes = |name: &str| -> Result<u64, Failure> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let line = line.ok_or_else(|| format!("no `{name}` in /proc/self/status"))?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    };
    let whole = bytes("VmHWM")?;
    Ok(Peak { whole, own: whole.saturating_sub(bytes("RssFile")?) })
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.whole, self.own)
    }
}

impl FromStr for Peak {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (whole, own) = text.trim().split_once(' ').ok_or("two numbers expected")?;
        Ok(Self { whole: whole.parse()?, own: own.parse()? })
    }
}

/// The peak of a child that streams this restore, given the program that does so when it is asked.
pub fn peak_of_child(program: &Path, shape: Shape) -> Result<Peak, Failure> {
    said_by(program, &[&in_numbers(shape)])?.parse()
}

/// The peak of a child that checks this restore as well.
pub fn peak_of_checking_child(program: &Path, shape: Shape) -> Result<Peak, Failure> {
    said_by(program, &["--checked", &in_numbers(shape)])?.parse()
}

/// The peak of a child that fetches this restore from here, and perhaps stores it, and how many bytes that were.
pub fn peak_of_fetching_child(program: &Path, shape: Shape) -> Result<(Peak, u64), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/restore/", listener.local_addr()?);
    let serving = thread::spawn(move || serve(listener.accept()?.0, Restore::new(shape)));
    let peak = said_by(program, &[&url])?.parse()?;
    let sent = serving.join().map_err(|_| "the server panicked")??;
    Ok((peak, sent))
}

/// Answers one request with a restore, in chunks, as it is made.
fn serve(mut connection: TcpStream, mut restore: Restore) -> io::Result<u64> {
    for line in BufReader::new(connection.try_clone()?).lines() {
        if line?.is_empty() {
            break;
        }
    }
    connection.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
    let (mut piece, mut sent) = (vec![0; 32 << 10], 0);
    loop {
        let length = restore.read(&mut piece)?;
        write!(connection, "{length:x}\r\n")?;
        connection.write_all(&piece[..length])?;
        connection.write_all(b"\r\n")?;
        sent += length as u64;
        if length == 0 {
            return Ok(sent);
        }
    }
}

fn in_numbers(shape: Shape) -> String {
    let Shape { cases, ledgers, fixtures, fixture_bytes } = shape;
    [cases, ledgers, fixtures, fixture_bytes as u64].map(|number| number.to_string()).join(",")
}

fn said_by(program: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).output().map_err(|error| {
        format!("{}: {error}; `cargo build --release -p openrosa-bench` builds it", program.display())
    })?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// What the child does: makes cases, then their graph and its purge; the peak before and after, in bytes.
pub fn purge(cases: usize) -> Result<[u64; 2], Failure> {
    let cases = Household::all(cases);
    let before = peak()?.whole;
    let graph = Household::graph(&cases);
    let purge = Purge::of(&graph, &owners(), Spread::Whole)?;
    std::hint::black_box(purge.removed().count());
    Ok([before, peak()?.whole])
}

/// What a case with its indices adds to the peak while a child purges, beyond what the child holds anyhow.
pub fn purge_bytes_per_case(program: &Path, cases: usize) -> Result<f64, Failure> {
    let [before, after]: [u64; 2] =
        serde_json::from_str(&said_by(program, &["--purge", &cases.to_string()])?)?;
    Ok((after - before) as f64 / cases as f64)
}

/// A shape as the child is told it.
pub fn shape_from(text: &str) -> Result<Shape, Failure> {
    let numbers = text.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let [cases, ledgers, fixtures, fixture_bytes] = numbers[..] else {
        return Err(format!("four numbers expected, not `{text}`").into());
    };
    Ok(Shape { cases, ledgers, fixtures, fixture_bytes: usize::try_from(fixture_bytes)? })
}
