//! What a form says of itself, without what it asks for.

use std::borrow::Cow;

use super::{FormKey, Instance, InstanceIdText, Meta, Root, is_called_case, the_one_that_counts};
use crate::{
    error::ReadError,
    ledger::is_ledger,
    limits::Limits,
    xml::{
        Name, Reader,
        name::{Attribute, owned},
        reader::{Declaring, Event, Leaf, Start},
    },
};

/// What a filled-in form says about itself: which form it is, which instance, and what is known of how it was filled in. For
/// whoever only has to know where it belongs.
///
/// A document that is read for its heading is looked through to its end, and reads if and only if it reads as an [`Instance`]; but
/// nothing is made of the blocks in it.
///
/// *Spec:* openrosa.md 3; case-xml.md 7.
///
/// ```
/// # use openrosa_xml::instance::Heading;
/// let heading = Heading::read(
///     "<data xmlns='http://example.org/visit'>
///        <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='C1'><close/></case>
///        <meta><instanceID>uuid:1</instanceID></meta>
///      </data>",
/// )?;
/// assert_eq!(heading.instance_id().unwrap().trimmed(), "uuid:1");
/// assert_eq!(heading.form_key().id.as_deref(), Some("http://example.org/visit"));
/// assert!(Heading::read("<data><case case_id='C1'></data>").is_err());
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Heading<'a> {
    pub(super) root: Root<'a>,
    /// Those of the root.
    pub(super) metas: Vec<Meta<'a>>,
    /// The text of a root child called `instanceID`.
    pub(super) id_child: Option<Cow<'a, str>>,
}

impl<'a> Heading<'a> {
    /// Reads a whole document for its heading.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a whole document for its heading, within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        let whole = || Instance::read_within(source, limits).map(|instance| instance.heading);
        // What is passed over is not measured, and could be a text that is too long in a document that is longer.
        if source.len() > limits.text {
            return whole();
        }
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        // It may be a block itself, and what is in it a part of that.
        if is_block(&root.name) {
            return whole();
        }
        let attributes = reader.take_attributes();
        let mut heading = Self::of_root(&root, attributes);
        loop {
            reader.pass(1, Declaring::Passed, |tag| tag.around > 1 || !is_of_heading(tag.local));
            match reader.next()? {
                Some(Event::Start(start)) if reader.depth() == 2 => heading.child(&mut reader, start)?,
                Some(_) => {}
                None => return Ok(heading),
            }
        }
    }

    /// What the root itself says.
    pub(super) fn of_root(start: &Start<'a>, attributes: Vec<Attribute<'a>>) -> Self {
        let root = Root { name: start.name.clone(), attributes };
        Self { root, metas: Vec::new(), id_child: None }
    }

    fn child(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        match start.name.local_name() {
            "meta" | "Meta" => self.metas.push(Meta::look_at(reader, start)?),
            "instanceID" => self.take_id_child(reader)?,
            _ => {}
        }
        Ok(())
    }

    /// Takes the text of the child `instanceID` of the root, whose start tag was just read.
    pub(super) fn take_id_child(&mut self, reader: &mut Reader<'a>) -> Result<(), ReadError> {
        let (Leaf::Text(text) | Leaf::Opened(text)) = reader.leaf()?;
        self.id_child.get_or_insert(text);
        Ok(())
    }

    /// The root element.
    #[must_use]
    pub const fn root(&self) -> &Root<'a> {
        &self.root
    }

    /// The metadata block; see [`Instance::meta`].
    #[must_use]
    pub fn meta(&self) -> Option<&Meta<'a>> {
        the_one_that_counts(self.metas.iter(), |meta| (meta.name.local_name(), !meta.fields.is_empty()))
    }

    /// The id of this instance; see [`Instance::instance_id`].
    #[must_use]
    pub fn instance_id(&self) -> Option<InstanceIdText<'_>> {
        let in_meta = self.meta().and_then(|meta| meta.text("instanceID").or_else(|| meta.text("uid")));
        let found = in_meta
            .or_else(|| self.id_child.as_deref().map(Cow::Borrowed))
            .or_else(|| self.root.attribute("instanceID").map(Cow::Borrowed));
        found.map(InstanceIdText)
    }

    /// The id of the version that this instance replaces: `meta/deprecatedID`.
    #[must_use]
    pub fn deprecated_id(&self) -> Option<InstanceIdText<'_>> {
        self.meta().and_then(|meta| meta.text("deprecatedID")).map(InstanceIdText)
    }

    /// Which form this is.
    #[must_use]
    pub fn form_key(&self) -> FormKey<'_> {
        let id = self.root.attribute_anywhere("id").or_else(|| self.root.name.namespace());
        FormKey {
            id: id.map(Cow::Borrowed),
            version: self.root.attribute_anywhere("version").map(Cow::Borrowed),
        }
    }

    /// The same heading, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Heading<'static> {
        Heading {
            root: self.root.into_owned(),
            metas: self.metas.into_iter().map(Meta::into_owned).collect(),
            id_child: self.id_child.map(owned),
        }
    }
}

/// Whether what is inside a root of this name may be a part of a block.
fn is_block(root: &Name<'_>) -> bool {
    is_called_case(root.local_name().as_bytes())
        || matches!(root.local_name(), "meta" | "Meta")
        || is_ledger(root)
}

/// Whether an element of this name may be part of a heading, where it stands.
pub(super) const fn is_of_heading(local: &[u8]) -> bool {
    matches!(local, b"meta" | b"Meta" | b"instanceID")
}
