//! Files: never more than a chunk of one is in memory.

use std::path::Path;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use http::{Request, Response};
use openrosa_http::client::{is_page, keep_name};
use openrosa_http::transport::{Body, Transport};
use tempfile::{Builder, NamedTempFile};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::Client;
use crate::endpoint::Payload;
use crate::error::{Error, Kind, Page};
use crate::site::Site;

/// In so much of a page there is its form: before it come styles and scripts.
const BEGIN: usize = 64 << 10;

/// A file that can be asked for.
pub trait File: Sync {
    /// The request for it, or why it is not sent.
    fn request(&self, site: &Site) -> Result<Request<Payload>, Error>;

    /// How many bytes it has, where that is known before it is asked for.
    fn length(&self) -> Option<u64> {
        None
    }

    /// Whether the file begins as it must, by its first bytes: by all, where it is short.
    fn is_begin(&self, begin: &[u8]) -> bool {
        let _ = begin;
        true
    }
}

/// A file on its way.
#[derive(Debug)]
#[non_exhaustive]
pub struct Download {
    /// `Content-Type`, as it is stored: HQ has some that are none.
    pub content_type: Option<String>,
    /// How many bytes it has, where the answer says so.
    pub len: Option<u64>,
    /// The name that the server gives it. It is a name and no path.
    pub name: Option<String>,
    first: Option<Bytes>,
    known: Option<u64>,
    got: u64,
    body: Body,
}

impl<T: Transport> Client<T> {
    /// Opens a file; its content comes as it is asked for.
    ///
    /// A login page in its place is an error, as is one that does not begin as such a file has to.
    pub async fn download(&self, file: &impl File) -> Result<Download, Error> {
        let request = file.request(&self.site)?;
        let answer = self.open(&request).await?;
        let headers = answer.headers().clone();
        let mut download = Download::new(answer);
        let begin = download.body.at_least(BEGIN).await.map_err(broken)?;
        if is_page(&headers, &begin) && Page::read(&String::from_utf8_lossy(&begin)).is_login() {
            return Err(Kind::Login.into());
        }
        if !file.is_begin(&begin) {
            return Err(Error::strange("a file", "it does not begin as such files do"));
        }
        download.first = Some(begin).filter(|begin| !begin.is_empty());
        download.known = file.length();
        Ok(download)
    }
}

fn broken(error: std::io::Error) -> Error {
    Error::cut(error.to_string())
}

impl Download {
    fn new(answer: Response<Body>) -> Self {
        let (head, body) = answer.into_parts();
        Self {
            content_type: text(&head.headers, &CONTENT_TYPE),
            len: body.len(),
            name: text(&head.headers, &CONTENT_DISPOSITION).as_deref().and_then(file_name),
            first: None,
            known: None,
            got: 0,
            body,
        }
    }

    /// The next bytes; `None` at its end. An end that came too early is an error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = match self.first.take() {
            Some(first) => Some(first),
            None => self.body.chunk().await.map_err(broken)?,
        };
        self.got += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        match (&chunk, self.len) {
            (None, Some(len)) if self.got != len => {
                Err(Error::cut(format!("{} of {len} bytes came", self.got)))
            }
            (None, _) if self.known.is_some_and(|known| known != self.got) => Err(self.another()),
            _ => Ok(chunk),
        }
    }

    /// It came to its end, and is not as long as the file that was asked for.
    fn another(&self) -> Error {
        let known = self.known.unwrap_or_default();
        Error::strange("a file", format!("it has {} bytes, and should have {known}", self.got))
    }

    /// Saves it, durably: under `path` there is the whole file or what was there before, however many save to it at a time. Nobody but
    /// the user of this process may read it, as it may be of a patient. How many bytes it has.
    pub async fn save(mut self, path: &Path) -> Result<u64, Error> {
        let on_disk = |error| Kind::Disk { path: path.to_owned(), error };
        // Two that wrote into one file would leave what neither of them received.
        let (out, part) = beside(path).map_err(on_disk)?.into_parts();
        let mut out = fs::File::from_std(out);
        self.copy(&mut out, path).await?;
        out.sync_all().await.map_err(on_disk)?;
        drop(out);
        part.persist(path).map_err(|failed| on_disk(failed.error))?;
        keep_name(path).await.map_err(on_disk)?;
        Ok(self.got)
    }

    async fn copy(&mut self, out: &mut fs::File, path: &Path) -> Result<(), Error> {
        let on_disk = |error| Kind::Disk { path: path.to_owned(), error };
        while let Some(chunk) = self.chunk().await? {
            out.write_all(&chunk).await.map_err(on_disk)?;
        }
        Ok(out.flush().await.map_err(on_disk)?)
    }
}

/// Where a file grows until it is whole; it goes away unless it is brought to its place.
fn beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Builder::new().prefix(".").suffix(".part").tempfile_in(folder)
}

fn text(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

/// `attachment; filename="a.ccz"`: the last step of whatever is there, as it is to be no path.
fn file_name(disposition: &str) -> Option<String> {
    let (_, name) = disposition.split_once("filename=")?;
    let name = name.split(';').next().unwrap_or_default().trim().trim_matches('"');
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_step = !matches!(name, "" | "." | "..") && !name.chars().any(char::is_control);
    is_step.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[test]
    fn a_name_from_the_wire_is_no_path() {
        assert_eq!(file_name("attachment; filename=\"My App.ccz\"").as_deref(), Some("My App.ccz"));
        assert_eq!(file_name("attachment; filename=../../etc/passwd; x=1").as_deref(), Some("passwd"));
        for none in ["inline", "attachment; filename=\"..\"", "attachment; filename=\"a/\""] {
            assert_eq!(file_name(none), None, "{none}");
        }
    }

    #[tokio::test]
    async fn what_broke_off_is_not_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        let chunks = futures_util::stream::iter([Ok(Bytes::from_static(b"abc"))]);
        let short = Download::new(Response::new(Body::from_stream(Some(5), chunks)));
        assert!(short.save(&path).await.unwrap_err().is_transport());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(Download::new(Response::new(Body::from("abc"))).save(&path).await.unwrap(), 3);
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
    }

    fn chunks(count: usize, letter: &'static str) -> Download {
        let chunks = futures_util::stream::iter(0..count).then(move |_| async move {
            tokio::task::yield_now().await;
            Ok(Bytes::from_static(letter.as_bytes()))
        });
        Download::new(Response::new(Body::from_stream(Some(5 * letter.len() as u64), chunks)))
    }

    /// Who saves to a place where another saves, too, has the whole file there, whatever becomes of the other.
    #[tokio::test]
    async fn two_save_to_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        let (first, second) = tokio::join!(chunks(5, "aaa").save(&path), chunks(5, "bbb").save(&path));
        assert_eq!([first.unwrap(), second.unwrap()], [15, 15]);
        let there = std::fs::read_to_string(&path).unwrap();
        assert!(["a", "b"].map(|letter| letter.repeat(15)).contains(&there), "{there}");

        let (whole, broken) = tokio::join!(chunks(5, "ccc").save(&path), chunks(2, "ddd").save(&path));
        assert_eq!(whole.unwrap(), 15);
        assert!(broken.unwrap_err().is_transport());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "c".repeat(15));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// Nobody else may read what may be of a patient, and what cannot be brought to its place leaves nothing behind.
    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_saved_is_for_its_user() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        Download::new(Response::new(Body::from("abc"))).save(&path).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let taken = folder.path().join("folder");
        std::fs::create_dir(&taken).unwrap();
        assert!(Download::new(Response::new(Body::from("abc"))).save(&taken).await.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
