//! Entity integrity: which entities of a list were deleted (ODK Entity Integrity).

use std::time::SystemTime;

use bytes::Bytes;
use http::{Uri, request};
use openrosa_xml::{Integrity, ReadError, WriteError, xml::decode};

use super::{Preamble, argument, document, get};

/// Which entities are asked about.
///
/// *Wire*: GET with the argument `id`, ids joined by commas; without it, all. *Spec*: openrosa.md 4.4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is all that can be asked")]
pub struct Request {
    /// The ids. A comma in one cannot be told from one between two.
    pub ids: Vec<String>,
}

impl Request {
    /// What a request asked.
    pub fn read(request: &request::Parts) -> Self {
        let ids = argument(request.uri.query().unwrap_or_default(), "id").unwrap_or_default();
        let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
        Self { ids: ids.map(str::to_owned).collect() }
    }

    /// The request as it goes out.
    pub fn write(&self, preamble: &Preamble, uri: &Uri) -> Result<http::Request<()>, http::Error> {
        let ids = self.ids.join(",");
        let argument = (!ids.is_empty()).then_some(("id", ids.as_str()));
        get(preamble, uri, argument.as_slice())
    }
}

/// An answer as it goes out.
pub fn write(integrity: &Integrity<'_>, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
    Ok(document(integrity.write()?, now))
}

/// The document of an answer that is a success.
pub fn read(body: &[u8]) -> Result<Integrity<'static>, ReadError> {
    Ok(Integrity::read(&decode(body)?)?.into_owned())
}
