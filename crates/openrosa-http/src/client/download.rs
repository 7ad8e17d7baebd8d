//! What a device fetches before it can fill in a form: lists, forms, their files.

mod growing;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use md5::{Digest, Md5};
use openrosa_xml::manifest::MediaFile;
use openrosa_xml::{FileHash, FormList, Integrity, Manifest, XForm, xml};
use tokio::fs;
use url::Url;

use super::{Client, Reach, SentOn};
use crate::api::media::Part;
use crate::api::{form_list, integrity, manifest, media, submission};
use crate::error::{Error, Kind, is_of_the_network};
use crate::headers;
use crate::transport::{Body, Transport};
use growing::Growing;
pub(super) use growing::is_at;

/// A list, a manifest or a blank form above this is refused; the largest blank forms in use have some ten megabytes.
const DOCUMENT_LIMIT: usize = 64 << 20;
/// In so much of a form or a page there is its root.
const BEGIN: usize = 4 << 10;

impl<T: Transport> Client<T> {
    /// The forms that a server has for this device.
    ///
    /// What is no form list is an error: a portal's page, and also a list of the time before OpenRosa 1.0 unless it says so
    /// by its root. Entries that lack something are for the caller to pass over or not ([`FormList::forms`],
    /// [`FormList::strict`]). Lists of groups are fetched by a [`ListWalk`](openrosa_xml::form_list::ListWalk).
    pub async fn form_list(&self, url: &Url, asked: &form_list::Request) -> Result<FormList<'static>, Error> {
        let body = self
            .document(url, "form list", Reach::Anywhere, &|preamble, uri| asked.write(preamble, uri))
            .await?;
        let list = form_list::read(&body).map_err(|error| Kind::Unreadable { what: "form list", error })?;
        match list.is_form_list() || list.legacy_forms().next().is_some() {
            true => Ok(list),
            false => Err(Kind::SomethingElse { what: "form list" }.into()),
        }
    }

    /// A blank form, byte for byte. With the hash that its list gave, it is fetched once more where it has another one, and
    /// is an error then. Without one it is read to its end, as its XML alone shows that nothing is missing: in
    /// HTTP/1.0 an answer may end with its connection; and where only its content type said in which encoding it was, it is in
    /// UTF-8. What has no model is an error, too: it is a portal's page.
    pub async fn form(&self, url: &Url, hash: Option<FileHash>) -> Result<Bytes, Error> {
        let mut again = true;
        loop {
            let (answer, body) = self
                .content(url, "form", Reach::Anywhere, &|preamble, uri| media::request(preamble, uri, 0))
                .await?;
            let found = FileHash::from_md5(Md5::digest(&body).into());
            match hash.filter(|hash| *hash != found) {
                None if hash.is_none() => {
                    let form = unlabeled(&answer, body);
                    return whole_form(&form).map(|()| form);
                }
                None => return Ok(body),
                Some(_) if again => again = false,
                Some(listed) => return Err(Kind::Hash { listed, found }.into()),
            }
        }
    }

    /// The files that go with a form.
    pub async fn manifest(&self, url: &Url) -> Result<Manifest<'static>, Error> {
        let body = self.document(url, "manifest", Reach::Anywhere, &manifest::request).await?;
        let manifest = manifest::read(&body).map_err(|error| Kind::Unreadable { what: "manifest", error })?;
        match manifest.is_manifest() {
            true => Ok(manifest),
            false => Err(Kind::SomethingElse { what: "manifest" }.into()),
        }
    }

    /// Which of these entities the server has deleted. It leaves out those that it never knew.
    pub async fn integrity(
        &self,
        url: &Url,
        asked: &integrity::Request,
    ) -> Result<Integrity<'static>, Error> {
        let what = "answer about entities";
        let body =
            self.document(url, what, Reach::Anywhere, &|preamble, uri| asked.write(preamble, uri)).await?;
        let read = integrity::read(&body).map_err(|error| Kind::Unreadable { what, error })?;
        match read.element.child("entities").is_some() {
            true => Ok(read),
            false => Err(Kind::SomethingElse { what }.into()),
        }
    }

    /// A file of a manifest, into a folder under the path that the manifest gives it.
    ///
    /// It is written beside its place and renamed into it when it is whole and flushed, so that what lies there is never half
    /// a file. A file with a hash that broke off goes on where it ended the next time, and is fetched from its beginning where the
    /// server has no answer for its rest; one whose content has another hash is fetched once more, and is an error then. The hash
    /// of a list of entities is not that of its content, and is not held against it (R-035). A portal's page is an error and
    /// leaves what is held as it was. One program at a time fetches a file into a folder: to others that is an error
    /// ([`Error::is_elsewhere`]). Memory holds a chunk at a time.
    ///
    /// A part that does not reach to the end of the file (206) is of no use, and an error where the server sends nothing else.
    /// Without a hash, a file is whole when the answer is; of one in HTTP/1.0, which ends with its connection, nobody can tell. On
    /// Windows a name that it [cannot have](openrosa_xml::manifest::RelativePath::fits_windows) is an error.
    pub async fn media(&self, file: &MediaFile<'_>, folder: &Path) -> Result<PathBuf, Error> {
        let url: Url = file.download_url.parse().map_err(|_| Kind::NoAddress)?;
        let path = file.path.parts().fold(folder.to_owned(), |path, part| path.join(part));
        if cfg!(windows) && !file.path.fits_windows() {
            let error =
                io::Error::new(io::ErrorKind::InvalidFilename, "Windows cannot have a file of this name");
            return Err(Kind::Disk { path, error }.into());
        }
        if let Some(parent) = path.parent() {
            let made = fs::create_dir_all(parent).await;
            made.map_err(|error| Kind::Disk { path: path.clone(), error })?;
        }
        let hash = file.hash.filter(|_| !is_entity_list(file));
        let mut growing = Growing::open(beside(&path)).await?;
        match self.fetch_right(&url, &mut growing, hash).await {
            Ok(()) => growing.put(&path).await?,
            Err(error) => {
                growing.leave().await;
                return Err(error);
            }
        }
        Ok(path)
    }

    /// Fetches a file with this hash, where it has one.
    async fn fetch_right(
        &self,
        url: &Url,
        growing: &mut Growing,
        hash: Option<FileHash>,
    ) -> Result<(), Error> {
        let mut again = true;
        loop {
            let found = self.fetch_into(url, growing, hash.is_some()).await?;
            let Some(listed) = hash.filter(|hash| *hash != found) else { return Ok(()) };
            growing.keep(0).await?;
            if !again {
                return Err(Kind::Hash { listed, found }.into());
            }
            again = false;
        }
    }

    /// Fetches a file, or the rest of one; the hash of all of it.
    async fn fetch_into(&self, url: &Url, growing: &mut Growing, resumes: bool) -> Result<FileHash, Error> {
        let (mut hash, mut held) = if resumes { growing.hash().await? } else { (Md5::new(), 0) };
        let (answer, mut body, length) = loop {
            let (answer, body) =
                self.get(url, Reach::Anywhere, &|preamble, uri| media::request(preamble, uri, held)).await?;
            match Part::read(&answer) {
                Some(Part::Nothing) if held > 0 => return Ok(FileHash::from_md5(hash.finalize().into())),
                Some(Part::Rest { from, length }) if from == held => break (answer, body, Some(length)),
                Some(Part::Whole) => {
                    (hash, held) = (Md5::new(), 0);
                    let length = body.len();
                    break (answer, body, length);
                }
                // Not every server that has no ranges says so as it should; all of the file it may have.
                _ if held > 0 && !passes(answer.status) => (hash, held) = (Md5::new(), 0),
                _ if answer.status == StatusCode::PARTIAL_CONTENT => {
                    return Err(Error::from(Kind::Part).in_answer(&answer));
                }
                _ => return Err(self.refused(answer, body).await),
            }
        };
        let first = begin(&mut body).await.map_err(super::broken)?;
        if is_page(&answer.headers, &first) && !growing.names_page() {
            return Err(page("file", &answer).into());
        }
        growing.keep(held).await?;
        let first = Some(first).filter(|first| !first.is_empty());
        let copied = copy(first, body, length, growing, &mut hash).await;
        // A write may still be under way on another thread, also when the body broke off: the next attempt is not to meet it.
        growing.flush().await?;
        copied?;
        Ok(FileHash::from_md5(hash.finalize().into()))
    }

    /// A document to be read; in UTF-8 where only its content type said in which encoding it was.
    pub(super) async fn document(
        &self,
        url: &Url,
        what: &'static str,
        reach: Reach,
        write: super::Write<'_>,
    ) -> Result<Bytes, Error> {
        let (answer, content) = self.content(url, what, reach, write).await?;
        Ok(unlabeled(&answer, content))
    }

    /// What fits into memory, byte for byte: the body of a 200, unless that is a page for browsers.
    async fn content(
        &self,
        url: &Url,
        what: &'static str,
        reach: Reach,
        write: super::Write<'_>,
    ) -> Result<(http::response::Parts, Bytes), Error> {
        let (answer, body) = self.get(url, reach, write).await?;
        if answer.status != StatusCode::OK {
            return Err(self.refused(answer, body).await);
        }
        let announced = body.len();
        let read = body.read_up_to(DOCUMENT_LIMIT + 1).await.map_err(super::broken)?;
        if read.len() > DOCUMENT_LIMIT {
            return Err(Kind::TooLarge { what, limit: DOCUMENT_LIMIT }.into());
        }
        whole(announced, read.len() as u64)?;
        match is_for_browsers(&read) {
            true => Err(page(what, &answer).into()),
            false => Ok((answer, read)),
        }
    }
}

/// A list of entities is made anew at each request, and its hash is of something else.
fn is_entity_list(file: &MediaFile<'_>) -> bool {
    file.kind.as_deref().is_some_and(|kind| kind.ends_with("ntityList"))
}

/// A document as it came; in UTF-8 where it needs the label that it came with to be read.
fn unlabeled(answer: &http::response::Parts, content: Bytes) -> Bytes {
    if xml::decode(&content).is_ok() {
        return content;
    }
    let labeled = xml::decode_labeled(&content, headers::charset(&answer.headers));
    labeled.map_or_else(|_| content.clone(), |text| text.into_owned().into())
}

/// A document that ends as it should, and is a form.
fn whole_form(body: &[u8]) -> Result<(), Error> {
    let unreadable = |error| Kind::Unreadable { what: "form", error };
    let text = xml::decode(body).map_err(unreadable)?;
    match XForm::read(&text).map_err(unreadable)?.model() {
        Some(_) => Ok(()),
        None => Err(Kind::SomethingElse { what: "form" }.into()),
    }
}

/// A page in place of what was asked for, from the server or from another host.
fn page(what: &'static str, answer: &http::response::Parts) -> Kind {
    match answer.extensions.get::<SentOn>() {
        Some(SentOn(host)) => Kind::SentOnToPage { what, host: host.clone() },
        None => Kind::SomethingElse { what },
    }
}

/// A page, whatever it is called. A form in XHTML may begin as one, but for a declaration of its type, which nobody reads.
fn is_for_browsers(document: &[u8]) -> bool {
    let begin = String::from_utf8_lossy(&document[..document.len().min(BEGIN)]);
    let may_be_form =
        begin.contains("http://www.w3.org/1999/xhtml") && !begin.to_ascii_lowercase().contains("<!doctype");
    submission::is_page(&begin) && !may_be_form
}

/// The first chunks of a file, in one piece, until it shows whether it is markup: how much comes in one chunk is up to the network.
/// No more, as what came before it breaks off is to be kept.
async fn begin(body: &mut Body) -> io::Result<Bytes> {
    let mut begin = body.at_least(1).await?;
    while begin.len() < BEGIN && beyond_layout(&begin).is_empty() {
        let more = body.at_least(1).await?;
        if more.is_empty() {
            break;
        }
        begin = [begin, more].concat().into();
    }
    Ok(begin)
}

/// What comes behind a byte order mark, or the beginning of one, and white space.
fn beyond_layout(begin: &[u8]) -> &[u8] {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    match MARK.starts_with(begin) {
        true => &[],
        false => begin.strip_prefix(MARK).unwrap_or(begin).trim_ascii_start(),
    }
}

/// Whether a file is a page for browsers, by its headers and how it begins: markup that calls itself HTML. Either alone would not
/// do: some servers call every file `text/html`.
///
/// ```
/// use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
/// use openrosa_http::client::is_page;
///
/// let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("Text/HTML; charset=utf-8"))]);
/// assert!(is_page(&headers, b"\n<html><title>Log in</title>"));
/// assert!(!is_page(&headers, b"name,village\nAmina,Kibaha\n"));
/// ```
pub fn is_page(headers: &HeaderMap, begin: &[u8]) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes).to_ascii_lowercase();
    (kind.starts_with(b"text/html") || kind.starts_with(b"application/xhtml"))
        && beyond_layout(begin).starts_with(b"<")
}

/// Makes the name of a file durable, which was renamed to it: until its folder is flushed, it is gone after a power cut. Elsewhere
/// than on Unix a folder cannot be flushed, nor need it be; nor can one that may be written and not be read, in which a file is there
/// all the same.
pub async fn keep_name(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::File::open(folder).await {
        _ if !cfg!(unix) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        opened => opened?.sync_all().await,
    }
}

/// Whether the trouble is not with this request: what is held is worth keeping until it is over.
fn passes(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    ) || is_of_the_network(status)
}

/// Systems take 255 bytes for a name.
const LONGEST_NAME: usize = 255;

/// Where a file grows until it is whole. Of a name to which nothing can be added it is the end, after a hash of all of it.
pub(super) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let spare = format!(".{name}.part");
    if spare.len() <= LONGEST_NAME {
        return path.with_file_name(spare);
    }
    let mut from = name.len().saturating_sub(LONGEST_NAME / 2);
    while !name.is_char_boundary(from) {
        from += 1;
    }
    let hash = FileHash::from_md5(Md5::digest(&*name).into()).to_string().replace(':', "-");
    path.with_file_name(format!(".{hash}~{}.part", &name[from..]))
}

async fn copy(
    first: Option<Bytes>,
    mut body: Body,
    announced: Option<u64>,
    growing: &mut Growing,
    hash: &mut Md5,
) -> Result<(), Error> {
    let (mut got, mut next) = (0, first);
    while let Some(chunk) = next {
        got += chunk.len() as u64;
        hash.update(&chunk);
        growing.write(&chunk).await?;
        next = body.chunk().await.map_err(super::broken)?;
    }
    whole(announced, got)
}

/// A body that is shorter than it was announced has lost its end, whatever the connection says.
pub(super) fn whole(announced: Option<u64>, got: u64) -> Result<(), Error> {
    match announced {
        Some(announced) if announced != got => Err(Kind::Cut { announced, got }.into()),
        _ => Ok(()),
    }
}

/// The address of the list of forms below the address of a server, as ODK Collect puts it together.
///
/// ```
/// use openrosa_http::client::form_list_url;
///
/// let server = "https://odk.example/v1/key/abc/projects/1//".parse().unwrap();
/// assert_eq!(form_list_url(&server).as_str(), "https://odk.example/v1/key/abc/projects/1/formList");
/// ```
///
/// *Spec*: openrosa.md 1.7.
pub fn form_list_url(server: &Url) -> Url {
    let mut url = server.clone();
    url.set_path(&format!("{}/formList", server.path().trim_end_matches('/')));
    url
}

/// The address for submissions to a project of CommCare HQ, below `/a/DOMAIN`.
///
/// *Wire*: `/a/DOMAIN/receiver/`. *Spec*: openrosa.md 1.7.
pub fn receiver_url(project: &Url) -> Url {
    let mut url = project.clone();
    url.set_path(&format!("{}/receiver/", project.path().trim_end_matches('/')));
    url
}

/// The address for restores of a project of CommCare HQ, below `/a/DOMAIN`.
///
/// *Wire*: `/a/DOMAIN/phone/restore/`. *Spec*: ota-restore.md 1.1.
pub fn restore_url(project: &Url) -> Url {
    let mut url = project.clone();
    url.set_path(&format!("{}/phone/restore/", project.path().trim_end_matches('/')));
    url
}

/// The address for submissions below the address of a server, as ODK Collect puts it together: one slash goes, not all.
///
/// *Spec*: openrosa.md 1.7.
pub fn submission_url(server: &Url) -> Url {
    let mut url = server.clone();
    let path = server.path();
    url.set_path(&format!("{}/submission", path.strip_suffix('/').unwrap_or(path)));
    url
}
