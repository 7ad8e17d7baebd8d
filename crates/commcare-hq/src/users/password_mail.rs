//! Mails with which workers set their passwords anew.

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::endpoint::{Effect, Endpoint, Payload, bare};
use crate::error::Error;
use crate::site::{Resource, Site};

/// The address of the action is known in the current style only, and is used in either.
const USER: Resource = Resource::current_only("user");

/// Sends a worker a mail to set the password anew. HQ refuses it, with a 400, where the worker has no mail address, has no password
/// to be set, or is deactivated.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, users::PasswordMail};
///
/// let request = PasswordMail::to("w1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.method(), "POST");
/// assert_eq!(request.uri().path(), "/a/riverside/api/user/v1/w1/email_password_reset/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /a/{d}/api/user/v1/{id}/email_password_reset/`, 202 without a body. *Spec*: commcare-hq-api.md 2, R4.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordMail {
    /// Whose password.
    pub id: String,
}

impl PasswordMail {
    /// A mail to the worker of this id.
    pub fn to(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Endpoint for PasswordMail {
    type Answer = ();

    /// A second mail makes the first one void.
    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.item(USER, &self.id);
        url.set_path(&format!("{}email_password_reset/", url.path().to_owned()));
        bare(Method::POST, &url)
    }

    fn answer(&self, _: Response<Bytes>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    #[tokio::test]
    async fn a_mail_is_sent_or_refused_with_words() {
        let (client, seen) = hq(|_| json(202, ""));
        client.call(&PasswordMail::to("w1")).await.unwrap();
        assert_eq!(trail(&seen), ["POST /a/riverside/api/user/v1/w1/email_password_reset/"]);
        let (client, _) = hq(|_| json(400, r#"{"error": "User does not have an email address."}"#));
        let refused = client.call(&PasswordMail::to("w1")).await.unwrap_err();
        assert_eq!(refused.message().as_deref(), Some("User does not have an email address."));
        let (client, _) = hq(|_| json(502, ""));
        assert!(client.call(&PasswordMail::to("w1")).await.unwrap_err().may_have_landed());
    }
}
