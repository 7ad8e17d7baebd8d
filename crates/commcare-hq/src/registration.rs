//! Workers who were registered by a form. **HQ has taken this away**: since 2018 at the latest it stores the form, and no account
//! appears. It is here for servers of one's own that are older; [`users::Create`](crate::users::Create) is what makes workers.

use chrono::NaiveDate;
use openrosa_http::api::submission::Request;
use openrosa_http::auth::Secret;
use openrosa_http::client::{Receipt, Verdict};
use openrosa_http::transport::Transport;
use openrosa_xml::ns;
use openrosa_xml::registration::Registration;
use openrosa_xml::xml::{Element, Name};

use crate::client::Client;
use crate::error::{Error, Invalid, Kind};

/// A worker to be registered by a form. *Deprecated upstream.*
///
/// What is written is read by [`Registration`], as are the payloads of old clients. The password does not show in `Debug`.
///
/// ```
/// use commcare_hq::registration::NewUser;
/// use openrosa_http::auth::Secret;
/// use openrosa_xml::registration::Registration;
///
/// let joined = "2026-02-03".parse()?;
/// let amina = NewUser::new("amina", &Secret::new("c0rrect horse"), "u1", joined, "phone-7").data("village", "Kibaha");
/// let xml = amina.xml()?;
/// let read = Registration::read(&xml)?;
/// assert_eq!(read.user_id().as_deref(), Some("u1"));
/// assert_eq!(read.registering_phone_id().as_deref(), Some("phone-7"));
/// assert_eq!(read.data("village").as_deref(), Some("Kibaha"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Wire*: root `registration` of `http://openrosa.org/user/registration`. *Spec*: commcare-hq-api.md 2, R6.
#[doc(alias = "deprecated")]
#[derive(Clone, Debug, PartialEq)]
pub struct NewUser {
    registration: Registration<'static>,
    data: Vec<(String, String)>,
}

/// What has become of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an account is new, changed, or none")]
pub enum Registered {
    /// There is a new account: `submit_user_registered`.
    New,
    /// An account that was there is changed: `submit_user_updated`.
    Updated,
    /// The form is stored, and **no account has appeared**.
    FormOnly,
}

impl NewUser {
    /// A worker of this name, by the phone of this id.
    pub fn new(
        username: impl Into<String>,
        password: &Secret,
        user_id: impl Into<String>,
        joined: NaiveDate,
        phone_id: impl Into<String>,
    ) -> Self {
        let (username, password) = (username.into(), password.expose().to_owned());
        let mut registration = Registration::new(username, password, user_id.into(), joined.to_string());
        registration.element.name = name("registration");
        let phone = Element::new(name("registering_phone_id")).with_text(phone_id.into());
        registration.element = registration.element.with_child(phone);
        Self { registration, data: Vec::new() }
    }

    /// With this text under this key.
    #[must_use]
    pub fn data(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.data.push((key.into(), value.into()));
        self
    }

    /// The form.
    pub fn xml(&self) -> Result<String, Error> {
        let whole = self.registration.clone().with_data(self.data.clone());
        let unwritten = |error| Invalid::Value { field: "registration", reason: format!("{error}") };
        Ok(whole.write().map_err(unwritten)?)
    }
}

fn name(local: &'static str) -> Name<'static> {
    Name::in_namespace(ns::REGISTRATION, local)
}

impl Registered {
    fn of(receipt: &Receipt) -> Result<Self, Error> {
        match receipt {
            Receipt::Stored(envelope) => Ok(match envelope.nature() {
                Some("submit_user_registered") => Self::New,
                Some("submit_user_updated") => Self::Updated,
                _ => Self::FormOnly,
            }),
            Receipt::Accepted(_) => Ok(Self::FormOnly),
            other => Err(Error::strange("a receipt", format!("{other:?}")).landed()),
        }
    }
}

impl<T: Transport> Client<T> {
    /// Registers a worker by a form, and says whether that has made an account. *Deprecated upstream*: see
    /// [`registration`](crate::registration).
    ///
    /// *Wire*: `POST /a/{d}/receiver/`, as a submission.
    pub async fn register(&self, user: &NewUser) -> Result<Registered, Error> {
        let request = Request::new(user.xml()?);
        let receipt = self.openrosa().submit(&self.site().below_project("receiver/"), &request).await;
        let receipt = receipt.map_err(|error| {
            let unknown = error.verdict() == Verdict::Unknown;
            let error = Error::from(Kind::Http(error));
            if unknown { error.landed() } else { error }
        })?;
        Registered::of(&receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{answer, hq, trail};

    fn amina() -> NewUser {
        let joined = NaiveDate::from_ymd_opt(2026, 2, 3).unwrap();
        NewUser::new("amina", &Secret::new("c0rrect horse"), "u1", joined, "phone-7")
            .data("village", "Kibaha")
    }

    #[test]
    fn a_registration_is_as_it_was_in_2014() {
        let children = "<username>amina</username><password>c0rrect horse</password><uuid>u1</uuid><date>2026-02-03</date>\
            <registering_phone_id>phone-7</registering_phone_id><user_data><data key=\"village\">Kibaha</data></user_data>";
        let expected = format!(
            "<registration xmlns=\"http://openrosa.org/user/registration\">{children}</registration>"
        );
        let written = amina().xml().unwrap();
        assert_eq!(written.split_once("?>").map_or(&*written, |(_, root)| root.trim()), expected);
        assert!(!format!("{:?}", amina()).contains("c0rrect"));
        assert!(amina().data("bell", "\u{7}").xml().unwrap_err().is_invalid());
    }

    #[tokio::test]
    async fn whether_there_is_an_account_is_told_by_the_nature() {
        for (nature, registered) in [
            ("submit_user_registered", Registered::New),
            ("submit_user_updated", Registered::Updated),
            ("submit_success", Registered::FormOnly),
        ] {
            let (client, seen) = hq(move |_| {
                let body = openrosa_xml::Envelope::new("words").with_nature(nature).write().unwrap();
                answer(201, &[], &body)
            });
            assert_eq!(client.register(&amina()).await.unwrap(), registered);
            assert_eq!(trail(&seen), ["POST /a/riverside/receiver/"]);
            assert!(seen.lock().unwrap()[0].body.contains("name=\"xml_submission_file\""));
        }
        let (client, _) = hq(|_| answer(200, &[], "<html>a portal</html>"));
        assert!(client.register(&amina()).await.unwrap_err().may_have_landed());
    }
}
