//! Forms, filled in and blank, and answers.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    envelope::{Content, Envelope, Message},
    instance::{Field, FormKey, FoundCase, Instance, Meta, Root},
    xform::{Bind, Control, DataInstance, MediaReference, Model, SubmissionElement, Translation, XForm},
};

object! {
    FormKey { id, version }
    Root { name, attributes }
    FoundCase { block, in_device_report, parent_namespace }
    Meta { name, attributes, fields, depth, mark }
    Field { name, value, mark }
    Envelope { name, items, attributes, contents }
    Message { name, nature, text, mark }
    XForm { name, title, models, controls }
    Model { attributes, instances, binds, submissions, translations, mark }
    DataInstance { id, src, elements, root, mark }
    SubmissionElement { attributes, mark }
    Bind { attributes, mark }
    Control { name, attributes, mark }
    Translation { lang, is_default, media }
    MediaReference { text_id, form, uri, mark }
}

/// The ids are those that the accessors find.
impl Serialize for Instance<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut object = out.serialize_struct("Instance", 6)?;
        object.serialize_field("root", self.root())?;
        object.serialize_field("form_key", &self.form_key())?;
        object.serialize_field("instance_id", &self.instance_id())?;
        object.serialize_field("deprecated_id", &self.deprecated_id())?;
        object.serialize_field("metas", self.metas())?;
        object.serialize_field("cases", self.cases())?;
        object.end()
    }
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Message(message) => out.serialize_newtype_variant("Content", 0, "message", message),
            Self::Payload(payload) => out.serialize_newtype_variant("Content", 1, "payload", payload),
        }
    }
}
