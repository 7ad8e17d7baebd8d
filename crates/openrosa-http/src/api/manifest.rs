//! The manifest: which files a form has beside itself (OpenRosa Form Discovery).

use std::time::SystemTime;

use bytes::Bytes;
use http::Uri;
use openrosa_xml::{Manifest, ReadError, WriteError, xml::decode};

use super::{Preamble, document, get};

/// The request: a GET without arguments of its own. *Spec*: openrosa.md 4.3.
pub fn request(preamble: &Preamble, uri: &Uri) -> Result<http::Request<()>, http::Error> {
    get(preamble, uri, &[])
}

/// A manifest as it goes out.
pub fn write(manifest: &Manifest<'_>, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
    Ok(document(manifest.write()?, now))
}

/// The document of an answer that is a success; whether it is a manifest says [`Manifest::is_manifest`].
pub fn read(body: &[u8]) -> Result<Manifest<'static>, ReadError> {
    Ok(Manifest::read(&decode(body)?)?.into_owned())
}
