//! A multipart body taken apart: the part that is a form into memory, every other file to wherever it goes, as it comes.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, header};

use super::fingerprint::Fingerprinter;
use super::incoming::{Incoming, joined};
use super::multipart::{Multipart, PartHeaders, delimiter};
use super::parameters::Parameters;
use super::{AttachmentIdentity, File, FileName, Fingerprint, Policy, Rejection, TextField};

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
pub(crate) fn boundary<'p>(content_type: &'p Parameters<'_>) -> Result<Option<Cow<'p, str>>, Rejection> {
    match (content_type.kind(), content_type.get("boundary")) {
        ("multipart/form-data", Some(boundary)) => Ok(Some(boundary)),
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
fn check_transfer_encoding(headers: &PartHeaders<'_>) -> Result<(), Rejection> {
    let Some(encoding) = headers.transfer_encoding else { return Ok(()) };
    let encoding = String::from_utf8_lossy(encoding).trim().to_ascii_lowercase();
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
        let name = self.main;
        let mut taking = Taking { parts: self, main: None, files: vec![], fields: vec![] };
        taking.parts(&mut Multipart::new(incoming, &delimiter(boundary))).await?;
        let Taking { main, files, fields, .. } = taking;
        Ok(Received { main: main.ok_or(Rejection::NoXmlPart { name })?, files, fields })
    }
}

/// One multipart body being taken apart.
struct Taking<'p, S, X, R> {
    parts: Parts<'p, S, R>,
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
        while let Some(head) = multipart.next_part().await? {
            count += 1;
            if count > self.parts.policy.limits.parts {
                return Err(Rejection::TooManyParts { limit: self.parts.policy.limits.parts });
            }
            self.part(&PartHeaders::read(&head)?, multipart).await?;
        }
        Ok(())
    }

    async fn part(
        &mut self,
        headers: &PartHeaders<'_>,
        multipart: &mut Multipart<'_>,
    ) -> Result<(), Rejection> {
        check_transfer_encoding(headers)?;
        match Part::of(headers, self.parts.main) {
            Part::Xml if self.main.is_some() => Err(Rejection::DoubledXmlPart { name: self.parts.main }),
            Part::Xml => self.xml(multipart).await,
            Part::Text { name } => self.text(name, multipart).await,
            Part::File { field_name, file_name, content_type } => {
                let named = match self.parts.policy.attachments {
                    AttachmentIdentity::FieldName => field_name.as_deref(),
                    AttachmentIdentity::FileName => file_name.as_deref(),
                    AttachmentIdentity::Either => {
                        file_name.as_deref().filter(|name| !name.is_empty()).or(field_name.as_deref())
                    }
                };
                let name = FileName::new(named.ok_or(Rejection::NamelessFile)?)?;
                let (length, fingerprint) = self.file(multipart).await?;
                self.files.push(File { name, field_name, file_name, content_type, length, fingerprint });
                Ok(())
            }
        }
    }

    /// Read as soon as it is whole: a form that cannot be read is refused before its photos are stored.
    async fn xml(&mut self, multipart: &mut Multipart<'_>) -> Result<(), Rejection> {
        let mut xml = Bytes::new();
        while let Some(chunk) = multipart.chunk().await? {
            xml = joined(xml, chunk);
            if xml.len() as u64 > self.parts.policy.limits.xml {
                return Err(Rejection::XmlTooLarge { limit: self.parts.policy.limits.xml });
            }
        }
        self.main = Some((self.parts.read)(xml)?);
        Ok(())
    }

    async fn file(&mut self, multipart: &mut Multipart<'_>) -> Result<(u64, Fingerprint), Rejection> {
        let (mut length, mut fingerprint) = (0, Fingerprinter::default());
        self.parts.sink.open().await?;
        while let Some(chunk) = multipart.chunk().await? {
            length += chunk.len() as u64;
            fingerprint.update(&chunk);
            self.parts.sink.write(chunk).await?;
        }
        Ok((length, fingerprint.finish()))
    }

    async fn text(&mut self, name: String, multipart: &mut Multipart<'_>) -> Result<(), Rejection> {
        let mut value = Vec::new();
        while let Some(chunk) = multipart.chunk().await? {
            let room = self.parts.policy.limits.field.saturating_sub(value.len());
            value.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        self.fields.push(TextField { name, value: String::from_utf8_lossy(&value).into_owned() });
        Ok(())
    }
}

impl Part {
    /// The XML part goes by its field name alone: file names vary (Enketo's has no extension), and so does the type
    /// (Briefcase says `application/xml`). A part without a file name is a file all the same when its type is not
    /// text: ODK Central takes such a photo for a text field, and it is lost.
    fn of(headers: &PartHeaders<'_>, main: &str) -> Self {
        let disposition = Parameters::read(headers.disposition.unwrap_or_default());
        let field_name = disposition.text_of("name");
        if field_name.as_deref() == Some(main) {
            return Self::Xml;
        }
        let file_name = disposition.text_of("filename");
        let content_type = headers.content_type;
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
