//! A small imitation of an object store that speaks S3, as far as `object_store` asks it: put, get, list, delete, parts. It can be
//! told to fail.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// A store on a free port of this machine. Clones are the same store.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    held: Arc<Mutex<Held>>,
    fails: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Held {
    objects: BTreeMap<String, Bytes>,
    /// Uploads that are not complete: the parts by number.
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    begun: usize,
    /// How many requests were not signed by the key.
    unsigned: usize,
}

/// The key by which requests are to be signed.
pub const KEY: &str = "imitation-key";

const DATE: &str = "2024-05-01T10:00:00.000Z";

impl Bucket {
    /// Listens, until the runtime ends.
    pub async fn listen(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let routes = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async { axum::serve(listener, routes).await });
        address
    }

    /// Whatever is to be stored from now on fails, or does not any more.
    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    /// Somebody else lays something there.
    pub fn put(&self, name: &str, content: &'static [u8]) {
        self.held().objects.insert(name.to_owned(), Bytes::from_static(content));
    }

    /// The names of all objects.
    pub fn names(&self) -> Vec<String> {
        self.held().objects.keys().cloned().collect()
    }

    /// Uploads that were begun and neither completed nor given up; and those that were begun at all.
    pub fn uploads(&self) -> (usize, usize) {
        let held = self.held();
        (held.uploads.len(), held.begun)
    }

    /// Requests that were not signed by [`KEY`].
    pub fn unsigned(&self) -> usize {
        self.held().unsigned
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(bucket): State<Bucket>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
    // `/BUCKET/KEY`, and nothing in these names is encoded.
    let name =
        head.uri.path().trim_start_matches('/').split_once('/').map_or("", |(_, name)| name).to_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let argument = |wanted: &str| {
        let found = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        found.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.replace("%2F", "/"))
    };
    let mut held = bucket.held();
    let signed = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    held.unsigned += usize::from(!signed.is_some_and(|signed| signed.contains(KEY)));
    if bucket.fails.load(Ordering::SeqCst) && matches!(head.method, Method::PUT | Method::POST) {
        // What `object_store` does not try again.
        return StatusCode::FORBIDDEN.into_response();
    }
    match (head.method.clone(), argument("uploadId")) {
        (Method::PUT, Some(upload)) => held.part(&upload, argument("partNumber"), body),
        (Method::PUT, None) if head.headers.contains_key(header::IF_NONE_MATCH) => held.create(name, body),
        (Method::PUT, None) => {
            held.objects.insert(name, body);
            tagged()
        }
        (Method::POST, Some(upload)) => held.complete(&name, &upload),
        (Method::POST, None) if argument("delete").is_some() => {
            held.delete_all(&String::from_utf8_lossy(&body))
        }
        (Method::POST, None) => held.begin(),
        (Method::DELETE, upload) => {
            match upload {
                Some(upload) => drop(held.uploads.remove(&upload)),
                None => drop(held.objects.remove(&name)),
            }
            StatusCode::NO_CONTENT.into_response()
        }
        (_, _) if argument("list-type").is_some() => held.list(&argument("prefix").unwrap_or_default()),
        (_, _) => held.get(&name, &head.headers),
    }
}

impl Held {
    fn begin(&mut self) -> Response {
        self.begun += 1;
        let upload = format!("upload-{}", self.begun);
        self.uploads.insert(upload.clone(), BTreeMap::new());
        let id = format!("<UploadId>{upload}</UploadId>");
        xml(&format!(
            "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>{id}</InitiateMultipartUploadResult>"
        ))
    }

    fn create(&mut self, name: String, body: Bytes) -> Response {
        match self.objects.contains_key(&name) {
            true => StatusCode::PRECONDITION_FAILED.into_response(),
            false => {
                self.objects.insert(name, body);
                tagged()
            }
        }
    }

    fn part(&mut self, upload: &str, number: Option<String>, body: Bytes) -> Response {
        let number = number.and_then(|number| number.parse().ok());
        match (self.uploads.get_mut(upload), number) {
            (Some(parts), Some(number)) => {
                parts.insert(number, body);
                tagged()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn complete(&mut self, name: &str, upload: &str) -> Response {
        let Some(parts) = self.uploads.remove(upload) else { return StatusCode::NOT_FOUND.into_response() };
        let whole: Vec<u8> = parts.into_values().flatten().collect();
        self.objects.insert(name.to_owned(), whole.into());
        xml("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")
    }

    fn delete_all(&mut self, body: &str) -> Response {
        let mut deleted = String::new();
        for key in body.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")) {
            self.objects.remove(key.0);
            deleted += &format!("<Deleted><Key>{}</Key></Deleted>", key.0);
        }
        xml(&format!("<DeleteResult>{deleted}</DeleteResult>"))
    }

    fn list(&self, prefix: &str) -> Response {
        let found = self.objects.iter().filter(|(name, _)| name.starts_with(prefix));
        let entry = |(name, content): (&String, &Bytes)| {
            format!(
                "<Contents><Key>{name}</Key><LastModified>{DATE}</LastModified><ETag>\"e\"</ETag><Size>{}</Size></Contents>",
                content.len()
            )
        };
        let found: String = found.map(entry).collect();
        xml(&format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"))
    }

    fn get(&self, name: &str, headers: &HeaderMap) -> Response {
        let Some(content) = self.objects.get(name) else { return StatusCode::NOT_FOUND.into_response() };
        let length = content.len();
        let known = [(header::LAST_MODIFIED, "Wed, 01 May 2024 10:00:00 GMT"), (header::ETAG, "\"e\"")];
        let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
        let from: Option<usize> =
            range.and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok());
        match from.filter(|from| *from < length) {
            Some(from) => {
                let range = format!("bytes {from}-{}/{length}", length - 1);
                (StatusCode::PARTIAL_CONTENT, known, [(header::CONTENT_RANGE, range)], content.slice(from..))
                    .into_response()
            }
            None => (known, content.clone()).into_response(),
        }
    }
}

fn tagged() -> Response {
    [(header::ETAG, "\"e\"")].into_response()
}

fn xml(text: &str) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], text.to_owned()).into_response()
}
