//! Recorded exchanges with real servers and clients: the files of `corpus/http`, in the format its README describes.

use std::path::Path;

use crate::corpus;
use markers::expand;
pub use message::{Answer, Request};

mod markers;
mod message;

/// One recorded exchange.
#[derive(Debug)]
pub struct Exchange {
    /// Folder and file, such as `odk-central/048-submit-new.http`.
    pub name: String,
    /// `true` for bytes that went over a socket, `false` for a request derived from a client's source code.
    pub observed: bool,
    /// What the index says it shows.
    pub shows: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// One direction of an exchange.
#[derive(Debug, PartialEq, Eq)]
pub enum Side {
    /// Byte for byte what went over the wire.
    Whole(Vec<u8>),
    /// Bytes were cut out of the record for good; why is said in the marker given.
    Cut(String),
    /// Nothing was said, or nothing was recorded.
    Absent(String),
}

impl Side {
    /// The bytes, when the record has them all.
    pub fn whole(self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Cut(_) | Self::Absent(_) => None,
        }
    }
}

impl Exchange {
    /// The request as it went over the wire.
    pub fn request(&self) -> Side {
        expand(&self.request)
    }

    /// The answer as it came back.
    pub fn answer(&self) -> Side {
        expand(&self.answer)
    }

    /// The request, parsed; `None` when the record lacks bytes of it.
    pub fn parsed_request(&self) -> Option<Request> {
        self.request()
            .whole()
            .map(|bytes| Request::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", self.name)))
    }

    /// The answer, parsed; `None` when there is none or the record lacks bytes of it.
    pub fn parsed_answer(&self) -> Option<Answer> {
        let method = self.method();
        let parse =
            |bytes: Vec<u8>| Answer::parse(&bytes, &method).unwrap_or_else(|e| panic!("{}: {e}", self.name));
        self.answer().whole().map(parse)
    }

    /// The request's method, which no marker ever hides.
    pub fn method(&self) -> String {
        self.request_line(0)
    }

    /// The request's target, query included.
    pub fn target(&self) -> String {
        self.request_line(1)
    }

    /// The host and port that the request was sent to.
    pub fn host(&self) -> String {
        let head = String::from_utf8_lossy(&self.request).into_owned();
        let host =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
        host.unwrap_or_else(|| panic!("{}: no Host", self.name))
    }

    fn request_line(&self, word: usize) -> String {
        let mut words = self.request.split(|&byte| byte == b' ' || byte == b'\r');
        String::from_utf8_lossy(words.nth(word).unwrap_or_default()).into_owned()
    }

    fn parse(name: String, index: &str, file: &[u8]) -> Self {
        let separator = b"\n\n---\n";
        let mut cuts = (0..file.len()).filter(|&at| file[at..].starts_with(separator));
        let (Some(cut), None) = (cuts.next(), cuts.next()) else {
            panic!("{name}: not exactly one separator")
        };
        let answer = &file[cut + separator.len()..];
        let answer = answer.strip_suffix(b"\n").unwrap_or_else(|| panic!("{name}: no final line end"));
        let (kind, shows) = index.split_once('\t').unwrap_or_else(|| panic!("{name}: index row `{index}`"));
        let observed = match kind {
            "observed" => true,
            "derived" => false,
            other => panic!("{name}: `{other}` is neither observed nor derived"),
        };
        Self { name, observed, shows: shows.into(), request: file[..cut].into(), answer: answer.into() }
    }
}

/// Every exchange with one peer (a folder below `corpus/http`), in the order of its index.
pub fn with_peer(corpus: &Path, peer: &str) -> Vec<Exchange> {
    let folder = corpus.join("http").join(peer);
    let index = String::from_utf8(corpus::read(&folder.join("INDEX.tsv"))).expect("an index is UTF-8");
    let rows = index.lines().skip(1).filter_map(|row| row.split_once('\t'));
    let exchange =
        |(file, row)| Exchange::parse(format!("{peer}/{file}"), row, &corpus::read(&folder.join(file)));
    rows.map(exchange).collect()
}

/// Every peer of the corpus.
pub fn peers(corpus: &Path) -> Vec<String> {
    let mut peers = corpus::file_names(&corpus.join("http"));
    peers.retain(|name| corpus.join("http").join(name).is_dir());
    peers.sort();
    peers
}
