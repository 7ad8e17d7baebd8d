//! Controls: what a person sees of a form, and which node each one fills.

use std::borrow::Cow;

use super::{all_owned, attribute};
use crate::{
    error::ReadError,
    position::Mark,
    xml::{
        Element, Name, Reader,
        chars::trim,
        name::{Attribute, owned},
        reader::Start,
    },
};

/// A control of the body: a question, or a group or repeat of them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Control<'a> {
    /// Which one: `input`, `select1`, `upload`, …
    pub name: Name<'a>,
    /// All attributes, in document order.
    pub attributes: Vec<Attribute<'a>>,
    /// The group or repeat right around it, by its place in [`XForm::controls`](super::XForm::controls).
    pub parent: Option<usize>,
    /// The values of its choices, as far as the form itself lists them.
    pub items: Vec<Cow<'a, str>>,
    /// Whether there are choices, or more of them, that come from elsewhere: an `itemset`.
    pub has_item_set: bool,
    /// Where its start tag stood.
    pub mark: Mark,
}

/// The controls of XForms and ODK that fill a node or hold others. `rank` is in a namespace of ODK's.
const NAMES: [&str; 11] = [
    "group", "input", "range", "rank", "repeat", "secret", "select", "select1", "textarea", "trigger",
    "upload",
];

impl<'a> Control<'a> {
    pub(super) fn is_named(local: &str) -> bool {
        NAMES.contains(&local)
    }

    pub(super) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Self {
        let mark = Mark::at(start.offset, reader.offset());
        Self {
            name: start.name,
            attributes: reader.take_attributes(),
            parent: None,
            items: Vec::new(),
            has_item_set: false,
            mark,
        }
    }

    /// Reads the `item` whose start tag was just read, to its end.
    pub(super) fn read_item(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let item = Element::read_from(reader, start)?;
        self.items.extend(item.child("value").map(|value| Cow::Owned(trim(&value.text()).to_owned())));
        Ok(())
    }

    /// Whether other controls may stand inside.
    pub(super) fn is_group(&self) -> bool {
        matches!(self.name.local_name(), "group" | "repeat")
    }

    /// The value of an attribute in no namespace.
    #[must_use]
    pub fn attribute(&self, local: &str) -> Option<&str> {
        attribute(&self.attributes, local)
    }

    /// The node that it fills: `@ref` or, for a repeat, `@nodeset`. A relative path starts at the group around. `None` also
    /// where it names a bind by `@bind` instead, as old forms do.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.attribute("ref").or_else(|| self.attribute("nodeset"))
    }

    /// Whether the answer is a file.
    #[must_use]
    pub fn is_upload(&self) -> bool {
        self.name.local_name() == "upload"
    }

    /// `@mediatype` of an upload, such as `image/*`.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.attribute("mediatype")
    }

    pub(super) fn into_owned(self) -> Control<'static> {
        Control {
            name: self.name.into_owned(),
            attributes: all_owned(self.attributes),
            parent: self.parent,
            items: self.items.into_iter().map(owned).collect(),
            has_item_set: self.has_item_set,
            mark: self.mark,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::XForm;

    #[test]
    fn questions_that_want_a_file_are_known() {
        let form = XForm::read(
            "<html><body><group ref='/d'><upload ref='photo' mediatype='image/*'><label>Photo</label></upload>\
             <repeat nodeset='/d/kid'><input bind='age'/></repeat></group></body></html>",
        )
        .unwrap();
        let uploads: Vec<_> =
            form.uploads().map(|upload| (upload.reference(), upload.media_type())).collect();
        assert_eq!(uploads, [(Some("photo"), Some("image/*"))]);
        let controls: Vec<_> = form.controls.iter().map(|c| (c.name.local_name(), c.reference())).collect();
        assert_eq!(
            controls,
            [("group", Some("/d")), ("upload", Some("photo")), ("repeat", Some("/d/kid")), ("input", None)]
        );
    }

    #[test]
    fn controls_know_what_is_around_them_and_what_there_is_to_choose() {
        let form = XForm::read(
            "<html><head><model><instance><d><g><s/></g></d></instance><bind id='b' nodeset='/d/g/s'/></model></head>\
             <body><group ref='/d/g'><label>G</label><select1 ref='s'><item><label>One</label><value> 1 </value></item>\
             <item><value>2</value></item></select1><select ref='./s'><itemset nodeset='x'/></select></group>\
             <input ref='g/s'/><input bind='b'/><input bind='none'/></body></html>",
        )
        .unwrap();
        let [group, one, many, input, by_bind, nowhere] = &form.controls[..] else { panic!() };
        assert_eq!((group.parent, one.parent, many.parent, input.parent), (None, Some(0), Some(0), None));
        assert_eq!((&one.items[..], one.has_item_set), (&["1".into(), "2".into()][..], false));
        assert_eq!((many.items.len(), many.has_item_set), (0, true));
        assert_eq!((by_bind.attribute("bind"), nowhere.attribute("bind")), (Some("b"), Some("none")));
        let s = Some("/d/g/s".to_owned());
        assert_eq!(form.control_paths(), [Some("/d/g".to_owned()), s.clone(), s.clone(), s.clone(), s, None]);
        assert_eq!(form.clone().into_owned(), form);
    }
}
