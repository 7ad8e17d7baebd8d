//! `serde` for the values of documents (feature `serde`): one place, so that the shapes agree.
//!
//! - Ids and timestamps are their texts, and are read from texts.
//! - A position and a span are objects of their numbers. A mark is its span, or null.
//! - A name is `{namespace}local`, or `local` alone in no namespace; prefixes mean nothing and are left out. An attribute is
//!   a pair of name and value.
//! - An element is an object of `name`, `attributes` and `children`, of which texts are texts and elements are objects; empty
//!   lists are left out. It is read from the same.
//! - Everything else is written for programs that look, and not read back; that is what XML is for. Members are called as the
//!   fields are. A value is a text, or an element where it is more than text. Where one of several kinds can stand, such as
//!   an action, there is an object of one member that names the kind: `{"update": {…}}`.

/// Writes a struct as an object of the fields named.
macro_rules! object {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl serde::Serialize for $name<'_> {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;
                let mut object = out.serialize_struct(stringify!($name), [$(stringify!($field)),*].len())?;
                $(object.serialize_field(stringify!($field), &self.$field)?;)*
                object.end()
            }
        }
    )*};
}

mod case;
mod document;
mod element;
mod list;
mod text;

#[cfg(all(test, feature = "json"))]
mod tests {
    use serde_json::json;

    use crate::{CaseBlock, CaseId, Envelope, Instance, Mark, Position, Timestamp, XForm, xml::Element};

    #[test]
    fn texts_places_and_elements_are_written_and_read() {
        let id: CaseId = serde_json::from_value(json!("C1")).unwrap();
        assert_eq!(serde_json::to_value(&id).unwrap(), json!("C1"));
        let time: Timestamp<'_> = serde_json::from_value(json!("2024-05-01")).unwrap();
        assert_eq!(serde_json::to_value(&time).unwrap(), json!("2024-05-01"));
        let place = json!({"offset": 6, "line": 2, "column": 3});
        assert_eq!(serde_json::to_value(Position::of("<a>\n  <b/>", 6)).unwrap(), place);
        assert_eq!(serde_json::from_value::<Position>(place).unwrap().line, 2);
        let mark: Mark = serde_json::from_value(json!({"start": 1, "end": 2})).unwrap();
        assert_eq!(mark.span().unwrap().end, 2);
        assert_eq!(serde_json::to_value(Mark::none()).unwrap(), json!(null));
    }

    #[test]
    fn an_element_is_written_and_read() {
        let element =
            Element::read("<a xmlns='urn:{x}' xmlns:y='urn:y' y:b='1'> t <c/><d xmlns=''>2</d></a>").unwrap();
        let shape = json!({
            "name": "{urn:{x}}a",
            "attributes": [["{urn:y}b", "1"]],
            "children": [" t ", {"name": "{urn:{x}}c"}, {"name": "d", "children": ["2"]}],
        });
        assert_eq!(serde_json::to_value(&element).unwrap(), shape);
        assert_eq!(serde_json::from_value::<Element<'_>>(shape).unwrap(), element);
        assert!(serde_json::from_value::<Element<'_>>(json!({"name": "{urn:x"})).is_err());
    }

    #[test]
    fn a_block_shows_its_actions_by_kind() {
        let source = "<case case_id='C'><update><a>1</a><b x='2'/></update>\
             <index><p case_type='t'>P</p></index><close/><odd/></case>";
        let block = CaseBlock::read(source).unwrap();
        let shown = serde_json::to_value(&block).unwrap();
        assert_eq!((&shown["case_id"], &shown["user_id"]), (&json!("C"), &json!(null)));
        let actions = &shown["actions"];
        assert_eq!(actions[0]["update"]["properties"][0]["value"], json!("1"));
        assert_eq!(
            actions[0]["update"]["properties"][1]["value"],
            json!({"name": "b", "attributes": [["x", "2"]]})
        );
        assert_eq!(actions[1]["index"]["entries"][0]["target"], json!("P"));
        assert_eq!(actions[2]["close"]["tag"]["mark"]["start"], json!(source.find("<close")));
        assert_eq!(actions[3], json!({"other": {"name": "odd"}}));
    }

    #[test]
    fn a_form_and_an_answer_show_what_they_hold() {
        let instance =
            Instance::read("<d id='f'><meta><instanceID>i</instanceID></meta><case case_id='C'/></d>")
                .unwrap();
        let shown = serde_json::to_value(&instance).unwrap();
        assert_eq!(shown["form_key"], json!({"id": "f", "version": null}));
        assert_eq!((&shown["instance_id"], &shown["deprecated_id"]), (&json!("i"), &json!(null)));
        assert_eq!(shown["cases"][0]["block"]["case_id"], json!("C"));
        assert_eq!(shown["metas"][0]["fields"][0]["value"], json!("i"));
        let answer = Envelope::new("Saved.").with_nature("submit_success");
        let shown = serde_json::to_value(&answer).unwrap();
        assert_eq!(shown["contents"][0]["message"]["nature"], json!("submit_success"));
        let form =
            XForm::read("<html><head><model><instance><d id='f'/></instance></model></head></html>").unwrap();
        let shown = serde_json::to_value(&form).unwrap();
        assert_eq!(shown["models"][0]["instances"][0]["root"]["attributes"], json!([["id", "f"]]));
    }
}
