//! Key records: the keys with which a device locks what one user has on it.

use std::{borrow::Cow, fmt};

use crate::{
    document::{Incomplete, required},
    error::{ReadError, WriteError},
    ns,
    time::Timestamp,
    xml::{Element, Name, Writer},
};

/// The answer of a key server: an envelope with `auth_keys`.
///
/// Its `Debug` shows no key.
///
/// *Wire:* `auth_keys` in an `OpenRosaResponse`, by that name to the letter. *Spec:* ota-restore.md 2.12.
///
/// ```
/// # use openrosa_xml::{key_records::{KeyRecord, KeyRecords}, Timestamp};
/// let record = KeyRecord::new("6b1f", "c2VjcmV0", Timestamp::new("2024-01-03T10:00:00Z"), Timestamp::new("2024-04-02T10:00:00Z"));
/// let answer = KeyRecords::of("demo", Timestamp::new("2024-02-02T10:00:00Z"), [record]).write()?;
/// let records = KeyRecords::read(&answer)?;
/// assert_eq!(records.domain(), Some("demo"));
/// assert_eq!(records.strict()?[0].key, "c2VjcmV0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct KeyRecords<'a> {
    /// The document, kept whole.
    pub element: Element<'a>,
}

/// One key, and when it is good.
///
/// Its `Debug` does not show the key.
///
/// *Wire:* `<key_record valid="…" expires="…"><uuid title="main">…</uuid><key type="AES256">…</key></key_record>`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyRecord<'a> {
    /// `uuid`: names the part of the device that this key locks.
    pub uuid: Cow<'a, str>,
    /// `key`, in Base64, as written.
    pub key: Cow<'a, str>,
    /// `@type` of the key; devices take it for `AES256`.
    pub kind: Option<Cow<'a, str>>,
    /// `@title` of the uuid.
    pub title: Option<Cow<'a, str>>,
    /// `@valid`: from when on.
    pub valid: Timestamp<'a>,
    /// `@expires`: until when. The documentation lets it be absent, devices do not.
    pub expires: Option<Timestamp<'a>>,
}

impl<'a> KeyRecord<'a> {
    /// A key of the kind that devices know. They read moments in whole seconds only.
    #[must_use]
    pub fn new(
        uuid: impl Into<Cow<'a, str>>,
        key: impl Into<Cow<'a, str>>,
        valid: Timestamp<'a>,
        expires: Timestamp<'a>,
    ) -> Self {
        Self {
            uuid: uuid.into(),
            key: key.into(),
            kind: Some("AES256".into()),
            title: None,
            valid,
            expires: Some(expires),
        }
    }

    fn read(record: &'a Element<'_>) -> Result<Self, Incomplete> {
        let [uuid, key] = required(record, ["uuid", "key"])?;
        let attribute = |local: &str, name| record.child(local)?.attribute(name).map(Cow::Borrowed);
        Ok(Self {
            uuid,
            key,
            kind: attribute("key", "type"),
            title: attribute("uuid", "title"),
            valid: Timestamp::new(record.attribute("valid").ok_or_else(|| lacks_valid(record))?),
            expires: record.attribute("expires").map(Timestamp::new),
        })
    }

    /// The children stand in the order that devices demand.
    fn into_element(self) -> Element<'a> {
        let Self { uuid, key, kind, title, valid, expires } = self;
        let record = Element::new(response("key_record")).with_attribute("valid", valid.as_str().to_owned());
        attributed(record, "expires", expires.map(|at| at.as_str().to_owned().into()))
            .with_child(attributed(Element::new(response("uuid")), "title", title).with_text(uuid))
            .with_child(attributed(Element::new(response("key")), "type", kind).with_text(key))
    }
}

fn attributed<'a>(element: Element<'a>, name: &'static str, value: Option<Cow<'a, str>>) -> Element<'a> {
    match value {
        Some(value) => element.with_attribute(name, value),
        None => element,
    }
}

fn lacks_valid(record: &Element<'_>) -> Incomplete {
    Incomplete {
        entry: record.name.local_name().to_owned(),
        called: record.child("uuid").map(|uuid| uuid.text().trim().to_owned()),
        missing: vec!["valid"],
        mark: record.mark,
    }
}

fn response(local: &'static str) -> Name<'static> {
    Name::in_namespace(ns::RESPONSE, local)
}

impl<'a> KeyRecords<'a> {
    /// Reads a whole document, whatever its root is called.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Ok(Self { element: Element::read(source)? })
    }

    /// The answer that holds these keys, with the nature that CommCare HQ gives it.
    #[must_use]
    pub fn of(
        domain: impl Into<Cow<'a, str>>,
        issued: Timestamp<'a>,
        records: impl IntoIterator<Item = KeyRecord<'a>>,
    ) -> Self {
        let keys = Element::new(response("auth_keys"))
            .with_attribute("domain", domain)
            .with_attribute("issued", issued.as_str().to_owned());
        let keys = records.into_iter().fold(keys, |keys, record| keys.with_child(record.into_element()));
        let message = Element::new(response("message")).with_attribute("nature", "submit_success");
        let root = Element::new(response("OpenRosaResponse"));
        Self { element: root.with_child(message).with_child(keys) }
    }

    /// Writes the document in UTF-8.
    pub fn write(&self) -> Result<String, WriteError> {
        let mut out = Writer::document();
        self.element.write_to(&mut out)?;
        Ok(out.finish())
    }

    /// Whether there is an `auth_keys` at all.
    #[must_use]
    pub fn is_key_records(&self) -> bool {
        self.keys().is_some()
    }

    /// `@domain`, as written.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.keys()?.attribute("domain")
    }

    /// `@issued`: by the server's clock; `last_issued` of the next request.
    #[must_use]
    pub fn issued(&self) -> Option<Timestamp<'_>> {
        self.keys()?.attribute("issued").map(Timestamp::new)
    }

    /// The records, in document order, and what those lack that are of no use.
    pub fn records(&self) -> impl Iterator<Item = Result<KeyRecord<'_>, Incomplete>> {
        let children = self.keys().into_iter().flat_map(Element::elements);
        children.filter(|child| child.name.local_name() == "key_record").map(KeyRecord::read)
    }

    /// All records, or what the first bad one lacks, as the device has it. It also wants one at least.
    pub fn strict(&self) -> Result<Vec<KeyRecord<'_>>, Incomplete> {
        self.records().collect()
    }

    fn keys(&self) -> Option<&Element<'a>> {
        self.element.child("auth_keys")
    }

    /// The same document, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> KeyRecords<'static> {
        KeyRecords { element: self.element.into_owned() }
    }
}

impl fmt::Debug for KeyRecords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecords")
            .field("domain", &self.domain())
            .field("issued", &self.issued())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecord")
            .field("uuid", &self.uuid)
            .field("valid", &self.valid)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp<'_> {
        Timestamp::new(text)
    }

    #[test]
    fn an_answer_is_written_as_the_device_reads_it() {
        let mut record =
            KeyRecord::new("6b1f", "c2VjcmV0", at("2024-01-03T10:00:00Z"), at("2024-04-02T10:00:00Z"));
        record.title = Some("main".into());
        let answer = KeyRecords::of("a&b", at("2024-02-02T10:00:00Z"), [record.clone()]);
        insta::assert_snapshot!(answer.write().unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <OpenRosaResponse xmlns="http://openrosa.org/http/response"><message nature="submit_success"/><auth_keys domain="a&amp;b" issued="2024-02-02T10:00:00Z"><key_record valid="2024-01-03T10:00:00Z" expires="2024-04-02T10:00:00Z"><uuid title="main">6b1f</uuid><key type="AES256">c2VjcmV0</key></key_record></auth_keys></OpenRosaResponse>
        "#);
        let written = answer.write().unwrap();
        let read = KeyRecords::read(&written).unwrap();
        assert_eq!(read, answer);
        assert_eq!(read.strict().unwrap(), [record]);
        assert_eq!((read.domain(), read.issued()), (Some("a&b"), Some(at("2024-02-02T10:00:00Z"))));
        assert!(read.clone().into_owned().is_key_records());
    }

    #[test]
    fn what_a_record_lacks_is_told_and_the_others_are_there() {
        let source = "<r><auth_keys><key_record valid='1'><uuid>a</uuid><key> k </key></key_record>\
             <key_record><uuid> b </uuid><key>k</key></key_record><key_record valid='1'><key/></key_record><note/>\
             </auth_keys></r>";
        let records = KeyRecords::read(source).unwrap();
        let told: Vec<_> = records
            .records()
            .map(|record| {
                record.map(|record| (record.key, record.expires)).map_err(|error| error.to_string())
            })
            .collect();
        assert_eq!(
            told,
            [
                Ok(("k".into(), None)),
                Err("`key_record` of `b` lacks `valid`".to_owned()),
                Err("`key_record` lacks `uuid`, `key`".to_owned()),
            ]
        );
        assert!(records.strict().is_err());
        assert!(!KeyRecords::read("<r><AUTH_KEYS/></r>").unwrap().is_key_records());
    }

    #[test]
    fn keys_are_not_shown() {
        let record = KeyRecord::new("6b1f", "c2VjcmV0", at("1"), at("2"));
        let answer = KeyRecords::of("demo", at("1"), [record.clone()]);
        for shown in [format!("{record:?}"), format!("{answer:?}")] {
            assert!(!shown.contains("c2VjcmV0"), "{shown}");
        }
    }
}
