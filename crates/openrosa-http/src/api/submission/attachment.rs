//! A file that goes with a form.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::Stream;
use http::HeaderValue;

use crate::transport::body::Opener;

/// A file that goes with a form: its name, its type, and where its bytes are.
///
/// The name is the value some element of the form holds; it goes out as field name and as file name, so that
/// servers which look at either agree (openrosa.md 2.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    name: String,
    content_type: HeaderValue,
    source: Source,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Bytes(Bytes),
    /// Read when it is sent, a chunk at a time; `len` is what it measured when it was attached.
    File {
        path: PathBuf,
        len: u64,
    },
    /// Opened anew for each POST.
    Stream {
        open: Opener,
        len: u64,
    },
}

impl Attachment {
    /// An attachment that is in memory.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::new(name.into(), Source::Bytes(bytes.into()))
    }

    /// An attachment on disk. It is measured now and read when sent; should it have changed its size by then,
    /// sending fails rather than deliver half a photo.
    pub fn file(name: impl Into<String>, path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let measured = std::fs::metadata(&path)?;
        if !measured.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        Ok(Self::new(name.into(), Source::File { path, len: measured.len() }))
    }

    /// An attachment that lies elsewhere, such as in a database: `open` gives its bytes, from the first to the last, each time
    /// that it is sent. Should they be more or fewer than `len`, or fail, sending fails rather than deliver half a photo.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use futures_util::stream;
    /// use openrosa_http::api::submission::Attachment;
    ///
    /// let chunks = || stream::iter([Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"c"))]);
    /// assert_eq!(Attachment::stream("notes.txt", 3, chunks).size(), 3);
    /// ```
    pub fn stream<S>(name: impl Into<String>, len: u64, open: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        Self::new(name.into(), Source::Stream { open: Opener::new(open), len })
    }

    fn new(name: String, source: Source) -> Self {
        Self { content_type: content_type(&name), name, source }
    }

    /// States the media type; otherwise the name's extension decides it.
    #[must_use]
    pub fn with_content_type(mut self, content_type: HeaderValue) -> Self {
        self.content_type = content_type;
        self
    }

    /// The name, byte for byte that of the form.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type.
    pub fn content_type(&self) -> &HeaderValue {
        &self.content_type
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        match &self.source {
            Source::Bytes(bytes) => bytes.len() as u64,
            Source::File { len, .. } | Source::Stream { len, .. } => *len,
        }
    }

    /// Its bytes, where they are in memory.
    pub fn in_memory(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Bytes(bytes) => Some(bytes),
            Source::File { .. } | Source::Stream { .. } => None,
        }
    }

    pub(crate) fn source(&self) -> Source {
        self.source.clone()
    }
}

/// What is in a photo is nobody's business but the form's.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// The type by extension: ODK Collect's own four first (openrosa.md 2.2), then the common table.
fn content_type(name: &str) -> HeaderValue {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let collects = match &*extension.to_ascii_lowercase() {
        "amr" => Some("audio/amr"),
        "oga" => Some("audio/ogg"),
        "ogv" => Some("video/ogg"),
        "webm" => Some("video/webm"),
        _ => None,
    };
    let known = collects.or_else(|| mime_guess::from_ext(extension).first_raw());
    HeaderValue::from_static(known.unwrap_or("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_the_type() {
        let of = |name: &str| Attachment::bytes(name, "").content_type;
        assert_eq!(of("1700000000001.jpg"), "image/jpeg");
        assert_eq!(of("voice.AMR"), "audio/amr");
        assert_eq!(of("audit.csv"), "text/csv");
        assert_eq!(of("sealed.xml.enc"), "application/octet-stream");
        assert_eq!(of("jpg"), "application/octet-stream");
    }

    /// What the host knows of a file counts, and not how it is called.
    #[test]
    fn the_type_may_be_told() {
        let sound = Attachment::bytes("1700000000001.3gp", "")
            .with_content_type(HeaderValue::from_static("audio/3gpp"));
        assert_eq!(
            (sound.name(), sound.content_type()),
            ("1700000000001.3gp", &HeaderValue::from_static("audio/3gpp"))
        );
        assert_eq!(Attachment::bytes("1700000000001.3gp", "").content_type(), "video/3gpp");
    }

    #[test]
    fn a_folder_is_no_attachment() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Attachment::file("a", folder.path()).is_err());
        assert!(Attachment::file("a", folder.path().join("missing")).is_err());
        std::fs::write(folder.path().join("photo"), "12345").unwrap();
        assert_eq!(Attachment::file("a", folder.path().join("photo")).unwrap().size(), 5);
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!("{:?}", Attachment::bytes("a.txt", "a diagnosis"));
        assert_eq!(shown, r#"Attachment { name: "a.txt", content_type: "text/plain", size: 11, .. }"#);
    }
}
