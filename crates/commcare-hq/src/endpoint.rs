//! What every call to CommCare HQ has: a request, what another sending of it would do, and an answer.

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response};
use openrosa_http::api::submission::Attachment;
use openrosa_http::auth::Secret;
use openrosa_http::multipart::{Boundary, Form};
use openrosa_http::transport::Body;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::{Error, Invalid, Refusal};
use crate::site::Site;

/// One call: how it is asked, and what its answer is.
///
/// Requests and answers are plain `http` types, so that a test can play the server; [`Client::call`](crate::Client::call)
/// carries them.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, groups, site::Site};
///
/// let site = Site::parse("https://hq.example/a/riverside/")?;
/// let request = groups::Get::new("ab12").request(&site)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/group/ab12/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// A call that is not here is written in the same way:
///
/// ```
/// use bytes::Bytes;
/// use commcare_hq::endpoint::{Endpoint, Payload, read};
/// use commcare_hq::{Error, error::Invalid, site::Site};
/// use http::{Request, Response};
///
/// /// How many forms a day's worth of work was.
/// struct Count;
///
/// impl Endpoint for Count {
///     type Answer = u64;
///
///     fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
///         let address = format!("{}api/of_our_own/count/", site.project());
///         Ok(Request::get(address).body(Payload::Empty).map_err(|_| Invalid::Address)?)
///     }
///
///     fn answer(&self, answer: Response<Bytes>) -> Result<u64, Error> {
///         match read("count of forms", &answer)? {
///             count @ 0.. => Ok(count as u64),
///             count => Err(Error::strange("a count of forms", i64::to_string(&count))),
///         }
///     }
/// }
///
/// let answered = |body: &'static str| Count.answer(Response::new(body.into()));
/// assert_eq!(answered("3")?, 3);
/// assert!(answered("[]").unwrap_err().to_string().starts_with("what the server answered is no count of forms"));
/// assert!(answered("-1").is_err());
/// # Ok::<(), Error>(())
/// ```
pub trait Endpoint: Sync {
    /// What comes of it.
    type Answer;

    /// What another sending of it would do.
    fn effect(&self) -> Effect {
        Effect::Read
    }

    /// The request, or why it is not sent: what HQ would take wrongly is refused here.
    fn request(&self, site: &Site) -> Result<Request<Payload>, Error>;

    /// What an answer with a status of success says.
    fn answer(&self, answer: Response<Bytes>) -> Result<Self::Answer, Error>;

    /// Whether a refusal means that what was asked for is not there.
    fn is_missing(&self, refusal: &Refusal) -> bool {
        refusal.status == http::StatusCode::NOT_FOUND
    }
}

/// What another sending of a request would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a request is sent again or it is not")]
pub enum Effect {
    /// Nothing: it only reads.
    Read,
    /// It may do again what it did. It is not retried unless the server cannot have done it, and whoever asked is told that it
    /// may have landed.
    Write,
}

/// The body of a request, as often as it is needed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Payload {
    /// None.
    #[default]
    Empty,
    /// So many bytes; what they are is said by the request's `Content-Type`.
    Bytes(Bytes),
    /// The same, with a password in them: not to be shown.
    Secret(Secret),
    /// `multipart/form-data`.
    Parts {
        /// What parts the parts.
        boundary: Boundary,
        /// Texts by name.
        fields: Vec<(&'static str, String)>,
        /// The file and the name of its part.
        file: (&'static str, Attachment),
    },
}

impl Payload {
    pub(crate) fn body(&self) -> Body {
        match self {
            Self::Empty => Body::empty(),
            Self::Bytes(bytes) => Body::from(bytes.clone()),
            Self::Secret(text) => Body::from(text.expose().to_owned()),
            Self::Parts { boundary, fields, file: (part, file) } => {
                let mut form = Form::new(boundary);
                for (name, value) in fields {
                    form.text(name, value);
                }
                form.attach(part, file);
                form.finish()
            }
        }
    }
}

/// A GET of an address.
pub(crate) fn get(url: Url) -> Result<Request<Payload>, Error> {
    request(Method::GET, &url, Payload::Empty)
}

/// A request without a body.
pub(crate) fn bare(method: Method, url: &Url) -> Result<Request<Payload>, Error> {
    request(method, url, Payload::Empty)
}

/// A request with a JSON body.
pub(crate) fn json(method: Method, url: &Url, body: &impl Serialize) -> Result<Request<Payload>, Error> {
    let body = serde_json::to_vec(body).map_err(Invalid::Unwritable)?;
    let mut request = request(method, url, Payload::Bytes(body.into()))?;
    let kind = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(request)
}

/// The same, with a password in it.
pub(crate) fn secret_json(
    method: Method,
    url: &Url,
    body: &impl Serialize,
) -> Result<Request<Payload>, Error> {
    let body = serde_json::to_string(body).map_err(Invalid::Unwritable)?;
    let mut request = request(method, url, Payload::Secret(Secret::new(body)))?;
    let kind = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(request)
}

/// A POST of a file with fields beside it.
pub(crate) fn upload(
    url: &Url,
    fields: Vec<(&'static str, String)>,
    file: (&'static str, Attachment),
) -> Result<Request<Payload>, Error> {
    let boundary = Boundary::random().map_err(Invalid::Random)?;
    let kind = boundary.content_type();
    let mut request = request(Method::POST, url, Payload::Parts { boundary, fields, file })?;
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(request)
}

fn request(method: Method, url: &Url, payload: Payload) -> Result<Request<Payload>, Error> {
    let request = Request::builder().method(method).uri(url.as_str());
    // An address of tens of thousands of characters is none.
    let mut request = request.body(payload).map_err(|_| Invalid::Address)?;
    let accept = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, accept);
    Ok(request)
}

/// The JSON of an answer; what it should be is said by `what`, as in `list of groups`.
///
/// # Errors
/// It is something else; a page in its place may be a login, which is told then.
pub fn read<V: DeserializeOwned>(what: &'static str, answer: &Response<Bytes>) -> Result<V, Error> {
    serde_json::from_slice(answer.body()).map_err(|error| Error::unreadable(what, error, answer))
}

/// A call that gets one thing by its id and has no other argument: its documentation, its name, its id, the resource, what to call
/// the thing in an error, and its type.
macro_rules! by_id {
    ($(#[$doc:meta])* $name:ident($id:ident) from $resource:ident, $what:literal: $thing:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// Which.
            pub $id: String,
        }

        impl $name {
            /// The one of this id.
            pub fn new($id: impl Into<String>) -> Self {
                Self { $id: $id.into() }
            }
        }

        impl $crate::endpoint::Endpoint for $name {
            type Answer = $thing;

            fn request(
                &self,
                site: &$crate::site::Site,
            ) -> Result<http::Request<$crate::endpoint::Payload>, $crate::Error> {
                $crate::endpoint::get(site.item($resource, &self.$id))
            }

            fn answer(&self, answer: http::Response<bytes::Bytes>) -> Result<$thing, $crate::Error> {
                $crate::endpoint::read($what, &answer)
            }
        }
    };
}
pub(crate) use by_id;

/// Adds an argument behind those that are there.
pub(crate) fn push(url: &mut Url, name: &str, value: &str) {
    url.query_pairs_mut().append_pair(name, value);
}

/// Adds how many are wanted on a page, where that is said; from 1 to `most` can be.
pub(crate) fn push_limit(url: &mut Url, limit: Option<u32>, most: u32) -> Result<(), Invalid> {
    let Some(limit) = limit else { return Ok(()) };
    if !(1..=most).contains(&limit) {
        return Err(Invalid::Value { field: "limit", reason: format!("{limit}: it is from 1 to {most}") });
    }
    push(url, "limit", &limit.to_string());
    Ok(())
}
