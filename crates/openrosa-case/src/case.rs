//! One case, as a device or CommCare HQ holds it.

mod hq_part;
mod named;
mod values;
mod view;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use openrosa_xml::{
    CaseId, InstanceId, OwnerId, Text, UserId,
    case::{self, understood::Content},
    time::normal_time,
    xml::Element,
};

pub use hq_part::HqPart;
pub use named::Named;
pub(crate) use values::FIELDS;

/// A case: what all its blocks so far have made of it.
///
/// One type for both sides. What only CommCare HQ keeps is in [`hq`](Self::hq) and stays empty on a device; `category` and
/// `state` are fields on a device only.
///
/// *Spec:* case-xml.md 1.6, 4.7.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Case {
    /// The id, for the whole life of the case.
    pub case_id: CaseId,
    /// `case_type`; on CommCare HQ it may be empty, as may the name.
    pub case_type: Text<'static>,
    /// `case_name`.
    pub name: Text<'static>,
    /// Who holds the case. Empty on a device whose form said so; never on CommCare HQ, if anybody is known at all.
    pub owner_id: OwnerId,
    /// The id in another system; to have none is not to have the empty one.
    pub external_id: Option<Text<'static>>,
    /// Whether the case is closed.
    pub closed: bool,
    /// `date_opened`, `opened_on` on CommCare HQ. `None` where a device could not read the date that it was given.
    pub date_opened: Option<DateTime<Utc>>,
    /// The date of the last block (device), or the latest date of all (`modified_on` of CommCare HQ).
    pub last_modified: DateTime<Utc>,
    /// `category`, on a device; see [`category`](Self::category).
    pub category: Option<Text<'static>>,
    /// `state`, on a device; see [`state`](Self::state).
    pub state: Option<Text<'static>>,
    /// Everything else that updates have set.
    pub properties: Named<Value>,
    /// The links to other cases, by name.
    pub indices: Named<Index>,
    /// The files, by name.
    pub attachments: Named<File>,
    /// What only CommCare HQ keeps.
    pub hq: HqPart,
}

/// What CommCare HQ keeps of a case, and a device does not.
///
/// *Spec:* case-xml.md 4.7.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OnHq {
    /// The project that the case belongs to.
    pub domain: String,
    /// Who opened the case.
    pub opened_by: Option<UserId>,
    /// Who modified it last.
    pub modified_by: Option<UserId>,
    /// Who closed it, the last time.
    pub closed_by: Option<UserId>,
    /// When it was closed, by the date of the block.
    pub closed_on: Option<DateTime<Utc>>,
    /// When the server last touched it.
    pub server_modified_on: Option<DateTime<Utc>>,
    /// `location_id`, a column of its own.
    pub location_id: Option<Text<'static>>,
    /// Whether the case is deleted, and how that came.
    pub deleted: Option<Deletion>,
    /// What has touched the case, in the order in which it was stored.
    pub transactions: Vec<Transaction>,
}

/// Why a case counts as deleted. Forms about it are taken all the same (C-060).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deletion {
    /// Somebody deleted it, at this moment. A rebuild does not bring it back.
    Explicit(DateTime<Utc>),
    /// No form that counts was left of it. It comes back when one of them does; a new form about it is taken, and does not
    /// bring it back.
    NoForms,
}

/// One entry of a case's history on CommCare HQ: one for each form that touched it, whatever number of blocks.
///
/// *Spec:* case-xml.md 4.2, step 7.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Transaction {
    /// The form; `None` for a rebuild.
    pub form_id: Option<InstanceId>,
    /// When the server got the form. An edit keeps the moment of the form that it replaces.
    pub server_date: DateTime<Utc>,
    /// The date of the blocks, by the device's clock.
    pub client_date: DateTime<Utc>,
    /// Who acted.
    pub user_id: Option<UserId>,
    /// What the form did to the case.
    pub did: Did,
    /// The sync token that came with the form. `None` also for what moved stock, so that the case always syncs down again
    /// (case-xml.md 3.2).
    pub sync_token: Option<String>,
    /// The form does not count any more: it is archived, or its edit leaves the case alone.
    pub revoked: bool,
}

impl Transaction {
    /// One of which no more is known than when the server got the form and when it says that it was filled in.
    #[must_use]
    pub fn new(server_date: DateTime<Utc>, client_date: DateTime<Utc>) -> Self {
        Self {
            form_id: None,
            server_date,
            client_date,
            user_id: None,
            did: Did::default(),
            sync_token: None,
            revoked: false,
        }
    }
}

/// What one form did to a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "they are the bits of a set")]
pub struct Did {
    /// It had a block about the case.
    pub block: bool,
    /// It created the case, or overwrote its base properties.
    pub create: bool,
    /// It closed the case.
    pub close: bool,
    /// It set or removed links.
    pub index: bool,
    /// It set or removed files.
    pub attachment: bool,
    /// It counted or moved stock of the case.
    pub ledger: bool,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A text.
    Text(Text<'static>),
    /// On CommCare HQ: the element, stored as a JSON object (case-xml.md 1.10).
    Object(Box<Element<'static>>),
}

/// A link to another case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Index {
    /// The case pointed at, whether it is known or not.
    pub target: CaseId,
    /// Its type, as the link says.
    pub case_type: Text<'static>,
    /// How the case depends on it.
    pub relationship: Relationship,
}

/// How a case depends on the target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relationship {
    /// The case is a child of its target.
    Child,
    /// The case extends its target.
    Extension,
    /// Another word, which a device keeps and treats like none of the two.
    Other(String),
}

/// A file of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Where it is: a URL on a device, the name of a file of the form on CommCare HQ.
    pub src: String,
    /// `@from`, as the block said.
    pub from: Option<String>,
}

impl Case {
    /// A case about which nothing is known but a date.
    #[must_use]
    pub fn new(case_id: CaseId, modified: DateTime<Utc>) -> Self {
        Self {
            case_id,
            case_type: Text::EMPTY,
            name: Text::EMPTY,
            owner_id: OwnerId::new(""),
            external_id: None,
            closed: false,
            date_opened: None,
            last_modified: modified,
            category: None,
            state: None,
            properties: Named::new(),
            indices: Named::new(),
            attachments: Named::new(),
            hq: HqPart::default(),
        }
    }

    /// The category, for which a device falls back on the property `patient_type` (C-076).
    #[must_use]
    pub fn category(&self) -> Option<Cow<'_, str>> {
        self.field_or(self.category.as_deref(), "patient_type")
    }

    /// The state, for which a device falls back on the property `current_status` (C-076).
    #[must_use]
    pub fn state(&self) -> Option<Cow<'_, str>> {
        self.field_or(self.state.as_deref(), "current_status")
    }

    fn field_or<'c>(&'c self, field: Option<&'c str>, fallback: &str) -> Option<Cow<'c, str>> {
        field.map(Cow::Borrowed).or_else(|| self.properties.get(fallback).map(Value::text))
    }

    /// Whether the case is open and not deleted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.closed && self.hq.deleted.is_none()
    }

    /// Whether a block of some form still counts, on CommCare HQ.
    pub(crate) fn has_block(&self) -> bool {
        self.hq.transactions.iter().any(|touched| touched.did.block && !touched.revoked)
    }

    /// The ids of the forms that count, in the order of their server dates, each once (C-081).
    #[must_use]
    pub fn xform_ids(&self) -> Vec<&InstanceId> {
        let mut forms: Vec<_> = self.hq.transactions.iter().filter(|touched| !touched.revoked).collect();
        forms.sort_by_key(|touched| touched.server_date);
        forms.into_iter().filter_map(|touched| touched.form_id.as_ref()).collect()
    }
}

impl Value {
    /// The text; of an object, its `#text` on CommCare HQ, where date-times are rewritten (case-xml.md 8.1, 8.4).
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Object(element) => text_on_hq(element),
        }
    }

    /// The same as a text of its own.
    pub(crate) fn into_text(self) -> Text<'static> {
        match self {
            Self::Text(text) => text,
            Self::Object(element) => text_on_hq(&element).into_owned().into(),
        }
    }
}

fn text_on_hq<'e>(element: &'e Element<'_>) -> Cow<'e, str> {
    match element.leading_text() {
        blank if blank.trim().is_empty() => Cow::Borrowed(""),
        text => normal_time(text).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Text::borrowed(text).into_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Content<'_>> for Value {
    fn from(content: Content<'_>) -> Self {
        match content.text() {
            Some(text) => Self::from(text),
            None => object(content),
        }
    }
}

fn object(content: Content<'_>) -> Value {
    match content {
        Content::Object(element) => Value::Object(Box::new(element.clone().into_owned())),
        _ => Value::Text(Text::EMPTY),
    }
}

impl Index {
    /// A link.
    pub fn new(
        target: impl Into<CaseId>,
        case_type: impl Into<Text<'static>>,
        relationship: Relationship,
    ) -> Self {
        Self { target: target.into(), case_type: case_type.into(), relationship }
    }
}

impl File {
    /// A file that lies there.
    pub fn new(src: impl Into<String>, from: Option<String>) -> Self {
        Self { src: src.into(), from }
    }
}

impl From<case::Relationship<'_>> for Relationship {
    fn from(relationship: case::Relationship<'_>) -> Self {
        match relationship {
            case::Relationship::Child => Self::Child,
            case::Relationship::Extension => Self::Extension,
            case::Relationship::Other(word) => Self::Other(word.to_owned()),
            _ => Self::Other(String::new()),
        }
    }
}

impl Relationship {
    /// The one of this word.
    #[must_use]
    pub fn named(word: &str) -> Self {
        match word {
            "child" => Self::Child,
            "extension" => Self::Extension,
            word => Self::Other(word.to_owned()),
        }
    }

    /// The word for it in a block.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Child => "child",
            Self::Extension => "extension",
            Self::Other(word) => word,
        }
    }
}

impl Did {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            block: self.block || other.block,
            create: self.create || other.create,
            close: self.close || other.close,
            index: self.index || other.index,
            attachment: self.attachment || other.attachment,
            ledger: self.ledger || other.ledger,
        }
    }
}
