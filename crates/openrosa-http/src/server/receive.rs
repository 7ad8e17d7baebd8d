//! A POST body taken apart: the XML part into memory, every other file to the upload as it comes.

use bytes::Bytes;
use http::{HeaderMap, header};

use super::incoming::Incoming;
use super::parameters::Parameters;
use super::parts::{Parts, Received, Sink, boundary, check_coding};
use super::{Caller, Policy, Rejection, Submission, Upload};
use crate::api::submission::XML_PART;

/// Reads the body of a POST and the form in it. The files are with `upload` then, and the form is in `whole` as it came, also
/// if it cannot be read, where that is asked for.
pub(crate) async fn receive<U: Upload>(
    headers: &HeaderMap,
    incoming: &mut Incoming,
    upload: &mut U,
    sender: Caller,
    policy: &Policy,
    mut whole: Option<&mut Option<Bytes>>,
) -> Result<Box<Submission>, Rejection> {
    incoming.check_declared()?;
    check_coding(headers)?;
    let content_type =
        Parameters::read(headers.get(header::CONTENT_TYPE).map_or(b"", |value| value.as_bytes()));
    let mut read = |xml: Bytes| {
        if let Some(whole) = &mut whole {
            **whole = Some(xml.clone());
        }
        Submission::read(xml, sender.clone(), policy).map(Box::new)
    };
    match (boundary(&content_type)?, content_type.kind()) {
        (Some(boundary), _) => {
            let parts = Parts { main: XML_PART, read, sink: Files(upload), policy };
            parts.receive(&boundary, incoming).await.map(complete)
        }
        (None, "text/xml" | "application/xml") if policy.raw_xml => {
            read(incoming.collect(policy.limits.xml).await?)
        }
        (None, found) => Err(Rejection::MediaType { found: found.into() }),
    }
}

fn complete(received: Received<Box<Submission>>) -> Box<Submission> {
    let Received { main: mut submission, files, fields } = received;
    (submission.files, submission.fields) = (files, fields);
    submission
}

/// The files of a submission.
struct Files<'u, U>(&'u mut U);

impl<U: Upload> Sink for Files<'_, U> {
    async fn open(&mut self) -> Result<(), Rejection> {
        self.0.open().await
    }

    async fn write(&mut self, chunk: Bytes) -> Result<(), Rejection> {
        self.0.write(chunk).await
    }
}
