//! What HTTP/2 says of a request beside its answer.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::ready;

use bytes::Bytes;
use futures_util::{Stream, stream};
use h2::Reason;
use http::Version;
use http_body::Body;

use super::tls;

/// Whether a server says that it has not looked at a request: the same may go once more (RFC 9113, 8.7).
pub(super) fn is_passed_over(error: &(dyn StdError + 'static)) -> bool {
    of_the_server(error).is_some_and(|said| match said.reason() {
        Some(Reason::REFUSED_STREAM) => said.is_reset(),
        // It is told to those alone who came after the last that it names.
        Some(Reason::NO_ERROR) => said.is_go_away(),
        _ => false,
    }) || wants_http1(error)
}

/// Whether a server wants the same by HTTP/1.1 (RFC 9113, 7).
pub(super) fn wants_http1(error: &(dyn StdError + 'static)) -> bool {
    of_the_server(error).is_some_and(|said| said.reason() == Some(Reason::HTTP_1_1_REQUIRED))
}

fn of_the_server<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e h2::Error> {
    let said = tls::causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>());
    said.filter(|said| said.is_remote())
}

/// The content of an answer, piece by piece.
///
/// A server that ends one by RST_STREAM, were it with NO_ERROR, has cut it (RFC 9113, 8.1); to hyper that is an end like any other.
pub(in crate::transport) fn pieces<B: Body<Data = Bytes> + Unpin>(
    version: Version,
    mut body: B,
    broken: impl Fn(B::Error) -> io::Error,
) -> impl Stream<Item = io::Result<Bytes>> {
    let is_whole = move |body: &B| {
        version != Version::HTTP_2 || body.is_end_stream() || body.size_hint().exact() == Some(0)
    };
    stream::poll_fn(move |cx| {
        loop {
            let piece = match ready!(Pin::new(&mut body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) => Some(Ok(piece)),
                    Err(_trailers) => continue,
                },
                Some(Err(error)) => Some(Err(broken(error))),
                None if is_whole(&body) => None,
                None => Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, tls::CUT))),
            };
            return piece.into();
        }
    })
}
