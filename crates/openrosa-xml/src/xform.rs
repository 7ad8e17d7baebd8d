//! Blank forms: XForms in XHTML, as far as one must know them to send what they ask for.

mod bind;
mod control;
mod itext;
mod model;
pub(crate) mod path;

use std::{borrow::Cow, collections::HashMap};

use crate::{
    error::ReadError,
    instance::FormKey,
    limits::Limits,
    ns,
    xml::{
        Element, Name, Reader,
        name::{Attribute, owned},
        reader::{Event, Leaf, Start},
    },
};

pub use bind::Bind;
pub use control::Control;
pub use itext::{MediaReference, Translation};
pub use model::{DataInstance, Model, SubmissionElement};

/// A blank form, seen as what a submission of it is held against: which form it is, what its instances look like, which
/// types and conditions its nodes have, where and how it wants to be sent, and which files it shows or asks for.
///
/// Labels, choices, actions and the content of secondary instances are passed over, so that a form of megabytes costs what
/// is asked of it. Any well-formed document reads; one that is no form has no [`Model`]. There is no writer: what is here is
/// not the whole form.
///
/// *Wire:* `downloadUrl` of a form list. *Spec:* openrosa.md 3.1, 7.1.
///
/// ```
/// # use openrosa_xml::XForm;
/// let form = XForm::read(
///     "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'>
///        <h:head><h:title>Visit</h:title><model>
///          <instance><data id='visit' version='3'><age/><meta><instanceID/></meta></data></instance>
///          <bind nodeset='/data/age' type='int' required='true()'/>
///        </model></h:head>
///        <h:body><input ref='/data/age'/></h:body>
///      </h:html>",
/// )?;
/// assert_eq!(form.form_key().id.as_deref(), Some("visit"));
/// assert_eq!(form.bind("/data/age").and_then(|bind| bind.data_type()), Some("int"));
/// assert!(form.node("/data/meta/instanceID").is_some());
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct XForm<'a> {
    /// The root as written, `html` in the XHTML namespace for a form.
    pub name: Name<'a>,
    /// `head/title`: what people call the form.
    pub title: Option<Cow<'a, str>>,
    /// The models in document order. The first counts; JavaRosa warns of any other and goes on without it.
    pub models: Vec<Model<'a>>,
    /// The controls of the body in document order, groups and repeats among them.
    pub controls: Vec<Control<'a>>,
}

impl<'a> XForm<'a> {
    /// Reads a whole document.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a whole document within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        let mut form = Self { name: root.name, title: None, models: Vec::new(), controls: Vec::new() };
        let mut groups = Vec::new();
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(start) => form.element(&mut reader, start, &mut groups)?,
                Event::End => groups.retain(|&(_, depth)| depth <= reader.depth()),
                Event::Text(_) => {}
            }
        }
        Ok(form)
    }

    /// Takes an element outside of any model, inside these groups: which control each is, and at which depth.
    fn element(
        &mut self,
        reader: &mut Reader<'a>,
        start: Start<'a>,
        groups: &mut Vec<(usize, usize)>,
    ) -> Result<(), ReadError> {
        match start.name.local_name() {
            "model" => self.models.push(Model::read(reader, &start)?),
            "title" if self.title.is_none() && reader.depth() == 3 => {
                let (Leaf::Text(text) | Leaf::Opened(text)) = reader.leaf()?;
                self.title = Some(text);
            }
            "item" => {
                if let Some(control) = self.controls.last_mut() {
                    control.read_item(reader, start)?;
                }
            }
            "itemset" => {
                if let Some(control) = self.controls.last_mut() {
                    control.has_item_set = true;
                }
            }
            local if Control::is_named(local) => {
                let mut control = Control::read(reader, start);
                control.parent = groups.last().map(|&(group, _)| group);
                if control.is_group() {
                    groups.push((self.controls.len(), reader.depth()));
                }
                self.controls.push(control);
            }
            _ => {}
        }
        Ok(())
    }

    /// The model that counts.
    #[must_use]
    pub fn model(&self) -> Option<&Model<'a>> {
        self.models.first()
    }

    /// The root of the primary instance: the first element of the model's first `instance`, which every filled-in form
    /// starts as a copy of.
    #[must_use]
    pub fn primary(&self) -> Option<&Element<'a>> {
        self.model()?.instances.first()?.root.as_ref()
    }

    /// Which form this is, by the root of its primary instance: its `id`, or the namespace that it has of its own.
    #[must_use]
    pub fn form_key(&self) -> FormKey<'_> {
        let Some(root) = self.primary() else {
            return FormKey { id: None, version: None };
        };
        let id = attribute_anywhere(&root.attributes, "id").or_else(|| self.own_namespace());
        let version = attribute_anywhere(&root.attributes, "version");
        FormKey { id: id.map(Cow::Borrowed), version: version.map(Cow::Borrowed) }
    }

    /// The namespace that tells the form from others: that of XForms, which instances inherit from the document around them,
    /// is every form's.
    pub(crate) fn own_namespace(&self) -> Option<&str> {
        self.primary()?.name.namespace().filter(|namespace| *namespace != ns::XFORMS)
    }

    /// The metadata that the form asks for: the first child of the primary instance's root called `meta`, or `Meta` as old
    /// CommCare wrote it. Its elements name the fields; clients fill these and need not add others (openrosa.md 3.1).
    #[must_use]
    pub fn meta(&self) -> Option<&Element<'a>> {
        self.primary()?.elements().find(|child| matches!(child.name.local_name(), "meta" | "Meta"))
    }

    /// The node of the primary instance at a path such as `/data/household/age`. Names are compared without prefixes, since
    /// the namespaces of a path are those declared around the bind or control that holds it.
    #[must_use]
    pub fn node(&self, path: &str) -> Option<&Element<'a>> {
        let mut steps = path.strip_prefix('/')?.split('/').map(local_part);
        let root = self.primary().filter(|root| steps.next() == Some(root.name.local_name()))?;
        steps.try_fold(root, |node, step| node.child(step))
    }

    /// The first bind whose `nodeset` is written exactly so.
    #[must_use]
    pub fn bind(&self, nodeset: &str) -> Option<&Bind<'a>> {
        self.model()?.binds.iter().find(|bind| bind.nodeset() == Some(nodeset))
    }

    /// The path of the node that each control fills, such as `/data/child/name`: without prefixes, and with what the groups
    /// around it and the bind that it may name say. `None` for one that names no node, or selects it by a condition.
    #[must_use]
    pub fn control_paths(&self) -> Vec<Option<String>> {
        let binds = self.model().map_or(&[][..], |model| &model.binds);
        let by_id: HashMap<_, _> =
            binds.iter().filter_map(|bind| Some((bind.id()?, bind.nodeset()?))).collect();
        let root = self.primary().map(|root| format!("/{}", root.name.local_name()));
        let mut paths: Vec<Option<String>> = Vec::with_capacity(self.controls.len());
        for control in &self.controls {
            let base = control.parent.map_or(&root, |parent| &paths[parent]).as_deref();
            let reference = control.reference();
            let named = || control.attribute("bind").and_then(|id| by_id.get(id).copied());
            let path = match (reference.or_else(named), base) {
                (Some(reference), base) => path::absolute(base.unwrap_or_default(), reference),
                (None, base) if control.is_group() => base.map(str::to_owned),
                (None, _) => None,
            };
            paths.push(path);
        }
        paths
    }

    /// Where and how the form wants to be sent, if it says so.
    #[must_use]
    pub fn submission(&self) -> Option<&SubmissionElement<'a>> {
        self.model()?.submissions.first()
    }

    /// The files that the form's texts show, one for each language and place; a file used twice is there twice.
    pub fn media(&self) -> impl Iterator<Item = &MediaReference<'a>> {
        let translations = self.model().into_iter().flat_map(|model| &model.translations);
        translations.flat_map(|translation| &translation.media)
    }

    /// The questions that are answered with a file.
    pub fn uploads(&self) -> impl Iterator<Item = &Control<'a>> {
        self.controls.iter().filter(|control| control.is_upload())
    }

    /// The same form, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> XForm<'static> {
        XForm {
            name: self.name.into_owned(),
            title: self.title.map(owned),
            models: self.models.into_iter().map(Model::into_owned).collect(),
            controls: self.controls.into_iter().map(Control::into_owned).collect(),
        }
    }
}

/// The value of an attribute in no namespace.
fn attribute<'e>(attributes: &'e [Attribute<'_>], local: &str) -> Option<&'e str> {
    attribute_in(attributes, None, local)
}

fn attribute_in<'e>(
    attributes: &'e [Attribute<'_>],
    namespace: Option<&str>,
    local: &str,
) -> Option<&'e str> {
    attributes.iter().find(|a| a.name.is(namespace, local)).map(|a| a.value.as_ref())
}

/// The value of an attribute in no namespace or, lacking that, in any (R-105).
fn attribute_anywhere<'e>(attributes: &'e [Attribute<'_>], local: &str) -> Option<&'e str> {
    let namespaced = || attributes.iter().find(|a| a.name.local_name() == local).map(|a| a.value.as_ref());
    attribute(attributes, local).or_else(namespaced)
}

fn all_owned(attributes: Vec<Attribute<'_>>) -> Vec<Attribute<'static>> {
    attributes.into_iter().map(Attribute::into_owned).collect()
}

fn local_part(step: &str) -> &str {
    step.split_once(':').map_or(step, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form around this model content and body.
    fn form(model: &str, body: &str) -> String {
        format!(
            "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml' \
             xmlns:jr='http://openrosa.org/javarosa' xmlns:orx='http://openrosa.org/xforms'>\
             <h:head><h:title>T</h:title><model>{model}</model></h:head><h:body>{body}</h:body></h:html>"
        )
    }

    fn key(instance: &str) -> (Option<String>, Option<String>) {
        let source = form(&format!("<instance>{instance}</instance>"), "");
        let form = XForm::read(&source).unwrap().into_owned();
        let key = form.form_key();
        (key.id.map(Cow::into_owned), key.version.map(Cow::into_owned))
    }

    /// R-105: a blank form is known by the root of its primary instance: `@id` in any namespace, else the namespace, unless it
    /// is that of XForms, which the document around it has declared.
    #[test]
    fn a_form_is_known_by_its_primary_instance() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(key("<data xmlns='urn:f' id='visit' version=''/>"), (some("visit"), some("")));
        assert_eq!(key("<data xmlns='urn:f'/>"), (some("urn:f"), None));
        assert_eq!(
            key("<data xmlns='urn:f' xmlns:x='urn:x' x:id='a' x:version='2'/>"),
            (some("a"), some("2"))
        );
        assert_eq!(key("<data xmlns=''/>"), (None, None));
        assert_eq!(key("<data version='3'/>"), (None, some("3")));
        assert_eq!(key("<data id='visit'/>"), (some("visit"), None));
        assert_eq!(key(""), (None, None));
    }

    #[test]
    fn the_first_model_and_the_first_instance_count() {
        let source = form("<instance><a id='1'/></instance><instance id='i'><b/><c/></instance>", "");
        let source = source.replace("</h:head>", "<model><instance><d id='2'/></instance></model></h:head>");
        let form = XForm::read(&source).unwrap();
        assert_eq!(form.form_key().id.as_deref(), Some("1"));
        assert_eq!(form.models.len(), 2);
        let secondary = &form.model().unwrap().instances[1];
        assert_eq!((secondary.id.as_deref(), secondary.elements, &secondary.root), (Some("i"), 2, &None));
    }

    #[test]
    fn nodes_are_found_by_path_whatever_the_prefix() {
        let source = form(
            "<instance><data id='f'><age/><orx:meta><orx:instanceID/><orx:timeStart/></orx:meta></data></instance>",
            "",
        );
        let form = XForm::read(&source).unwrap();
        assert!(form.node("/data/age").is_some());
        assert!(form.node("/data/orx:meta/orx:instanceID").is_some());
        assert!(form.node("/data/size").is_none() && form.node("/other/age").is_none());
        assert!(form.node("age").is_none() && form.node("").is_none());
        let fields: Vec<_> = form.meta().unwrap().elements().map(|field| field.name.local_name()).collect();
        assert_eq!(fields, ["instanceID", "timeStart"]);
    }

    #[test]
    fn what_is_no_form_has_no_model() {
        let form = XForm::read("<data><title>x</title></data>").unwrap();
        assert_eq!((form.model(), form.title.as_deref(), form.primary()), (None, None, None));
        assert!(XForm::read("<h:html/>").is_err());
    }
}
