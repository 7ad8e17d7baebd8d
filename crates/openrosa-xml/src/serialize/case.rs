//! Case blocks of both versions, cases as a form sees them, and stock.

use serde::{Serialize, Serializer};

use crate::{
    case::{
        Action, Attachment, Attachments, CaseBlock, Close, Create, Index, Indices, Property, Tag, Update,
        Value,
        legacy::{LeftOut, LeftOutReason, LegacyCase},
    },
    casedb::{CaseDb, CaseView, Entry, Part},
    ledger::{Balance, Entry as LedgerEntry, Ledger, SectionValue, Sheet, Transfer},
};

object! {
    CaseBlock { tag, case_id, date_modified, user_id, actions }
    Tag { name, attributes, text, mark }
    Create { tag, properties }
    Update { tag, properties }
    Close { tag, contents }
    Indices { tag, entries }
    Attachments { tag, entries }
    Property { name, value, mark }
    Index { name, case_type, relationship, target, mark }
    Attachment { name, src, from, file_name, content, mark }
    CaseDb { tag, entries }
    CaseView { tag, case_id, case_type, owner_id, status, parts }
    LegacyCase { element }
    LeftOut { element, reason }
    Balance { tag, entity_id, sheet }
    Transfer { tag, src, dest, sheet }
    Sheet { date, section_id, kind, entries }
    SectionValue { tag, section_id, quantity, contents }
    LedgerEntry { tag, id, quantity, values }
}

impl Serialize for Ledger<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Balance(balance) => out.serialize_newtype_variant("Ledger", 0, "balance", balance),
            Self::Transfer(transfer) => out.serialize_newtype_variant("Ledger", 1, "transfer", transfer),
            Self::Other(element) => out.serialize_newtype_variant("Ledger", 2, "other", element),
        }
    }
}

impl Serialize for LeftOutReason {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(match self {
            Self::Referral => "referral",
            Self::InCase => "in_case",
            Self::InCreate => "in_create",
            Self::Second => "second",
        })
    }
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Case(case) => out.serialize_newtype_variant("Entry", 0, "case", case),
            Self::Other(element) => out.serialize_newtype_variant("Entry", 1, "other", element),
        }
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Property(property) => out.serialize_newtype_variant("Part", 0, "property", property),
            Self::Index(index) => out.serialize_newtype_variant("Part", 1, "index", index),
            Self::Attachment(files) => out.serialize_newtype_variant("Part", 2, "attachment", files),
        }
    }
}

impl Serialize for Action<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Create(create) => out.serialize_newtype_variant("Action", 0, "create", create),
            Self::Update(update) => out.serialize_newtype_variant("Action", 1, "update", update),
            Self::Close(close) => out.serialize_newtype_variant("Action", 2, "close", close),
            Self::Index(index) => out.serialize_newtype_variant("Action", 3, "index", index),
            Self::Attachment(files) => out.serialize_newtype_variant("Action", 4, "attachment", files),
            Self::Other(element) => out.serialize_newtype_variant("Action", 5, "other", element),
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => out.serialize_str(text),
            Self::Element(element) => element.serialize(out),
        }
    }
}
