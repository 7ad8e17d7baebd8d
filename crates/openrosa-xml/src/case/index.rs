//! `index`: links the case to others.

use super::{Tag, Value};
use crate::{
    error::{ReadError, WriteError},
    position::Mark,
    text::Text,
    xml::{Name, Reader, Writer, reader::Start},
};

/// `index`: sets and removes links; those not named stay.
///
/// *Wire:* at most one in a block; each child is one [`Index`]. *Spec:* case-xml.md 1.8.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Indices<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// The children in document order.
    pub entries: Vec<Index<'a>>,
}

/// One named link to another case, or the removal of one.
///
/// *Wire:* `<parent case_type="household" relationship="child">H-17</parent>`; empty text removes the link of that name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Index<'a> {
    /// The name of the link, unique in its case: `parent`, `host`, …
    pub name: Text<'a>,
    /// `@case_type`: the type of the target. CommCare HQ demands it even for a removal.
    pub case_type: Option<Text<'a>>,
    /// `@relationship` as written; see [`relationship`](Self::relationship).
    pub relationship: Option<Text<'a>>,
    /// The id of the target. A target that is more than text is kept whole, its attributes above included.
    pub target: Value<'a>,
    /// Where it stood.
    pub mark: Mark,
}

/// How the case depends on the target of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relationship<'a> {
    /// The case is a child of its target and keeps it in scope.
    Child,
    /// The case extends its target and leaves scope with it.
    Extension,
    /// Another word, or the empty one; readers disagree on what it means.
    Other(&'a str),
}

impl<'a> Index<'a> {
    /// The relationship; an absent attribute means child.
    #[must_use]
    pub fn relationship(&self) -> Relationship<'_> {
        match self.relationship.as_deref() {
            None | Some("child") => Relationship::Child,
            Some("extension") => Relationship::Extension,
            Some(other) => Relationship::Other(other),
        }
    }

    fn read(reader: &mut Reader<'a>, parent: &Tag<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let offset = start.offset;
        let plain = reader
            .attributes()
            .iter()
            .all(|attribute| attribute.name.is(None, "case_type") || attribute.name.is(None, "relationship"));
        let kin = parent.is_kin(&start.name);
        Ok(Self {
            name: start.name.local_text(),
            case_type: reader.attribute("case_type").map(Text::from),
            relationship: reader.attribute("relationship").map(Text::from),
            target: Value::read(reader, start, plain && kin)?,
            mark: Mark::at(offset, reader.offset()),
        })
    }

    fn write_to(&self, parent: &Name<'_>, out: &mut Writer) -> Result<(), WriteError> {
        let text = match &self.target {
            Value::Text(text) => text,
            Value::Element(element) => return element.write_to(out),
        };
        out.open(&parent.beside(&self.name))?;
        out.known_attribute("case_type", self.case_type.as_deref())?;
        out.known_attribute("relationship", self.relationship.as_deref())?;
        out.text(text)?;
        out.close();
        Ok(())
    }

    fn into_owned(self) -> Index<'static> {
        Index {
            name: self.name.into_owned(),
            case_type: self.case_type.map(Text::into_owned),
            relationship: self.relationship.map(Text::into_owned),
            target: self.target.into_owned(),
            mark: self.mark,
        }
    }
}

impl<'a> Indices<'a> {
    /// The last entry of this name, which is the one that counts.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Index<'a>> {
        self.entries.iter().rev().find(|entry| entry.name == name)
    }

    pub(crate) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let mut entries = Vec::new();
        let tag = Tag::read(reader, start, &[], |reader, tag, start| {
            entries.push(Index::read(reader, tag, start)?);
            Ok(())
        })?;
        Ok(Self { tag, entries })
    }

    pub(crate) fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        self.tag.open(out)?;
        for entry in &self.entries {
            entry.write_to(&self.tag.name, out)?;
        }
        out.close();
        Ok(())
    }

    pub(crate) fn into_owned(self) -> Indices<'static> {
        Indices {
            tag: self.tag.into_owned(),
            entries: self.entries.into_iter().map(Index::into_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::CaseBlock;

    /// C-044: an absent relationship is child.
    #[test]
    fn a_link_without_a_relationship_is_to_a_parent() {
        let block = CaseBlock::read(
            "<case><index><a case_type='t'>P</a><b relationship='extension'>P</b><c relationship=''>P</c></index></case>",
        )
        .unwrap();
        let relationships: Vec<_> = block.index().unwrap().entries.iter().map(Index::relationship).collect();
        assert_eq!(relationships, [Relationship::Child, Relationship::Extension, Relationship::Other("")]);
    }

    #[test]
    fn a_removal_keeps_its_type_and_an_odd_target_is_kept_whole() {
        let source = "<case><index><p case_type='t'/><q case_type='u' more='1'>Q<b/></q></index></case>";
        let block = CaseBlock::read(source).unwrap();
        let index = block.index().unwrap();
        assert_eq!(index.entry("p").unwrap().target, Value::Text("".into()));
        assert_eq!(index.entry("q").unwrap().case_type.as_deref(), Some("u"));
        assert_eq!(index.entry("q").unwrap().target.text(), "Q");
        assert!(block.write().unwrap().contains(r#"<q case_type="u" more="1">Q<b/></q>"#));
    }
}
