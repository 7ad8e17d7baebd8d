//! What stands directly below the root of a restore.

use super::SyncToken;
use crate::{
    case::CaseBlock,
    envelope::{Content, Message},
    error::{ReadError, WriteError},
    fixture::{Fixture, Schema},
    ledger::{Ledger, is_ledger},
    ns,
    registration::Registration,
    xml::{Element, Name, Reader, Writer, reader::Start},
};

/// One item of a restore.
///
/// *Spec:* ota-restore.md 2.3, whose order of tests decides: the ledger's namespace first, then local names whatever the
/// case of their letters, of which only `Sync` must be in its namespace.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RestoreItem<'a> {
    /// Text for a person.
    Message(Message<'a>),
    /// The token of this restore, or the progress of one to come.
    SyncToken(SyncToken<'a>),
    /// A user.
    Registration(Registration<'a>),
    /// What a device indexes in a fixture.
    Schema(Schema<'a>),
    /// Lookup data.
    Fixture(Fixture<'a>),
    /// A case block.
    Case(CaseBlock<'a>),
    /// Stock that was counted or moved.
    Ledger(Ledger<'a>),
    /// An item that we do not model, kept whole.
    Other(Element<'a>),
}

impl<'a> RestoreItem<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        if is_ledger(&start.name) {
            return Ledger::read_from(reader, start).map(Self::Ledger);
        }
        let local = start.name.local_name();
        if local.eq_ignore_ascii_case("case") {
            return CaseBlock::read_from(reader, start).map(Self::Case);
        }
        if local.eq_ignore_ascii_case("registration") {
            return Element::read_from(reader, start).map(|element| Self::Registration(element.into()));
        }
        if local.eq_ignore_ascii_case("schema") {
            return Element::read_from(reader, start).map(|element| Self::Schema(Schema { element }));
        }
        if local.eq_ignore_ascii_case("fixture") {
            return Fixture::read_from(reader, start).map(Self::Fixture);
        }
        if local.eq_ignore_ascii_case("sync") && start.name.namespace() == Some(ns::SYNC) {
            return Element::read_from(reader, start).map(|element| Self::SyncToken(SyncToken { element }));
        }
        Ok(match Content::read(reader, start)? {
            Content::Message(message) => Self::Message(message),
            Content::Payload(element) => Self::Other(element),
        })
    }

    /// The name of its element as written.
    #[must_use]
    pub fn name(&self) -> &Name<'a> {
        match self {
            Self::Message(message) => &message.name,
            Self::SyncToken(token) => &token.element.name,
            Self::Registration(user) => &user.element.name,
            Self::Schema(schema) => &schema.element.name,
            Self::Fixture(fixture) => &fixture.name,
            Self::Case(block) => &block.tag.name,
            Self::Ledger(ledger) => ledger.name(),
            Self::Other(element) => &element.name,
        }
    }

    /// Writes the item where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        match self {
            Self::Message(message) => message.write_to(out),
            Self::SyncToken(token) => token.element.write_to(out),
            Self::Registration(user) => user.element.write_to(out),
            Self::Schema(schema) => schema.element.write_to(out),
            Self::Fixture(fixture) => fixture.write_to(out),
            Self::Case(block) => block.write_to(out),
            Self::Ledger(ledger) => ledger.write_to(out),
            Self::Other(element) => element.write_to(out),
        }
    }

    /// The same item, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> RestoreItem<'static> {
        match self {
            Self::Message(message) => RestoreItem::Message(message.into_owned()),
            Self::SyncToken(token) => {
                RestoreItem::SyncToken(SyncToken { element: token.element.into_owned() })
            }
            Self::Registration(user) => RestoreItem::Registration(user.into_owned()),
            Self::Schema(schema) => RestoreItem::Schema(Schema { element: schema.element.into_owned() }),
            Self::Fixture(fixture) => RestoreItem::Fixture(fixture.into_owned()),
            Self::Case(block) => RestoreItem::Case(block.into_owned()),
            Self::Ledger(ledger) => RestoreItem::Ledger(ledger.into_owned()),
            Self::Other(element) => RestoreItem::Other(element.into_owned()),
        }
    }
}
