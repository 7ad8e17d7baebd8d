//! Forms that were received.

mod form;
mod list;

use bytes::Bytes;
use http::{Request, Response};

use crate::endpoint::{Endpoint, Payload, get, push, read};
use crate::error::Error;
use crate::site::{Resource, Site};

pub use form::{Attachment, Form};
pub use list::{List, Moment};

const FORM: Resource = Resource::new("form");

/// One form.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, forms, site::Site};
///
/// let request = forms::Get::new("f1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/form/f1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../form/{form_id}/`. *Spec*: commcare-hq-api.md 2, R18.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Get {
    /// Which.
    pub form_id: String,
    /// With the cases that it changed, as they are now.
    pub with_cases: bool,
}

impl Get {
    /// The form of this id.
    pub fn new(form_id: impl Into<String>) -> Self {
        Self { form_id: form_id.into(), with_cases: false }
    }
}

impl Endpoint for Get {
    type Answer = Form;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.item(FORM, &self.form_id);
        if self.with_cases {
            push(&mut url, "cases__full", "true");
        }
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Form, Error> {
        read("form", &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    #[tokio::test]
    async fn a_form_that_is_not_there_is_not_found() {
        let (client, seen) = hq(|_| json(404, ""));
        let mut asked = Get::new("f1");
        asked.with_cases = true;
        assert!(client.call(&asked).await.unwrap_err().is_not_found());
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/form/f1/?cases__full=true"]);
    }
}
