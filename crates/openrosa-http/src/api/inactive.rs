//! 406: the credentials are right, and the user may not work any more.

use http::StatusCode;
use serde_json::{Value, json};

use super::submission::{Response, Said};

/// A user who was deactivated or deleted, in words for that user.
///
/// CommCare HQ makes this of a 401, at submissions and restores alike. An app shows its own text of the name
/// [`error`](Self::error) if it has one, and the server's text otherwise.
///
/// *Wire*: `{"error": "user.deactivated", "default_response": "…"}` with status 406. *Spec*: ota-restore.md 1.6.
///
/// ```
/// use openrosa_http::api::inactive::Inactive;
///
/// let inactive = Inactive::new("user.deactivated", "Amina may not work any more");
/// let answer = inactive.response();
/// assert_eq!((answer.status.as_u16(), &*answer.message()), (406, "Amina may not work any more"));
/// assert_eq!(answer.inactive(), Some(inactive));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inactive {
    /// The name of a text: `user.deactivated` or `user.deleted`.
    pub error: String,
    /// The text of those who have none by that name.
    pub default_response: String,
}

impl Inactive {
    /// What to say.
    pub fn new(error: impl Into<String>, default_response: impl Into<String>) -> Self {
        Self { error: error.into(), default_response: default_response.into() }
    }

    /// `None` for anything but an object with both texts.
    pub fn read(body: &str) -> Option<Self> {
        let said: Value = serde_json::from_str(body).ok()?;
        let text = |name| said.get(name)?.as_str().map(str::to_owned);
        Some(Self { error: text("error")?, default_response: text("default_response")? })
    }

    /// The answer with this body.
    pub fn response(&self) -> Response {
        let Self { error, default_response } = self;
        let body = json!({ "error": error, "default_response": default_response });
        let mut response = Response::plain(StatusCode::NOT_ACCEPTABLE, "");
        response.said = Said::Text(body.to_string());
        response
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    /// S-075: the two texts of a 406 are read, and what is no such JSON is text.
    #[test]
    fn what_is_no_such_object_is_shown_as_it_is() {
        let answer = |body: &str| {
            let (parts, ()) = http::Response::builder().status(406).body(()).unwrap().into_parts();
            Response::read(&parts, body.as_bytes())
        };
        let told = answer(r#"{"default_response": "No more.", "error": "user.deleted", "x": 1}"#);
        assert_eq!(told.inactive(), Some(Inactive::new("user.deleted", "No more.")));
        assert_eq!(told.message(), "No more.");
        for other in
            ["gone", "{", r#"{"error": "user.deleted"}"#, r#"{"error": 1, "default_response": ""}"#, "[]"]
        {
            assert_eq!((answer(other).inactive(), &*answer(other).message()), (None, other));
        }
        assert_eq!(answer("").message(), "Not Acceptable");
    }

    #[test]
    fn it_goes_out_as_json() {
        let answer =
            Inactive::new("user.deactivated", "\"No\"").response().write(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(answer.status(), 406);
        assert_eq!(answer.headers()["Content-Type"], "application/json");
        let said: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(said, json!({ "error": "user.deactivated", "default_response": "\"No\"" }));
    }
}
