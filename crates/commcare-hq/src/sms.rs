//! Workers who register themselves by SMS. **HQ has taken both calls away**: they are here for servers of one's own that are older,
//! and answer 404 elsewhere ([`Error::is_not_found`](crate::Error::is_not_found)).

use std::collections::HashSet;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{self, Effect, Endpoint, Payload, read};
use crate::error::{Error, Invalid};
use crate::site::{Resource, Site};
use crate::values::or_default;

const REGISTER: Resource = Resource::classic_only("sms_user_registration");
const REINSTALL: Resource = Resource::classic_only("sms_user_registration_reinstall");
/// Where the link stands in a message.
const LINK: &str = "{}";

/// Starts the registration of workers by SMS: each gets a message with a link. *Deprecated upstream*: routed in 2019, and not in any
/// newer version that is known.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, sms::{Invitee, Register}};
///
/// let invited = Register::new("ap1", [Invitee::new("+255700000001").user_data("village", "Kibaha")])
///     .message("Welcome! Install CommCare from {}")
///     .android_only();
/// let request = invited.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri().path(), "/a/riverside/api/v0.5/sms_user_registration/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /a/{d}/api/v0.5/sms_user_registration/`. *Spec*: commcare-hq-api.md 2, R13.
#[doc(alias = "deprecated")]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Register {
    /// The application that they are to work with.
    pub app_id: String,
    /// Who.
    pub users: Vec<Invitee>,
    /// Only for phones with Android.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub android_only: bool,
    /// Each is asked for a mail address.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_email: bool,
    /// The message; `{}` in it becomes the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_registration_message: Option<String>,
}

/// Somebody who is to register.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Invitee {
    /// The number, as E.164 has it: `+255700000001`.
    pub phone_number: String,
    /// Fields of the project's own.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom_user_data: Map<String, Value>,
}

/// What became of the numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Invited {
    /// They were sent a message.
    #[serde(default, deserialize_with = "or_default")]
    pub success_numbers: Vec<String>,
    /// They are no numbers.
    #[serde(default, deserialize_with = "or_default")]
    pub invalid_format_numbers: Vec<String>,
    /// They are somebody's already.
    #[serde(default, deserialize_with = "or_default")]
    pub numbers_in_use: Vec<String>,
    /// They could not be sent a message.
    #[serde(default, deserialize_with = "or_default")]
    pub error_numbers: Vec<String>,
}

impl Invitee {
    /// Who has this number.
    pub fn new(phone_number: impl Into<String>) -> Self {
        Self { phone_number: phone_number.into(), custom_user_data: Map::new() }
    }

    /// With this field of the project's own.
    #[must_use]
    pub fn user_data(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.custom_user_data.insert(name.into(), Value::String(value.into()));
        self
    }
}

impl Register {
    /// These are to register for this application.
    pub fn new(app_id: impl Into<String>, users: impl IntoIterator<Item = Invitee>) -> Self {
        Self {
            app_id: app_id.into(),
            users: users.into_iter().collect(),
            android_only: false,
            require_email: false,
            custom_registration_message: None,
        }
    }

    /// Only for phones with Android.
    #[must_use]
    pub fn android_only(mut self) -> Self {
        self.android_only = true;
        self
    }

    /// Each is asked for a mail address.
    #[must_use]
    pub fn require_email(mut self) -> Self {
        self.require_email = true;
        self
    }

    /// In these words; `{}` in them becomes the link.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.custom_registration_message = Some(message.into());
        self
    }
}

impl Endpoint for Register {
    type Answer = Invited;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        check(&self.app_id, self.users.iter().map(|user| user.phone_number.as_str()))?;
        check_message("custom_registration_message", self.custom_registration_message.as_deref())?;
        endpoint::json(Method::POST, &site.list(REGISTER), self)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Invited, Error> {
        read("list of numbers", &answer)
    }
}

/// Sends registered workers the link to install CommCare again; for phones with 2.44.4 and older. *Deprecated upstream*, as
/// [`Register`] is.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, sms::Reinstall};
///
/// let again = Reinstall::new("ap1", ["+255700000001"]).message("Install CommCare again from {}");
/// let request = again.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri().path(), "/a/riverside/api/v0.5/sms_user_registration_reinstall/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST /a/{d}/api/v0.5/sms_user_registration_reinstall/`. *Spec*: commcare-hq-api.md 2, R14.
#[doc(alias = "deprecated")]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Reinstall {
    /// The application.
    pub app_id: String,
    /// Who; only their numbers are sent.
    pub users: Vec<Invitee>,
    /// The message; `{}` in it becomes the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reinstall_message: Option<String>,
}

impl Reinstall {
    /// Those who have these numbers are to install this application again.
    pub fn new<N: Into<String>>(app_id: impl Into<String>, numbers: impl IntoIterator<Item = N>) -> Self {
        let users = numbers.into_iter().map(Invitee::new).collect();
        Self { app_id: app_id.into(), users, reinstall_message: None }
    }

    /// In these words; `{}` in them becomes the link.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.reinstall_message = Some(message.into());
        self
    }
}

impl Endpoint for Reinstall {
    type Answer = Invited;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        check(&self.app_id, self.users.iter().map(|user| user.phone_number.as_str()))?;
        check_message("reinstall_message", self.reinstall_message.as_deref())?;
        endpoint::json(Method::POST, &site.list(REINSTALL), self)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Invited, Error> {
        read("list of numbers", &answer)
    }
}

/// What HQ would refuse: nobody, and somebody twice.
fn check<'n>(app_id: &str, numbers: impl Iterator<Item = &'n str>) -> Result<(), Invalid> {
    if app_id.is_empty() {
        return Err(Invalid::Missing("app_id"));
    }
    let mut known = HashSet::new();
    for number in numbers {
        if !known.insert(number) {
            return Err(Invalid::Twice { field: "phone_number", id: number.to_owned() });
        }
    }
    if known.is_empty() { Err(Invalid::Missing("users")) } else { Ok(()) }
}

/// A message without its link is sent, and of no use.
fn check_message(field: &'static str, message: Option<&str>) -> Result<(), Invalid> {
    match message.is_some_and(|message| !message.contains(LINK)) {
        true => Err(Invalid::Value { field, reason: format!("without `{LINK}`, where the link stands") }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, site, trail};

    fn sent(seen: &crate::client::tests::Trail) -> Value {
        serde_json::from_str(&seen.lock().unwrap()[0].body).unwrap()
    }

    #[tokio::test]
    async fn workers_are_invited() {
        let body = r#"{"success_numbers": ["+255700000001"], "invalid_format_numbers": ["12"], "numbers_in_use": []}"#;
        let (client, seen) = hq(move |_| json(200, body));
        let users = [Invitee::new("+255700000001").user_data("village", "Kibaha"), Invitee::new("12")];
        let invited =
            client.call(&Register::new("ap1", users).require_email().message("See {}")).await.unwrap();
        assert_eq!(
            (invited.success_numbers.len(), invited.invalid_format_numbers),
            (1, vec!["12".to_owned()])
        );
        assert_eq!(trail(&seen), ["POST /a/riverside/api/v0.5/sms_user_registration/"]);
        assert_eq!(
            sent(&seen),
            serde_json::json!({
                "app_id": "ap1", "require_email": true, "custom_registration_message": "See {}",
                "users": [{"phone_number": "+255700000001", "custom_user_data": {"village": "Kibaha"}}, {"phone_number": "12"}],
            })
        );
    }

    #[tokio::test]
    async fn workers_install_again() {
        let (client, seen) =
            hq(|_| json(200, r#"{"success_numbers": [], "error_numbers": ["+255700000001"]}"#));
        let again = client.call(&Reinstall::new("ap1", ["+255700000001"])).await.unwrap();
        assert_eq!(again.error_numbers, ["+255700000001"]);
        assert_eq!(trail(&seen), ["POST /a/riverside/api/v0.5/sms_user_registration_reinstall/"]);
        assert_eq!(
            sent(&seen),
            serde_json::json!({"app_id": "ap1", "users": [{"phone_number": "+255700000001"}]})
        );
    }

    /// What a 400 has is a text for each field; what has no route any more is a 404.
    #[tokio::test]
    async fn refusals_are_told_apart() {
        let asked = || Reinstall::new("ap9", ["+255700000001"]);
        let (client, _) = hq(|_| json(400, r#"{"app_id": "Invalid app_id specified"}"#));
        let refused = client.call(&asked()).await.unwrap_err();
        assert_eq!(refused.message().as_deref(), Some("app_id: Invalid app_id specified"));
        let (client, _) = hq(|_| json(404, ""));
        assert!(client.call(&asked()).await.unwrap_err().is_not_found());
    }

    #[test]
    fn what_hq_would_refuse_is_refused_here() {
        let refused = |numbers: &[&'static str], message: &str| {
            Reinstall::new("ap1", numbers.iter().copied()).message(message).request(&site()).is_err()
        };
        assert!(!refused(&["+1", "+2"], "at {}"));
        assert!(refused(&["+1", "+1"], "at {}"), "twice");
        assert!(refused(&[], "at {}"), "nobody");
        assert!(refused(&["+1"], "at"), "no link");
    }
}
