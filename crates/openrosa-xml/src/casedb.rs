//! The case database as a form sees it, and the results of a search for cases, which have its shape.

mod view;

use crate::{
    case::Tag,
    error::{ReadError, WriteError},
    limits::Limits,
    xml::{Attribute, Element, Name, Reader, Writer, reader::Start},
};

pub use view::{CaseView, Part};

/// A list of cases as a form sees them: the instance `casedb`, or the `results` of a search on the server.
///
/// *Wire:* `jr://instance/casedb`; the answer to a case search. *Spec:* case-xml.md 3.3, 3.4.
///
/// ```
/// # use openrosa_xml::CaseDb;
/// let found = CaseDb::read(
///     "<results id='case'>
///        <case case_id='C1' case_type='patient' owner_id='o' status='open'>
///          <case_name>Amina</case_name><commcare_is_related_case>true</commcare_is_related_case>
///        </case>
///      </results>",
/// )?;
/// let amina = found.case("C1").unwrap();
/// assert_eq!((&*amina.text("case_name"), &*amina.text("village")), ("Amina", ""));
/// assert!(amina.is_related());
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CaseDb<'a> {
    /// The root: `casedb`, or `results` with an `id`.
    pub tag: Tag<'a>,
    /// What is inside, in document order.
    pub entries: Vec<Entry<'a>>,
}

/// One child of a list of cases.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Entry<'a> {
    /// A case: an element called `case` in any spelling and namespace, as the device reads it.
    Case(CaseView<'a>),
    /// Anything else, kept whole.
    Other(Element<'a>),
}

impl<'a> CaseDb<'a> {
    /// The cases on a device.
    #[must_use]
    pub fn new() -> Self {
        Self { tag: Tag::new(Name::local("casedb")), entries: Vec::new() }
    }

    /// The results of a search.
    #[must_use]
    pub fn results() -> Self {
        let mut tag = Tag::new(Name::local("results"));
        tag.attributes.push(Attribute { name: Name::local("id"), value: "case".into() });
        Self { tag, entries: Vec::new() }
    }

    /// Adds a case.
    #[must_use]
    pub fn with_case(mut self, case: CaseView<'a>) -> Self {
        self.entries.push(Entry::Case(case));
        self
    }

    /// The cases, in document order.
    pub fn cases(&self) -> impl Iterator<Item = &CaseView<'a>> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Case(case) => Some(case),
            Entry::Other(_) => None,
        })
    }

    /// The first case of this id.
    #[must_use]
    pub fn case(&self, case_id: &str) -> Option<&CaseView<'a>> {
        self.cases().find(|case| case.case_id.as_deref() == Some(case_id))
    }

    /// Whether it is called as search results or a case database are, and there is nothing but cases in it.
    ///
    /// *Spec:* case-xml.md 3.3, 3.4.
    ///
    /// ```
    /// # use openrosa_xml::CaseDb;
    /// assert!(CaseDb::read("<results id='case'><case case_id='C'/></results>")?.is_case_db());
    /// assert!(!CaseDb::read("<results><test>positive</test></results>")?.is_case_db());
    /// # Ok::<(), openrosa_xml::ReadError>(())
    /// ```
    #[must_use]
    pub fn is_case_db(&self) -> bool {
        let is_named = ["results", "casedb"].iter().any(|name| self.tag.name.is(None, name));
        is_named && self.entries.iter().all(|entry| matches!(entry, Entry::Case(_)))
    }

    /// Reads a whole document, whatever its root is called.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a whole document within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        let mut entries = Vec::new();
        let tag = Tag::read(&mut reader, root, &[], |reader, _, start| {
            entries.push(Entry::read(reader, start)?);
            Ok(())
        })?;
        reader.finish()?;
        Ok(Self { tag, entries })
    }

    /// Writes the list as a UTF-8 document.
    pub fn write(&self) -> Result<String, WriteError> {
        let mut out = Writer::document();
        self.tag.open(&mut out)?;
        for entry in &self.entries {
            match entry {
                Entry::Case(case) => case.write_to(&mut out)?,
                Entry::Other(element) => element.write_to(&mut out)?,
            }
        }
        out.close();
        Ok(out.finish())
    }

    /// The same list, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> CaseDb<'static> {
        CaseDb {
            tag: self.tag.into_owned(),
            entries: self.entries.into_iter().map(Entry::into_owned).collect(),
        }
    }
}

impl Default for CaseDb<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Entry<'a> {
    fn read(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        if start.name.local_name().eq_ignore_ascii_case("case") {
            return CaseView::read_from(reader, start).map(Self::Case);
        }
        Element::read_from(reader, start).map(Self::Other)
    }

    fn into_owned(self) -> Entry<'static> {
        match self {
            Self::Case(case) => Entry::Case(case.into_owned()),
            Self::Other(element) => Entry::Other(element.into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_odd_survives() {
        let source = "<results id='case' x='1'>loose<CASE case_id='a'/><hint>10 of 200</hint><case x='y'><p a='1'>\
             <q/></p><index><m case_type='t' relationship='extension' z='1'>M</m></index><attachment><f src='u'/>\
             </attachment><p/></case></results>";
        let list = CaseDb::read(source).unwrap();
        assert_eq!(list.cases().count(), 2);
        let written = list.write().unwrap();
        assert_eq!(CaseDb::read(&written).unwrap(), list, "{written}");
        assert_eq!(list.clone().into_owned(), list);
    }

    #[test]
    fn a_search_result_is_written_as_the_server_writes_it() {
        let list =
            CaseDb::results().with_case(CaseView::new("C1", "patient", "o").with_property("village", "a<b"));
        insta::assert_snapshot!(list.write().unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <results id="case"><case case_id="C1" case_type="patient" owner_id="o" status="open"><village>a&lt;b</village></case></results>
        "#);
        assert_eq!(CaseDb::default().write().unwrap().lines().last(), Some("<casedb/>"));
    }
}
