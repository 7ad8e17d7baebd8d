//! The files of submissions. What they are is told by their first bytes alone: a name, and what a phone says, may be anything.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, header};
use openrosa_store::server::FileRow;
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::said::{Path, Query};

/// A kind of picture that browsers show and that holds no script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    Png,
    Jpeg,
    Gif,
    Webp,
}

#[derive(Deserialize)]
pub(super) struct Named {
    name: String,
}

/// What a page of anybody's may do that is shown from here: nothing.
const POLICY: &str = "sandbox; default-src 'none'";

impl Picture {
    /// What the file is, by its first bytes, if it is one.
    pub(super) async fn of(web: &Web, file: &FileRow) -> Option<Self> {
        let mut content = web.database().files().read(&file.object).await.ok()?;
        Self::beginning(&content.next().await?.ok()?)
    }

    fn beginning(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

pub(super) async fn serve(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Path((_, seq)): Path<(i64, i64)>,
    Query(named): Query<Named>,
) -> Result<Response, Failed> {
    let form = web.database().submission(&look.domain, seq).await?;
    let files = web.database().files_of(&look.domain, &form).await?;
    let file = files.iter().find(|file| file.name == named.name).ok_or(Failed::NotThere)?;
    let mut content = web.database().files().read(&file.object).await?;
    let first = content.next().await.transpose()?.unwrap_or_default();
    let picture = Picture::beginning(&first);
    let pieces = stream::once(async { Ok::<Bytes, openrosa_store::Error>(first) }).chain(content);
    let (kind, disposition) = match picture {
        Some(picture) => (picture.kind(), HeaderValue::from_static("inline")),
        None => ("application/octet-stream", as_download(&file.name)),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_LENGTH, HeaderValue::from(file.size)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// To be kept under this name, whatever is in it.
pub(super) fn as_download(name: &str) -> HeaderValue {
    // RFC 8187: what is not said otherwise is a byte in hex.
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let encoded = encoded.replace('+', "%20").replace('*', "%2A");
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' }).collect();
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_their_first_bytes() {
        assert_eq!(Picture::beginning(b"\x89PNG\r\n\x1a\n..."), Some(Picture::Png));
        assert_eq!(Picture::beginning(b"\xff\xd8\xff\xe0"), Some(Picture::Jpeg));
        assert_eq!(Picture::beginning(b"GIF89a"), Some(Picture::Gif));
        assert_eq!(Picture::beginning(b"RIFF\0\0\0\0WEBPVP8 "), Some(Picture::Webp));
        for other in [&b"<svg xmlns='http://www.w3.org/2000/svg'>"[..], b"<html>", b"", b"\x89PNG", b"GIF8"] {
            assert_eq!(Picture::beginning(other), None);
        }
    }

    #[test]
    fn a_name_adds_nothing_to_a_header() {
        let value = as_download("a\"; x=\r\n<é>.html");
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename=\"a___x______.html\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A%3C%C3%A9%3E.html"
        );
    }
}
