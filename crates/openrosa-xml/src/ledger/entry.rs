//! One product on a sheet.

use std::borrow::Cow;

use super::Instruction;
use crate::{
    case::Tag,
    error::{ReadError, WriteError},
    ns,
    xml::{Element, Name, Reader, Writer, name::owned, reader::Start},
};

/// A product, and how much of it. A child of another name is kept like an entry, and says nothing.
///
/// *Wire:* `<entry id="soap" quantity="9"/>`, or without a quantity and with one `value` for each section. *Spec:*
/// case-xml.md 3.2.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// `@id`: the product.
    pub id: Option<Cow<'a, str>>,
    /// `@quantity` as written.
    pub quantity: Option<Cow<'a, str>>,
    /// The children in document order.
    pub values: Vec<SectionValue<'a>>,
}

/// How much of a product there is in one section.
///
/// *Wire:* `<value section-id="stock" quantity="9"/>`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SectionValue<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// `@section-id`: the section.
    pub section_id: Option<Cow<'a, str>>,
    /// `@quantity` as written.
    pub quantity: Option<Cow<'a, str>>,
    /// Elements inside, where none belong.
    pub contents: Vec<Element<'a>>,
}

impl<'a> Entry<'a> {
    /// So much of a product, in the section that the sheet names.
    pub fn new(id: impl Into<Cow<'a, str>>, quantity: i32) -> Self {
        Self { quantity: Some(quantity.to_string().into()), ..Self::in_sections::<&str>(id, []) }
    }

    /// So much of a product in each of these sections.
    pub fn in_sections<S: Into<Cow<'a, str>>>(
        id: impl Into<Cow<'a, str>>,
        quantities: impl IntoIterator<Item = (S, i32)>,
    ) -> Self {
        let values = quantities.into_iter().map(|(section, quantity)| SectionValue::new(section, quantity));
        Self {
            tag: Tag::new(Name::in_namespace(ns::LEDGER, "entry")),
            id: Some(id.into()),
            quantity: None,
            values: values.collect(),
        }
    }

    /// What the entry says in the section of its sheet.
    pub(super) fn instruction<'e>(&'e self, section_id: Option<&'e str>) -> Instruction<'e> {
        let (entry_id, quantity) = (self.id.as_deref(), self.quantity.as_deref());
        Instruction { section_id, entry_id, quantity, mark: self.tag.mark }
    }

    /// What the entry says in sections of its own.
    pub(super) fn instructions(&self) -> impl Iterator<Item = Instruction<'_>> {
        let values = self.values.iter().filter(|value| value.tag.name.local_name() == "value");
        values.map(|value| Instruction {
            section_id: value.section_id.as_deref(),
            entry_id: self.id.as_deref(),
            quantity: value.quantity.as_deref(),
            mark: value.tag.mark,
        })
    }

    pub(super) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let (id, quantity) = (reader.attribute("id"), reader.attribute("quantity"));
        let mut values = Vec::new();
        let tag = Tag::read(reader, start, &["id", "quantity"], |reader, _, start| {
            values.push(SectionValue::read(reader, start)?);
            Ok(())
        })?;
        Ok(Self { tag, id, quantity, values })
    }

    pub(super) fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.tag.name)?;
        out.optional_attribute("id", self.id.as_deref())?;
        out.optional_attribute("quantity", self.quantity.as_deref())?;
        self.tag.write_inside(out)?;
        self.values.iter().try_for_each(|value| value.write_to(out))?;
        out.close();
        Ok(())
    }

    pub(super) fn into_owned(self) -> Entry<'static> {
        Entry {
            tag: self.tag.into_owned(),
            id: self.id.map(owned),
            quantity: self.quantity.map(owned),
            values: self.values.into_iter().map(SectionValue::into_owned).collect(),
        }
    }
}

impl<'a> SectionValue<'a> {
    fn new(section_id: impl Into<Cow<'a, str>>, quantity: i32) -> Self {
        Self {
            tag: Tag::new(Name::in_namespace(ns::LEDGER, "value")),
            section_id: Some(section_id.into()),
            quantity: Some(quantity.to_string().into()),
            contents: Vec::new(),
        }
    }

    fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let (section_id, quantity) = (reader.attribute("section-id"), reader.attribute("quantity"));
        let mut contents = Vec::new();
        let tag = Tag::read(reader, start, &["section-id", "quantity"], |reader, _, start| {
            contents.push(Element::read_from(reader, start)?);
            Ok(())
        })?;
        Ok(Self { tag, section_id, quantity, contents })
    }

    fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.tag.name)?;
        out.optional_attribute("section-id", self.section_id.as_deref())?;
        out.optional_attribute("quantity", self.quantity.as_deref())?;
        self.tag.write_inside(out)?;
        self.contents.iter().try_for_each(|element| element.write_to(out))?;
        out.close();
        Ok(())
    }

    fn into_owned(self) -> SectionValue<'static> {
        SectionValue {
            tag: self.tag.into_owned(),
            section_id: self.section_id.map(owned),
            quantity: self.quantity.map(owned),
            contents: self.contents.into_iter().map(Element::into_owned).collect(),
        }
    }
}
