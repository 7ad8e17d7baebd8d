//! What is to become of a worker.

use openrosa_http::auth::Secret;
use serde_json::{Map, Value, json};

use super::Worker;
use crate::error::Invalid;

/// A worker to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewWorker {
    /// The bare name: HQ adds the project. It cannot be changed later.
    pub username: String,
    /// The password; none where the worker is to confirm the account.
    pub password: Option<Secret>,
    /// All else.
    pub changes: Changes,
    /// The worker is to confirm the account, by mail or at the next login.
    pub confirms: Option<Confirmation>,
}

/// How an account is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "now or later")]
pub enum Confirmation {
    /// The mail goes out now.
    MailNow,
    /// Somebody sends it later.
    MailLater,
}

/// What is to change of a worker: what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Changes {
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// Where mail goes; HQ makes small letters of it.
    pub email: Option<String>,
    /// The language, such as `sw`.
    pub language: Option<String>,
    /// Where calls go.
    pub default_phone_number: Option<String>,
    /// All numbers.
    pub phone_numbers: Option<Vec<String>>,
    /// All groups, by their ids.
    pub groups: Option<Vec<String>>,
    /// All fields of the project's own.
    pub user_data: Option<Map<String, Value>>,
    /// The location that counts first; a blank one, with no locations, takes all of them away.
    pub primary_location: Option<String>,
    /// All locations, the primary one among them.
    pub locations: Option<Vec<String>>,
    /// The **name** of a role.
    pub role: Option<String>,
}

impl NewWorker {
    /// A worker with a password, which is [composed](Secret::composed), as whoever signs in with it sends it.
    pub fn new(username: impl Into<String>, password: impl AsRef<str>) -> Self {
        Self {
            username: username.into(),
            password: Some(Secret::new(password).composed()),
            changes: Changes::default(),
            confirms: None,
        }
    }

    /// A worker who sets a password on confirming the account.
    pub fn confirming(username: impl Into<String>, email: impl Into<String>, how: Confirmation) -> Self {
        let changes = Changes { email: Some(email.into()), ..Changes::default() };
        Self { username: username.into(), password: None, changes, confirms: Some(how) }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        if self.username.is_empty() || self.username.contains('@') {
            return Err(Invalid::Value {
                field: "username",
                reason: "blank, or more than the bare name".into(),
            });
        }
        if self.password.is_none() && self.confirms.is_none() {
            return Err(Invalid::Missing("password"));
        }
        self.changes.check()
    }

    pub(super) fn body(&self) -> Map<String, Value> {
        let mut body = self.changes.body();
        body.insert("username".to_owned(), json!(self.username));
        if let Some(password) = &self.password {
            body.insert("password".to_owned(), json!(password.expose()));
        }
        if let Some(how) = self.confirms {
            body.insert("require_account_confirmation".to_owned(), json!(true));
            body.insert("send_confirmation_email_now".to_owned(), json!(how == Confirmation::MailNow));
        }
        body
    }
}

impl Changes {
    /// In this group as well, if it is [merged](crate::Client::merge_worker), and in no other if it is not.
    #[must_use]
    pub fn add_group(mut self, id: impl Into<String>) -> Self {
        self.groups.get_or_insert_default().push(id.into());
        self
    }

    /// With this number as well, if it is merged, and with no other if it is not.
    #[must_use]
    pub fn add_phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_numbers.get_or_insert_default().push(number.into());
        self
    }

    /// With this field as well, if it is merged, and with no other if it is not.
    #[must_use]
    pub fn user_data(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.user_data.get_or_insert_default().insert(name.into(), Value::String(value.into()));
        self
    }

    /// At these locations, of which one counts first.
    #[must_use]
    pub fn location<L: Into<String>>(
        mut self,
        primary: impl Into<String>,
        all: impl IntoIterator<Item = L>,
    ) -> Self {
        self.primary_location = Some(primary.into());
        self.locations = Some(all.into_iter().map(Into::into).collect());
        self
    }

    /// At no location.
    #[must_use]
    pub fn no_location(self) -> Self {
        self.location("", [""; 0])
    }

    /// The same on top of what a worker has: nothing is taken away.
    #[must_use]
    pub fn merged_into(mut self, worker: &Worker) -> Self {
        for (new, there) in
            [(&mut self.groups, &worker.groups), (&mut self.phone_numbers, &worker.phone_numbers)]
        {
            if let Some(new) = new {
                let more: Vec<_> = new.iter().filter(|one| !there.contains(one)).cloned().collect();
                *new = there.iter().cloned().chain(more).collect();
            }
        }
        if let Some(new) = &mut self.user_data {
            let mut all = worker.user_data.clone();
            all.append(new);
            *new = all;
        }
        self
    }

    /// What was asked for and is not so. HQ makes small letters of mail, and leaves out the `+` of numbers.
    pub fn missing_in(&self, worker: &Worker) -> Vec<&'static str> {
        let plain = |number: &String| number.trim_start_matches('+').to_owned();
        let differs = |asked: &Option<String>, is: &Option<String>| {
            asked.as_ref().is_some_and(|asked| asked.as_str() != is.as_deref().unwrap_or_default())
        };
        let lacks = |asked: &Option<Vec<String>>, is: &[String]| {
            asked.iter().flatten().any(|one| !is.iter().any(|is| plain(is) == plain(one)))
        };
        let email = self.email.as_ref().map(|email| email.to_lowercase());
        let data =
            self.user_data.iter().flatten().any(|(name, value)| worker.user_data.get(name) != Some(value));
        let checks = [
            ("first_name", differs(&self.first_name, &worker.first_name)),
            ("last_name", differs(&self.last_name, &worker.last_name)),
            ("email", differs(&email, &worker.email)),
            ("phone_numbers", lacks(&self.phone_numbers, &worker.phone_numbers)),
            ("groups", lacks(&self.groups, &worker.groups)),
            ("user_data", data),
            ("primary_location", differs(&self.primary_location, &worker.primary_location)),
            ("locations", lacks(&self.locations, &worker.locations)),
        ];
        checks.into_iter().filter_map(|(field, is_missing)| is_missing.then_some(field)).collect()
    }

    /// Both of the locations or neither, and the primary one among all of them.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        match (&self.primary_location, &self.locations) {
            (None, None) => Ok(()),
            (Some(primary), Some(all)) if all.contains(primary) || (primary.is_empty() && all.is_empty()) => {
                Ok(())
            }
            (Some(_), Some(_)) => Err(Invalid::Value {
                field: "primary_location",
                reason: "another than those of `locations`".into(),
            }),
            (None, _) => Err(Invalid::Missing("primary_location")),
            (_, None) => Err(Invalid::Missing("locations")),
        }
    }

    pub(super) fn body(&self) -> Map<String, Value> {
        let members = [
            ("first_name", self.first_name.as_ref().map(|text| json!(text))),
            ("last_name", self.last_name.as_ref().map(|text| json!(text))),
            ("email", self.email.as_ref().map(|text| json!(text))),
            ("language", self.language.as_ref().map(|text| json!(text))),
            ("default_phone_number", self.default_phone_number.as_ref().map(|text| json!(text))),
            ("phone_numbers", self.phone_numbers.as_ref().map(|list| json!(list))),
            ("groups", self.groups.as_ref().map(|list| json!(list))),
            ("user_data", self.user_data.as_ref().map(|data| json!(data))),
            ("primary_location", self.primary_location.as_ref().map(|text| json!(text))),
            ("locations", self.locations.as_ref().map(|list| json!(list))),
            ("role", self.role.as_ref().map(|text| json!(text))),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
