//! `model`: instances, binds, where to send, and texts.

use std::borrow::Cow;

use super::{Bind, Translation, all_owned, attribute};
use crate::{
    error::ReadError,
    position::Mark,
    xml::{
        Element, Reader,
        name::{Attribute, owned},
        reader::{Event, Start},
    },
};

/// One `model` of a form.
///
/// *Wire:* in `head`, once.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Model<'a> {
    /// Its attributes, such as `odk:xforms-version`.
    pub attributes: Vec<Attribute<'a>>,
    /// The instances in document order; the first is the primary one.
    pub instances: Vec<DataInstance<'a>>,
    /// The binds in document order, nested ones after the one around them.
    pub binds: Vec<Bind<'a>>,
    /// The `submission` elements. CommCare also has such that only ask a server something while the form is filled in;
    /// those have a `resource`.
    pub submissions: Vec<SubmissionElement<'a>>,
    /// The languages of the form's texts, in document order.
    pub translations: Vec<Translation<'a>>,
    /// Where it stood.
    pub mark: Mark,
}

/// One `instance` of a model: the blank of the filled-in form, or data that the form looks things up in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DataInstance<'a> {
    /// `@id`: what expressions call it.
    pub id: Option<Cow<'a, str>>,
    /// `@src`: where its content comes from, such as `jr://instance/casedb` or `jr://file/places.geojson`.
    pub src: Option<Cow<'a, str>>,
    /// How many elements stand right inside.
    pub elements: usize,
    /// The first of them, for the first instance of a model; the content of others is passed over.
    pub root: Option<Element<'a>>,
    /// Where it stood.
    pub mark: Mark,
}

/// `<submission>`: where and how the form wants to be sent.
///
/// *Spec:* openrosa.md 7.1.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SubmissionElement<'a> {
    /// All attributes, in document order.
    pub attributes: Vec<Attribute<'a>>,
    /// Where its start tag stood.
    pub mark: Mark,
}

impl<'a> Model<'a> {
    /// Reads the model whose start tag was just read, to its end.
    pub(super) fn read(reader: &mut Reader<'a>, start: &Start<'a>) -> Result<Self, ReadError> {
        let inside = reader.depth();
        let mut model = Self {
            attributes: reader.take_attributes(),
            instances: Vec::new(),
            binds: Vec::new(),
            submissions: Vec::new(),
            translations: Vec::new(),
            mark: Mark::none(),
        };
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(start) => model.element(reader, &start)?,
                Event::End if reader.depth() < inside => break,
                Event::End | Event::Text(_) => {}
            }
        }
        model.mark = Mark::at(start.offset, reader.offset());
        Ok(model)
    }

    fn element(&mut self, reader: &mut Reader<'a>, start: &Start<'a>) -> Result<(), ReadError> {
        let tag = Mark::at(start.offset, reader.offset());
        match start.name.local_name() {
            "instance" => {
                let is_primary = self.instances.is_empty();
                self.instances.push(DataInstance::read(reader, start, is_primary)?);
            }
            "bind" => self.binds.push(Bind { attributes: reader.take_attributes(), mark: tag }),
            "submission" => {
                self.submissions.push(SubmissionElement { attributes: reader.take_attributes(), mark: tag });
            }
            "translation" => self.translations.push(Translation::read(reader)?),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn into_owned(self) -> Model<'static> {
        Model {
            attributes: all_owned(self.attributes),
            instances: self.instances.into_iter().map(DataInstance::into_owned).collect(),
            binds: self.binds.into_iter().map(Bind::into_owned).collect(),
            submissions: self.submissions.into_iter().map(SubmissionElement::into_owned).collect(),
            translations: self.translations.into_iter().map(Translation::into_owned).collect(),
            mark: self.mark,
        }
    }
}

impl<'a> DataInstance<'a> {
    fn read(reader: &mut Reader<'a>, start: &Start<'a>, keeps_root: bool) -> Result<Self, ReadError> {
        let mut instance = Self {
            id: reader.attribute("id"),
            src: reader.attribute("src"),
            elements: 0,
            root: None,
            mark: Mark::none(),
        };
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(root) if keeps_root && instance.elements == 0 => {
                    instance.root = Some(Element::read_from(reader, root)?);
                    instance.elements = 1;
                }
                Event::Start(_) => {
                    reader.skip()?;
                    instance.elements += 1;
                }
                Event::Text(_) => {}
                Event::End => break,
            }
        }
        instance.mark = Mark::at(start.offset, reader.offset());
        Ok(instance)
    }

    fn into_owned(self) -> DataInstance<'static> {
        DataInstance {
            id: self.id.map(owned),
            src: self.src.map(owned),
            elements: self.elements,
            root: self.root.map(Element::into_owned),
            mark: self.mark,
        }
    }
}

impl SubmissionElement<'_> {
    /// The value of an attribute in no namespace.
    #[must_use]
    pub fn attribute(&self, local: &str) -> Option<&str> {
        attribute(&self.attributes, local)
    }

    /// `@action`: the address to send to, where it is not the server that the form came from.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        self.attribute("action")
    }

    /// `@method`: `post` or, older, `form-data-post`.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.attribute("method")
    }

    /// `@base64RsaPublicKey` as written. A form that has one must be sent encrypted.
    #[must_use]
    pub fn public_key(&self) -> Option<&str> {
        self.attribute("base64RsaPublicKey")
    }

    fn into_owned(self) -> SubmissionElement<'static> {
        SubmissionElement { attributes: all_owned(self.attributes), mark: self.mark }
    }
}

#[cfg(test)]
mod tests {
    use crate::XForm;

    #[test]
    fn a_form_says_where_it_goes_and_with_which_key() {
        let source = "<html><head><model><instance><d/></instance>\
             <submission action='https://example.org/x?a&amp;b' method='post' base64RsaPublicKey='MII='/>\
             <submission resource='https://example.org/ask'/></model></head></html>";
        let form = XForm::read(source).unwrap();
        let submission = form.submission().unwrap();
        assert_eq!(submission.action(), Some("https://example.org/x?a&b"));
        assert_eq!((submission.method(), submission.public_key()), (Some("post"), Some("MII=")));
        assert_eq!(
            form.model().unwrap().submissions[1].attribute("resource"),
            Some("https://example.org/ask")
        );
        let span = submission.mark.span().unwrap();
        assert!(source[span.start as usize..span.end as usize].ends_with("MII='/>"));
    }

    #[test]
    fn what_is_inside_an_instance_is_no_part_of_the_model() {
        let form = XForm::read(
            "<html><head><model><instance><d><bind nodeset='x'/><instance/><submission/></d></instance>\
             <instance src='jr://instance/casedb'/></model></head></html>",
        )
        .unwrap();
        let model = form.model().unwrap();
        assert_eq!((model.instances.len(), model.binds.len(), model.submissions.len()), (2, 0, 0));
        assert_eq!(form.primary().unwrap().elements().count(), 3);
        assert_eq!(model.instances[1].src.as_deref(), Some("jr://instance/casedb"));
    }
}
