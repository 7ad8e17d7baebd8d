//! `Registration`: a user, as a restore tells of one and as old clients sent one to the server.

use std::{borrow::Cow, fmt};

use crate::{
    error::{ReadError, WriteError},
    limits::Limits,
    ns,
    time::Timestamp,
    xml::{Element, Name, Writer},
};

/// A user: name, password, id, and what else the server says of them.
///
/// Children are found by local name in any namespace, as the device does; texts are as written, white space around them
/// included. Nothing checks their order here; [`Strict`](crate::restore::Strict) says what the device refuses.
///
/// The password, often a hash of it, is left out of `Debug`.
///
/// *Wire:* in every restore below the root, after the token; formerly also a document of its own. *Spec:* ota-restore.md
/// 2.6, 1.10.
///
/// ```
/// # use openrosa_xml::registration::Registration;
/// let user = Registration::read(
///     "<Registration xmlns='http://openrosa.org/user/registration'>
///        <username>amina</username><password>sha1$salt$digest</password><uuid>u1</uuid><date>2024-02-01</date>
///        <user_data><data key='commcare_first_name'>Amina</data><data key='commcare_last_name'/></user_data>
///      </Registration>",
/// )?;
/// assert_eq!((user.username().as_deref(), user.user_id().as_deref()), (Some("amina"), Some("u1")));
/// assert_eq!(user.data("commcare_last_name").as_deref(), Some(""));
/// assert!(!format!("{user:?}").contains("digest"));
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Registration<'a> {
    /// The element, kept whole, the password with it.
    pub element: Element<'a>,
}

/// One `data` of a user: a key and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Datum<'r> {
    /// `@key`; the device crashes where it is absent.
    pub key: Option<&'r str>,
    /// The text.
    pub value: Cow<'r, str>,
}

impl<'a> Registration<'a> {
    /// A user as CommCare HQ writes one; the date is the one of joining, and may be empty.
    pub fn new(
        username: impl Into<Cow<'a, str>>,
        password: impl Into<Cow<'a, str>>,
        user_id: impl Into<Cow<'a, str>>,
        date: impl Into<Cow<'a, str>>,
    ) -> Self {
        let leaf = |local, text: Cow<'a, str>| Element::new(name(local)).with_text(text);
        let element = Element::new(name("Registration"))
            .with_child(leaf("username", username.into()))
            .with_child(leaf("password", password.into()))
            .with_child(leaf("uuid", user_id.into()))
            .with_child(leaf("date", date.into()));
        Self { element }.with_data::<&str, &str>([])
    }

    /// Adds `user_data` with these keys in their order, in place of what there was. It is the last child, where the device
    /// wants it.
    #[must_use]
    pub fn with_data<K, V>(mut self, data: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<Cow<'a, str>>,
        V: Into<Cow<'a, str>>,
    {
        let datum =
            |(key, value): (K, V)| Element::new(name("data")).with_attribute("key", key).with_text(value);
        let all = data.into_iter().map(datum).fold(Element::new(name("user_data")), Element::with_child);
        self.element.remove_children("user_data");
        Self { element: self.element.with_child(all) }
    }

    /// `username`: the bare name, without a domain, in what CommCare HQ sends.
    #[must_use]
    pub fn username(&self) -> Option<Cow<'_, str>> {
        self.text("username")
    }

    /// `password`: a hash in restores, the password itself in what clients sent.
    #[must_use]
    pub fn password(&self) -> Option<Cow<'_, str>> {
        self.text("password")
    }

    /// `uuid`: the id of the user, by which a device knows one that it has.
    #[must_use]
    pub fn user_id(&self) -> Option<Cow<'_, str>> {
        self.text("uuid")
    }

    /// `date`: when the user joined. The device takes any text for it.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp<'_>> {
        self.text("date").map(Timestamp::new)
    }

    /// `registering_phone_id`: the device that sent the registration; in restores nobody looks at it.
    #[must_use]
    pub fn registering_phone_id(&self) -> Option<Cow<'_, str>> {
        self.text("registering_phone_id")
    }

    /// The children of `user_data`, in document order.
    pub fn user_data(&self) -> impl Iterator<Item = Datum<'_>> {
        let data = self.element.child("user_data").into_iter().flat_map(Element::elements);
        data.map(|element| Datum { key: element.attribute("key"), value: element.text() })
    }

    /// The last text of this key, which is the one that stays.
    #[must_use]
    pub fn data(&self, key: &str) -> Option<Cow<'_, str>> {
        self.user_data().filter(|datum| datum.key == Some(key)).last().map(|datum| datum.value)
    }

    fn text(&self, local: &str) -> Option<Cow<'_, str>> {
        self.element.child(local).map(Element::text)
    }

    /// Reads a document whose root is the registration, whatever it is called.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Element::read(source).map(Self::from)
    }

    /// Reads such a document within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        Element::read_within(source, limits).map(Self::from)
    }

    /// Writes the registration as a UTF-8 document.
    pub fn write(&self) -> Result<String, WriteError> {
        let mut out = Writer::document();
        self.element.write_to(&mut out)?;
        Ok(out.finish())
    }

    /// The same registration, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Registration<'static> {
        Registration { element: self.element.into_owned() }
    }
}

fn name(local: &'static str) -> Name<'static> {
    Name::in_namespace(ns::REGISTRATION, local)
}

impl<'a> From<Element<'a>> for Registration<'a> {
    fn from(element: Element<'a>) -> Self {
        Self { element }
    }
}

impl fmt::Debug for Registration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("username", &self.username())
            .field("user_id", &self.user_id())
            .field("password", &"[redacted]")
            .field("user_data", &self.user_data().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Registration<'_> {
        let user = Registration::read(source).unwrap();
        let written = user.write().unwrap();
        assert_eq!(Registration::read(&written).unwrap(), user, "{written}");
        assert_eq!(user.clone().into_owned(), user);
        user
    }

    #[test]
    fn a_user_is_read_in_either_namespace_and_without_one_inside() {
        for namespace in [ns::REGISTRATION, ns::OLD_REGISTRATION] {
            let source = format!(
                "<n0:registration xmlns:n0='{namespace}'><username>A</username><uuid>u</uuid><date>today</date>\
                 <registering_phone_id>p</registering_phone_id><user_data><data key='k'>v</data></user_data></n0:registration>"
            );
            let user = read(&source);
            assert_eq!((user.username().as_deref(), user.user_id().as_deref()), (Some("A"), Some("u")));
            assert_eq!(user.date().unwrap().as_str(), "today");
            assert_eq!(user.registering_phone_id().as_deref(), Some("p"));
            assert_eq!((user.data("k").as_deref(), user.password()), (Some("v"), None));
        }
    }

    /// S-012: texts are not trimmed, and any text is a date.
    #[test]
    fn texts_are_as_written() {
        let user = read(
            "<Registration><username> a </username><password>\n x\n</password><date>soon</date></Registration>",
        );
        assert_eq!(user.username().as_deref(), Some(" a "));
        assert_eq!(user.password().as_deref(), Some("\n x\n"));
        assert_eq!(user.date().unwrap().as_str(), "soon");
        assert_eq!(user.user_id(), None);
    }

    #[test]
    fn an_empty_datum_is_not_an_absent_one_and_the_last_of_several_stays() {
        let user = read(
            "<r><user_data><data key='a'/><data key='b'>1</data><data>x</data><data key='b'>2</data></user_data></r>",
        );
        assert_eq!(user.data("a").as_deref(), Some(""));
        assert_eq!(user.data("b").as_deref(), Some("2"));
        assert_eq!(user.data("c"), None);
        assert_eq!(
            user.user_data().map(|datum| datum.key.is_none()).collect::<Vec<_>>(),
            [false, false, true, false]
        );
    }

    #[test]
    fn a_user_that_is_built_is_written_as_the_server_writes_it() {
        let user = Registration::new("amina", "sha1$a$b", "u1", "2024-02-01")
            .with_data([("gone", "x")])
            .with_data([("commcare_first_name", "Amina"), ("commcare_last_name", "")]);
        insta::assert_snapshot!(user.write().unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <Registration xmlns="http://openrosa.org/user/registration"><username>amina</username><password>sha1$a$b</password><uuid>u1</uuid><date>2024-02-01</date><user_data><data key="commcare_first_name">Amina</data><data key="commcare_last_name"/></user_data></Registration>
        "#);
        assert_eq!(read(&user.write().unwrap()), user);
    }

    #[test]
    fn the_password_does_not_leak_into_debug() {
        let user = Registration::new("amina", "secret", "u1", "").with_data([("k", "v")]);
        insta::assert_snapshot!(format!("{user:?}"), @r#"Registration { username: Some("amina"), user_id: Some("u1"), password: "[redacted]", user_data: [Datum { key: Some("k"), value: "v" }], .. }"#);
        assert!(!format!("{user:#?}").contains("secret"));
    }
}
