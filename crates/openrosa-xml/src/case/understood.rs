//! What a case block means to each of its readers.
//!
//! A [`CaseBlock`] is neutral: it holds what was written. [`CaseBlock::understood_by`] says what one reader makes of it:
//! who acted on which case, when, and in which steps; or why the reader refuses. It is a pure function of the block and
//! the [`Context`] and knows no state: whether the case exists, what it held before, and what the steps then do to it is
//! decided where they are applied.
//!
//! The same block, understood in two ways:
//!
//! ```
//! use openrosa_xml::{CaseBlock, Profile, case::understood::{Context, Step}};
//! # let now = chrono::DateTime::UNIX_EPOCH.fixed_offset();
//!
//! let block = CaseBlock::read(
//!     "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='C1' date_modified='2024-05-01'>
//!        <close/>
//!        <update><village> Kibaha </village></update>
//!      </case>",
//! )?;
//! let context = Context::new(now).with_user("nurse");
//!
//! // The device takes the steps as they stand, trims, and knows nobody but the one the block names.
//! let device = block.understood_by(Profile::Device, &context)?.unwrap();
//! let [Step::Close, Step::Update(set)] = &device.steps[..] else { panic!() };
//! assert_eq!(set[0].content.text(), Some("Kibaha"));
//! assert_eq!(device.user, None);
//!
//! // CommCare HQ has an order of its own, keeps white space, and falls back on the form's user.
//! let hq = block.understood_by(Profile::Hq, &context)?.unwrap();
//! let [Step::Update(set), Step::Close] = &hq.steps[..] else { panic!() };
//! assert_eq!(set[0].content.text(), Some(" Kibaha "));
//! assert_eq!(hq.user, Some("nurse"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is left to others: the length limits (case-xml.md 1.14) but for [`too_large_on_device`], the date in `date_opened`, the existence of cases and
//! index targets, and the rewriting of date-times in texts, which CommCare HQ does when it makes JSON of the form
//! (case-xml.md 8.4); [`Timestamp::stable`](crate::Timestamp::stable) writes what it does not change.

mod device;
mod hq;
mod part;
mod refusal;
mod stored;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, Utc};

use super::{CaseBlock, Relationship};
use crate::{position::Mark, profile::Profile, text::Text, xml::Element};

pub use refusal::{Refusal, RefusalKind};
pub use stored::{TooLarge, too_large_on_device};

/// What a reader knows besides the block itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Context<'c> {
    /// The present moment, in the reader's own zone: CommCare HQ puts it where `date_modified` is missing, and the
    /// device reads a time without an offset in this zone.
    pub now: DateTime<FixedOffset>,
    /// `meta/userID` of the form.
    pub user_id: Option<Text<'c>>,
    /// The namespace of the element around the block. CommCare HQ sees the namespace of a block only where it differs
    /// from this one, and takes a block without one for Case XML 1.0 (case-xml.md 1.1).
    pub parent_namespace: Option<Cow<'c, str>>,
}

/// What a block tells one reader.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Understood<'b> {
    /// The case. Neither reader trims it.
    pub case_id: &'b str,
    /// When it was modified. The device's value follows its parser, known faults included (case-xml.md 1.13).
    pub modified: DateTime<Utc>,
    /// Who acted; never the empty text. To the device, the block's own `user_id` only.
    pub user: Option<&'b str>,
    /// Whether it is the form that names the user, since the block does not.
    pub user_of_form: bool,
    /// The actions in the order in which this reader takes them.
    pub steps: Vec<Step<'b>>,
    /// The first action for which there must be a case, unless a `create` in front of it has made one (case-xml.md 1.3, 1.8,
    /// 4.1). Never CommCare HQ's, which makes a case for any block.
    pub needs_case: Option<&'static str>,
    /// What this reader passes over in silence.
    pub warnings: Vec<Warning<'b>>,
}

/// What a block does about the case itself on the device.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    /// As in [`Understood::needs_case`].
    pub(crate) needs_case: Option<&'static str>,
    /// Whether the case is there behind the block, unless the block is refused.
    pub(crate) opens: bool,
}

/// One action, its fallbacks and defaults resolved.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step<'b> {
    /// Opens the case, or overwrites its base properties.
    Create(Creation<'b>),
    /// Sets properties, in this order. It may hold none, and still is an update: of a case that must exist, to the
    /// device.
    Update(Vec<Setting<'b>>),
    /// Closes the case.
    Close,
    /// Sets and removes links.
    Index(Vec<Link<'b>>),
    /// Sets and removes files.
    Attachment(Vec<File<'b>>),
}

/// What a `create` gives a case. To the device, type, name and owner are always there, and nothing else is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Creation<'b> {
    /// `case_type`.
    pub case_type: Option<Content<'b>>,
    /// `case_name`.
    pub case_name: Option<Content<'b>>,
    /// `owner_id`. On the device the block's `user_id` has taken the place of an absent one. On CommCare HQ nothing has:
    /// a `create` of a case that exists leaves its owner alone, see [`Understood::owner_if_none`].
    pub owner_id: Option<Content<'b>>,
    /// `external_id`, `user_id` and `date_opened`, which CommCare HQ honors here.
    pub others: Vec<Setting<'b>>,
}

/// One property and its new value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Setting<'b> {
    /// The name.
    pub name: &'b str,
    /// The value.
    pub content: Content<'b>,
    /// Where it stood.
    pub mark: Mark,
}

/// The value of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content<'b> {
    /// A text; trimmed by the device, as written to CommCare HQ.
    Text(&'b str),
    /// To CommCare HQ, an element with attributes, elements inside or a namespace of its own: it makes a JSON object of
    /// it and stores that. Never the device's.
    Object(&'b Element<'b>),
}

/// One link to another case, or the removal of one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Link<'b> {
    /// The name of the link.
    pub name: &'b str,
    /// The case pointed at; `None` removes the link.
    pub target: Option<&'b str>,
    /// `@case_type`; always there on CommCare HQ.
    pub case_type: Option<&'b str>,
    /// The relationship. The device keeps any word other than the two; CommCare HQ sets no link with one.
    pub relationship: Relationship<'b>,
    /// Where it stood.
    pub mark: Mark,
}

/// One file of the case, or the removal of one. Neither reader takes inline content.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct File<'b> {
    /// The name under which the case holds it.
    pub name: &'b str,
    /// `@src`, unless empty.
    pub src: Option<&'b str>,
    /// `@from`, unless empty.
    pub from: Option<&'b str>,
    /// Where it stood.
    pub mark: Mark,
}

/// Something in the block that a reader passes over without a word to the sender.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Warning<'b> {
    /// What happens.
    pub kind: WarningKind<'b>,
    /// Where.
    pub mark: Mark,
}

/// What CommCare HQ passes over.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum WarningKind<'b> {
    /// An action that stands twice: nothing in either counts. Two `close` close all the same, without a warning.
    /// Inferred from code (case-xml.md 1.3).
    ActionTwice(&'b str),
    /// An element that is no action to either reader, such as a nested `case`; the device may act on what is inside
    /// (case-xml.md 1.11).
    UnknownAction(&'b str),
    /// An action with a capital letter, which is none to this reader (case-xml.md 1.1).
    ActionSpelling(&'b str),
    /// A child of `create`, or of `update`, that is dropped.
    Dropped(&'b str),
    /// A property with a meaning of its own that stands twice. All its values reach the field as a list, with an
    /// undefined result (inferred from code, case-xml.md 1.11); the last one is given here.
    KnownTwice(&'b str),
}

impl<'c> Context<'c> {
    /// The context of a block in a form without a user, inside an element without a namespace.
    #[must_use]
    pub const fn new(now: DateTime<FixedOffset>) -> Self {
        Self { now, user_id: None, parent_namespace: None }
    }

    /// The user of the form.
    #[must_use]
    pub fn with_user(self, user_id: impl Into<Text<'c>>) -> Self {
        Self { user_id: Some(user_id.into()), ..self }
    }

    /// The namespace of the element around the block.
    #[must_use]
    pub fn inside(self, namespace: impl Into<Cow<'c, str>>) -> Self {
        Self { parent_namespace: Some(namespace.into()), ..self }
    }
}

impl<'b> Understood<'b> {
    /// Who becomes the owner of a case that has none, or the empty one, after the steps: on CommCare HQ the user, on the
    /// device nobody.
    #[must_use]
    pub fn owner_if_none(&self, reader: Profile) -> Option<&'b str> {
        self.user.filter(|_| reader == Profile::Hq)
    }
}

impl<'b> Content<'b> {
    /// The text, unless it is an object.
    #[must_use]
    pub const fn text(self) -> Option<&'b str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Object(_) => None,
        }
    }
}

impl File<'_> {
    /// Whether this takes the file away: neither `src` nor `from` says anything.
    #[must_use]
    pub const fn is_removal(&self) -> bool {
        self.src.is_none() && self.from.is_none()
    }
}

impl CaseBlock<'_> {
    /// The case that the block is about to the device, which takes an attribute of any namespace for the id; `None` where
    /// it will refuse the block.
    #[must_use]
    pub fn case_id_on_device(&self) -> Option<&str> {
        device::case_id(self)
    }

    /// What the device does about the case itself, as far as it comes in the block.
    pub(crate) fn work_on_device(&self) -> Work {
        device::work(self)
    }

    /// What the block means to a reader.
    ///
    /// `None` when it means nothing at all: to CommCare HQ a block without any case id, to the device a block without
    /// any action in it.
    pub fn understood_by<'b>(
        &'b self,
        reader: Profile,
        context: &'b Context<'_>,
    ) -> Result<Option<Understood<'b>>, Refusal> {
        match reader {
            Profile::Device => device::understood(self, context),
            Profile::Hq => hq::understood(self, context),
        }
    }
}
