//! Restores over real connections, compressed and not.

use std::io::Write as _;
use std::net::SocketAddr;

use flate2::{Compression, write::GzEncoder};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::transport::hyper::Hyper;

/// A server that says these bytes to each of so many requests, and what it was asked.
async fn server(said: Vec<Vec<u8>>) -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut heads = Vec::new();
        for answer in said {
            let mut connection = BufReader::new(listener.accept().await.unwrap().0);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(connection.read_line(&mut head).await.unwrap(), 0, "{head}");
            }
            heads.push(head.to_lowercase());
            connection.write_all(&answer).await.unwrap();
            connection.shutdown().await.unwrap();
        }
        heads
    });
    (address, serving)
}

fn restore() -> String {
    let case = |number: u32| {
        format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{number}' date_modified='2024-05-01'>\
             <close/></case>"
        )
    };
    let cases: String = (0..20).map(case).collect();
    format!("<OpenRosaResponse xmlns='http://openrosa.org/http/response'>{cases}</OpenRosaResponse>")
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n").as_bytes(), body].concat()
}

fn chunked(body: &[u8], ends: bool) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in body.chunks(50) {
        chunks.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    if ends {
        chunks.extend_from_slice(b"0\r\n\r\n");
    }
    chunks
}

/// How each of these answers ends: what came, and whether it is whole.
async fn ends(answers: Vec<Vec<u8>>) -> (Vec<(Received, Result<(), Error>)>, Vec<String>) {
    let requests = answers.len();
    let (address, serving) = server(answers).await;
    let client = Client::new(Hyper::new().unwrap());
    let url: Url = format!("http://{address}/restore/").parse().unwrap();
    let mut ends = Vec::new();
    for _ in 0..requests {
        let mut restore = match client.restore(&url, &Request::new()).await {
            Ok(Outcome::Ready(restore)) => *restore,
            Ok(Outcome::Pending(pending)) => panic!("{pending:?}"),
            Err(error) => {
                ends.push((Received::default(), Err(error)));
                continue;
            }
        };
        let end = loop {
            match restore.next_with(|_| ()).await {
                Ok(Some(())) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        assert_eq!(end.is_ok(), restore.is_whole());
        ends.push((restore.received(), end));
    }
    (ends, serving.await.unwrap())
}

/// S-077: gzip and identity, each with a length, in chunks, and until the connection ends.
#[tokio::test]
async fn a_restore_comes_compressed_or_not() {
    let text = restore();
    let packed = gzipped(&text);
    assert!(packed.len() * 3 < text.len());
    let length = |body: &[u8]| format!("Content-Length: {}\r\n", body.len());
    let gzip = "Content-Encoding: gzip\r\n";
    let in_chunks = "Transfer-Encoding: chunked\r\n";
    let (ends, asked) = ends(vec![
        answer(&length(text.as_bytes()), text.as_bytes()),
        answer(in_chunks, &chunked(text.as_bytes(), true)),
        answer("", text.as_bytes()),
        answer(&format!("{gzip}{}", length(&packed)), &packed),
        answer(&format!("{gzip}{in_chunks}"), &chunked(&packed, true)),
        answer(gzip, &packed),
    ])
    .await;
    for (index, (received, end)) in ends.iter().enumerate() {
        assert!(end.is_ok(), "{index}: {end:?}");
        assert_eq!((received.items, received.bytes), (20, text.len() as u64), "{index}");
        // The length of a compressed body is not that of the restore.
        let announced = (index == 0).then_some(text.len() as u64);
        assert_eq!(received.bytes_announced, announced, "{index}");
        assert!(asked[index].contains("\r\naccept-encoding: gzip\r\n"), "{}", asked[index]);
    }
}

/// S-072: whatever the framing, what was cut is not whole.
/// S-077: a length that does not fit is an error, compressed or not.
#[tokio::test]
async fn a_restore_that_the_connection_cut_is_not_whole() {
    let text = restore();
    let packed = gzipped(&text);
    let gzip = "Content-Encoding: gzip\r\n";
    let in_chunks = "Transfer-Encoding: chunked\r\n";
    let of = |length: usize| format!("Content-Length: {length}\r\n");
    let mut answers = vec![
        answer(&of(text.len() + 1), text.as_bytes()),
        answer(in_chunks, &chunked(text.as_bytes(), false)),
        answer(&format!("{gzip}{}", of(packed.len() + 1)), &packed),
        answer(&format!("{gzip}{in_chunks}"), &chunked(&packed, false)),
        // Not compressed at all.
        answer(&format!("{gzip}{}", of(text.len())), text.as_bytes()),
    ];
    // As a proxy does it that cuts and counts anew, or does not count.
    for cut in 0..packed.len() {
        answers.push(answer(&format!("{gzip}{}", of(cut)), &packed[..cut]));
        answers.push(answer(gzip, &packed[..cut]));
    }
    for (index, (received, end)) in ends(answers).await.0.iter().enumerate() {
        assert!(end.is_err(), "{index}: {received:?}");
    }
}

/// A few kilobytes that are many megabytes when they are decompressed: as items they pass by, as one item they are stopped.
#[tokio::test]
async fn a_bomb_is_stopped_by_the_limit_of_an_item() {
    let bomb = gzipped(&format!("<r><!--{}--></r>", "0".repeat(20 << 20)));
    assert!(bomb.len() < 64 << 10);
    let (address, _serving) = server(vec![answer("Content-Encoding: gzip\r\n", &bomb)]).await;
    let url: Url = format!("http://{address}/restore/").parse().unwrap();
    let client = Client::new(Hyper::new().unwrap());
    let Outcome::Ready(restore) = client.restore(&url, &Request::new()).await.unwrap() else { panic!() };
    let mut restore = restore.item_limit(1 << 20);
    let error = restore.next().await.unwrap_err();
    assert_eq!(error.to_string(), "an item of the restore has no end within 1048576 bytes");
}
