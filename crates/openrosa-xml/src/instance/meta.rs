//! The metadata block: which instance this is, who filled it in, when and on what.

use std::borrow::Cow;

use crate::{
    case::Value,
    error::{ReadError, WriteError},
    ledger::is_ledger,
    position::Mark,
    text::Text,
    time::Timestamp,
    xml::{
        Name, Reader, Writer,
        name::Attribute,
        reader::{Event, PlainChild, Start},
    },
};

/// A `meta` block as it was written, in the standard's namespace, CommCare's, or any other.
///
/// Fields are looked up by local name, as servers do; unknown ones are kept.
///
/// *Wire:* a child of the root. *Spec:* openrosa.md 3.2–3.5.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Meta<'a> {
    /// The element as written.
    pub name: Name<'a>,
    /// Its attributes; none is defined.
    pub attributes: Vec<Attribute<'a>>,
    /// The fields in document order.
    pub fields: Vec<Field<'a>>,
    /// How many elements are around it; 1 where it belongs.
    pub depth: usize,
    /// Where it stood.
    pub mark: Mark,
}

/// One field of the metadata.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Field<'a> {
    /// The name; CommCare puts `appVersion` and `location` into a namespace of their own.
    pub name: Name<'a>,
    /// The value. A field with attributes or elements, such as ODK's `entity`, is kept whole.
    pub value: Value<'a>,
    /// Where it stood.
    pub mark: Mark,
}

/// Of several blocks of metadata that stand side by side the one that counts, by the name of each and whether anything is in it.
/// CommCare HQ takes the first that is an object, once `Meta` is in the place of `meta` (case-xml.md 7).
pub(crate) fn the_one_that_counts<B>(
    blocks: impl Iterator<Item = B>,
    facts: impl Fn(&B) -> (&str, bool),
) -> Option<B> {
    blocks.min_by_key(|block| {
        let (name, holds_anything) = facts(block);
        (!holds_anything, name != "Meta")
    })
}

/// How many fields there usually are at most.
const USUAL: usize = 8;

impl<'a> Meta<'a> {
    /// A block of this name without fields.
    #[must_use]
    pub const fn new(name: Name<'a>) -> Self {
        Self { name, attributes: Vec::new(), fields: Vec::new(), depth: 1, mark: Mark::none() }
    }

    /// Adds a field.
    #[must_use]
    pub fn with_field(mut self, name: Name<'a>, text: impl Into<Text<'a>>) -> Self {
        self.fields.push(Field { name, value: Value::Text(text.into()), mark: Mark::none() });
        self
    }

    /// The first field of this local name.
    #[must_use]
    pub fn field(&self, local: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name.local_name() == local)
    }

    /// The text of the first field of this local name, as written.
    #[must_use]
    pub fn text(&self, local: &str) -> Option<Cow<'_, str>> {
        self.field(local).map(|field| field.value.text())
    }

    /// `timeStart`: when the form was opened.
    #[must_use]
    pub fn time_start(&self) -> Option<Timestamp<'_>> {
        self.text("timeStart").map(Timestamp::new)
    }

    /// `timeEnd`: when it was last saved.
    #[must_use]
    pub fn time_end(&self) -> Option<Timestamp<'_>> {
        self.text("timeEnd").map(Timestamp::new)
    }

    /// `userID`: who filled it in.
    #[must_use]
    pub fn user_id(&self) -> Option<Cow<'_, str>> {
        self.text("userID")
    }

    /// `deviceID`: what it was filled in on.
    #[must_use]
    pub fn device_id(&self) -> Option<Cow<'_, str>> {
        self.text("deviceID")
    }

    /// Whether every field is text alone, so that no case block or ledger can hide inside.
    fn is_plain(&self) -> bool {
        self.fields.iter().all(|field| {
            let is_case = field.name.local_name().eq_ignore_ascii_case("case");
            matches!(field.value, Value::Text(_)) && !is_case && !is_ledger(&field.name)
        })
    }

    /// Reads the block whose start tag was just read. Where a case block or a further block of metadata can be inside it, odd as
    /// that is, from a copy of the reader's state, so that it is met there as anywhere else.
    pub(super) fn look_at(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let place = reader.place();
        let mut meta = Self::beginning(reader, &start);
        while let Some(field) = Field::read_plain(reader, &meta.name) {
            meta.fields.push(field);
        }
        if meta.is_plain() && reader.is_at_end_tag() {
            reader.next()?;
            meta.mark = Mark::at(start.offset, reader.offset());
            return Ok(meta);
        }
        reader.go_back(place);
        let mut ahead = reader.clone();
        let meta = Self::read_from(&mut ahead, start)?;
        if meta.is_plain() {
            *reader = ahead;
        }
        Ok(meta)
    }

    /// The block whose start tag was just read, before its fields.
    fn beginning(reader: &Reader<'a>, start: &Start<'a>) -> Self {
        Self {
            attributes: reader.attributes().to_vec(),
            fields: Vec::with_capacity(USUAL),
            depth: reader.depth() - 1,
            ..Self::new(start.name.clone())
        }
    }

    /// Reads the block whose start tag was just read, to its end.
    fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let mut meta = Self::beginning(reader, &start);
        loop {
            if let Some(field) = Field::read_plain(reader, &meta.name) {
                meta.fields.push(field);
                continue;
            }
            match reader.next()? {
                Some(Event::Start(start)) => meta.fields.push(Field::read(reader, start)?),
                Some(Event::Text(_)) => {}
                Some(Event::End) | None => break,
            }
        }
        meta.mark = Mark::at(start.offset, reader.offset());
        Ok(meta)
    }

    /// Writes the block where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.name)?;
        for attribute in &self.attributes {
            out.attribute(&attribute.name, &attribute.value)?;
        }
        for field in &self.fields {
            match &field.value {
                Value::Text(text) => out.leaf(&field.name, text)?,
                Value::Element(element) => element.write_to(out)?,
            }
        }
        out.close();
        Ok(())
    }

    /// The same block, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Meta<'static> {
        Meta {
            name: self.name.into_owned(),
            attributes: self.attributes.into_iter().map(Attribute::into_owned).collect(),
            fields: self.fields.into_iter().map(Field::into_owned).collect(),
            depth: self.depth,
            mark: self.mark,
        }
    }
}

impl<'a> Field<'a> {
    /// Reads the field that comes next, if it is as most are.
    fn read_plain(reader: &mut Reader<'a>, meta: &Name<'a>) -> Option<Self> {
        let PlainChild { local, text, start, end } = reader.plain_child(meta.prefix())?;
        Some(Self { name: meta.sibling(local), value: Value::Text(text), mark: Mark::at(start, end) })
    }

    fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let (name, offset) = (start.name.clone(), start.offset);
        let plain = reader.attributes().is_empty();
        let value = Value::read(reader, start, plain)?;
        Ok(Self { name, value, mark: Mark::at(offset, reader.offset()) })
    }

    fn into_owned(self) -> Field<'static> {
        Field { name: self.name.into_owned(), value: self.value.into_owned(), mark: self.mark }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Instance, xml::Writer};

    /// unknown metadata, in whatever namespace, is there after reading and writing.
    #[test]
    fn unknown_fields_survive() {
        let source = "<data><orx:meta xmlns:orx='http://openrosa.org/xforms' xmlns:e='urn:e'><orx:instanceID>i</orx:instanceID>\
             <e:entity dataset='trees'><e:label>Oak &amp; elm</e:label></e:entity><whatever> x </whatever></orx:meta></data>";
        let instance = Instance::read(source).unwrap();
        let mut out = Writer::new();
        out.open(&crate::xml::Name::local("data")).unwrap();
        instance.meta().unwrap().write_to(&mut out).unwrap();
        out.close();
        let written = out.finish();
        assert_eq!(Instance::read(&written).unwrap().meta(), instance.meta(), "{written}");
        assert_eq!(instance.meta().unwrap().text("whatever").as_deref(), Some(" x "));
    }

    #[test]
    fn the_usual_fields_have_names() {
        let instance = Instance::read(
            "<data><meta><timeStart>2024-05-01</timeStart><timeEnd/><userID>u</userID><deviceID>d</deviceID></meta></data>",
        )
        .unwrap();
        let meta = instance.meta().unwrap();
        assert_eq!(meta.time_start().unwrap().as_str(), "2024-05-01");
        assert_eq!(meta.time_end().unwrap().as_str(), "");
        assert_eq!((meta.user_id().as_deref(), meta.device_id().as_deref()), (Some("u"), Some("d")));
    }
}
