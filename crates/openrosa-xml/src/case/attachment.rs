//! `attachment`: attaches files to the case.

use super::{Tag, Value};
use crate::{
    error::{ReadError, WriteError},
    position::Mark,
    text::Text,
    xml::{Name, Reader, Writer, reader::Start},
};

/// `attachment`: sets and removes files of the case.
///
/// *Wire:* at most one in a block; each child is one [`Attachment`]. *Spec:* case-xml.md 1.9.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Attachments<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// The children in document order.
    pub entries: Vec<Attachment<'a>>,
}

/// One file of a case, or the removal of one.
///
/// *Wire:* `<photo src="a.jpg" from="local"/>`; without `src` and `from` the file of that name is removed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Attachment<'a> {
    /// The name under which the case holds the file.
    pub name: Text<'a>,
    /// `@src`: a file of the submission, or a URL.
    pub src: Option<Text<'a>>,
    /// `@from`: `local`, `remote` or `inline`.
    pub from: Option<Text<'a>>,
    /// `@name`: the file name of an inline attachment.
    pub file_name: Option<Text<'a>>,
    /// Base64 text of an inline attachment. Content that is more than text is kept whole, its attributes included.
    pub content: Value<'a>,
    /// Where it stood.
    pub mark: Mark,
}

impl<'a> Attachment<'a> {
    /// Whether this takes a file away: there is neither `src` nor `from`, whatever `name` says (C-047).
    #[must_use]
    pub const fn is_removal(&self) -> bool {
        self.src.is_none() && self.from.is_none()
    }

    fn read(reader: &mut Reader<'a>, parent: &Tag<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let offset = start.offset;
        let known = ["src", "from", "name"];
        let plain = reader.attributes().iter().all(|a| known.iter().any(|local| a.name.is(None, local)));
        let kin = parent.is_kin(&start.name);
        Ok(Self {
            name: start.name.local_text(),
            src: reader.attribute("src").map(Text::from),
            from: reader.attribute("from").map(Text::from),
            file_name: reader.attribute("name").map(Text::from),
            content: Value::read(reader, start, plain && kin)?,
            mark: Mark::at(offset, reader.offset()),
        })
    }

    fn write_to(&self, parent: &Name<'_>, out: &mut Writer) -> Result<(), WriteError> {
        let text = match &self.content {
            Value::Text(text) => text,
            Value::Element(element) => return element.write_to(out),
        };
        out.open(&parent.beside(&self.name))?;
        out.known_attribute("src", self.src.as_deref())?;
        out.known_attribute("from", self.from.as_deref())?;
        out.known_attribute("name", self.file_name.as_deref())?;
        out.text(text)?;
        out.close();
        Ok(())
    }

    fn into_owned(self) -> Attachment<'static> {
        Attachment {
            name: self.name.into_owned(),
            src: self.src.map(Text::into_owned),
            from: self.from.map(Text::into_owned),
            file_name: self.file_name.map(Text::into_owned),
            content: self.content.into_owned(),
            mark: self.mark,
        }
    }
}

impl<'a> Attachments<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let mut entries = Vec::new();
        let tag = Tag::read(reader, start, &[], |reader, tag, start| {
            entries.push(Attachment::read(reader, tag, start)?);
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

    pub(crate) fn into_owned(self) -> Attachments<'static> {
        Attachments {
            tag: self.tag.into_owned(),
            entries: self.entries.into_iter().map(Attachment::into_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::case::CaseBlock;

    /// C-047: an attachment without src and from is a removal, whatever name says.
    #[test]
    fn a_bare_entry_takes_the_file_away() {
        let block = CaseBlock::read(
            "<case><attachment><a/><b name='x.jpg'/><c src='c.jpg'/><d from='inline' name='d'>QUJD</d></attachment></case>",
        )
        .unwrap();
        let removals: Vec<_> =
            block.attachment().unwrap().entries.iter().map(super::Attachment::is_removal).collect();
        assert_eq!(removals, [true, true, false, false]);
        assert_eq!(block.attachment().unwrap().entries[3].content.text(), "QUJD");
        assert_eq!(CaseBlock::read(&block.write().unwrap()).unwrap(), block);
    }
}
