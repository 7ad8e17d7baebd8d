//! A multipart body taken apart: the part that is a form into memory, every other file to wherever it goes, as it comes.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, header};
use multer::{Field, Multipart};

use super::fingerprint::Fingerprinter;
use super::incoming::{Incoming, Unread};
use super::parameters::Parameters;
use super::{AttachmentIdentity, File, FileName, Policy, Rejection, TextField};

/// Where files go as they come.
pub(crate) trait Sink: Send {
    /// A file begins; the writes that follow are its content.
    fn open(&mut self) -> impl Future<Output = Result<(), Rejection>> + Send;

    /// More of the file opened last.
    fn write(&mut self, chunk: Bytes) -> impl Future<Output = Result<(), Rejection>> + Send;
}

/// What a body is to be taken apart into.
pub(crate) struct Parts<'p, S, R> {
    /// The name of the part that is the form.
    pub(crate) main: &'static str,
    /// What makes something of the form.
    pub(crate) read: R,
    pub(crate) sink: S,
    pub(crate) policy: &'p Policy,
}

/// A body that was taken apart; its files are where they went.
pub(crate) struct Received<X> {
    pub(crate) main: X,
    pub(crate) files: Vec<File>,
    pub(crate) fields: Vec<TextField>,
}

/// The boundary of a multipart body; `None` for another body.
pub(crate) fn boundary(content_type: &Parameters<'_>) -> Result<Option<String>, Rejection> {
    match (content_type.kind(), content_type.get("boundary")) {
        ("multipart/form-data", Some(boundary)) => Ok(Some(boundary.to_owned())),
        ("multipart/form-data", None) => Err(Rejection::Multipart { reason: "it names no boundary".into() }),
        _ => Ok(None),
    }
}

/// No peer on record takes compressed bodies, so no client sends them; guessing would hide a broken sender.
pub(crate) fn check_coding(headers: &HeaderMap) -> Result<(), Rejection> {
    let Some(coding) = headers.get(header::CONTENT_ENCODING) else { return Ok(()) };
    match coding.as_bytes().eq_ignore_ascii_case(b"identity") {
        true => Ok(()),
        false => {
            Err(Rejection::ContentCoding { found: String::from_utf8_lossy(coding.as_bytes()).into_owned() })
        }
    }
}

/// The Android clients of old write `binary`. RFC 7578 (4.7) has done away with the others, and bytes kept encoded
/// would be taken for the photo.
fn check_transfer_encoding(headers: &HeaderMap) -> Result<(), Rejection> {
    let Some(encoding) = headers.get("content-transfer-encoding") else { return Ok(()) };
    let encoding = String::from_utf8_lossy(encoding.as_bytes()).trim().to_ascii_lowercase();
    match encoding.as_str() {
        "binary" | "8bit" | "7bit" => Ok(()),
        _ => Err(Rejection::Multipart {
            reason: format!("a part is encoded as `{}`", encoding.escape_debug()),
        }),
    }
}

impl<S: Sink, X: Send, R: FnMut(Bytes) -> Result<X, Rejection> + Send> Parts<'_, S, R> {
    pub(crate) async fn receive(
        self,
        boundary: &str,
        incoming: &mut Incoming,
    ) -> Result<Received<X>, Rejection> {
        let unread = incoming.unread();
        let name = self.main;
        let mut taking = Taking { parts: self, unread, main: None, files: vec![], fields: vec![] };
        let result = taking.parts(&mut Multipart::new(&mut *incoming, boundary)).await;
        if let Some(fault) = incoming.fault() {
            return Err(fault);
        }
        result?;
        let Taking { main, files, fields, .. } = taking;
        Ok(Received { main: main.ok_or(Rejection::NoXmlPart { name })?, files, fields })
    }
}

/// One multipart body being taken apart.
struct Taking<'p, S, X, R> {
    parts: Parts<'p, S, R>,
    unread: Unread,
    main: Option<X>,
    files: Vec<File>,
    fields: Vec<TextField>,
}

/// What a part is, by its headers.
enum Part {
    Xml,
    File { field_name: Option<String>, file_name: Option<String>, content_type: Option<String> },
    Text { name: String },
}

impl<S: Sink, X, R: FnMut(Bytes) -> Result<X, Rejection>> Taking<'_, S, X, R> {
    async fn parts(&mut self, multipart: &mut Multipart<'_>) -> Result<(), Rejection> {
        let mut count = 0;
        while let Some(field) = multipart.next_field().await? {
            self.unread.reset();
            count += 1;
            if count > self.parts.policy.limits.parts {
                return Err(Rejection::TooManyParts { limit: self.parts.policy.limits.parts });
            }
            self.part(field).await?;
        }
        Ok(())
    }

    async fn part(&mut self, field: Field<'_>) -> Result<(), Rejection> {
        check_transfer_encoding(field.headers())?;
        match Part::of(field.headers(), self.parts.main) {
            Part::Xml if self.main.is_some() => Err(Rejection::DoubledXmlPart { name: self.parts.main }),
            Part::Xml => self.xml(field).await,
            Part::Text { name } => self.text(name, field).await,
            Part::File { field_name, file_name, content_type } => {
                let named = match self.parts.policy.attachments {
                    AttachmentIdentity::FieldName => field_name.as_deref(),
                    AttachmentIdentity::FileName => file_name.as_deref(),
                    AttachmentIdentity::Either => {
                        file_name.as_deref().filter(|name| !name.is_empty()).or(field_name.as_deref())
                    }
                };
                let name = FileName::new(named.ok_or(Rejection::NamelessFile)?)?;
                let (length, fingerprint) = self.file(field).await?;
                self.files.push(File { name, field_name, file_name, content_type, length, fingerprint });
                Ok(())
            }
        }
    }

    /// Read as soon as it is whole: a form that cannot be read is refused before its photos are stored.
    async fn xml(&mut self, mut field: Field<'_>) -> Result<(), Rejection> {
        let mut xml = Vec::new();
        while let Some(chunk) = chunk(&mut field, &self.unread).await? {
            xml.extend_from_slice(&chunk);
            if xml.len() as u64 > self.parts.policy.limits.xml {
                return Err(Rejection::XmlTooLarge { limit: self.parts.policy.limits.xml });
            }
        }
        self.main = Some((self.parts.read)(xml.into())?);
        Ok(())
    }

    async fn file(&mut self, mut field: Field<'_>) -> Result<(u64, super::Fingerprint), Rejection> {
        let (mut length, mut fingerprint) = (0, Fingerprinter::default());
        self.parts.sink.open().await?;
        while let Some(chunk) = chunk(&mut field, &self.unread).await? {
            length += chunk.len() as u64;
            fingerprint.update(&chunk);
            self.parts.sink.write(chunk).await?;
        }
        Ok((length, fingerprint.finish()))
    }

    async fn text(&mut self, name: String, mut field: Field<'_>) -> Result<(), Rejection> {
        let mut value = Vec::new();
        while let Some(chunk) = chunk(&mut field, &self.unread).await? {
            let room = self.parts.policy.limits.field.saturating_sub(value.len());
            value.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        self.fields.push(TextField { name, value: String::from_utf8_lossy(&value).into_owned() });
        Ok(())
    }
}

async fn chunk(field: &mut Field<'_>, unread: &Unread) -> Result<Option<Bytes>, Rejection> {
    let chunk = field.chunk().await?;
    unread.reset();
    Ok(chunk)
}

impl Part {
    /// The XML part goes by its field name alone: file names vary (Enketo's has no extension), and so does the type
    /// (Briefcase says `application/xml`). A part without a file name is a file all the same when its type is not
    /// text: ODK Central takes such a photo for a text field, and it is lost.
    fn of(headers: &HeaderMap, main: &str) -> Self {
        let header = |name| headers.get(name).map(http::HeaderValue::as_bytes);
        let disposition = Parameters::read(header(header::CONTENT_DISPOSITION).unwrap_or_default());
        let field_name = disposition.text_of("name");
        if field_name.as_deref() == Some(main) {
            return Self::Xml;
        }
        let file_name = disposition.text_of("filename");
        let content_type = header(header::CONTENT_TYPE);
        let kind = Parameters::read(content_type.unwrap_or_default());
        match field_name {
            Some(name) if file_name.is_none() && matches!(kind.kind(), "" | "text/plain") => {
                Self::Text { name: name.into_owned() }
            }
            field_name => Self::File {
                field_name: field_name.map(Cow::into_owned),
                file_name: file_name.map(Cow::into_owned),
                content_type: content_type.map(|value| String::from_utf8_lossy(value).into_owned()),
            },
        }
    }
}

impl From<multer::Error> for Rejection {
    fn from(error: multer::Error) -> Self {
        Self::Multipart { reason: error.to_string() }
    }
}
