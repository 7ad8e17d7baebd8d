//! Ledgers: how much of each product a case has in stock.

mod entry;
mod instruction;
mod sheet;

use std::borrow::Cow;

use crate::{
    case::Tag,
    error::{ReadError, WriteError},
    limits::Limits,
    ns,
    position::Mark,
    xml::{Element, Name, Reader, Writer, name::owned, reader::Start},
};

pub use entry::{Entry, SectionValue};
pub use instruction::Instruction;
pub use sheet::Sheet;

/// Any element of the ledger namespace that stands where a block can.
///
/// *Wire:* anywhere in a form; in restores directly below the root. *Spec:* case-xml.md 3.2.
///
/// ```
/// use openrosa_xml::{Profile, ledger::Ledger};
/// let ledger = Ledger::read(
///     "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='C1' date='2024-05-01' section-id='stock'>
///        <entry id='soap' quantity='9'/>
///      </balance>",
/// )?;
/// let counted = ledger.sheet().unwrap().instructions(Profile::Device)[0];
/// assert_eq!((counted.section_id, counted.entry_id, counted.units()), (Some("stock"), Some("soap"), Some(9)));
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ledger<'a> {
    /// What was counted.
    Balance(Balance<'a>),
    /// What went from one case to another.
    Transfer(Transfer<'a>),
    /// Another name in the namespace, kept whole: an error to the device, nothing to CommCare HQ.
    Other(Element<'a>),
}

/// `<balance>`: what was counted. Each quantity replaces the one there was; what is not listed stays.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Balance<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// `@entity-id`: the case whose stock it is.
    pub entity_id: Option<Cow<'a, str>>,
    /// When, and how much of what.
    pub sheet: Sheet<'a>,
}

/// `<transfer>`: what went from one case to another, or came from or went to none.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Transfer<'a> {
    /// The element itself.
    pub tag: Tag<'a>,
    /// `@src`: the case that has less of it now.
    pub src: Option<Cow<'a, str>>,
    /// `@dest`: the case that has more of it now.
    pub dest: Option<Cow<'a, str>>,
    /// When, and how much of what.
    pub sheet: Sheet<'a>,
}

impl<'a> Ledger<'a> {
    /// The sheet of a balance or transfer.
    #[must_use]
    pub const fn sheet(&self) -> Option<&Sheet<'a>> {
        match self {
            Self::Balance(balance) => Some(&balance.sheet),
            Self::Transfer(transfer) => Some(&transfer.sheet),
            Self::Other(_) => None,
        }
    }

    /// The name of the element as written.
    #[must_use]
    pub const fn name(&self) -> &Name<'a> {
        match self {
            Self::Balance(balance) => &balance.tag.name,
            Self::Transfer(transfer) => &transfer.tag.name,
            Self::Other(element) => &element.name,
        }
    }

    /// Where it stood.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        match self {
            Self::Balance(balance) => balance.tag.mark,
            Self::Transfer(transfer) => transfer.tag.mark,
            Self::Other(element) => element.mark,
        }
    }

    /// Reads a document whose root is the block.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a document whose root is the block, within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        let ledger = Self::read_from(&mut reader, root)?;
        reader.finish()?;
        Ok(ledger)
    }

    /// Reads the block whose start tag was just read, to its end. Which kind it is goes by the local name, whatever the
    /// case of its letters; that it is in the [namespace](is_ledger) is for the caller to see.
    pub fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let local = start.name.local_name();
        if local.eq_ignore_ascii_case("balance") {
            return Balance::read_from(reader, start).map(Self::Balance);
        }
        if local.eq_ignore_ascii_case("transfer") {
            return Transfer::read_from(reader, start).map(Self::Transfer);
        }
        Element::read_from(reader, start).map(Self::Other)
    }

    /// Writes the block where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        match self {
            Self::Balance(balance) => balance.write_to(out),
            Self::Transfer(transfer) => transfer.write_to(out),
            Self::Other(element) => element.write_to(out),
        }
    }

    /// Writes the block as a document without an XML declaration.
    pub fn write(&self) -> Result<String, WriteError> {
        let mut out = Writer::new();
        self.write_to(&mut out)?;
        Ok(out.finish())
    }

    /// The same block, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Ledger<'static> {
        match self {
            Self::Balance(balance) => Ledger::Balance(balance.into_owned()),
            Self::Transfer(transfer) => Ledger::Transfer(transfer.into_owned()),
            Self::Other(element) => Ledger::Other(element.into_owned()),
        }
    }
}

/// Whether an element of this name is a ledger block: its namespace alone decides.
#[must_use]
pub fn is_ledger(name: &Name<'_>) -> bool {
    name.namespace() == Some(ns::LEDGER)
}

impl<'a> Balance<'a> {
    /// What was counted at a case.
    pub fn new(entity_id: impl Into<Cow<'a, str>>, sheet: Sheet<'a>) -> Self {
        let tag = Tag::new(Name::in_namespace(ns::LEDGER, "balance"));
        Self { tag, entity_id: Some(entity_id.into()), sheet }
    }

    /// Reads the block whose start tag was just read, to its end.
    pub fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let entity_id = reader.attribute("entity-id");
        let (tag, sheet) = Sheet::read(reader, start, &["entity-id", "date", "section-id", "type"])?;
        Ok(Self { tag, entity_id, sheet })
    }

    /// Writes the block where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.tag.name)?;
        out.optional_attribute("entity-id", self.entity_id.as_deref())?;
        self.sheet.write_inside(&self.tag, out)?;
        out.close();
        Ok(())
    }

    /// The same block, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Balance<'static> {
        Balance {
            tag: self.tag.into_owned(),
            entity_id: self.entity_id.map(owned),
            sheet: self.sheet.into_owned(),
        }
    }
}

impl<'a> Transfer<'a> {
    /// What a case gave to another.
    pub fn between(src: impl Into<Cow<'a, str>>, dest: impl Into<Cow<'a, str>>, sheet: Sheet<'a>) -> Self {
        Self::with(Some(src.into()), Some(dest.into()), sheet)
    }

    /// What a case gave to nobody in particular.
    pub fn from(src: impl Into<Cow<'a, str>>, sheet: Sheet<'a>) -> Self {
        Self::with(Some(src.into()), None, sheet)
    }

    /// What a case got from nobody in particular.
    pub fn to(dest: impl Into<Cow<'a, str>>, sheet: Sheet<'a>) -> Self {
        Self::with(None, Some(dest.into()), sheet)
    }

    fn with(src: Option<Cow<'a, str>>, dest: Option<Cow<'a, str>>, sheet: Sheet<'a>) -> Self {
        Self { tag: Tag::new(Name::in_namespace(ns::LEDGER, "transfer")), src, dest, sheet }
    }

    /// Reads the block whose start tag was just read, to its end.
    pub fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let (src, dest) = (reader.attribute("src"), reader.attribute("dest"));
        let (tag, sheet) = Sheet::read(reader, start, &["src", "dest", "date", "section-id", "type"])?;
        Ok(Self { tag, src, dest, sheet })
    }

    /// Writes the block where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.tag.name)?;
        out.optional_attribute("src", self.src.as_deref())?;
        out.optional_attribute("dest", self.dest.as_deref())?;
        self.sheet.write_inside(&self.tag, out)?;
        out.close();
        Ok(())
    }

    /// The same block, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Transfer<'static> {
        Transfer {
            tag: self.tag.into_owned(),
            src: self.src.map(owned),
            dest: self.dest.map(owned),
            sheet: self.sheet.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Profile, Timestamp};

    const L: &str = "xmlns:l='http://commcarehq.org/ledger/v1'";

    /// Reads a block, checks that writing and reading it again changes nothing, and gives it back.
    fn read(source: &str) -> Ledger<'_> {
        let ledger = Ledger::read(source).unwrap();
        let written = ledger.write().unwrap();
        assert_eq!(Ledger::read(&written).unwrap(), ledger, "{written}");
        assert_eq!(ledger.clone().into_owned(), ledger);
        ledger
    }

    /// Section, product and quantity of each instruction, as a profile has it.
    fn said(ledger: &Ledger<'_>, profile: Profile) -> Vec<[String; 3]> {
        let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let all = ledger.sheet().unwrap().instructions(profile);
        all.iter().map(|it| [text(it.section_id), text(it.entry_id), text(it.quantity)]).collect()
    }

    #[test]
    fn both_layouts_say_the_same() {
        let one = read(&format!(
            "<l:balance {L} entity-id='C' date='2024-05-01' section-id='s'><l:entry id='a' quantity='1'/></l:balance>"
        ))
        .into_owned();
        let each = read(&format!(
            "<l:balance {L} entity-id='C' date='2024-05-01'><l:entry id='a'><l:value section-id='s' quantity='1'/></l:entry></l:balance>"
        ))
        .into_owned();
        assert_ne!(one, each);
        for profile in [Profile::Device, Profile::Hq] {
            assert_eq!(said(&one, profile), [["s", "a", "1"]]);
            assert_eq!(said(&one, profile), said(&each, profile));
        }
    }

    #[test]
    fn an_empty_section_is_one_to_the_device_only() {
        let balance = read(
            "<balance section-id=''><entry id='a' quantity='1'><value section-id='s' quantity='2'/></entry></balance>",
        );
        assert_eq!(said(&balance, Profile::Device), [["", "a", "1"]]);
        assert_eq!(said(&balance, Profile::Hq), [["s", "a", "2"]]);
    }

    #[test]
    fn what_is_odd_is_kept_and_says_nothing() {
        let source = format!(
            "<l:transfer {L} src='' x='1' entity-id='E'>loose<entry id='a'><value section-id='s' quantity='1' y='2'><z/></value>\
             <other/></entry><l:Entry/><note>n</note></l:transfer>"
        );
        let ledger = read(&source);
        let Ledger::Transfer(transfer) = &ledger else { panic!("{ledger:?}") };
        assert_eq!((transfer.src.as_deref(), transfer.dest.as_deref()), (Some(""), None));
        assert_eq!(transfer.tag.attributes.len(), 2);
        assert_eq!(transfer.sheet.entries.len(), 3);
        assert_eq!(said(&ledger, Profile::Hq), [["s", "a", "1"]]);
        let text = |span: crate::Span| &source[span.start as usize..span.end as usize];
        let said = ledger.sheet().unwrap().instructions(Profile::Hq)[0];
        assert!(text(said.mark.span().unwrap()).starts_with("<value section-id='s'"));
    }

    #[test]
    fn another_name_in_the_namespace_is_kept_whole() {
        assert!(matches!(read(&format!("<l:count {L}><l:entry/></l:count>")), Ledger::Other(_)));
        assert!(matches!(read(&format!("<l:Balance {L}/>")), Ledger::Balance(_)));
    }

    #[test]
    fn what_is_built_is_written_in_full() {
        let date = Timestamp::new("2024-05-01T10:00:00.000Z");
        let balance = Ledger::Balance(Balance::new(
            "C1",
            Sheet::new(date.clone()).in_section("stock").with_entry(Entry::new("soap", 9)),
        ));
        insta::assert_snapshot!(balance.write().unwrap(), @r#"<balance xmlns="http://commcarehq.org/ledger/v1" entity-id="C1" date="2024-05-01T10:00:00.000Z" section-id="stock"><entry id="soap" quantity="9"/></balance>"#);
        let entry = Entry::in_sections("soap", [("stock", 2), ("lent", -2)]);
        let loan = Transfer::between("C1", "C2", Sheet::new(date).of_kind("loan").with_entry(entry));
        insta::assert_snapshot!(Ledger::Transfer(loan).write().unwrap(), @r#"<transfer xmlns="http://commcarehq.org/ledger/v1" src="C1" dest="C2" date="2024-05-01T10:00:00.000Z" type="loan"><entry id="soap"><value section-id="stock" quantity="2"/><value section-id="lent" quantity="-2"/></entry></transfer>"#);
        let received = Transfer::to("C1", Sheet::new(Timestamp::new("2024-05-01")));
        assert_eq!((received.src, received.dest.as_deref()), (None, Some("C1")));
    }
}
