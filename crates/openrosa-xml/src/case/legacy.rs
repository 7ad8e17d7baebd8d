//! Case XML 1.0, which phones of the years before 2012 wrote and old apps still do.
//!
//! It says in elements what Case XML 2.0 says in attributes, knows no links and no files, and has referrals, which nothing
//! replaced. [`LegacyCase::into_v2`] makes a 2.0 block of one; [`upgrade`] does so for all blocks of a document.

mod convert;
mod upgrade;

use std::borrow::Cow;

use crate::{
    case::Property,
    error::{ReadError, WriteError},
    limits::Limits,
    time::Timestamp,
    xml::{Element, Reader, Writer, reader::Start},
};

pub use convert::{Conversion, LeftOut, LeftOutReason};
pub use upgrade::{UpgradeError, Upgraded, upgrade};

/// One `<case>` of Case XML 1.0.
///
/// CommCare HQ takes a block for one where it has no namespace of its own, and refuses all of them today; devices know
/// none.
///
/// *Wire:* anywhere in a form, in the form's own namespace. *Spec:* case-xml.md 2.
///
/// ```
/// # use openrosa_xml::case::legacy::LegacyCase;
/// let case = LegacyCase::read(
///     "<case><case_id>C1</case_id><date_modified>2011-02-17T18:05:53</date_modified>
///        <create><case_type_id>patient</case_type_id><user_id>U</user_id><case_name>Amina</case_name></create>
///      </case>",
/// )?;
/// assert_eq!(case.case_id().as_deref(), Some("C1"));
/// let block = case.into_v2().block;
/// assert_eq!(block.case_id.as_deref(), Some("C1"));
/// assert_eq!(block.create().unwrap().property("case_type").unwrap().value.text(), "patient");
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LegacyCase<'a> {
    /// The element, kept whole.
    pub element: Element<'a>,
}

/// `<referral>`: a case that was sent to somebody, and came back or did not. Case XML 2.0 has nothing like it.
///
/// *Wire:* at most one in a block of Case XML 1.0. *Spec:* case-xml.md 2.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Referral<'e, 'a> {
    /// The element.
    pub element: &'e Element<'a>,
}

impl<'a> LegacyCase<'a> {
    /// `case_id`.
    #[must_use]
    pub fn case_id(&self) -> Option<Cow<'_, str>> {
        self.text("case_id")
    }

    /// `date_modified`.
    #[must_use]
    pub fn date_modified(&self) -> Option<Timestamp<'_>> {
        self.text("date_modified").map(Timestamp::new)
    }

    /// `user_id`, which the specification does not name and CommCare HQ passes over for the user of the form.
    #[must_use]
    pub fn user_id(&self) -> Option<Cow<'_, str>> {
        self.text("user_id")
    }

    /// The properties of the first `create`, as written: `case_type_id`, `user_id`, `case_name`, `external_id`.
    #[must_use]
    pub fn create(&self) -> Option<Vec<Property<'a>>> {
        self.element.child("create").map(convert::properties)
    }

    /// The properties of the first `update`.
    #[must_use]
    pub fn update(&self) -> Option<Vec<Property<'a>>> {
        self.element.child("update").map(convert::properties)
    }

    /// Whether there is a `close`.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.element.child("close").is_some()
    }

    /// The referrals.
    pub fn referrals(&self) -> impl Iterator<Item = Referral<'_, 'a>> {
        let referrals = self.element.elements().filter(|child| child.name.local_name() == "referral");
        referrals.map(|element| Referral { element })
    }

    fn text(&self, local: &str) -> Option<Cow<'_, str>> {
        self.element.child(local).map(Element::text)
    }

    /// Reads a document whose root is the block.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Element::read(source).map(Self::from)
    }

    /// Reads a document whose root is the block, within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        Element::read_within(source, limits).map(Self::from)
    }

    /// Reads the block whose start tag was just read, to its end.
    pub fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        Element::read_from(reader, start).map(Self::from)
    }

    /// Writes the block where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        self.element.write_to(out)
    }

    /// The same block, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> LegacyCase<'static> {
        LegacyCase { element: self.element.into_owned() }
    }
}

impl<'a> From<Element<'a>> for LegacyCase<'a> {
    fn from(element: Element<'a>) -> Self {
        Self { element }
    }
}

impl<'e> Referral<'e, '_> {
    /// `referral_id`.
    #[must_use]
    pub fn referral_id(&self) -> Option<Cow<'e, str>> {
        self.element.child("referral_id").map(Element::text)
    }

    /// `followup_date`: when somebody is to look after it.
    #[must_use]
    pub fn followup_date(&self) -> Option<Timestamp<'e>> {
        self.element.child("followup_date").map(|date| Timestamp::new(date.text()))
    }

    /// `open/referral_types`: the types that are opened, one referral each.
    #[must_use]
    pub fn opened(&self) -> Vec<String> {
        let types = self.element.child("open").and_then(|open| open.child("referral_types"));
        types.map_or_else(Vec::new, |types| types.text().split_whitespace().map(str::to_owned).collect())
    }

    /// `update/referral_type`: the type that is dealt with.
    #[must_use]
    pub fn updated(&self) -> Option<Cow<'e, str>> {
        self.in_update("referral_type")
    }

    /// `update/date_closed`: since when that one is closed.
    #[must_use]
    pub fn date_closed(&self) -> Option<Timestamp<'e>> {
        self.in_update("date_closed").map(Timestamp::new)
    }

    fn in_update(&self, local: &str) -> Option<Cow<'e, str>> {
        self.element.child("update").and_then(|update| update.child(local)).map(Element::text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-048: id and date are elements, the type is `case_type_id`, and there are no links.
    #[test]
    fn what_is_an_attribute_in_the_second_version_is_an_element_here() {
        let source = "<case><case_id> C </case_id><date_modified>2011-02-17</date_modified><user_id>U</user_id>\
             <create><case_type_id>t</case_type_id><case_name>n</case_name></create>\
             <update><a>1</a><b x='1'>2</b></update><index><parent>P</parent></index><close/></case>";
        let case = LegacyCase::read(source).unwrap();
        assert_eq!(case.case_id().as_deref(), Some(" C "));
        assert_eq!(case.date_modified().unwrap().as_str(), "2011-02-17");
        assert_eq!(case.user_id().as_deref(), Some("U"));
        let create = case.create().unwrap();
        assert_eq!((&*create[0].name, &*create[0].value.text()), ("case_type_id", "t"));
        assert_eq!(case.update().unwrap().len(), 2);
        assert!(case.closes());
        let converted = case.clone().into_v2();
        assert!(converted.block.index().is_none());
        assert_eq!(converted.left_out.len(), 1);
        let mut out = Writer::new();
        case.write_to(&mut out).unwrap();
        assert_eq!(LegacyCase::read(&out.finish()).unwrap(), case.clone().into_owned());
    }

    #[test]
    fn what_is_absent_is_not_empty() {
        let case = LegacyCase::read("<case><case_id/><create/></case>").unwrap();
        assert_eq!((case.case_id().as_deref(), case.user_id()), (Some(""), None));
        assert_eq!((case.create(), case.update(), case.closes()), (Some(Vec::new()), None, false));
    }

    #[test]
    fn referrals_are_opened_by_type_and_closed_one_by_one() {
        let case = LegacyCase::read(
            "<case><referral><referral_id>R</referral_id><followup_date>2010-07-02</followup_date>\
             <open><referral_types> t1\nt2 </referral_types></open></referral>\
             <referral><update><referral_type>t1</referral_type><date_closed>2010-07-06</date_closed></update></referral></case>",
        )
        .unwrap();
        let [opening, closing] = &case.referrals().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!(opening.referral_id().as_deref(), Some("R"));
        assert_eq!(opening.followup_date().unwrap().as_str(), "2010-07-02");
        assert_eq!((opening.opened(), opening.updated()), (vec!["t1".to_owned(), "t2".to_owned()], None));
        assert_eq!((closing.updated().as_deref(), closing.opened().len()), (Some("t1"), 0));
        assert_eq!(closing.date_closed().unwrap().as_str(), "2010-07-06");
    }
}
