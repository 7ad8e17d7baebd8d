//! Forms, filled in and blank, and answers.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    envelope::{Content, Envelope, Message},
    instance::{Field, FormKey, FoundCase, FoundLedger, FoundLegacyCase, Instance, Meta, Root},
    registration::Registration,
    xform::{Bind, Control, DataInstance, MediaReference, Model, SubmissionElement, Translation, XForm},
};

object! {
    FormKey { id, version }
    Root { name, attributes }
    FoundCase { block, in_device_report, in_case_group, parent_namespace }
    FoundLegacyCase { block, in_device_report, in_case_group, parent_namespace }
    FoundLedger { block, in_device_report, in_case }
    Registration { element }
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
        let mut object = out.serialize_struct("Instance", 8)?;
        object.serialize_field("root", self.root())?;
        object.serialize_field("form_key", &self.form_key())?;
        object.serialize_field("instance_id", &self.instance_id())?;
        object.serialize_field("deprecated_id", &self.deprecated_id())?;
        object.serialize_field("metas", &self.metas().collect::<Vec<_>>())?;
        object.serialize_field("cases", self.cases())?;
        object.serialize_field("legacy_cases", self.legacy_cases())?;
        object.serialize_field("ledgers", self.ledgers())?;
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

#[cfg(all(test, feature = "json"))]
mod tests {
    use serde_json::json;

    use crate::Instance;

    #[test]
    fn stock_and_old_blocks_are_written_with_their_form() {
        let instance = Instance::read(
            "<f><case><case_id>C</case_id></case><b:balance xmlns:b='http://commcarehq.org/ledger/v1' entity-id='C'>\
             <b:entry id='soap' quantity='9'/></b:balance></f>",
        )
        .unwrap();
        let written = serde_json::to_value(&instance).unwrap();
        assert_eq!(written["legacy_cases"][0]["block"]["element"]["children"][0]["name"], "case_id");
        let balance = &written["ledgers"][0]["block"]["balance"];
        assert_eq!(balance["entity_id"], "C");
        assert_eq!(
            (&balance["sheet"]["date"], &balance["sheet"]["entries"][0]["quantity"]),
            (&json!(null), &json!("9"))
        );
    }
}
