//! The Case XML 2.0 family: one `<case>` transaction and the five actions in it.
//!
//! Start here: [`CaseBlock`] is what was written, [`build`](crate::build) makes right ones.

mod attachment;

mod close;
mod create;
mod field;
mod index;
pub mod kept;
pub mod legacy;
mod property;
mod tag;
pub mod understood;
mod update;

use crate::{
    error::{ReadError, WriteError},
    limits::Limits,
    ns,
    text::Text,
    time::Timestamp,
    xml::{Element, Name, Reader, Writer, reader::Start},
};

pub use attachment::{Attachment, Attachments};
pub use close::Close;
pub use create::Create;
pub use field::Field;
pub(crate) use field::KNOWN_TO_HQ;
pub use index::{Index, Indices, Relationship};
pub use property::{Property, Value};
pub use tag::Tag;
pub use update::Update;

/// One `<case>` transaction as it was written: whatever is missing, doubled or blank is so here too.
///
/// *Wire:* anywhere in a form, any number of times, also several for one case; in restores directly below the root.
/// *Spec:* case-xml.md 1.
///
/// ```
/// # use openrosa_xml::case::CaseBlock;
/// let block = CaseBlock::read(
///     "<n0:case xmlns:n0='http://commcarehq.org/case/transaction/v2' case_id='C1'>
///        <n0:update><n0:weight>12</n0:weight></n0:update>
///      </n0:case>",
/// )?;
/// assert_eq!(block.case_id.as_deref(), Some("C1"));
/// assert_eq!(block.date_modified, None);
/// assert_eq!(block.update().unwrap().properties[0].value.text(), "12");
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CaseBlock<'a> {
    /// The `<case>` element itself; its name says which namespace the block was in.
    pub tag: Tag<'a>,
    /// `@case_id`: `None` when the attribute is absent, which is not the same as blank.
    pub case_id: Option<Text<'a>>,
    /// `@date_modified`, by the device's clock.
    pub date_modified: Option<Timestamp<'a>>,
    /// `@user_id`: who acted.
    pub user_id: Option<Text<'a>>,
    /// The actions in document order; [`create`](Self::create) and its siblings find one by kind.
    pub actions: Vec<Action<'a>>,
}

/// What a child of `<case>` does.
///
/// Names are matched whatever the case of their letters and their namespace, as the device does; the name as written
/// is kept in the [`Tag`], since CommCare HQ knows only the exact spelling (C-120).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Opens a case, or overwrites the base properties of one.
    Create(Create<'a>),
    /// Sets properties.
    Update(Update<'a>),
    /// Closes the case.
    Close(Close<'a>),
    /// Links the case to others, or removes such links.
    Index(Indices<'a>),
    /// Attaches files to the case, or removes them.
    Attachment(Attachments<'a>),
    /// Anything else, kept whole: a legacy `referral`, a nested `case`, a misspelling.
    Other(Element<'a>),
}

impl<'a> CaseBlock<'a> {
    /// A block of this name without attributes or actions.
    #[must_use]
    pub fn bare(name: Name<'a>) -> Self {
        Self { tag: Tag::new(name), case_id: None, date_modified: None, user_id: None, actions: Vec::new() }
    }

    /// Whether the block itself is in the Case XML 2.0 namespace, which is what CommCare HQ goes by.
    #[must_use]
    pub fn is_v2(&self) -> bool {
        self.tag.name.namespace() == Some(ns::CASE)
    }

    /// The first `create`.
    #[must_use]
    pub fn create(&self) -> Option<&Create<'a>> {
        self.actions.iter().find_map(
            |action| {
                if let Action::Create(create) = action { Some(create) } else { None }
            },
        )
    }

    /// The first `update`.
    #[must_use]
    pub fn update(&self) -> Option<&Update<'a>> {
        self.actions.iter().find_map(
            |action| {
                if let Action::Update(update) = action { Some(update) } else { None }
            },
        )
    }

    /// The first `close`.
    #[must_use]
    pub fn close(&self) -> Option<&Close<'a>> {
        self.actions.iter().find_map(
            |action| {
                if let Action::Close(close) = action { Some(close) } else { None }
            },
        )
    }

    /// The first `index`.
    #[must_use]
    pub fn index(&self) -> Option<&Indices<'a>> {
        self.actions.iter().find_map(
            |action| {
                if let Action::Index(index) = action { Some(index) } else { None }
            },
        )
    }

    /// The first `attachment`.
    #[must_use]
    pub fn attachment(&self) -> Option<&Attachments<'a>> {
        self.actions.iter().find_map(|action| if let Action::Attachment(a) = action { Some(a) } else { None })
    }

    /// Reads a document whose root is the block.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a document whose root is the block, within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        let block = Self::read_from(&mut reader, root)?;
        reader.finish()?;
        Ok(block)
    }

    /// Reads the block whose start tag was just read, to its end.
    pub fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let case_id = reader.attribute("case_id").map(Text::from);
        let date_modified = reader.attribute("date_modified").map(Timestamp::new);
        let user_id = reader.attribute("user_id").map(Text::from);
        let mut actions = Vec::new();
        let tag = Tag::read(reader, start, &["case_id", "date_modified", "user_id"], |reader, _, start| {
            actions.push(Action::read(reader, start)?);
            Ok(())
        })?;
        Ok(Self { tag, case_id, date_modified, user_id, actions })
    }

    /// Writes the block where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.tag.name)?;
        out.known_attribute("case_id", self.case_id.as_deref())?;
        out.known_attribute("date_modified", self.date_modified.as_ref().map(Timestamp::as_str))?;
        out.known_attribute("user_id", self.user_id.as_deref())?;
        self.tag.write_inside(out)?;
        for action in &self.actions {
            action.write_to(out)?;
        }
        out.close();
        Ok(())
    }

    /// Writes the block as a document without an XML declaration.
    pub fn write(&self) -> Result<String, WriteError> {
        let mut out = Writer::new();
        self.write_to(&mut out)?;
        Ok(out.finish())
    }

    /// The same block, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> CaseBlock<'static> {
        CaseBlock {
            tag: self.tag.into_owned(),
            case_id: self.case_id.map(Text::into_owned),
            date_modified: self.date_modified.map(Timestamp::into_owned),
            user_id: self.user_id.map(Text::into_owned),
            actions: self.actions.into_iter().map(Action::into_owned).collect(),
        }
    }
}

impl<'a> Action<'a> {
    fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let is = |name: &str| start.name.local_name().eq_ignore_ascii_case(name);
        if is("create") {
            Create::read(reader, start).map(Self::Create)
        } else if is("update") {
            Update::read(reader, start).map(Self::Update)
        } else if is("close") {
            Close::read(reader, start).map(Self::Close)
        } else if is("index") {
            Indices::read(reader, start).map(Self::Index)
        } else if is("attachment") {
            Attachments::read(reader, start).map(Self::Attachment)
        } else {
            Element::read_from(reader, start).map(Self::Other)
        }
    }

    fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        match self {
            Self::Create(create) => create.write_to(out),
            Self::Update(update) => update.write_to(out),
            Self::Close(close) => close.write_to(out),
            Self::Index(index) => index.write_to(out),
            Self::Attachment(attachment) => attachment.write_to(out),
            Self::Other(element) => element.write_to(out),
        }
    }

    /// The name of the action's element as written.
    #[must_use]
    pub fn name(&self) -> &Name<'a> {
        match self {
            Self::Create(create) => &create.tag.name,
            Self::Update(update) => &update.tag.name,
            Self::Close(close) => &close.tag.name,
            Self::Index(index) => &index.tag.name,
            Self::Attachment(attachment) => &attachment.tag.name,
            Self::Other(element) => &element.name,
        }
    }

    /// The same action, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Action<'static> {
        match self {
            Self::Create(create) => Action::Create(create.into_owned()),
            Self::Update(update) => Action::Update(update.into_owned()),
            Self::Close(close) => Action::Close(close.into_owned()),
            Self::Index(index) => Action::Index(index.into_owned()),
            Self::Attachment(attachment) => Action::Attachment(attachment.into_owned()),
            Self::Other(element) => Action::Other(element.into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Attribute;

    /// Reads a block, checks that writing and reading it again changes nothing, and gives it back.
    fn read(source: &str) -> CaseBlock<'_> {
        let block = CaseBlock::read(source).unwrap();
        let written = block.write().unwrap();
        assert_eq!(CaseBlock::read(&written).unwrap(), block, "{written}");
        block
    }

    const V2: &str = "http://commcarehq.org/case/transaction/v2";

    /// C-025: any prefix and the default declaration give the same block.
    #[test]
    fn prefixes_do_not_matter() {
        let plain = format!("<case xmlns='{V2}' case_id='C'><update><a>1</a></update><close/></case>");
        let prefixed = format!(
            "<n0:case xmlns:n0='{V2}' case_id='C'><n0:update><n0:a>1</n0:a></n0:update><n0:close/></n0:case>"
        );
        assert_eq!(read(&plain), read(&prefixed));
    }

    #[test]
    fn absent_and_blank_attributes_stay_distinct() {
        let block = read("<case case_id='' user_id=' '/>");
        assert_eq!(block.case_id.as_deref(), Some(""));
        assert_eq!(block.user_id.as_deref(), Some(" "));
        assert_eq!(block.date_modified, None);
    }

    #[test]
    fn what_is_doubled_misspelt_or_out_of_order_is_kept_as_it_stands() {
        let block = read(
            "<case case_id='C' x='1' xmlns:p='urn:p' p:case_id='D'><close/>loose<update><a/></update><update><b/></update>\
             <Create><case_name>n</case_name></Create><referral/><case case_id='inner'><close/></case></case>",
        );
        let names: Vec<_> = block.actions.iter().map(|action| action.name().local_name()).collect();
        assert_eq!(names, ["close", "update", "update", "Create", "referral", "case"]);
        assert_eq!(block.tag.text.as_deref(), Some("loose"));
        assert_eq!(block.tag.attributes.len(), 2);
        assert!(matches!(block.actions[3], Action::Create(_)));
        assert!(matches!(block.actions[5], Action::Other(_)));
    }

    #[test]
    fn an_empty_create_and_one_of_white_space_stay_distinct() {
        let empty = read("<case case_id='C'><create/></case>");
        let blank = read("<case case_id='C'><create>\n</create></case>");
        assert_eq!(empty.create().unwrap().tag.text, None);
        assert_eq!(blank.create().unwrap().tag.text.as_deref(), Some("\n"));
        assert_ne!(empty, blank);
    }

    #[test]
    fn layout_between_actions_is_not_kept() {
        assert_eq!(
            read("<case case_id='C'>\n  <update>\n    <a>1</a>\n  </update>\n</case>"),
            read("<case case_id='C'><update><a>1</a></update></case>")
        );
    }

    /// The attributes of a block are written without a look at whether they are there already; others are not.
    #[test]
    fn no_attribute_is_written_twice() {
        let mut block = read("<case case_id='C' x='1'/>");
        block.tag.attributes.push(Attribute { name: Name::local("case_id"), value: "D".into() });
        assert!(
            matches!(block.write(), Err(WriteError::DuplicateAttribute { name, .. }) if name == "case_id")
        );
    }

    #[test]
    fn marks_name_the_bytes_of_each_part() {
        let source = "<case case_id='C'> <update><a>1</a></update></case>";
        let block = CaseBlock::read(source).unwrap();
        let text = |span: crate::Span| &source[span.start as usize..span.end as usize];
        assert_eq!(text(block.tag.mark.span().unwrap()), source);
        let update = block.update().unwrap();
        assert_eq!(text(update.tag.mark.span().unwrap()), "<update><a>1</a></update>");
        assert_eq!(text(update.properties[0].mark.span().unwrap()), "<a>1</a>");
    }
}
