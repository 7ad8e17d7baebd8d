//! Case blocks.

use serde::{Serialize, Serializer};

use crate::case::{
    Action, Attachment, Attachments, CaseBlock, Close, Create, Index, Indices, Property, Tag, Update, Value,
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
