//! Controls: what a person sees of a form, and which node each one fills.

use super::{all_owned, attribute};
use crate::{
    position::Mark,
    xml::{Name, Reader, name::Attribute, reader::Start},
};

/// A control of the body: a question, or a group or repeat of them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Control<'a> {
    /// Which one: `input`, `select1`, `upload`, …
    pub name: Name<'a>,
    /// All attributes, in document order.
    pub attributes: Vec<Attribute<'a>>,
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
        Self { name: start.name, attributes: reader.take_attributes(), mark }
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
        Control { name: self.name.into_owned(), attributes: all_owned(self.attributes), mark: self.mark }
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
}
